import { appendAll } from "../builtins/list-methods.ts";
import { getAttribute, getIndex, setAttribute } from "../eval/access.ts";
import { EvalError, limitOf, SyntaxErrors } from "../eval/error.ts";
import { broke, type Completion, continued, type Evaluate, type Execute, normal, returned } from "../eval/function.ts";
import { binaryOperators, type Operate } from "../eval/operators.ts";
import type { LoadStatement, Statement } from "../syntax/ast.ts";
import { withoutParens } from "../syntax/ast.ts";
import { isIterable, isTruthy } from "../values/collections.ts";
import { nearestName } from "../spell.ts";
import { LimitExceeded, List, StarlarkFailure, type Value } from "../values/value.ts";
import { assignIndex, compileAssign } from "./assignment.ts";
import type { FunctionCompiler } from "./context.ts";
import { compileFunction } from "./functions.ts";
import { itemsToLoop } from "./loops.ts";
import { compileName, compileSet } from "./variables.ts";

type Of<Kind extends Statement["kind"]> = Extract<Statement, { readonly kind: Kind }>;

/** Statements one after the other; each counts as a step. */
export function compileBlock(statements: readonly Statement[], compiler: FunctionCompiler): Execute {
  const parts = statements.map((statement) => compiler.nested(() => compileStatement(statement, compiler)));
  return (at) => {
    for (const part of parts) {
      if (--at.budget.left < 0) at.thread.takeSlice();
      const completion = part(at);
      if (completion !== normal) return completion;
    }
    return normal;
  };
}

function compileStatement(statement: Statement, compiler: FunctionCompiler): Execute {
  switch (statement.kind) {
    case "expression":
      return compileExpressionStatement(statement, compiler);
    case "assign":
      return compileAssignment(statement, compiler);
    case "augmented":
      return compileAugmented(statement, compiler);
    case "break":
      return () => broke;
    case "continue":
      return () => continued;
    case "return":
      return compileReturn(statement, compiler);
    case "def": {
      const make = compileFunction(statement.literal, compiler);
      const set = compileSet(statement.name);
      return (at) => {
        set(at, make(at));
        return normal;
      };
    }
    case "if":
      return compileIf(statement, compiler);
    case "for":
      return compileFor(statement, compiler);
    case "while":
      return compileWhile(statement, compiler);
    case "load":
      return compileLoad(statement, compiler);
  }
}

function compileExpressionStatement({ expression }: Of<"expression">, compiler: FunctionCompiler): Execute {
  if (expression.kind === "literal") return () => normal;
  const evaluate = compiler.expression(expression);
  return (at) => {
    evaluate(at);
    return normal;
  };
}

function compileAssignment({ target, value, place }: Of<"assign">, compiler: FunctionCompiler): Execute {
  const evaluate = compiler.expression(value);
  const assign = compileAssign(target, place, compiler);
  return (at) => {
    assign(at, evaluate(at));
    return normal;
  };
}

function compileReturn({ value }: Of<"return">, compiler: FunctionCompiler): Execute {
  if (value === undefined) return () => returned;
  const evaluate = compiler.expression(value);
  return (at) => {
    at.result = evaluate(at);
    return returned;
  };
}

function compileAugmented(statement: Of<"augmented">, compiler: FunctionCompiler): Execute {
  const target = withoutParens(statement.target);
  const operate = statement.operator === "+" ? addInPlace : binaryOperators[statement.operator];
  switch (target.kind) {
    case "identifier": {
      const read = compileName(target, compiler);
      const value = compiler.expression(statement.value);
      const place = compiler.at(statement.place);
      const set = compileSet(target);
      return (at) => {
        const before = read(at);
        const operand = value(at);
        at.place = place;
        set(at, operate(at.thread, before, operand));
        return normal;
      };
    }
    case "index": {
      const object = compiler.expression(target.object);
      const key = compiler.expression(target.key);
      const bracket = compiler.at(target.bracket);
      const value = compiler.expression(statement.value);
      const place = compiler.at(statement.place);
      return (at) => {
        const holder = object(at);
        const index = key(at);
        at.place = bracket;
        const before = getIndex(at.thread, holder, index);
        const operand = value(at);
        at.place = place;
        const after = operate(at.thread, before, operand);
        at.place = bracket;
        assignIndex(at, holder, index, after);
        return normal;
      };
    }
    case "dot": {
      const object = compiler.expression(target.object);
      const dot = compiler.at(target.dot);
      const value = compiler.expression(statement.value);
      const place = compiler.at(statement.place);
      const { name } = target;
      return (at) => {
        const holder = object(at);
        at.place = dot;
        const before = getAttribute(holder, name);
        const operand = value(at);
        at.place = place;
        operate(at.thread, before, operand);
        at.place = dot;
        return setAttribute(holder, name);
      };
    }
    default:
      // The resolver refuses other targets.
      return () => normal;
  }
}

/** `+=`: a list grows, whatever else refers to it. */
const addInPlace: Operate = (context, value, more) => {
  if (!(value instanceof List) || !isIterable(more)) return binaryOperators["+"](context, value, more);
  value.checkMutable("apply += to");
  appendAll(value, more, context);
  return value;
};

function compileIf({ branches, otherwise }: Of<"if">, compiler: FunctionCompiler): Execute {
  const parts = branches.map(({ condition, body }) => ({
    condition: compiler.expression(condition),
    body: compiler.block(body),
  }));
  const last = compiler.block(otherwise);
  return (at) => {
    for (const { condition, body } of parts) if (isTruthy(condition(at))) return body(at);
    return last(at);
  };
}

function compileFor({ target, iterable, body, place }: Of<"for">, compiler: FunctionCompiler): Execute {
  const evaluate = compiler.expression(iterable);
  const index = compiler.at(place);
  const assign = compileAssign(target, place, compiler);
  const execute = compiler.block(body);
  return (at) => {
    const value = evaluate(at);
    at.place = index;
    for (const item of itemsToLoop(value)) {
      if (--at.budget.left < 0) at.thread.takeSlice();
      assign(at, item);
      const completion = execute(at);
      if (completion === broke) break;
      if (completion === returned) return completion;
    }
    return normal;
  };
}

function compileWhile({ condition, body }: Of<"while">, compiler: FunctionCompiler): Execute {
  const evaluate: Evaluate = compiler.expression(condition);
  const execute = compiler.block(body);
  return (at): Completion => {
    while (isTruthy(evaluate(at))) {
      if (--at.budget.left < 0) at.thread.takeSlice();
      const completion = execute(at);
      if (completion === broke) break;
      if (completion === returned) return completion;
    }
    return normal;
  };
}

function compileLoad({ module, names, place }: LoadStatement, compiler: FunctionCompiler): Execute {
  const index = compiler.at(place);
  const sets = names.map(({ from, to }) => ({ from, set: compileSet(to) }));
  return (at) => {
    at.place = index;
    let globals: ReadonlyMap<string, Value>;
    try {
      globals = at.thread.load(module, at.code.file);
    } catch (error) {
      throw loadFailure(module, error);
    }
    // Upstream takes the last name first.
    for (const { from } of sets.toReversed()) if (!globals.has(from)) throw missingName(from, module, globals);
    for (const { from, set } of sets) set(at, globals.get(from) ?? null);
    return normal;
  };
}

function loadFailure(module: string, error: unknown): unknown {
  if (!(error instanceof StarlarkFailure || error instanceof EvalError || error instanceof SyntaxErrors)) return error;
  const message = `cannot load ${module}: ${error.message}`;
  const met = limitOf(error);
  return met === undefined ? new StarlarkFailure(message, { cause: error }) : new LimitExceeded(met.limit, message);
}

function missingName(name: string, module: string, globals: ReadonlyMap<string, Value>): StarlarkFailure {
  const nearest = nearestName(name, [...globals.keys()].sort());
  const hint = nearest === undefined ? "" : ` (did you mean ${nearest}?)`;
  return new StarlarkFailure(`load: name ${name} not found in module ${module}${hint}`);
}
