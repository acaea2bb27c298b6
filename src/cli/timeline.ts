import { assertNever, type EpochMs } from "../base/index.ts";
import { driftLines, type FetchedSource, type PlannedChange, type RunEvent } from "../reconcile/index.ts";
import { type Colour, escapeControls, type Terminal } from "./terminal.ts";

/** Turns the events of runs, in their order, into lines for people. */
export interface Timeline {
  /** The lines of one event; text from outside is escaped. */
  lines(event: RunEvent): readonly string[];
  /** A line of one's own between those of events, such as the webhook that woke the run. `word` has at most nine letters. */
  mark(at: EpochMs, word: string, text: string): string;
}

export interface TimelineOptions {
  readonly paint: Terminal["paint"];
  /** Epoch milliseconds to count from, such as the moment of the webhook. Default: the first event. */
  readonly startAt?: number;
  /** Show field differences under the plan. Default false. */
  readonly showDiff?: boolean;
}

type Row = { readonly word: string; readonly colour: Colour; readonly text: string; readonly more?: readonly string[] };
type Finished = Extract<RunEvent, { type: "finished" }>;

const wordWidth = 10;
const timeWidth = 10;
const indent = " ".repeat(timeWidth + wordWidth + 2);

/**
 * A timeline that counts from the first event: `   +41 ms  applied     create configmap/cfg (v1) namespace: default`. A later slice of a run
 * that waited goes on counting; any other new run starts from zero.
 */
export function createTimeline(options: TimelineOptions): Timeline {
  const isFixed = options.startAt !== undefined;
  let startedAt = options.startAt;
  const shownWaits = new Map<string, string>();
  const head = (at: EpochMs, { word, colour, text }: Row): string => {
    const time = `+${at - (startedAt ?? at)} ms`.padStart(timeWidth);
    return `${options.paint("dim", time)}  ${options.paint(colour, word.padEnd(wordWidth))}${escapeControls(text)}`.trimEnd();
  };
  /** Readiness is asked again and again; a line is worth it when something about it has changed. */
  const isRepeatedWait = (event: RunEvent): boolean => {
    if (event.type !== "waited") return false;
    const shown = `${event.state} ${event.message}`;
    const isRepeated = shownWaits.get(event.resource) === shown;
    shownWaits.set(event.resource, shown);
    return isRepeated;
  };
  return {
    lines: (event) => {
      if (startedAt === undefined || (!isFixed && event.type === "started" && event.cause !== "wait"))
        startedAt = event.at;
      if (event.type === "started" && event.cause !== "wait") shownWaits.clear();
      if (isRepeatedWait(event)) return [];
      const row = toRow(event, options);
      return [head(event.at, row), ...(row.more ?? []).map((line) => `${indent}${escapeControls(line)}`)];
    },
    mark: (at, word, text) => head(at, { word, colour: "bold", text }),
  };
}

function toRow(event: RunEvent, options: TimelineOptions): Row {
  switch (event.type) {
    case "started":
      return { word: "run", colour: "bold", text: `${event.app} (${event.cause})` };
    case "fetched":
      return {
        word: "fetched",
        colour: "cyan",
        text: `${count(event.files, "file")}, ${bytes(event.bytes)} in ${count(event.requests, "request")} (${event.ms} ms)`,
        more: [...event.sources.map(describeSource), ...event.notes],
      };
    case "templated":
      return { word: "rendered", colour: "cyan", text: `${count(event.documents, "resource")} (${event.ms} ms)` };
    case "planned":
      return {
        word: "planned",
        colour: "cyan",
        text: `${summarizeChanges(event.changes)} on ${event.cluster} (${event.ms} ms)`,
        more: options.showDiff === true ? event.changes.flatMap(describeDiff) : [],
      };
    case "drifted": {
      const [text = "", ...more] = driftLines(event);
      return { word: "drifted", colour: "yellow", text, more };
    }
    case "applied":
      return {
        word: event.op,
        colour: event.op === "delete" ? "red" : "green",
        text: event.resource,
        more: event.reasons,
      };
    case "waited":
      return {
        ...waitWords[event.state],
        text: event.message === "" ? event.resource : `${event.resource}: ${event.message}`,
      };
    case "note":
      return { word: "note", colour: "dim", text: event.text };
    case "finished":
      return {
        ...outcomeWords[event.outcome],
        text: `${event.description} (${event.ms} ms)`,
        more: event.error === undefined ? [] : event.error.trimEnd().split("\n"),
      };
    default:
      return assertNever(event);
  }
}

const waitWords = {
  ok: { word: "ready", colour: "green" },
  ongoing: { word: "waiting", colour: "yellow" },
  fail: { word: "failed", colour: "red" },
} as const;

const outcomeWords: Readonly<Record<Finished["outcome"], { readonly word: string; readonly colour: Colour }>> = {
  succeeded: { word: "succeeded", colour: "green" },
  failed: { word: "failed", colour: "red" },
  waiting: { word: "waiting", colour: "yellow" },
  superseded: { word: "replaced", colour: "yellow" },
  skipped: { word: "skipped", colour: "dim" },
};

/** `2 create, 1 update` in kapp's order of words; `no changes`. */
export function summarizeChanges(changes: readonly PlannedChange[]): string {
  const counts = (["create", "update", "delete", "exists"] as const)
    .map((op) => ({ op, number: changes.filter((change) => change.op === op).length }))
    .filter(({ number }) => number > 0)
    .map(({ op, number }) => `${number} ${op}`);
  return counts.length === 0 ? "no changes" : counts.join(", ");
}

function describeSource({ url, ref, commit, commitTitle, subPath }: FetchedSource): string {
  const place = [url, ref, subPath].filter((part) => part !== "").join(" ");
  return `${place} → ${commit.slice(0, 10)} ${commitTitle}`.trimEnd();
}

function describeDiff(change: PlannedChange): readonly string[] {
  return change.op === "noop" ? [] : [`${change.op} ${change.resource}`, ...change.diff.map((line) => `  ${line}`)];
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

function bytes(number: number): string {
  return number < 1024 ? `${number} B` : `${(number / 1024).toFixed(1)} KiB`;
}
