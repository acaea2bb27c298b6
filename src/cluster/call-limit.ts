/**
 * How many calls one server takes at once, learnt from its answers: additive increase, multiplicative decrease, as TCP finds its rate.
 * Pure: time is an argument, in milliseconds.
 */
export interface CallLimit {
  /** Whole calls, between the floor and the ceiling. */
  readonly places: number;
  /** The server turned away a call that was alone, and has answered none since. */
  readonly isShut: boolean;
  /** A call was answered. `wasFull`: no place was free, so that one more would have been used. */
  answered(wasFull: boolean): void;
  /** A read of one object took so long. */
  readTook(ms: number): void;
  /** The server turned a call away that was sent at `sentAt`, and was one of `together` on their way. */
  throttled(sentAt: number, now: number, together: number): void;
}

export interface CallLimitOptions {
  /** Default 64: more are no faster on one HTTP/2 connection, whose servers allow 100 streams. */
  readonly ceiling?: number;
}

const defaultCeiling = 64;
/** The most that one App may ask for (reliability.md L23): what a server stands without having been asked. */
const startPlaces = 20;
/** A server that turns calls away may come down to one at a time. */
const floorPlaces = 1;
/** The number that was too many is tried again after this many rounds of calls at the one below. */
const roundsBelow = 10;
/** kapp's own concurrency (reliability.md L23): a server that is only slow gets what kapp would ask of it. */
const slowFloorPlaces = 5;
/** Reads of one object whose median is looked at. */
const windowReads = 9;
/** Kubernetes promises reads of one object within a second; below that nothing is slow, in milliseconds. */
const slowMs = 1_000;
/** A median this many times the usual one is far above it. */
const slowFactor = 5;
/** The usual time follows a slower one by this part at each read. */
const usualDrift = 0.01;

export function createCallLimit({ ceiling = defaultCeiling }: CallLimitOptions = {}): CallLimit {
  let places = Math.min(startPlaces, ceiling);
  /** Until the first decrease each answer makes room for one more, which doubles the calls with each round; then each round does. */
  let isFinding = true;
  /** So many were too many. */
  let tooMany = Number.POSITIVE_INFINITY;
  let isShut = false;
  let decreasedAt = Number.NEGATIVE_INFINITY;
  let usualMs: number | undefined;
  let reads: number[] = [];
  const decrease = (to: number): void => {
    places = Math.max(floorPlaces, Math.floor(Math.min(places, to)));
    isFinding = false;
  };
  return {
    get places() {
      return Math.floor(places);
    },
    get isShut() {
      return isShut;
    },
    answered(wasFull) {
      isShut = false;
      if (!wasFull) return;
      const whole = Math.floor(places);
      if (whole >= tooMany) tooMany = Number.POSITIVE_INFINITY;
      const rounds = whole + 1 >= tooMany ? roundsBelow : 1;
      places = Math.min(ceiling, places + (isFinding ? 1 : 1 / (whole * rounds)));
    },
    readTook(ms) {
      reads.push(ms);
      if (reads.length < windowReads) return;
      const median = reads.toSorted((a, b) => a - b)[(windowReads - 1) / 2] ?? 0;
      reads.shift();
      const usual = usualMs ?? median;
      usualMs = median < usual ? median : usual + (median - usual) * usualDrift;
      if (median <= Math.max(slowMs, slowFactor * usual)) return;
      reads = [];
      if (places > slowFloorPlaces) decrease(Math.max(slowFloorPlaces, places / 2));
    },
    throttled(sentAt, now, together) {
      isShut = together <= 1;
      // What was sent before the last decrease says nothing about the calls that were left since.
      if (sentAt <= decreasedAt) return;
      decreasedAt = now;
      tooMany = Math.max(floorPlaces + 1, together);
      decrease(Math.min(places, together) / 2);
    },
  };
}

/** For operators who want a fixed number of calls. */
export function createFixedLimit(places: number = defaultCeiling): CallLimit {
  return { places, isShut: true, answered: () => undefined, readTook: () => undefined, throttled: () => undefined };
}
