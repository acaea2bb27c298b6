/** One `kapp deploy` or `kapp delete` of a case, done with lateen's engine, as what a case records of it. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "../../../src/base/index.ts";
import {
  applyPlan,
  createEventFormatter,
  type DeployCluster,
  DeployError,
  type DeployEvent,
  type DeployFailure,
  type DeployPlan,
  formatDeployError,
  formatPlan,
  parseDeleteOptions,
  parseDeployOptions,
  planDelete,
  planDeploy,
} from "../../../src/deploy/index.ts";
import { isMap, parseYamlStream, type SourcedResource } from "../../../src/resource/index.ts";
import { loadConfigTools } from "../../../src/template/index.ts";
import { type CaseFile, type ChangeRow, type CommandStep, type ExpectedStep, withNamespace } from "./case-file.ts";

export interface CommandResult extends ExpectedStep {
  readonly diff: string;
  readonly failure?: DeployFailure;
}

/** A feature that a case uses and lateen does not have. */
export class Unsupported extends Error {}

/** Flags of kapp's command line that an App cannot set; they are not the engine's. */
const commandLineFlags = new Set([
  "--allow-check",
  "--diff-filter",
  "--dangerous-disable-gk-scoping",
  "--default-label-scoping-rules",
]);

interface Arguments {
  readonly rawOptions: readonly string[];
  readonly appNamespace: string | undefined;
  readonly prevApp: string | undefined;
  readonly applyExitStatus: boolean;
  readonly diffExitStatus: boolean;
}

export async function runCommand(
  file: CaseFile,
  step: CommandStep,
  cluster: DeployCluster,
  warnings: readonly string[],
  signal: AbortSignal,
): Promise<CommandResult> {
  const args = readArguments(step.args ?? []);
  const namespace = step.namespace ?? file.namespace;
  const app = {
    name: step.app ?? "app",
    stateNamespace: args.appNamespace ?? namespace,
    defaultNamespace: namespace,
    isQualified: step.env?.["KAPP_FQ_CONFIGMAP_NAMES"] === "true",
    ...(args.prevApp === undefined ? {} : { prevName: args.prevApp }),
  };
  const base = ["--diff-changes=true", "--wait-check-interval=500ms", "--apply-check-interval=500ms"];
  const deps = { clock: systemClock, random: Math.random, ...(await loadConfigTools()) };
  const before = warnings.length;
  try {
    if (step.op === "delete") {
      const parsed = parseDeleteOptions({ rawOptions: [...base, ...args.rawOptions] });
      if ("failure" in parsed) throw new DeployError(parsed.failure);
      const plan = await planDelete({ app, options: parsed.options }, cluster, deps, { signal });
      return await carryOut(plan, parsed.options.diffRun, args, cluster, warnings, before, signal);
    }
    const raw = ["--app-changes-max-to-keep=200", "--apply-timeout=15m", ...base, ...args.rawOptions];
    const parsed = parseDeployOptions({ rawOptions: raw });
    if ("failure" in parsed) throw new DeployError(parsed.failure);
    const resources = readFiles(file, step.files ?? []);
    const plan = await planDeploy({ app, resources, options: parsed.options }, cluster, deps, { signal });
    return await carryOut(plan, parsed.options.diffRun, args, cluster, warnings, before, signal);
  } catch (error) {
    if (!(error instanceof DeployError)) throw error;
    return { ...nothing, ...failed(error.failure), changes: null };
  }
}

const nothing: CommandResult = {
  exit: 0,
  errorLines: [],
  changes: [],
  summary: { ops: null, wait: null },
  applyOrder: [],
  waitLines: [],
  retryLines: [],
  otherLines: [],
  diff: "",
};

function failed(failure: DeployFailure): Pick<CommandResult, "exit" | "errorLines" | "failure"> {
  const { code } = failure;
  if (code === "DEPLOY_OPTION_UNSUPPORTED" || code === "DEPLOY_OPTION_FORBIDDEN") throw new Unsupported(failure.flag);
  return { exit: 1, errorLines: `kapp: Error: ${formatDeployError(failure)}`.split("\n"), failure };
}

async function carryOut(
  plan: DeployPlan,
  diffRun: boolean,
  args: Arguments,
  cluster: DeployCluster,
  warnings: readonly string[],
  before: number,
  signal: AbortSignal,
): Promise<CommandResult> {
  const shown = readPlan(formatPlan(plan));
  const changed = plan.changes.length > 0;
  if (diffRun)
    return { ...nothing, ...shown, ...exitStatus(args.diffExitStatus, "diffing", changed, "pending changes") };
  const log = new Log();
  const slice = applyPlan(plan, cluster, { clock: systemClock, random: Math.random }, { signal });
  for (;;) {
    const next = await slice.next();
    if (next.done !== true) {
      log.add(next.value);
      continue;
    }
    const outcome = next.value;
    const otherLines = [...shown.otherLines, ...warnings.slice(before).map((text) => `Warning: ${text}`)];
    const result = { ...nothing, ...shown, ...log.result(), otherLines: [...new Set(otherLines)] };
    if (outcome.state === "failed") return { ...result, ...failed(outcome.failure) };
    if (outcome.state !== "succeeded") throw new Error(`unexpected outcome ${outcome.state}`);
    return { ...result, ...exitStatus(args.applyExitStatus, "applying", changed, "changes") };
  }
}

/** Exit codes are the command line's: 2 without, 3 with changes. */
function exitStatus(asked: boolean, what: string, changed: boolean, noun: string): Partial<CommandResult> {
  if (!asked) return {};
  const exit = changed ? 3 : 2;
  return {
    exit,
    errorLines: [`kapp: Error: Exiting after ${what} with ${changed ? "" : "no "}${noun} (exit status ${exit})`],
  };
}

/** Takes the log apart as the cases record it. */
class Log {
  readonly #sections: { readonly lines: string[]; retried: number }[] = [];
  readonly #waits = new Map<string, string>();
  readonly #retries = new Set<string>();
  readonly #format = createEventFormatter({ clock: systemClock });

  add(event: DeployEvent): void {
    // Every event must have a text.
    this.#format(event);
    const section = this.#sections.at(-1);
    switch (event.type) {
      case "section":
        if (event.phase === "applying") this.#sections.push({ lines: [], retried: 0 });
        break;
      case "applied":
        section?.lines.push(`${event.op} ${event.resource}`);
        break;
      case "retry":
        this.#retries.add(event.message);
        if (section !== undefined) section.retried++;
        break;
      case "waited": {
        const message = event.message === "" ? "" : ` ^ ${event.message}`;
        this.#waits.set(event.resource, `${event.state}: ${event.op} ${event.resource}${message}`);
        break;
      }
      case "complete":
      case "warning":
      case "log":
        break;
    }
  }

  /** Rounds in which everything was retried add nothing. */
  result(): Pick<CommandResult, "applyOrder" | "waitLines" | "retryLines"> {
    const sections = this.#sections.filter(({ lines, retried }) => lines.length > retried);
    return {
      applyOrder: sections.map(({ lines }) => [...lines].sort()),
      waitLines: [...this.#waits.values()].sort(),
      retryLines: [...this.#retries].sort(),
    };
  }
}

function readPlan(text: string): Pick<CommandResult, "changes" | "summary" | "diff" | "otherLines"> {
  const lines = text.split("\n");
  const table = lines.indexOf("Changes");
  const other = lines.filter((line) => line.startsWith("App '"));
  if (table === -1) return { changes: null, summary: nothing.summary, diff: "", otherLines: other };
  const firstDiff = lines.findIndex((line) => line.startsWith("@@ "));
  const diff = firstDiff === -1 ? "" : lines.slice(firstDiff, table).join("\n");
  return { changes: readTable(lines.slice(table + 2)), summary: readSummary(lines), diff, otherLines: other };
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

function readSummary(lines: readonly string[]): ExpectedStep["summary"] {
  const after = (prefix: string): string | null =>
    lines.find((line) => line.startsWith(prefix))?.slice(prefix.length) ?? null;
  return { ops: after("Op:      "), wait: after("Wait to: ") };
}

function readArguments(args: readonly string[]): Arguments {
  const rawOptions: string[] = [];
  const own = new Map<string, string>();
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? "";
    const [flag = ""] = arg.split("=", 1);
    if (commandLineFlags.has(flag)) throw new Unsupported(`${flag} (not for Apps)`);
    const takesNext = !arg.includes("=") && args[i + 1] !== undefined && !(args[i + 1] ?? "").startsWith("--");
    const value = arg.includes("=") ? arg.slice(flag.length + 1) : takesNext ? (args[++i] ?? "") : "true";
    if (ownFlags.has(flag)) own.set(flag, value);
    // Only the command line has this flag; what it asks for can be said in `--filter` too.
    else if (flag === "--filter-labels") rawOptions.push(`--filter={"resource":{"labels":[${JSON.stringify(value)}]}}`);
    else rawOptions.push(`${flag}=${value}`);
  }
  return {
    rawOptions,
    appNamespace: own.get("--app-namespace"),
    prevApp: own.get("--prev-app"),
    applyExitStatus: own.get("--apply-exit-status") === "true",
    diffExitStatus: own.get("--diff-exit-status") === "true",
  };
}

/** Flags that the runner itself understands. */
const ownFlags = new Set(["--app-namespace", "--prev-app", "--apply-exit-status", "--diff-exit-status"]);

function readFiles(file: CaseFile, paths: readonly string[]): SourcedResource[] {
  return paths
    .flatMap((path) => filesBelow(file.dir, path))
    .flatMap((path) => {
      const text = withNamespace(readFileSync(join(file.dir, path), "utf8"), file.namespace);
      const { documents, diagnostics } = parseYamlStream(text, { file: path });
      if (diagnostics.length > 0) throw new Unsupported("reading files (the command line's: bad YAML)");
      let number = 0;
      return documents.map(({ value }): SourcedResource => {
        number++;
        if (!isMap(value)) throw new Unsupported("reading files (the command line's: document is no map)");
        return { object: value, origin: { file: `file '${path}'`, document: number } };
      });
    });
}

function filesBelow(root: string, path: string): string[] {
  const stat = statSync(join(root, path), { throwIfNoEntry: false });
  if (stat === undefined) throw new Unsupported("reading files (the command line's: missing file)");
  if (!stat.isDirectory()) return [path];
  return readdirSync(join(root, path), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(json|ya?ml)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .sort();
}
