/** What values of settings may be, for `lateen serve` and for the functions on AWS, which check them without a schema library. */
import { parseGoDuration } from "../app/index.ts";
import type { LogLevel } from "../base/index.ts";
import type { DeletionLimits } from "../deploy/index.ts";

/** A week; timers hold 24 days at most. */
const maxPeriodMs = 168 * 3_600_000;

export const logLevels: readonly ["debug", "info", "warn", "error"] = ["debug", "info", "warn", "error"];

export const isLogLevel = (word: string): word is LogLevel => logLevels.some((level) => level === word);

/** A prefix or a name in AWS Secrets Manager. */
export const secretNamePattern: RegExp = /^[\w/+=.@-]+$/;

/** A kapp option with its dashes. */
export const rawOptionPattern: RegExp = /^--[a-z0-9-]+$/;

const cidr = /^(?:\d{1,3}(?:\.\d{1,3}){3}\/(?:[12]?\d|3[0-2])|[0-9a-f:.]+:[0-9a-f:.]*\/(?:\d{1,2}|1[01]\d|12[0-8]))$/i;

export const isAddressRange = (word: string): boolean => word === "loopback" || word === "private" || cidr.test(word);

/** Milliseconds of a duration from `leastMs` to a week; `undefined` for anything else. */
export function periodOf(text: string, leastMs: number): number | undefined {
  const parsed = parseGoDuration(text);
  return "ms" in parsed && parsed.ms >= leastMs && parsed.ms <= maxPeriodMs ? parsed.ms : undefined;
}

/** Largest number that a limit of deletions may be. */
export const mostDeletions = 9_999_999;

export function deletionLimitsFrom(objects: number | undefined, percent: number | undefined): DeletionLimits {
  return { ...(objects === undefined ? {} : { objects }), ...(percent === undefined ? {} : { percent }) };
}

/** What is said of a value that is not allowed. */
export const wanted = {
  addressRange: "must be CIDR ranges, loopback or private",
  rawOption: "must be option names such as --dangerous-scope-to-fallback-allowed-namespaces",
  secretName: "may hold letters, digits and /_+=.@- only",
  logLevel: "must be debug, info, warn or error",
  httpUrl: "must be an http or https URL",
  period: (least: string): string => `must be a duration from ${least} to 168h such as 30s, 5m or 1h30m`,
} as const;
