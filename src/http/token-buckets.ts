import type { Clock } from "../base/index.ts";

/** Limits how often each of many callers may do something; forgets those that have been quiet. */
export interface TokenBuckets {
  /** Takes one token of `key`; `false` when there is none. */
  take(key: string): boolean;
}

/** Callers remembered at once. Beyond it the oldest is forgotten, so that a flood of addresses costs no memory. */
const maxKeys = 10_000;

/** @param options.perSecond tokens that come back each second; `burst` is the most that a bucket holds. */
export function createTokenBuckets(
  options: { readonly perSecond: number; readonly burst: number },
  clock: Clock,
): TokenBuckets {
  const buckets = new Map<string, { readonly tokens: number; readonly at: number }>();
  return {
    take(key) {
      const now = clock.now();
      const known = buckets.get(key) ?? { tokens: options.burst, at: now };
      const refilled = Math.min(
        options.burst,
        known.tokens + (Math.max(0, now - known.at) / 1_000) * options.perSecond,
      );
      // Deleting first moves the key to the end of the insertion order.
      buckets.delete(key);
      const allowed = refilled >= 1;
      buckets.set(key, { tokens: allowed ? refilled - 1 : refilled, at: now });
      const oldest = buckets.keys().next();
      if (buckets.size > maxKeys && oldest.done !== true) buckets.delete(oldest.value);
      return allowed;
    },
  };
}
