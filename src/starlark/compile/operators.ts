import type { Evaluate } from "../eval/function.ts";
import { add } from "../eval/arithmetic.ts";
import { binaryOperators, type Operate } from "../eval/operators.ts";
import type { BinaryExpression, Expression, LogicalExpression } from "../syntax/ast.ts";
import { withoutParens } from "../syntax/ast.ts";
import { isTruthy } from "../values/collections.ts";
import type { FunctionCompiler } from "./context.ts";

interface Step {
  readonly operate: Operate;
  readonly right: Evaluate;
  readonly place: number;
}

/** Operators one after the other, `a + b - c`, make one closure: the tree leans to the left and may be of any height. */
export function compileBinary(expression: BinaryExpression, compiler: FunctionCompiler): Evaluate {
  const links: BinaryExpression[] = [expression];
  let first = expression.left;
  // Parentheses around sums at the left change nothing.
  for (let left = withoutParens(first); left.kind === "binary"; left = withoutParens(first)) {
    links.push(left);
    first = left.left;
  }
  const start = compiler.expression(first);
  const steps = links.reverse().map(({ operator, right, place }): Step => {
    const compiled = compiler.expression(right);
    return { operate: binaryOperators[operator], right: compiled, place: compiler.at(place) };
  });
  const [only] = steps;
  if (steps.length === 1 && only !== undefined) return compileOne(start, only);
  return (at) => {
    let value = start(at);
    for (const { operate, right, place } of steps) {
      const operand = right(at);
      at.place = place;
      value = operate(at.thread, value, operand);
    }
    return value;
  };
}

function compileOne(left: Evaluate, { operate, right, place }: Step): Evaluate {
  if (operate === add)
    return (at) => {
      const a = left(at);
      const b = right(at);
      if (typeof a === "number" && typeof b === "number") {
        const sum = a + b;
        if (Number.isSafeInteger(sum)) return sum;
      }
      at.place = place;
      return add(at.thread, a, b);
    };
  if (operate === binaryOperators["=="])
    return (at) => {
      const a = left(at);
      const b = right(at);
      if (typeof a === "number" && typeof b === "number") return a === b;
      if (typeof a === "string") return a === b;
      at.place = place;
      return operate(at.thread, a, b);
    };
  return (at) => {
    const a = left(at);
    const b = right(at);
    at.place = place;
    return operate(at.thread, a, b);
  };
}

/** `a and b and c`, `a or b or c`. */
export function compileLogical(expression: LogicalExpression, compiler: FunctionCompiler): Evaluate {
  const { operator } = expression;
  const operands: Expression[] = [expression.right];
  let first = expression.left;
  for (
    let left = withoutParens(first);
    left.kind === "logical" && left.operator === operator;
    left = withoutParens(first)
  ) {
    operands.push(left.right);
    first = left.left;
  }
  const start = compiler.expression(first);
  const others = operands.reverse().map((operand) => compiler.expression(operand));
  const goesOn = operator === "and";
  return (at) => {
    let value = start(at);
    for (const other of others) {
      if (isTruthy(value) !== goesOn) return value;
      value = other(at);
    }
    return value;
  };
}
