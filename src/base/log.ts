import { clipMiddle } from "./clip-middle.ts";
import { type Redactor, redactDeep } from "./redact.ts";

export type LogLevel = "debug" | "info" | "warn" | "error";
export type LogFields = Readonly<Record<string, unknown>>;

/** Structured log: a static message, data in fields. Children add fields to every line (app, cluster, commit, runId…). */
export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  child(fields: LogFields): Log;
}

const rank: Record<LogLevel, number> = { debug: 0, info: 1, warn: 2, error: 3 };
/** Longest log line in characters (reliability.md L28). */
const maxLineLength = 16_384;
/** Longest text in a line that has to be shortened. */
const maxTextLength = 4_096;
/** Fields below this many characters leave no mark behind. */
const minMarked = 100;
/** Fields that a shortened line keeps. */
const alwaysKept: ReadonlySet<string> = new Set(["time", "level", "message"]);

export interface LogOptions {
  readonly write: (line: string) => void;
  readonly now: () => number;
  readonly redactor: Redactor;
  /** Lines below this level are dropped. Default `info`. */
  readonly level?: LogLevel;
}

/** A log of one JSON object per line; every line passes the redactor, control characters stay escaped by JSON. */
export function createLog(options: LogOptions, fields: LogFields = {}): Log {
  const least = rank[options.level ?? "info"];
  const at =
    (level: LogLevel) =>
    (message: string, more: LogFields = {}): void => {
      if (rank[level] < least) return;
      const entry = { time: new Date(options.now()).toISOString(), level, message, ...fields, ...more };
      options.write(lineOf(redactDeep(options.redactor, entry)));
    };
  return {
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    child: (more) => createLog(options, { ...fields, ...more }),
  };
}

/**
 * One line of JSON, also when it has to be shortened: what reads logs must be able to read every line. Long texts lose their middle first; if
 * that is not enough, the largest fields go.
 */
function lineOf(entry: LogFields): string {
  const whole = JSON.stringify(entry);
  if (whole.length <= maxLineLength) return whole;
  const kept = new Map(Object.entries(clipTexts(entry)));
  const bySize = [...kept.keys()]
    .filter((key) => !alwaysKept.has(key))
    .sort((a, b) => sizeOf(kept.get(b)) - sizeOf(kept.get(a)));
  for (;;) {
    const line = JSON.stringify({ ...Object.fromEntries(kept), clipped: true });
    const largest = bySize.shift();
    if (line.length <= maxLineLength || largest === undefined) return line;
    const size = sizeOf(kept.get(largest));
    // Of very many small fields the marks themselves would be too long.
    if (size > minMarked) kept.set(largest, `[left out: ${size} characters]`);
    else kept.delete(largest);
  }
}

function clipTexts(entry: LogFields): LogFields {
  const text = JSON.stringify(entry, (_key, value: unknown) =>
    typeof value === "string" ? clipMiddle(value, maxTextLength) : value,
  );
  // The shape is the entry's own.
  return JSON.parse(text) as LogFields;
}

function sizeOf(value: unknown): number {
  return JSON.stringify(value)?.length ?? 0;
}

/** A log that drops everything. */
export const silentLog: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silentLog,
};
