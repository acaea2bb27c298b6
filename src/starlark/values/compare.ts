import { compareText } from "./text.ts";
import {
  Dict,
  Float,
  HostValue,
  LimitExceeded,
  List,
  Range,
  StarlarkFailure,
  StarlarkSet,
  Tuple,
  typeOf,
  type Value,
} from "./value.ts";

export type Comparison = "==" | "!=" | "<" | "<=" | ">" | ">=";

/** Counts comparisons: the thread, where there is one. */
export interface Stepper {
  step(count: number): void;
}

/** How deep lists and the like are compared, as upstream. */
const maxDepth = 10;

/** `a == b`. Throws `StarlarkFailure` for values nested deeper than `depth` (default 10). */
export function equals(a: Value, b: Value, depth: number = maxDepth, stepper: Stepper = new StepBound()): boolean {
  if (typeof a === "string") return a === b;
  return compareAt("==", a, b, depth, stepper);
}

/** `a <op> b`. Throws `StarlarkFailure` where there is no order. */
export function compare(
  op: Comparison,
  a: Value,
  b: Value,
  depth: number = maxDepth,
  stepper: Stepper = new StepBound(),
): boolean {
  return compareAt(op, a, b, depth, stepper);
}

/** For comparisons outside of any program: shared parts make small values large ones. */
class StepBound implements Stepper {
  #left = 10_000_000;
  step(count: number): void {
    this.#left -= count;
    if (this.#left < 0) throw new LimitExceeded("steps", "comparison takes too many steps");
  }
}

function compareAt(op: Comparison, a: Value, b: Value, depth: number, stepper: Stepper): boolean {
  if (depth < 1) throw new StarlarkFailure("comparison exceeded maximum recursion depth");
  switch (typeof a) {
    case "number":
    case "bigint":
      if (typeof b === "number" || typeof b === "bigint") return holds(op, a < b ? -1 : a > b ? 1 : 0);
      // Unlike two floats, an int and NaN are not even unequal.
      if (b instanceof Float) return !Number.isNaN(b.value) && holds(op, orderOfNumbers(a, b.value));
      return unlike(op, a, b);
    case "string":
      if (typeof b !== "string") return unlike(op, a, b);
      if (a.length > 1024) stepper.step(Math.min(a.length, b.length) >> 10);
      return holds(op, compareText(a, b));
    case "boolean":
      return typeof b === "boolean" ? holds(op, Number(a) - Number(b)) : unlike(op, a, b);
    default:
      break;
  }
  if (a === null) return b === null ? holds(op, 0) : unlike(op, a, b);
  if (a instanceof Float) {
    if (b instanceof Float) return compareNumbers(op, a.value, b.value);
    if (typeof b === "number" || typeof b === "bigint")
      return !Number.isNaN(a.value) && holds(op, orderOfFloatAndInt(a.value, b));
    return unlike(op, a, b);
  }
  if (a instanceof List && b instanceof List) return compareItems(op, a.items, b.items, depth, stepper);
  if (a instanceof Tuple && b instanceof Tuple) return compareItems(op, a.items, b.items, depth, stepper);
  return compareUnordered(op, a, b, depth, stepper);
}

/** What knows only equality. */
function compareUnordered(op: Comparison, a: Value, b: Value, depth: number, stepper: Stepper): boolean {
  if (typeOf(a) !== typeOf(b)) return unlike(op, a, b);
  if (a instanceof HostValue && b instanceof HostValue && a.equals !== undefined) {
    const equal = a.equals(b);
    return op === "==" || op === "!=" ? equal === (op === "==") : unlike(op, a, b);
  }
  if (op !== "==" && op !== "!=") return unlike(op, a, b);
  return sameValue(a, b, depth, stepper) === (op === "==");
}

function sameValue(a: Value, b: Value, depth: number, stepper: Stepper): boolean {
  if (a instanceof Dict && b instanceof Dict) return sameDicts(a, b, depth, stepper);
  if (a instanceof StarlarkSet && b instanceof StarlarkSet) {
    stepper.step(1 + a.size / 8);
    if (a.size !== b.size) return false;
    for (const item of a.values()) if (!b.has(item)) return false;
    return true;
  }
  if (a instanceof Range && b instanceof Range) return sameRanges(a, b);
  return a === b;
}

function sameDicts(a: Dict, b: Dict, depth: number, stepper: Stepper): boolean {
  if (a.size !== b.size) return false;
  for (const [key, value] of a.entries()) {
    stepper.step(2);
    const other = b.get(key);
    if (other === undefined || !compareAt("==", value, other, depth - 1, stepper)) return false;
  }
  return true;
}

function sameRanges(a: Range, b: Range): boolean {
  if (a.length !== b.length) return false;
  if (a.length === 0) return true;
  return a.start === b.start && (a.length === 1 || a.step === b.step);
}

function compareItems(
  op: Comparison,
  a: readonly Value[],
  b: readonly Value[],
  depth: number,
  stepper: Stepper,
): boolean {
  if (a.length !== b.length && (op === "==" || op === "!=")) return op === "!=";
  const shorter = Math.min(a.length, b.length);
  for (let index = 0; index < shorter; index++) {
    stepper.step(1);
    const [left, right] = [a[index] ?? null, b[index] ?? null];
    if (compareAt("==", left, right, depth - 1, stepper)) continue;
    return op === "==" || op === "!=" ? op === "!=" : compareAt(op, left, right, depth - 1, stepper);
  }
  return holds(op, a.length - b.length);
}

function unlike(op: Comparison, a: Value, b: Value): boolean {
  if (op === "==") return false;
  if (op === "!=") return true;
  throw new StarlarkFailure(`${typeOf(a)} ${op} ${typeOf(b)} not implemented`);
}

/** Exact also where a double could not hold the int. */
function orderOfNumbers(a: number | bigint, b: number | bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Upstream has infinity on the wrong side when it stands on the left. */
function orderOfFloatAndInt(a: number, b: number | bigint): number {
  return Number.isFinite(a) ? orderOfNumbers(a, b) : orderOfNumbers(b, a);
}

/** `a <op> b` for two numbers as JavaScript has it: NaN is unequal to all. */
export function compareNumbers(op: Comparison, a: number, b: number): boolean {
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

function holds(op: Comparison, order: number): boolean {
  switch (op) {
    case "==":
      return order === 0;
    case "!=":
      return order !== 0;
    case "<":
      return order < 0;
    case "<=":
      return order <= 0;
    case ">":
      return order > 0;
    case ">=":
      return order >= 0;
  }
}
