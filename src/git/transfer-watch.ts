import type { Clock } from "../base/index.ts";
import { GitError, limitError } from "./git-error.ts";
import type { GitLimits } from "./limits.ts";

export interface TransferWatch {
  readonly signal: AbortSignal;
  count(bytes: number): void;
  stop(): void;
}

/** Ends a transfer that stalls (idle) or drips (rate over the last idle period); looks once a second. */
export function watchTransfer(clock: Clock, limits: GitLimits, outer: AbortSignal, url: string): TransferWatch {
  const stopped = new AbortController();
  const failed = new AbortController();
  let lastByteAt = clock.now();
  let windowStart: number | undefined;
  let windowBytes = 0;
  const look = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      await clock.sleep(Math.min(1000, limits.idleMs), stopped.signal);
      const now = clock.now();
      if (now - lastByteAt >= limits.idleMs) {
        failed.abort(slow(limitError("idleMs", limits.idleMs, `${url} sent nothing for ${now - lastByteAt} ms`)));
        return;
      }
      if (windowStart === undefined || now - windowStart < limits.idleMs) continue;
      if ((windowBytes * 1000) / (now - windowStart) < limits.minBytesPerSecond) {
        failed.abort(slow(limitError("minBytesPerSecond", limits.minBytesPerSecond, `${url} sends too slowly`)));
        return;
      }
      windowStart = now;
      windowBytes = 0;
    }
  };
  look().catch(() => {
    // The sleep was aborted by stop(): the transfer is over.
  });
  return {
    signal: AbortSignal.any([outer, failed.signal]),
    count: (bytes) => {
      lastByteAt = clock.now();
      windowStart ??= lastByteAt;
      windowBytes += bytes;
    },
    stop: () => stopped.abort(),
  };
}

/** The same limit error, marked as worth another try. */
function slow(error: GitError): GitError {
  return new GitError(error.message, error.failure, { retryable: true });
}
