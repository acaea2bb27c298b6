/** Bounds the calls in flight to one server. */
export interface CallGate {
  /** Waits for a place, runs `work`, and frees the place. Rejects with `signal.reason` when aborted while waiting. */
  run<Result>(work: () => Promise<Result>, signal: AbortSignal | undefined): Promise<Result>;
}

/**
 * The first call goes alone: it finds out whether the server speaks HTTP/2, so that the crowd behind it takes the right kind of
 * connection at once.
 */
export function createCallGate(limit: number): CallGate {
  const waiting: (() => void)[] = [];
  let inFlight = 0;
  let places = 1;
  const enter = (signal: AbortSignal | undefined): Promise<void> => {
    if (inFlight < places) {
      inFlight++;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const start = (): void => {
        signal?.removeEventListener("abort", leave);
        inFlight++;
        resolve();
      };
      const leave = (): void => {
        waiting.splice(waiting.indexOf(start), 1);
        reject(signal?.reason);
      };
      waiting.push(start);
      signal?.addEventListener("abort", leave, { once: true });
    });
  };
  return {
    async run(work, signal) {
      signal?.throwIfAborted();
      await enter(signal);
      try {
        return await work();
      } finally {
        inFlight--;
        places = limit;
        while (inFlight < places && waiting.length > 0) waiting.shift()?.();
      }
    },
  };
}
