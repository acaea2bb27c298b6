import { asInt32, isInt } from "./ints.ts";
import { byteSlice, fromBinary, toBinary, utf8Length } from "./text.ts";
import { HostValue, List, Range, StarlarkFailure, Tuple, typeOf, type Value } from "./value.ts";

/** `x[low:high:step]`; `null` stands for a part that is left out. */
export function slice(value: Value, low: Value, high: Value, stepValue: Value): Value {
  if (value instanceof HostValue && value.slice !== undefined) return value.slice();
  const length = sliceableLength(value);
  if (length === undefined) throw new StarlarkFailure(`invalid slice operand ${typeOf(value)}`);
  const step = stepValue === null ? 1 : sliceStep(stepValue);
  if (step > 0) {
    const [start, end] = boundsWithin(low, high, length);
    return cut(value, start, Math.max(start, end), step);
  }
  const start = Math.min(sliceIndex(low, length, length - 1, "start"), length - 1);
  const end = Math.max(sliceIndex(high, length, -1, "end"), -1);
  return cut(value, Math.max(start, end), end, step);
}

/** Indexes that are brought into the range; the end may be before the start. */
export function boundsWithin(
  low: Value | undefined,
  high: Value | undefined,
  length: number,
): readonly [start: number, end: number] {
  const start = sliceIndex(low ?? null, length, 0, "start");
  const end = sliceIndex(high ?? null, length, length, "end");
  return [clamp(start, length), clamp(end, length)];
}

function clamp(index: number, length: number): number {
  return Math.min(Math.max(index, 0), length);
}

function sliceableLength(value: Value): number | undefined {
  if (typeof value === "string") return utf8Length(value);
  if (value instanceof List || value instanceof Tuple) return value.items.length;
  return value instanceof Range ? value.length : undefined;
}

function sliceStep(value: Value): number {
  let step: number;
  try {
    step = asInt32(value);
  } catch {
    throw new StarlarkFailure(`got ${typeOf(value)} for slice step, want int`);
  }
  if (step === 0) throw new StarlarkFailure("zero is not a valid slice step");
  return step;
}

function sliceIndex(value: Value, length: number, byDefault: number, which: "start" | "end"): number {
  if (value === null) return byDefault;
  if (!isInt(value) || typeof value === "bigint" || value !== (value | 0))
    throw new StarlarkFailure(`invalid ${which} index: got ${typeOf(value)}, want int`);
  return value < 0 ? value + length : value;
}

function cut(value: Value, start: number, end: number, step: number): Value {
  if (typeof value === "string") return step === 1 ? byteSlice(value, start, end) : everyByte(value, start, end, step);
  if (value instanceof List) return new List(everyItem(value.items, start, end, step));
  if (value instanceof Tuple) return new Tuple(everyItem(value.items, start, end, step));
  if (!(value instanceof Range)) return null;
  return new Range(value.start + value.step * start, value.start + value.step * end, value.step * step);
}

function everyByte(text: string, start: number, end: number, step: number): string {
  const binary = toBinary(text);
  let picked = "";
  for (let index = start; step > 0 ? index < end : index > end; index += step) picked += binary.charAt(index);
  return fromBinary(picked);
}

function everyItem(items: readonly Value[], start: number, end: number, step: number): Value[] {
  if (step === 1) return items.slice(start, end);
  const picked: Value[] = [];
  for (let index = start; step > 0 ? index < end : index > end; index += step) picked.push(items[index] ?? null);
  return picked;
}
