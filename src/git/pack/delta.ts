/**
 * A delta: base size and result size as little-endian base-128 numbers, then instructions. High bit set = copy from the base (bits 0–3 say which offset bytes follow,
 * bits 4–6 which size bytes; size 0 means 0x10000); else insert that many literal bytes; 0 is reserved (git's gitformat-pack).
 */

/** Why a delta cannot be applied; the caller knows which object it belongs to. */
export class DeltaError extends Error {}

/**
 * The object that `delta` makes of `base`.
 * @throws DeltaError on lying sizes, copies outside the base and truncated instructions; at most `maxResult` bytes are ever allocated.
 */
export function applyDelta(base: Uint8Array, delta: Uint8Array, maxResult: number): Uint8Array {
  const sizes = readDeltaSizes(delta);
  if (sizes.base !== base.length) throw new DeltaError(`base size is ${base.length}, the delta says ${sizes.base}`);
  if (sizes.result > maxResult) throw new DeltaError(`result of ${sizes.result} bytes is over ${maxResult}`);
  const result = new Uint8Array(sizes.result);
  let at = sizes.end;
  let written = 0;
  while (at < delta.length) {
    const instruction = delta[at++] ?? 0;
    if (instruction === 0) throw new DeltaError(`reserved instruction at byte ${at - 1}`);
    if (instruction < 0x80) {
      if (at + instruction > delta.length || written + instruction > result.length) {
        throw new DeltaError(`insert at byte ${at - 1} goes past the end`);
      }
      result.set(delta.subarray(at, at + instruction), written);
      at += instruction;
      written += instruction;
      continue;
    }
    const copy = readCopy(delta, at, instruction);
    at = copy.end;
    if (copy.offset + copy.size > base.length || written + copy.size > result.length) {
      throw new DeltaError(`copy of ${copy.size} bytes from ${copy.offset} goes past the end`);
    }
    result.set(base.subarray(copy.offset, copy.offset + copy.size), written);
    written += copy.size;
  }
  if (written !== result.length) throw new DeltaError(`result has ${written} bytes, the delta says ${result.length}`);
  return result;
}

/** Sizes of base and result as the delta claims them, and where the instructions begin. */
export function readDeltaSizes(delta: Uint8Array): {
  readonly base: number;
  readonly result: number;
  readonly end: number;
} {
  const base = readSize(delta, 0);
  const result = readSize(delta, base.end);
  return { base: base.value, result: result.value, end: result.end };
}

function readSize(bytes: Uint8Array, start: number): { readonly value: number; readonly end: number } {
  let value = 0;
  let scale = 1;
  for (let at = start; ; at++) {
    const byte = bytes[at];
    if (byte === undefined) throw new DeltaError("truncated size");
    value += (byte & 0x7f) * scale;
    if (value > Number.MAX_SAFE_INTEGER) throw new DeltaError("size overflow");
    if (byte < 0x80) return { value, end: at + 1 };
    scale *= 128;
  }
}

function readCopy(delta: Uint8Array, start: number, flags: number): { offset: number; size: number; end: number } {
  let at = start;
  const next = (): number => {
    const byte = delta[at++];
    if (byte === undefined) throw new DeltaError("truncated copy");
    return byte;
  };
  let offset = 0;
  let size = 0;
  for (let bit = 0; bit < 4; bit++) if ((flags & (1 << bit)) !== 0) offset += next() * 2 ** (8 * bit);
  for (let bit = 0; bit < 3; bit++) if ((flags & (0x10 << bit)) !== 0) size += next() * 2 ** (8 * bit);
  return { offset, size: size === 0 ? 0x10000 : size, end: at };
}
