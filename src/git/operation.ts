import { type Clock, retry } from "../base/index.ts";
import { GitError, limitError } from "./git-error.ts";
import type { GitLimits } from "./limits.ts";

/** A wait that the server asks for is honoured up to here; longer ones are the caller's to schedule. */
const longestWaitMs = 10_000;

/** Runs one operation under the limit of its whole duration (`totalMs`); the signal given to `work` ends with the outer one too. */
export async function withinTotal<Result>(
  clock: Clock,
  limits: GitLimits,
  outer: AbortSignal,
  what: string,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const over = new AbortController();
  const expired = new AbortController();
  clock.sleep(limits.totalMs, over.signal).then(
    () => expired.abort(limitError("totalMs", limits.totalMs, `${what} takes too long`)),
    () => {
      // The operation ended first.
    },
  );
  try {
    return await work(AbortSignal.any([outer, expired.signal]));
  } finally {
    over.abort();
  }
}

/** Three tries for what may pass: resets, cut answers, 5xx, 429 with a short wait. */
export function retryTransient<Result>(
  deps: { readonly clock: Clock; readonly random: () => number },
  signal: AbortSignal,
  work: () => Promise<Result>,
): Promise<Result> {
  return retry(work, {
    clock: deps.clock,
    random: deps.random,
    signal,
    tries: 3,
    retryable: (error) => {
      if (!(error instanceof GitError) || !error.retryable || signal.aborted) return false;
      const afterMs = error.retryAfterMs ?? 0;
      return afterMs > longestWaitMs ? false : { afterMs };
    },
  });
}
