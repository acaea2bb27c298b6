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
      const line = JSON.stringify(redactDeep(options.redactor, entry));
      options.write(line.length > maxLineLength ? `${line.slice(0, maxLineLength)}…` : line);
    };
  return {
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    child: (more) => createLog(options, { ...fields, ...more }),
  };
}

/** A log that drops everything. */
export const silentLog: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silentLog,
};
