import type { Clock, EpochMs } from "../../base/index.ts";
import type { HandlerOptions } from "../handlers.ts";
import type { LambdaContext } from "./lambda.ts";

/**
 * Shares of the time that is left: no new change is begun after the first, work is aborted at the second, and the rest is for status, lease and
 * answer. Of 300 s that makes 210 s and 240 s (reliability.md L19).
 */
const beginShare = 0.7;
const abortShare = 0.8;

export interface Deadline extends HandlerOptions {
  /** Ends the timer, which would otherwise fire in a later invocation of the same process. */
  release(): void;
}

/** How long the work of one invocation, or of one message in it, may take. */
export function deadlineOf(context: LambdaContext, clock: Clock): Deadline {
  const leftMs = Math.max(0, context.getRemainingTimeInMillis());
  const now: EpochMs = clock.now();
  const stop = new AbortController();
  const ended = new AbortController();
  clock.sleep(leftMs * abortShare, ended.signal).then(
    () => stop.abort(new Error("the function's time is almost up")),
    () => undefined, // released in time
  );
  return {
    signal: stop.signal,
    deadline: now + leftMs * beginShare,
    release: () => ended.abort(),
  };
}
