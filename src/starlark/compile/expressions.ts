import { bytesPerEntry } from "../builtins/dict-methods.ts";
import { bytesPerItem } from "../builtins/list-methods.ts";
import { getAttribute, getIndex } from "../eval/access.ts";
import type { Evaluate } from "../eval/function.ts";
import { countItems } from "../eval/counting.ts";
import { applyUnary } from "../eval/operators.ts";
import { type Expression, withoutParens } from "../syntax/ast.ts";
import { noPlace } from "../syntax/tokens.ts";
import { isTruthy } from "../values/collections.ts";
import { repr } from "../values/display.ts";
import { slice } from "../values/slices.ts";
import { isRemembered } from "../values/text.ts";
import { Dict, Float, List, StarlarkFailure, Tuple, type Value } from "../values/value.ts";
import { compileCall } from "./calls.ts";
import { compileComprehension } from "./comprehensions.ts";
import type { FunctionCompiler } from "./context.ts";
import { compileFunction } from "./functions.ts";
import { compileBinary, compileLogical } from "./operators.ts";
import { compileName } from "./variables.ts";

type Of<Kind extends Expression["kind"]> = Extract<Expression, { readonly kind: Kind }>;

/** Makes an expression a closure that evaluates it. */
export function compileExpression(expression: Expression, compiler: FunctionCompiler): Evaluate {
  // Parentheses take no closure.
  const inner = withoutParens(expression);
  switch (inner.kind) {
    case "identifier":
      return compileName(inner, compiler);
    case "literal": {
      const value = typeof inner.value === "object" ? new Float(inner.value.float) : inner.value;
      return () => value;
    }
    case "list":
    case "tuple":
      return compileItems(inner, compiler);
    case "dict":
      return compileDict(inner, compiler);
    case "comprehension":
      return compileComprehension(inner, compiler);
    case "unary":
      return compileUnary(inner, compiler);
    case "binary":
      return compileBinary(inner, compiler);
    case "logical":
      return compileLogical(inner, compiler);
    case "conditional":
      return compileConditional(inner, compiler);
    case "dot":
      return compileDot(inner, compiler);
    case "index":
      return compileIndex(inner, compiler);
    case "slice":
      return compileSlice(inner, compiler);
    case "call":
      return compileCall(inner, compiler);
    case "lambda":
      return compileFunction(inner.literal, compiler);
  }
}

function compileItems({ kind, items }: Of<"list" | "tuple">, compiler: FunctionCompiler): Evaluate {
  const parts = items.map((item) => compiler.expression(item));
  const bytes = 32 + parts.length * bytesPerItem;
  return (at) => {
    const values: Value[] = [];
    for (const part of parts) values.push(part(at));
    at.budget.allocate(bytes);
    return kind === "list" ? new List(values) : new Tuple(values);
  };
}

function compileDict({ entries }: Of<"dict">, compiler: FunctionCompiler): Evaluate {
  const parts = entries.map(({ key, colon, value }) => ({
    key: compiler.expression(key),
    value: compiler.expression(value),
    colon: compiler.at(colon),
  }));
  const bytes = 64 + parts.length * bytesPerEntry;
  return (at) => {
    const dict = new Dict();
    at.budget.allocate(bytes);
    for (const part of parts) {
      const key = part.key(at);
      const value = part.value(at);
      at.place = part.colon;
      const { size } = dict;
      dict.set(key, value);
      if (dict.size === size) throw new StarlarkFailure(`duplicate key: ${repr(key, at.thread)}`);
    }
    return dict;
  };
}

function compileUnary({ operator, operand, place }: Of<"unary">, compiler: FunctionCompiler): Evaluate {
  const evaluate = compiler.expression(operand);
  const index = compiler.at(place);
  if (operator === "not") return (at) => !isTruthy(evaluate(at));
  return (at) => {
    const value = evaluate(at);
    at.place = index;
    return applyUnary(at.thread, operator, value);
  };
}

function compileConditional(expression: Of<"conditional">, compiler: FunctionCompiler): Evaluate {
  const condition = compiler.expression(expression.condition);
  const whenTrue = compiler.expression(expression.whenTrue);
  const whenFalse = compiler.expression(expression.whenFalse);
  return (at) => (isTruthy(condition(at)) ? whenTrue(at) : whenFalse(at));
}

function compileDot({ object, dot, name }: Of<"dot">, compiler: FunctionCompiler): Evaluate {
  const evaluate = compiler.expression(object);
  const index = compiler.at(dot);
  return (at) => {
    const value = evaluate(at);
    at.place = index;
    return getAttribute(value, name);
  };
}

function compileIndex({ object, key, bracket }: Of<"index">, compiler: FunctionCompiler): Evaluate {
  const evaluateObject = compiler.expression(object);
  const evaluateKey = compiler.expression(key);
  const index = compiler.at(bracket);
  return (at) => {
    const value = evaluateObject(at);
    const keyValue = evaluateKey(at);
    at.place = index;
    return getIndex(at.thread, value, keyValue);
  };
}

function compileSlice({ object, low, high, step, bracket }: Of<"slice">, compiler: FunctionCompiler): Evaluate {
  compiler.at(bracket);
  const [value, start, end, stride] = [object, low, high, step].map((part) =>
    part === undefined ? undefined : compiler.expression(part),
  );
  // Upstream's place of the failing slice is that of its last part.
  const index = compiler.at(noPlace);
  return (at) => {
    const sliced = value?.(at) ?? null;
    const bounds = [start?.(at) ?? null, end?.(at) ?? null, stride?.(at) ?? null] as const;
    at.place = index;
    if (typeof sliced === "string" && !isRemembered(sliced)) at.thread.step(sliced.length >> 8);
    const result = slice(sliced, ...bounds);
    if (typeof result === "string") at.budget.allocate(16 + result.length);
    else if (result instanceof List || result instanceof Tuple) countItems(at.thread, result.items.length);
    return result;
  };
}
