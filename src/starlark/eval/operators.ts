import { interpolate } from "../builtins/interpolate.ts";
import { bytesPerItem } from "../builtins/list-methods.ts";
import { bytesPerMember, unionOf } from "../builtins/set-methods.ts";
import type { BinaryOperator, UnaryOperator } from "../syntax/ast.ts";
import { isTruthy } from "../values/collections.ts";
import { type Comparison, compare, equals } from "../values/compare.ts";
import { maxTextLength } from "../values/display.ts";
import { asInt32, checkedInt, floorDivide, floorModulo, type Int, intOfFloat, isInt, wordsOf } from "../values/ints.ts";
import { concat, contains, joined, utf8Length } from "../values/text.ts";
import {
  type CallContext,
  Dict,
  Float,
  HostValue,
  intOf,
  LimitExceeded,
  List,
  Range,
  StarlarkFailure,
  StarlarkSet,
  Tuple,
  typeOf,
  type Value,
} from "../values/value.ts";

export type Operate = (context: CallContext, a: Value, b: Value) => Value;

/** What each operator with two operands does. */
export const binaryOperators: { readonly [Operator in BinaryOperator]: Operate } = {
  "+": add,
  "-": subtract,
  "*": multiply,
  "/": divide,
  "//": divideFloored,
  "%": modulo,
  "&": (context, a, b) => bitwise(context, "&", a, b),
  "|": (context, a, b) => bitwise(context, "|", a, b),
  "^": (context, a, b) => bitwise(context, "^", a, b),
  "<<": shiftLeft,
  ">>": shiftRight,
  in: isIn,
  "not in": (context, a, b) => !isIn(context, a, b),
  "==": (context, a, b) => equals(a, b, undefined, context),
  "!=": comparison("!="),
  "<": comparison("<"),
  "<=": comparison("<="),
  ">": comparison(">"),
  ">=": comparison(">="),
};

function comparison(op: Comparison): Operate {
  return (context, a, b) => {
    if (typeof a === "number" && typeof b === "number") return compareSmall(op, a, b);
    return compare(op, a, b, undefined, context);
  };
}

function compareSmall(op: Comparison, a: number, b: number): boolean {
  switch (op) {
    case "==":
      return a === b;
    case "!=":
      return a !== b;
    case "<":
      return a < b;
    case "<=":
      return a <= b;
    case ">":
      return a > b;
    case ">=":
      return a >= b;
  }
}

function unknown(op: BinaryOperator, a: Value, b: Value): StarlarkFailure {
  return new StarlarkFailure(`unknown binary op: ${typeOf(a)} ${op} ${typeOf(b)}`);
}

/** An int as a float; what is none of both is `undefined`. */
function asDouble(value: Value): number | undefined {
  if (value instanceof Float) return value.value;
  return isInt(value) ? Number(value) : undefined;
}

export function add(context: CallContext, a: Value, b: Value): Value {
  if (typeof a === "number" && typeof b === "number") {
    const sum = a + b;
    if (Number.isSafeInteger(sum)) return sum;
  }
  if (typeof a === "string" && typeof b === "string") return addTexts(context, a, b);
  if (isInt(a) && isInt(b)) return checkedInt(BigInt(a) + BigInt(b));
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

function countItems(context: CallContext, count: number): void {
  context.allocate(count * bytesPerItem + 32);
  context.step(count >> 4);
}

function subtract(_context: CallContext, a: Value, b: Value): Value {
  if (typeof a === "number" && typeof b === "number") {
    const difference = a - b;
    if (Number.isSafeInteger(difference)) return difference;
  }
  if (isInt(a) && isInt(b)) return checkedInt(BigInt(a) - BigInt(b));
  const [x, y] = [asDouble(a), asDouble(b)];
  if (x === undefined || y === undefined) throw unknown("-", a, b);
  return new Float(x - y);
}

function multiply(context: CallContext, a: Value, b: Value): Value {
  if (typeof a === "number" && typeof b === "number") {
    const product = a * b;
    // There is one zero.
    if (Number.isSafeInteger(product)) return product + 0;
  }
  if (isInt(a) && isInt(b)) return multiplyInts(context, a, b);
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

function multiplyInts(context: CallContext, a: Int, b: Int): Int {
  const [x, y] = [wordsOf(a), wordsOf(b)];
  if (x + y > 0) {
    context.step((x * y) >> 12);
    context.allocate((x + y) * 8);
  }
  return checkedInt(BigInt(a) * BigInt(b));
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

function divide(_context: CallContext, a: Value, b: Value): Value {
  const [x, y] = [asDouble(a), asDouble(b)];
  if (x === undefined || y === undefined) throw unknown("/", a, b);
  if (y === 0) throw new StarlarkFailure("real division by zero");
  return new Float(x / y);
}

function divideFloored(context: CallContext, a: Value, b: Value): Value {
  const [x, y] = [asDouble(a), asDouble(b)];
  if (x === undefined || y === undefined) throw unknown("//", a, b);
  if (y === 0) throw new StarlarkFailure("floored division by zero");
  if (!isInt(a) || !isInt(b)) return new Float(Math.floor(x / y));
  context.step((wordsOf(a) * wordsOf(b)) >> 10);
  return floorDivide(a, b);
}

function modulo(context: CallContext, a: Value, b: Value): Value {
  if (typeof a === "string") return interpolate(a, b, context);
  const [x, y] = [asDouble(a), asDouble(b)];
  if (x === undefined || y === undefined) throw unknown("%", a, b);
  const whole = isInt(a) && isInt(b);
  if (y === 0) throw new StarlarkFailure(`${whole ? "integer" : "float"} modulo by zero`);
  if (!whole) return new Float(x % y);
  context.step((wordsOf(a) * wordsOf(b)) >> 10);
  return floorModulo(a, b);
}

type Bitwise = "&" | "|" | "^";

function bitwise(context: CallContext, op: Bitwise, a: Value, b: Value): Value {
  if (isInt(a) && isInt(b)) return typeof a === "number" && typeof b === "number" ? small(op, a, b) : large(op, a, b);
  if (a instanceof StarlarkSet && b instanceof StarlarkSet) return combine(context, op, a, b);
  throw unknown(op, a, b);
}

function small(op: Bitwise, a: number, b: number): Int {
  if (a !== (a | 0) || b !== (b | 0)) return large(op, a, b);
  switch (op) {
    case "&":
      return a & b;
    case "|":
      return a | b;
    case "^":
      return a ^ b;
  }
}

function large(op: Bitwise, a: Int, b: Int): Int {
  const [x, y] = [BigInt(a), BigInt(b)];
  switch (op) {
    case "&":
      return checkedInt(x & y);
    case "|":
      return checkedInt(x | y);
    case "^":
      return checkedInt(x ^ y);
  }
}

function combine(context: CallContext, op: Bitwise, a: StarlarkSet, b: StarlarkSet): StarlarkSet {
  if (op === "|") return unionOf([a.values(), b.values()], context);
  context.step(a.size + b.size);
  context.allocate((a.size + b.size) * bytesPerMember);
  if (op === "^") return StarlarkSet.of([...only(a, b), ...only(b, a)]);
  const [smaller, larger] = a.size > b.size ? [b, a] : [a, b];
  return StarlarkSet.of([...smaller.values()].filter((item) => larger.has(item)));
}

function only(a: StarlarkSet, b: StarlarkSet): Value[] {
  return [...a.values()].filter((item) => !b.has(item));
}

/** Upstream shifts no further to the left at once. */
const maxShift = 512;

function shiftLeft(_context: CallContext, a: Value, b: Value): Value {
  if (!isInt(a)) throw unknown("<<", a, b);
  const count = shiftCount(b);
  if (count >= maxShift) throw new StarlarkFailure(`shift count too large: ${count}`);
  return checkedInt(BigInt(a) << BigInt(count));
}

function shiftRight(_context: CallContext, a: Value, b: Value): Value {
  if (!isInt(a)) throw unknown(">>", a, b);
  return checkedInt(BigInt(a) >> BigInt(shiftCount(b)));
}

function shiftCount(value: Value): number {
  const count = asInt32(value);
  if (count < 0) throw new StarlarkFailure(`negative shift count: ${count}`);
  return count;
}

function isIn(context: CallContext, item: Value, holder: Value): boolean {
  if (holder instanceof List || holder instanceof Tuple) return isAmong(context, item, holder.items);
  if (holder instanceof Dict) return isKey(() => holder.has(item));
  if (holder instanceof StarlarkSet) return holder.has(item);
  if (typeof holder === "string") {
    if (typeof item !== "string")
      throw new StarlarkFailure(`'in <string>' requires string as left operand, not ${typeOf(item)}`);
    context.step(holder.length >> 8);
    return contains(holder, item);
  }
  if (holder instanceof Range) return isInRange(item, holder);
  if (holder instanceof HostValue) {
    if (holder.contains !== undefined) return isKey(() => holder.contains?.(item) ?? false);
    if (holder.lookup !== undefined) return isKey(() => holder.lookup?.(item) !== undefined);
  }
  throw unknown("in", item, holder);
}

/** What cannot be a key is no key. */
function isKey(look: () => boolean): boolean {
  try {
    return look();
  } catch (error) {
    if (!(error instanceof StarlarkFailure) || error instanceof LimitExceeded) throw error;
    return false;
  }
}

function isAmong(context: CallContext, wanted: Value, items: readonly Value[]): boolean {
  context.step(items.length >> 4);
  if (typeof wanted === "string") return items.includes(wanted);
  return items.some((item) => equals(item, wanted, undefined, context));
}

function isInRange(item: Value, range: Range): boolean {
  let wanted: Int;
  if (isInt(item)) wanted = item;
  else if (item instanceof Float && Number.isFinite(item.value)) wanted = intOfFloat(item.value);
  else throw new StarlarkFailure(`'in <range>' requires integer as left operand, not ${typeOf(item)}`);
  const index = (Number(wanted) - range.start) / range.step;
  return Number.isInteger(index) && index >= 0 && index < range.length;
}

/** `op value`. */
export function applyUnary(op: UnaryOperator, value: Value): Value {
  if (op === "not") return !isTruthy(value);
  if (isInt(value)) {
    if (op === "+") return value;
    if (op === "-") return typeof value === "number" ? 0 - value : checkedInt(-value);
    return typeof value === "number" ? intOf(-1 - value) : checkedInt(~value);
  }
  if (value instanceof Float && op !== "~") return op === "-" ? new Float(-value.value) : value;
  throw new StarlarkFailure(`unknown unary op: ${op} ${typeOf(value)}`);
}
