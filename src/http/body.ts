import type { Clock } from "../base/index.ts";

/** A request body within its bounds, or why it is refused. */
export type ReadBody = { readonly bytes: Uint8Array } | { readonly refused: "too large" | "too slow" | "cut off" };

/**
 * Reads a request body, counting the bytes that really come: what Content-Length says only refuses earlier (reliability.md B3, T3).
 * Keeps at most `maxBytes` plus one chunk. A refused body is left unread; the caller answers and lets the server close the connection.
 * @param limits.timeoutMs for the whole body, so that a slow drip ends too.
 */
export async function readBody(
  request: Request,
  limits: { readonly maxBytes: number; readonly timeoutMs: number },
  clock: Clock,
): Promise<ReadBody> {
  const declared = Number(request.headers.get("content-length") ?? 0);
  if (declared > limits.maxBytes) return { refused: "too large" };
  if (request.body === null) return { bytes: new Uint8Array() };
  const reader = request.body.getReader();
  const stop = new AbortController();
  const timeout = clock.sleep(limits.timeoutMs, stop.signal).then(
    () => "too slow" as const,
    () => "stopped" as const,
  );
  try {
    const chunks: Uint8Array[] = [];
    let length = 0;
    for (;;) {
      const next = await Promise.race([reader.read(), timeout]);
      if (typeof next === "string") return { refused: "too slow" };
      if (next.done) return { bytes: concat(chunks, length) };
      length += next.value.byteLength;
      if (length > limits.maxBytes) return { refused: "too large" };
      chunks.push(next.value);
    }
  } catch {
    // The other side went away; nobody reads the answer.
    return { refused: "cut off" };
  } finally {
    stop.abort();
  }
}

function concat(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const [first] = chunks;
  if (first !== undefined && chunks.length === 1) return first;
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return bytes;
}
