import { type Clock, type Log, silentLog, systemClock } from "../base/index.ts";
import { type CallLimit, createCallLimit, createFixedLimit } from "./call-limit.ts";
import { isClusterError } from "./cluster-error.ts";

/** Bounds the calls in flight to one server, for all connections to it that share the gate. */
export interface CallGate {
  /** Waits for a place, makes one try of a call, and frees the place. Rejects with `signal.reason` when aborted while waiting. */
  run<Result>(attempt: () => Promise<Result>, options: AttemptOptions): Promise<Result>;
  /**
   * Whether a try that was turned away may be made again beside the retry budget: fewer calls at once are the answer to it, until even a single one
   * is turned away.
   */
  sparesBudget(error: unknown): boolean;
}

interface AttemptOptions {
  readonly signal: AbortSignal | undefined;
  /** Reads one object: neither webhooks nor the length of a list decide how long it takes. */
  readonly isObjectRead: boolean;
}

export interface CallGateOptions {
  /** Default: the machine's clock. */
  readonly clock?: Clock;
  /** Calls in flight at most. Default 64. */
  readonly maxInFlight?: number;
  /** Fewer calls while the server says that it has too many, or has become slow. Default true. */
  readonly isAdaptive?: boolean;
  /** Called with each call that the server turned away. */
  readonly onThrottled?: () => void;
  readonly log?: Log;
}

export function createCallGate(options: CallGateOptions = {}): CallGate {
  const { clock = systemClock, maxInFlight, isAdaptive = true, onThrottled, log = silentLog } = options;
  const limit: CallLimit = isAdaptive
    ? createCallLimit(maxInFlight === undefined ? {} : { ceiling: maxInFlight })
    : createFixedLimit(maxInFlight);
  const queue = createQueue(limit, clock);

  const turnedAway = (retryAfterMs: number, sentAt: number, together: number): void => {
    const before = limit.places;
    limit.throttled(sentAt, clock.now(), together);
    onThrottled?.();
    if (limit.places < before) log.info("the API server asks for fewer calls at once", { calls: limit.places, before });
    // There is nothing left to halve: nobody asks before the time that the server named.
    if (isAdaptive && limit.isShut) queue.closeUntil(clock.now() + retryAfterMs);
  };
  return {
    sparesBudget: (error) => retryAfterOf(error) !== undefined && !limit.isShut,
    async run(attempt, { signal, isObjectRead }) {
      signal?.throwIfAborted();
      await queue.enter(signal);
      const sentAt = clock.now();
      const before = queue.inFlight;
      try {
        const result = await attempt();
        limit.answered(queue.isFull);
        if (isObjectRead) limit.readTook(clock.now() - sentAt);
        return result;
      } catch (error) {
        const retryAfterMs = retryAfterOf(error);
        if (retryAfterMs !== undefined) turnedAway(retryAfterMs, sentAt, Math.max(before, queue.inFlight));
        else if (isClusterError(error) && error.status > 0 && error.status < 500) limit.answered(queue.isFull);
        throw error;
      } finally {
        queue.leave();
      }
    },
  };
}

/**
 * Milliseconds that a server with too many calls asks for; `undefined` for every other failure. 503 is one only with a time: without it the
 * server may just be starting.
 */
function retryAfterOf(error: unknown): number | undefined {
  if (!isClusterError(error)) return undefined;
  return error.status === 429 || (error.status === 503 && error.retryAfterMs > 0) ? error.retryAfterMs : undefined;
}

interface Queue {
  readonly inFlight: number;
  readonly isFull: boolean;
  enter(signal: AbortSignal | undefined): Promise<void>;
  leave(): void;
  /** Nobody comes in before this time, epoch milliseconds. */
  closeUntil(at: number): void;
}

/** First come, first served. */
function createQueue(limit: CallLimit, clock: Clock): Queue {
  const waiting: (() => void)[] = [];
  let inFlight = 0;
  let closedUntil = 0;
  let opening: AbortController | undefined;
  const admit = (): void => {
    if (waiting.length === 0) {
      opening?.abort();
      return;
    }
    const closedMs = closedUntil - clock.now();
    if (closedMs > 0) {
      openAfter(closedMs);
      return;
    }
    while (inFlight < limit.places && waiting.length > 0) waiting.shift()?.();
  };
  const openAfter = (ms: number): void => {
    if (opening !== undefined) return;
    const timer = new AbortController();
    opening = timer;
    const opened = (): void => {
      opening = undefined;
      admit();
    };
    clock.sleep(ms, timer.signal).then(opened, opened);
  };
  return {
    get inFlight() {
      return inFlight;
    },
    get isFull() {
      return waiting.length > 0 || inFlight >= limit.places;
    },
    enter: (signal) =>
      new Promise((resolve, reject) => {
        const start = (): void => {
          signal?.removeEventListener("abort", leave);
          inFlight++;
          resolve();
        };
        const leave = (): void => {
          waiting.splice(waiting.indexOf(start), 1);
          reject(signal?.reason);
          admit();
        };
        waiting.push(start);
        signal?.addEventListener("abort", leave, { once: true });
        admit();
      }),
    leave() {
      inFlight--;
      admit();
    },
    closeUntil(at) {
      closedUntil = Math.max(closedUntil, at);
    },
  };
}
