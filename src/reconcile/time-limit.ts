import type { Clock } from "../base/index.ts";

/** Runs `work` with a signal that ends after `ms`, or with the outer one. @throws what `work` throws when its signal ends. */
export async function withTimeLimit<Result>(
  ms: number,
  what: string,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const limit = new AbortController();
  const ended = new AbortController();
  const timer = clock.sleep(ms, ended.signal).then(
    () => limit.abort(new Error(`${what} took longer than ${ms} ms`)),
    // It ended in time.
    () => {},
  );
  try {
    return await work(AbortSignal.any([signal, limit.signal]));
  } finally {
    ended.abort();
    await timer;
  }
}
