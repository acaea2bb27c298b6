import { methodsOf } from "../builtins/methods.ts";
import { getAttribute } from "../eval/access.ts";
import type { Activation } from "../eval/activation.ts";
import type { Evaluate } from "../eval/function.ts";
import type { CallExpression } from "../syntax/ast.ts";
import { withoutParens } from "../syntax/ast.ts";
import { iterate, pairsOf } from "../values/collections.ts";
import { type KeywordArgument, StarlarkFailure, typeOf, type Value } from "../values/value.ts";
import type { FunctionCompiler } from "./context.ts";

const noKeywords: readonly KeywordArgument[] = [];

interface CompiledArguments {
  readonly positional: readonly Evaluate[];
  readonly named: readonly (readonly [name: string, value: Evaluate])[];
  readonly star: Evaluate | undefined;
  readonly doubleStar: Evaluate | undefined;
}

export function compileCall(call: CallExpression, compiler: FunctionCompiler): Evaluate {
  const callee = withoutParens(call.callee);
  if (callee.kind === "dot") {
    const object = compiler.nested(() => compiler.expression(callee.object));
    const dot = compiler.at(callee.dot);
    return compileMethodCall(call, { object, dot, name: callee.name }, compiler);
  }
  const evaluateCallee = compiler.expression(callee);
  const args = compileArguments(call, compiler);
  const place = compiler.at(call.paren);
  const { depth } = compiler;
  const { positional } = args;
  if (args.named.length === 0 && args.star === undefined && args.doubleStar === undefined)
    return (at) => {
      const value = evaluateCallee(at);
      const given: Value[] = [];
      for (const argument of positional) given.push(argument(at));
      at.place = place;
      return at.thread.invoke(value, given, noKeywords, depth);
    };
  return (at) => {
    const value = evaluateCallee(at);
    const { given, kwargs } = evaluateArguments(args, at, place);
    at.place = place;
    return at.thread.invoke(value, given, kwargs, depth);
  };
}

/** `x.f(…)`, without making the method a value where it is one of a builtin type. */
function compileMethodCall(
  call: CallExpression,
  { object, dot, name }: { readonly object: Evaluate; readonly dot: number; readonly name: string },
  compiler: FunctionCompiler,
): Evaluate {
  const args = compileArguments(call, compiler);
  const place = compiler.at(call.paren);
  const { depth } = compiler;
  return (at) => {
    const receiver = object(at);
    const method = methodsOf(receiver)?.get(name);
    let callee: Value = null;
    if (method === undefined) {
      at.place = dot;
      callee = getAttribute(receiver, name);
    }
    const { given, kwargs } = evaluateArguments(args, at, place);
    at.place = place;
    if (method === undefined) return at.thread.invoke(callee, given, kwargs, depth);
    if (--at.budget.left < 0) at.thread.takeSlice();
    return method(receiver, given, kwargs, at.thread);
  };
}

function compileArguments({ args }: CallExpression, compiler: FunctionCompiler): CompiledArguments {
  const positional: Evaluate[] = [];
  const named: (readonly [string, Evaluate])[] = [];
  for (const { kind, name, value } of args) {
    if (kind === "positional") positional.push(compiler.expression(value));
    if (kind === "named") named.push([name ?? "", compiler.expression(value)]);
  }
  // These are evaluated last, wherever they stand.
  const [star, doubleStar] = (["*", "**"] as const).map((kind) => {
    const found = args.find((argument) => argument.kind === kind);
    return found === undefined ? undefined : compiler.expression(found.value);
  });
  return { positional, named, star, doubleStar };
}

function evaluateArguments(
  { positional, named, star, doubleStar }: CompiledArguments,
  at: Activation,
  place: number,
): { readonly given: readonly Value[]; readonly kwargs: readonly KeywordArgument[] } {
  const given: Value[] = [];
  for (const argument of positional) given.push(argument(at));
  if (named.length === 0 && star === undefined && doubleStar === undefined) return { given, kwargs: noKeywords };
  const kwargs: KeywordArgument[] = [];
  for (const [name, value] of named) kwargs.push([name, value(at)]);
  const more = star?.(at);
  const moreNamed = doubleStar?.(at);
  at.place = place;
  if (moreNamed !== undefined) addNamed(kwargs, moreNamed, at);
  if (more !== undefined) addPositional(given, more, at);
  return { given, kwargs };
}

function addPositional(given: Value[], more: Value, at: Activation): void {
  const items = iterate(more);
  if (items === undefined) throw new StarlarkFailure(`argument after * must be iterable, not ${typeOf(more)}`);
  for (const item of items) {
    at.thread.step(1);
    at.thread.allocate(16);
    given.push(item);
  }
}

function addNamed(kwargs: KeywordArgument[], more: Value, at: Activation): void {
  const pairs = pairsOf(more);
  if (pairs === undefined) throw new StarlarkFailure(`argument after ** must be a mapping, not ${typeOf(more)}`);
  for (const [name, value] of pairs) {
    if (typeof name !== "string") throw new StarlarkFailure(`keywords must be strings, not ${typeOf(name)}`);
    at.thread.step(1);
    at.thread.allocate(32);
    kwargs.push([name, value]);
  }
}
