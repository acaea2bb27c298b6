import type { BinaryOperator, UnaryOperator } from "../syntax/ast.ts";
import { isTruthy } from "../values/collections.ts";
import { type Comparison, compare, compareNumbers, equals } from "../values/compare.ts";
import { checkedInt, isInt } from "../values/ints.ts";
import { type CallContext, Float, intOf, StarlarkFailure, typeOf, type Value } from "../values/value.ts";
import { add, divide, divideFloored, modulo, multiply, subtract } from "./arithmetic.ts";
import { bitwise, shiftLeft, shiftRight } from "./bitwise.ts";
import { countInts } from "./counting.ts";
import { isIn } from "./membership.ts";

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
    if (typeof a === "number" && typeof b === "number") return compareNumbers(op, a, b);
    return compare(op, a, b, undefined, context);
  };
}

/** `op value`. */
export function applyUnary(context: CallContext, op: UnaryOperator, value: Value): Value {
  if (op === "not") return !isTruthy(value);
  if (isInt(value)) {
    if (typeof value === "bigint") countInts(context, value, 0);
    if (op === "+") return value;
    if (op === "-") return typeof value === "number" ? 0 - value : checkedInt(-value);
    return typeof value === "number" ? intOf(-1 - value) : checkedInt(~value);
  }
  if (value instanceof Float && op !== "~") return op === "-" ? new Float(-value.value) : value;
  throw new StarlarkFailure(`unknown unary op: ${op} ${typeOf(value)}`);
}
