import { type Activation } from "../eval/activation.ts";
import { type Cell, type Evaluate, type FunctionCode, StarlarkFunction } from "../eval/function.ts";
import type { Binding, FunctionLiteral } from "../syntax/ast.ts";
import type { Value } from "../values/value.ts";
import { FunctionCompiler, type ModuleCompiler } from "./context.ts";
import { firstPlace } from "./first-place.ts";

/** Bytes that a function value counts as. */
const bytesPerFunction = 128;

/** Makes `def` or `lambda` a closure that makes the function's value. */
export function compileFunction(literal: FunctionLiteral, compiler: FunctionCompiler): Evaluate {
  const { parameters, scope } = literal;
  compiler.at(literal.place);
  // Without default, a parameter that must be named has an empty one; others have none.
  const defaults: (Evaluate | undefined)[] = [];
  let starred = false;
  for (const { kind, initial } of parameters) {
    starred ||= kind === "*" || kind === "**";
    if (initial !== undefined) defaults.push(compiler.expression(initial));
    else if (kind === "required" && starred) defaults.push(undefined);
  }
  const captures = scope.free.map(captureOf);
  const code = compileCode(literal, compiler.module);
  return (at) => {
    const values: (Value | undefined)[] = [];
    for (const initial of defaults) values.push(initial?.(at));
    const free: Cell[] = [];
    for (const capture of captures) free.push(capture(at));
    at.budget.allocate(bytesPerFunction);
    return new StarlarkFunction(code, at.module, values, free);
  };
}

function captureOf(binding: Binding): (at: Activation) => Cell {
  if (binding.scope === "free") {
    const { index } = binding;
    return (at) => at.free[index] ?? { value: undefined };
  }
  const cell = binding.scope === "local" ? (binding.cell ?? 0) : 0;
  return (at) => at.cells[cell] ?? { value: undefined };
}

/** @param literal Of a function, or of the module's top level. */
export function compileCode(literal: FunctionLiteral, module: ModuleCompiler): FunctionCode {
  const { name, place, parameters, body, scope } = literal;
  const compiler = new FunctionCompiler(module, scope, place);
  const execute = compiler.block(body);
  const start = firstPlace(literal);
  const star = parameters.findIndex(({ kind }) => kind === "*");
  const plain = parameters.filter(({ kind }) => kind === "required" || kind === "optional");
  return {
    name,
    file: module.file,
    places: module.places,
    firstPlace: start === "next" ? (compiler.firstPlace ?? 0) : module.places.push(start) - 1,
    parameters: {
      names: plain.map((parameter) => parameter.name?.name ?? ""),
      keywordOnly: star < 0 ? 0 : plain.filter((parameter) => parameters.indexOf(parameter) > star).length,
      hasVarargs: parameters.some((parameter) => parameter.kind === "*" && parameter.name !== undefined),
      hasKwargs: parameters.some(({ kind }) => kind === "**"),
    },
    localCount: scope.locals.length,
    cellCount: scope.cells.length,
    parameterCells: scope.cells.flatMap((binding, cell) =>
      binding.scope === "local" && binding.index < parameters.length ? [[binding.index, cell] as const] : [],
    ),
    body: execute,
  };
}
