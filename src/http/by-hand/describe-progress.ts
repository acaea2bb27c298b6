import { assertNever } from "../../base/index.ts";
import { driftLines, type PlannedChange, type RunEvent } from "../../reconcile/index.ts";
import type { ProgressLine } from "./contract.ts";

/**
 * A line of progress for people: the time of day, what happened, and how long it took; details indented below.
 * Texts come from repositories and API servers: control characters in them are made visible (reliability.md B125).
 */
export function describeProgress(line: ProgressLine): string {
  const [first = "", ...details] = textOf(line);
  const time = new Date(line.at).toISOString().slice(11, 23);
  return [
    `${time}  ${line.type.padEnd(9)}  ${plain(first)}`,
    ...details.map((detail) => `${" ".repeat(25)}${plain(detail)}`),
  ]
    .map((text) => `${text.trimEnd()}\n`)
    .join("");
}

function textOf(line: ProgressLine): readonly string[] {
  switch (line.type) {
    case "accepted":
      return [`${line.app}, request ${line.wanted}`];
    case "started":
      return [`${line.app}, ${line.cause}, run ${line.runId}`];
    case "fetched":
      return fetched(line);
    case "templated":
      return [`${count(line.documents, "document")}, ${duration(line.ms)}`];
    case "planned":
      return planned(line);
    case "drifted":
      return driftLines(line);
    case "applied":
      return [`${line.op} ${line.resource}`, ...line.reasons];
    case "waited":
      return [`${line.state}: ${line.resource}`, ...lines(line.message)];
    case "note":
      return lines(line.text);
    case "finished":
      return [`${line.outcome}: ${line.description} (${duration(line.ms)})`, ...lines(line.error ?? "")];
    case "detached":
      return [line.reason];
    default:
      return assertNever(line);
  }
}

function fetched(event: RunEvent & { readonly type: "fetched" }): readonly string[] {
  const { files, bytes, requests, ms, sources, notes } = event;
  return [
    `${count(files, "file")}, ${bytes} bytes in ${count(requests, "request")}, ${duration(ms)}`,
    ...sources.map(
      ({ url, ref, commit, subPath, commitTitle }) => `${url} ${ref} ${commit.slice(0, 12)} /${subPath} ${commitTitle}`,
    ),
    ...notes,
  ];
}

function planned(event: RunEvent & { readonly type: "planned" }): readonly string[] {
  const byOp = Map.groupBy(event.changes, ({ op }) => op);
  const ops: readonly PlannedChange["op"][] = ["create", "update", "delete", "exists", "noop"];
  const counts = ops.flatMap((op) => (byOp.has(op) ? [`${byOp.get(op)?.length} ${op}`] : []));
  return [
    `${counts.length === 0 ? "no changes" : counts.join(", ")} on ${event.cluster}, ${duration(event.ms)}`,
    ...event.changes.filter(({ op }) => op !== "noop").map(({ op, resource }) => `${op} ${resource}`),
  ];
}

function count(amount: number, noun: string): string {
  return `${amount} ${noun}${amount === 1 ? "" : "s"}`;
}

function duration(ms: number): string {
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
}

function lines(text: string): readonly string[] {
  return text === "" ? [] : text.split("\n");
}

function plain(text: string): string {
  // Terminal control, and marks that reorder text on screen.
  return text.replace(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, (character) =>
    character === "\t" ? "  " : `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`,
  );
}
