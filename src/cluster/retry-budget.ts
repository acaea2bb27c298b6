import type { Clock } from "../base/index.ts";

/** Bounds the retries of all calls to one server together, so that a failing server is not hit five times as hard. */
export interface RetryBudget {
  /** Whether one more retry may be made now; uses it up. */
  take(): boolean;
  /** A call succeeded. */
  succeeded(): void;
}

const capacity = 10;
const perSuccess = 0.1;
const refillMs = 10_000;

/** reliability.md L31: bucket of 10, one token per retry, +0.1 per success, +1 per 10 s. */
export function createRetryBudget(clock: Clock): RetryBudget {
  let tokens = capacity;
  let at = clock.now();
  return {
    take() {
      const now = clock.now();
      tokens = Math.min(capacity, tokens + Math.max(0, now - at) / refillMs);
      at = now;
      if (tokens < 1) return false;
      tokens -= 1;
      return true;
    },
    succeeded() {
      tokens = Math.min(capacity, tokens + perSuccess);
    },
  };
}
