import type { Clock } from "./clock.ts";

export interface RetryOptions {
  readonly clock: Clock;
  /** Uniform in [0, 1); spreads the retries of many callers. */
  readonly random: () => number;
  readonly signal?: AbortSignal | undefined;
  /** Calls in all, the first included. Default 5 (reliability.md L30). */
  readonly tries?: number;
  /** First back-off step in milliseconds. Default 200. */
  readonly baseMs?: number;
  /** Longest back-off in milliseconds. Default 10 000. */
  readonly maxMs?: number;
  /** Whether this failure may be tried again, and the least wait that the other side asked for. */
  readonly retryable: (error: unknown) => boolean | { readonly afterMs: number };
}

/**
 * Calls `work` until it succeeds, with full jitter between tries: max(asked-for wait, random(0, min(maxMs, baseMs·2^k))).
 * @throws the last error when the tries are used up or it is not retryable; `signal.reason` on abort.
 */
export async function retry<Result>(work: () => Promise<Result>, options: RetryOptions): Promise<Result> {
  const { clock, random, signal, tries = 5, baseMs = 200, maxMs = 10_000, retryable } = options;
  for (let attempt = 0; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      const verdict = retryable(error);
      if (verdict === false || attempt + 1 >= tries) throw error;
      const askedMs = verdict === true ? 0 : verdict.afterMs;
      await clock.sleep(Math.max(askedMs, random() * Math.min(maxMs, baseMs * 2 ** attempt)), signal);
    }
  }
}
