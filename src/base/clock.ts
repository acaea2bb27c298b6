/** Milliseconds since the Unix epoch. */
export type EpochMs = number;

/** Time as an argument: engines never read the system clock or set timers themselves. */
export interface Clock {
  now(): EpochMs;
  /** Resolves after `ms` milliseconds; rejects with `signal.reason` on abort. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Node's timers fire at once for longer times. */
const longestTimerMs = 2 ** 31 - 1;

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      const onAbort = (): void => {
        clearTimeout(timer);
        reject(signal?.reason);
      };
      const wait = (left: number): NodeJS.Timeout =>
        setTimeout(
          () => {
            if (left > longestTimerMs) {
              timer = wait(left - longestTimerMs);
              return;
            }
            signal?.removeEventListener("abort", onAbort);
            resolve();
          },
          Math.min(left, longestTimerMs),
        );
      let timer = wait(ms);
      signal?.addEventListener("abort", onAbort, { once: true });
    }),
};
