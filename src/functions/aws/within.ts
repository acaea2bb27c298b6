import type { Clock } from "../../base/index.ts";

/** The call's answer if it comes in time. A late one goes on and is not waited for. @throws Error saying what took too long. */
export async function within<Result>(ms: number, what: string, clock: Clock, call: Promise<Result>): Promise<Result> {
  const stop = new AbortController();
  const late = async (): Promise<never> => {
    await clock.sleep(ms, stop.signal);
    throw new Error(`${what} took longer than ${ms} ms`);
  };
  try {
    return await Promise.race([call, late()]);
  } finally {
    stop.abort();
  }
}
