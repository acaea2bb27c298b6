export { assertNever } from "./assert-never.ts";
export { clipMiddle } from "./clip-middle.ts";
export { type Clock, type EpochMs, systemClock } from "./clock.ts";
export { mapBounded } from "./concurrency.ts";
export { createLog, type Log, type LogFields, type LogLevel, type LogOptions, silentLog } from "./log.ts";
export { createRedactor, type Redactor, redactDeep } from "./redact.ts";
export { retry, type RetryOptions } from "./retry.ts";
