import { bytesPerEntry } from "../builtins/dict-methods.ts";
import { bytesPerItem } from "../builtins/list-methods.ts";
import type { Activation } from "../eval/activation.ts";
import type { Evaluate } from "../eval/function.ts";
import type { Clause, Comprehension } from "../syntax/ast.ts";
import { isTruthy } from "../values/collections.ts";
import { Dict, List, type Value } from "../values/value.ts";
import { compileAssign } from "./assignment.ts";
import type { FunctionCompiler } from "./context.ts";
import { itemsToLoop } from "./loops.ts";

/** Adds what the body gives to the list or dict. */
type Emit = (at: Activation, into: List | Dict) => void;

export function compileComprehension({ body, clauses }: Comprehension, compiler: FunctionCompiler): Evaluate {
  const isDict = "colon" in body;
  const emit = compileClauses(clauses, compiler, () => {
    if (!("colon" in body)) {
      const item = compiler.expression(body);
      return (at, into) => {
        const value = item(at);
        at.budget.allocate(bytesPerItem);
        if (into instanceof List) into.items.push(value);
      };
    }
    const key = compiler.expression(body.key);
    const value = compiler.expression(body.value);
    const colon = compiler.at(body.colon);
    return (at, into) => {
      const name: Value = key(at);
      const held = value(at);
      at.place = colon;
      at.budget.allocate(bytesPerEntry);
      if (into instanceof Dict) into.set(name, held);
    };
  });
  return (at) => {
    const into = isDict ? new Dict() : new List([]);
    emit(at, into);
    return into;
  };
}

function compileClauses(clauses: readonly Clause[], compiler: FunctionCompiler, compileBody: () => Emit): Emit {
  const [clause, ...others] = clauses;
  if (clause === undefined) return compiler.nested(compileBody);
  if (clause.kind === "if") {
    const condition = compiler.expression(clause.condition);
    const inner = compiler.nested(() => compileClauses(others, compiler, compileBody));
    return (at, into) => {
      if (isTruthy(condition(at))) inner(at, into);
    };
  }
  const iterable = compiler.expression(clause.iterable);
  const place = compiler.at(clause.place);
  const assign = compileAssign(clause.target, clause.place, compiler);
  const inner = compiler.nested(() => compileClauses(others, compiler, compileBody));
  return (at, into) => {
    const value = iterable(at);
    at.place = place;
    for (const item of itemsToLoop(value)) {
      if (--at.budget.left < 0) at.thread.takeSlice();
      assign(at, item);
      inner(at, into);
    }
  };
}
