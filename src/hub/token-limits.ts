import type { Clock } from "../base/index.ts";
import { ApiError, type WatchGate } from "../kubeapi/index.ts";

/** Requests per second and token, on the long run (reliability.md L29). */
const requestsPerSecond = 50;
/** Requests that may come at once: applying a folder of files is one burst. */
const burst = 500;
/** Open watches per token (reliability.md L29). */
const maxWatches = 20;
/** Tokens remembered; the oldest are forgotten, which only gives them a full bucket again. */
const maxTokens = 1_000;

/** Keeps one token from taking the hub for itself. */
export interface TokenLimits {
  /** @throws ApiError TooManyRequests with the seconds to wait. */
  countRequest(user: string): void;
  /**
   * Counts a watch while its answer is read.
   * @throws ApiError TooManyRequests when the token has 20 already.
   */
  readonly watchGate: WatchGate;
}

export function createTokenLimits(clock: Clock): TokenLimits {
  const buckets = new Map<string, { level: number; at: number }>();
  const watches = new Map<string, number>();
  const leave = (user: string): void => {
    const rest = (watches.get(user) ?? 1) - 1;
    if (rest > 0) watches.set(user, rest);
    else watches.delete(user);
  };
  return {
    countRequest: (user) => {
      const now = clock.now();
      const before = buckets.get(user) ?? { level: burst, at: now };
      const level = Math.min(burst, before.level + ((now - before.at) / 1000) * requestsPerSecond);
      // Set anew, so that the map keeps the order of use.
      buckets.delete(user);
      buckets.set(user, { level: Math.max(level - 1, 0), at: now });
      const [oldest] = buckets.keys();
      if (buckets.size > maxTokens && oldest !== undefined) buckets.delete(oldest);
      if (level < 1) throw tooMany(`this token makes more than ${requestsPerSecond} requests per second`);
    },
    watchGate: ({ user }, open) => {
      const count = watches.get(user) ?? 0;
      if (count >= maxWatches) throw tooMany(`this token has ${maxWatches} open watches, the most it may have`);
      const response = open();
      if (response.body === null) return response;
      watches.set(user, count + 1);
      let isOpen = true;
      const end = (): void => {
        if (isOpen) leave(user);
        isOpen = false;
      };
      return new Response(whenDone(response.body, end), { status: response.status, headers: response.headers });
    },
  };
}

function tooMany(message: string): ApiError {
  return new ApiError("TooManyRequests", message, { retryAfterSeconds: 1 });
}

/** The same bytes; calls `end` once they are all read, or nobody reads on. */
function whenDone(body: ReadableStream<Uint8Array>, end: () => void): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  return new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      try {
        const { done, value } = await reader.read();
        if (!done) {
          controller.enqueue(value);
          return;
        }
        end();
        controller.close();
      } catch (error) {
        end();
        throw error;
      }
    },
    cancel: async (reason) => {
      end();
      await reader.cancel(reason);
    },
  });
}
