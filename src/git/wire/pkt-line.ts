/**
 * pkt-line: four hex digits give the length of a packet with these four digits included; then come the bytes.
 * 0000 = flush, 0001 = delimiter, 0002 = end of response (protocol v2), 0003 is reserved, 0004 an empty packet. Longest: 65,520 (git's protocol-common).
 */
import { GitError } from "../git-error.ts";
import { escapeBytes } from "../text.ts";

export type Packet =
  /** `payload` may be a view on a chunk of the input: use it before asking for more, or copy it. */
  | { readonly kind: "data"; readonly payload: Uint8Array; readonly offset: number }
  | { readonly kind: "flush" | "delimiter" | "response-end"; readonly offset: number };

const maxPacket = 65_520;
const encoder = new TextEncoder();

/** One packet with this text; a line feed is not added. */
export function encodePacket(text: string): Uint8Array {
  const payload = encoder.encode(text);
  if (payload.length + 4 > maxPacket) throw new RangeError(`packet of ${payload.length} bytes`);
  const out = new Uint8Array(payload.length + 4);
  encoder.encodeInto((payload.length + 4).toString(16).padStart(4, "0"), out);
  out.set(payload, 4);
  return out;
}

export const flushPacket: Uint8Array = encoder.encode("0000");
export const delimiterPacket: Uint8Array = encoder.encode("0001");

/**
 * Packets of a stream, however it is cut into chunks.
 * @throws GitError `GIT_PROTOCOL` naming the byte offset; `GIT_UNREACHABLE` (retryable) when the stream ends inside a packet.
 */
export async function* readPackets(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Packet, void, void> {
  // Chunks are joined only when the next packet is complete: a stream of single bytes costs no more than one of large chunks.
  let waiting: Uint8Array[] = [];
  let waitingBytes = 0;
  let neededBytes = 4;
  let offset = 0;
  for await (const chunk of chunks) {
    waiting.push(chunk);
    waitingBytes += chunk.length;
    if (waitingBytes < neededBytes) continue;
    const buffer = waiting.length === 1 ? chunk : join(waiting, waitingBytes);
    let at = 0;
    neededBytes = 4;
    while (buffer.length - at >= 4) {
      const length = parseLength(buffer.subarray(at, at + 4), offset + at);
      if (length < 4) {
        yield { kind: controlKind(length), offset: offset + at };
        at += 4;
        continue;
      }
      if (buffer.length - at < length) {
        neededBytes = length;
        break;
      }
      yield { kind: "data", payload: buffer.subarray(at + 4, at + length), offset: offset + at };
      at += length;
    }
    const rest = buffer.subarray(at);
    waiting = rest.length === 0 ? [] : [rest];
    waitingBytes = rest.length;
    offset += at;
  }
  if (waitingBytes > 0) {
    throw new GitError(
      `the answer ends inside a packet at byte ${offset}`,
      { code: "GIT_UNREACHABLE", reason: "truncated" },
      { retryable: true },
    );
  }
}

function parseLength(digits: Uint8Array, offset: number): number {
  let length = 0;
  for (const digit of digits) {
    const value = hexValue(digit);
    if (value === undefined) {
      throw new GitError(`bad packet length "${escapeBytes(digits)}" at byte ${offset}`, { code: "GIT_PROTOCOL" });
    }
    length = length * 16 + value;
  }
  if (length === 3) throw new GitError(`reserved packet length 0003 at byte ${offset}`, { code: "GIT_PROTOCOL" });
  if (length > maxPacket) {
    throw new GitError(`packet of ${length} bytes at byte ${offset}, longest is ${maxPacket}`, {
      code: "GIT_PROTOCOL",
    });
  }
  return length;
}

function controlKind(length: number): "flush" | "delimiter" | "response-end" {
  if (length === 0) return "flush";
  return length === 1 ? "delimiter" : "response-end";
}

function hexValue(byte: number): number | undefined {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  if (byte >= 0x61 && byte <= 0x66) return byte - 0x57;
  if (byte >= 0x41 && byte <= 0x46) return byte - 0x37;
  return undefined;
}

function join(parts: readonly Uint8Array[], size: number): Uint8Array {
  const out = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
