import { interpolate } from "../builtins/interpolate.ts";
import { maxTextLength } from "../values/display.ts";
import { checkedInt, floorDivide, floorModulo, type Int, isInt } from "../values/ints.ts";
import { concat, joined, utf8Length } from "../values/text.ts";
import { type CallContext, Float, LimitExceeded, List, StarlarkFailure, Tuple, type Value } from "../values/value.ts";
import { countInts, countItems, countProduct, unknown } from "./counting.ts";

export function add(context: CallContext, a: Value, b: Value): Value {
  if (typeof a === "number" && typeof b === "number") {
    const sum = a + b;
    if (Number.isSafeInteger(sum)) return sum;
  }
  if (typeof a === "string" && typeof b === "string") return addTexts(context, a, b);
  if (isInt(a) && isInt(b)) {
    countInts(context, a, b);
    return checkedInt(BigInt(a) + BigInt(b));
  }
  if (a instanceof List && b instanceof List) return new List(addItems(context, a.items, b.items));
  if (a instanceof Tuple && b instanceof Tuple) return new Tuple(addItems(context, a.items, b.items));
  const [x, y] = [asDouble(a), asDouble(b)];
  if (x === undefined || y === undefined) throw unknown("+", a, b);
  return new Float(x + y);
}

function addTexts(context: CallContext, a: string, b: string): string {
  const length = a.length + b.length;
  if (length > maxTextLength) throw new LimitExceeded("bytes", "text is too long");
  // The engine keeps the sum as its two parts until the text is read; an eighth stands for what that costs at times.
  context.allocate(Math.min(a.length, b.length) + (length >> 3) + 16);
  if (length > 4096) context.step(length >> 12);
  return concat(a, b);
}

function addItems(context: CallContext, a: readonly Value[], b: readonly Value[]): Value[] {
  countItems(context, a.length + b.length);
  return a.concat(b);
}

export function subtract(context: CallContext, a: Value, b: Value): Value {
  if (typeof a === "number" && typeof b === "number") {
    const difference = a - b;
    if (Number.isSafeInteger(difference)) return difference;
  }
  if (isInt(a) && isInt(b)) {
    countInts(context, a, b);
    return checkedInt(BigInt(a) - BigInt(b));
  }
  const [x, y] = [asDouble(a), asDouble(b)];
  if (x === undefined || y === undefined) throw unknown("-", a, b);
  return new Float(x - y);
}

export function multiply(context: CallContext, a: Value, b: Value): Value {
  if (typeof a === "number" && typeof b === "number") {
    const product = a * b;
    // There is one zero.
    if (Number.isSafeInteger(product)) return product + 0;
  }
  if (isInt(a) && isInt(b)) {
    countProduct(context, a, b);
    return checkedInt(BigInt(a) * BigInt(b));
  }
  if (isInt(b)) {
    const repeated = repeat(context, a, b);
    if (repeated !== undefined) return repeated;
  }
  if (isInt(a)) {
    const repeated = repeat(context, b, a);
    if (repeated !== undefined) return repeated;
  }
  const [x, y] = [asDouble(a), asDouble(b)];
  if (x === undefined || y === undefined) throw unknown("*", a, b);
  return new Float(x * y);
}

/** Upstream refuses more elements than that at once. */
const maxRepeated = 2 ** 30;

function repeat(context: CallContext, value: Value, count: Int): Value | undefined {
  if (typeof value === "string") {
    const times = repeatCount(utf8Length(value), count);
    if (times === 0) return "";
    if (value.length * times > maxTextLength) throw new LimitExceeded("bytes", "text is too long");
    context.allocate(value.length * times + 16);
    return joined(value.repeat(times));
  }
  if (!(value instanceof List) && !(value instanceof Tuple)) return undefined;
  const { items } = value;
  const times = repeatCount(items.length, count);
  countItems(context, items.length * times);
  const result: Value[] = [];
  for (let round = 0; round < times; round++) for (const item of items) result.push(item);
  return value instanceof List ? new List(result) : new Tuple(result);
}

function repeatCount(length: number, count: Int): number {
  if (length === 0) return 0;
  if (typeof count === "bigint" || count !== (count | 0)) throw new StarlarkFailure(`repeat count ${count} too large`);
  if (count < 1) return 0;
  if (length * count >= maxRepeated) throw new StarlarkFailure(`excessive repeat (${length * count} elements)`);
  return count;
}

export function divide(_context: CallContext, a: Value, b: Value): Value {
  const [x, y] = [asDouble(a), asDouble(b)];
  if (x === undefined || y === undefined) throw unknown("/", a, b);
  if (y === 0) throw new StarlarkFailure("real division by zero");
  return new Float(x / y);
}

export function divideFloored(context: CallContext, a: Value, b: Value): Value {
  const [x, y] = [asDouble(a), asDouble(b)];
  if (x === undefined || y === undefined) throw unknown("//", a, b);
  if (y === 0) throw new StarlarkFailure("floored division by zero");
  if (!isInt(a) || !isInt(b)) return new Float(Math.floor(x / y));
  if (typeof a === "bigint" || typeof b === "bigint") countProduct(context, a, b);
  return floorDivide(a, b);
}

export function modulo(context: CallContext, a: Value, b: Value): Value {
  if (typeof a === "string") return interpolate(a, b, context);
  const [x, y] = [asDouble(a), asDouble(b)];
  if (x === undefined || y === undefined) throw unknown("%", a, b);
  const whole = isInt(a) && isInt(b);
  if (y === 0) throw new StarlarkFailure(`${whole ? "integer" : "float"} modulo by zero`);
  if (!whole) return new Float(x % y);
  if (typeof a === "bigint" || typeof b === "bigint") countProduct(context, a, b);
  return floorModulo(a, b);
}

/** An int as a float; what is none of both is `undefined`. */
function asDouble(value: Value): number | undefined {
  if (value instanceof Float) return value.value;
  return isInt(value) ? Number(value) : undefined;
}
