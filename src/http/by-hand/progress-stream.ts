import type { Clock } from "../../base/index.ts";
import type { RunEvent } from "../../reconcile/index.ts";
import type { ProgressLine } from "./contract.ts";

export interface ProgressOptions {
  readonly clock: Clock;
  /** Aborts when nobody listens any more. */
  readonly signal: AbortSignal;
  /** Longest time that the answer stays open. */
  readonly maxWaitMs: number;
  /** Whether the caller's token still counts; asked every `recheckMs` (reliability.md B128). */
  readonly stillAllowed: () => Promise<boolean>;
  readonly recheckMs: number;
  readonly onError: (error: unknown) => void;
}

/**
 * A run's progress until the run ends, the time is up, or the token is revoked; never throws. Whatever ends it early is its last line.
 * Ending early stops nothing but the answer: the run is the runner's.
 * @param follow must end with `signal.reason` when `signal` aborts.
 */
export async function* progressOf(
  app: string,
  wanted: number,
  follow: (signal: AbortSignal) => AsyncGenerator<RunEvent, void, void>,
  options: ProgressOptions,
): AsyncGenerator<ProgressLine, void, void> {
  const { clock, signal } = options;
  const stop = new AbortController();
  const leave = (): void => stop.abort();
  signal.addEventListener("abort", leave, { once: true });
  const reason = guard(stop, options);
  try {
    yield { type: "accepted", at: clock.now(), app, wanted };
    yield* follow(stop.signal);
  } catch (error) {
    if (!stop.signal.aborted) options.onError(error);
    const text = stop.signal.aborted ? await reason : "its progress cannot be read at the moment; the run goes on";
    yield { type: "detached", at: clock.now(), reason: text };
  } finally {
    signal.removeEventListener("abort", leave);
    stop.abort();
    await reason;
  }
}

/** Aborts when time is up or the token no longer counts, and says which; ends without a word when aborted from outside. */
async function guard(stop: AbortController, options: ProgressOptions): Promise<string> {
  const { clock, maxWaitMs, recheckMs, stillAllowed } = options;
  const end = clock.now() + maxWaitMs;
  let reason = "";
  try {
    for (let left = maxWaitMs; left > 0 && reason === ""; left = end - clock.now()) {
      await clock.sleep(Math.min(left, recheckMs), stop.signal);
      if (!(await stillAllowed())) reason = "the token is no longer valid; the run goes on";
    }
    if (reason === "") reason = `still running after ${Math.round(maxWaitMs / 1_000)} s; the run goes on`;
  } catch {
    // Aborted because the run has ended, or the token could not be checked: in doubt the answer ends.
    reason = "the token could not be checked again; the run goes on";
  }
  stop.abort();
  return reason;
}

/** An answer that sends each line as it comes. `onGone` is called when the reader leaves before the end. */
export function streamLines<Line>(
  lines: AsyncGenerator<Line, void, void>,
  format: (line: Line) => string,
  contentType: string,
  onGone: () => void,
): Response {
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const next = await lines.next();
        if (next.done === true) controller.close();
        else controller.enqueue(encoder.encode(format(next.value)));
      },
      async cancel() {
        // First: `return` waits for the line that is just being awaited.
        onGone();
        await lines.return();
      },
    },
    { highWaterMark: 0 },
  );
  // Proxies that gather answers before they pass them on read this header.
  return new Response(body, { headers: { "content-type": contentType, "x-accel-buffering": "no" } });
}
