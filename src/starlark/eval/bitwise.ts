import { bytesPerMember, unionOf } from "../builtins/set-methods.ts";
import { asInt32, checkedInt, type Int, isInt } from "../values/ints.ts";
import { type CallContext, StarlarkFailure, StarlarkSet, type Value } from "../values/value.ts";
import { countInts, unknown } from "./counting.ts";

type Bitwise = "&" | "|" | "^";

export function bitwise(context: CallContext, op: Bitwise, a: Value, b: Value): Value {
  if (isInt(a) && isInt(b)) {
    if (typeof a === "number" && typeof b === "number" && a === (a | 0) && b === (b | 0)) return small(op, a, b);
    countInts(context, a, b);
    return large(op, a, b);
  }
  if (a instanceof StarlarkSet && b instanceof StarlarkSet) return combine(context, op, a, b);
  throw unknown(op, a, b);
}

/** For ints of 32 bits. */
function small(op: Bitwise, a: number, b: number): Int {
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

export function shiftLeft(context: CallContext, a: Value, b: Value): Value {
  if (!isInt(a)) throw unknown("<<", a, b);
  const count = shiftCount(b);
  countInts(context, a, count);
  context.allocate(maxShift / 8);
  if (count >= maxShift) throw new StarlarkFailure(`shift count too large: ${count}`);
  return checkedInt(BigInt(a) << BigInt(count));
}

export function shiftRight(context: CallContext, a: Value, b: Value): Value {
  if (!isInt(a)) throw unknown(">>", a, b);
  const count = shiftCount(b);
  if (typeof a === "number" && a === (a | 0)) return a >> Math.min(count, 31);
  countInts(context, a, count);
  return checkedInt(BigInt(a) >> BigInt(count));
}

function shiftCount(value: Value): number {
  const count = asInt32(value);
  if (count < 0) throw new StarlarkFailure(`negative shift count: ${count}`);
  return count;
}
