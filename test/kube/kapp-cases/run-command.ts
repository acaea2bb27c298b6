/** One recorded command line of a case, played through `lateen kapp`, as what a case records of it. */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { kapp } from "../../cli/support/run-kapp.ts";
import { type CaseFile, type ChangeRow, type CommandStep, type ExpectedStep, withNamespace } from "./case-file.ts";

export interface CommandResult extends ExpectedStep {
  readonly diff: string;
}

/** The flags with which all cases were recorded. */
const recordedFlags = [
  "--yes",
  "--tty",
  "--color=false",
  "--diff-changes",
  "--wait-check-interval=500ms",
  "--apply-check-interval=500ms",
];

export async function runCommand(
  file: CaseFile,
  step: CommandStep,
  kubeconfig: string,
  signal: AbortSignal,
): Promise<CommandResult> {
  const cwd = folderWithNamespace(file);
  try {
    const argv = [
      step.op,
      `--app=${step.app ?? "app"}`,
      `--namespace=${step.namespace ?? file.namespace}`,
      ...(step.files ?? []).map((path) => `--file=${path}`),
      ...recordedFlags,
      ...(step.args ?? []),
    ];
    const environment = { ...step.env, KAPP_KUBECONFIG_YAML: kubeconfig };
    const { code: exit, out, errorLines } = await kapp(argv, { environment, signal, cwd });
    const lines = out.split("\n");
    if (exit === 0 && lines.at(-2) !== "Succeeded") throw new Error(`kapp's last line is missing: ${out}`);
    return { exit, errorLines, ...readPlan(lines), ...readLog(lines), otherLines: readOthers(lines) };
  } finally {
    rmSync(cwd, { recursive: true });
  }
}

/** A copy of the case's inputs, with its namespace filled in. */
function folderWithNamespace(file: CaseFile): string {
  const copy = mkdtempSync(join(tmpdir(), "lateen-case-"));
  cpSync(file.dir, copy, { recursive: true });
  for (const entry of readdirSync(copy, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    writeFileSync(path, withNamespace(readFileSync(path, "utf8"), file.namespace));
  }
  return copy;
}

/** `3:04:05PM: `. */
const clockTime = /^\d{1,2}:\d\d:\d\d[AP]M: /;

/** Takes the log apart. Rounds in which everything was retried add nothing, and what was retried counts once. */
function readLog(lines: readonly string[]): Pick<CommandResult, "applyOrder" | "waitLines" | "retryLines"> {
  const sections: { readonly lines: string[]; retried: number }[] = [];
  const waits = new Map<string, string>();
  const retries = new Set<string>();
  let waitedFor = "";
  for (const timed of lines.filter((line) => clockTime.test(line))) {
    const line = timed.replace(clockTime, "");
    const section = sections.at(-1);
    const waited = /^(?:ok|ongoing|fail|error): \w+ (?<resource>.*)$/.exec(line);
    if (/^---- applying \d+ changes/.test(line)) sections.push({ lines: [], retried: 0 });
    else if (line.startsWith(" ^ Retryable error: ")) {
      retries.add(line.slice(3));
      if (section !== undefined) section.retried++;
    } else if (/^(?:create|update|delete|exists|noop) /.test(line)) section?.lines.push(line);
    else if (waited !== null) {
      waitedFor = waited.groups?.["resource"] ?? "";
      waits.set(waitedFor, line);
    } else if (line.startsWith(" ^ ")) waits.set(waitedFor, `${waits.get(waitedFor) ?? ""}${line}`);
  }
  return {
    applyOrder: sections
      .filter((section) => section.lines.length > section.retried)
      .map((section) => [...new Set(section.lines)].sort()),
    waitLines: [...waits.values()].sort(),
    retryLines: [...retries].sort(),
  };
}

function readOthers(lines: readonly string[]): string[] {
  return [...new Set(lines.filter((line) => line.startsWith("App '") || line.startsWith("Warning: ")))];
}

function readPlan(lines: readonly string[]): Pick<CommandResult, "changes" | "summary" | "diff"> {
  const after = (prefix: string): string | null =>
    lines.find((line) => line.startsWith(prefix))?.slice(prefix.length) ?? null;
  const summary = { ops: after("Op:      "), wait: after("Wait to: ") };
  const table = lines.indexOf("Changes");
  if (table === -1) return { changes: null, summary, diff: "" };
  const firstDiff = lines.findIndex((line) => line.startsWith("@@ "));
  const diff = firstDiff === -1 ? "" : lines.slice(firstDiff, table).join("\n");
  return { changes: readTable(lines.slice(table + 2)), summary, diff };
}

function readTable(lines: readonly string[]): ChangeRow[] {
  const head = lines[0] ?? "";
  const columns = ["Namespace", "Name", "Kind", "Age", "Op", "Op st.", "Wait to", "Rs", "Ri"];
  let from = 0;
  const starts = columns.map((column) => {
    const start = head.indexOf(`${column}  `, from);
    from = start + column.length;
    return start;
  });
  const rows: string[][] = [];
  for (const line of lines.slice(1, lines.indexOf(""))) {
    const cells = starts.map((start, i) => line.slice(start, starts[i + 1]).trim());
    if (cells[2] === "") {
      const last = rows.at(-1);
      if (last !== undefined) last[8] = `${last[8] ?? ""} ${cells[8] ?? ""}`;
    } else rows.push(cells);
  }
  let above = "";
  return rows.map((cells) => {
    const [namespace, name = "", kind = "", , op = "", opStrategy = "", waitTo = "", rs = "", ri = ""] = cells.map(
      (cell) => (cell === "-" ? "" : cell),
    );
    if (namespace !== "^") above = namespace ?? "";
    return { op, opStrategy, waitTo, kind, name, namespace: above, rs, ri };
  });
}
