import { bytesPerItem } from "../builtins/list-methods.ts";
import type { BinaryOperator } from "../syntax/ast.ts";
import { type Int, wordsOf } from "../values/ints.ts";
import { type CallContext, StarlarkFailure, typeOf, type Value } from "../values/value.ts";

/** Counts a list or tuple of so many items. */
export function countItems(context: CallContext, count: number): void {
  context.allocate(count * bytesPerItem + 32);
  context.step(count >> 4);
}

/** Counts the result of an operation on ints that are not both small. */
export function countInts(context: CallContext, a: Int, b: Int): void {
  context.allocate(24 + (wordsOf(a) + wordsOf(b)) * 8);
}

/** The same where the time is that of a product. */
export function countProduct(context: CallContext, a: Int, b: Int): void {
  const [x, y] = [wordsOf(a), wordsOf(b)];
  context.allocate(24 + (x + y) * 8);
  context.step((x * y) >> 11);
}

/** What an operator says of operands that it does not know. */
export function unknown(op: BinaryOperator, a: Value, b: Value): StarlarkFailure {
  return new StarlarkFailure(`unknown binary op: ${typeOf(a)} ${op} ${typeOf(b)}`);
}
