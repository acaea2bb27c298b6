/** The Starlark language as ytt speaks it: compiles modules, runs them within bounds, and gives values to builtins. */
export {
  asBool,
  asInt,
  asString,
  asValue,
  type Convert,
  optional,
  type Parameter,
  required,
  unpackArgs,
  unpackPositional,
} from "./builtins/unpack.ts";
export { universe } from "./builtins/universe.ts";
export { compile, type CompileOptions, type Program } from "./compile/program.ts";
export { Budget, type StarlarkLimits } from "./eval/budget.ts";
export { EvalError, type Frame, limitOf, type Position, SyntaxErrors } from "./eval/error.ts";
export { StarlarkFunction } from "./eval/function.ts";
export { Thread, type ThreadOptions } from "./eval/thread.ts";
export { nearestName } from "./spell.ts";
export type { Bracket } from "./syntax/bracket.ts";
export { isTruthy, iterate, lengthOf } from "./values/collections.ts";
export { compare, type Comparison, equals } from "./values/compare.ts";
export { repr, str } from "./values/display.ts";
export { freeze } from "./values/freeze.ts";
export { fromBytes, joined, toBytes, utf8Length } from "./values/text.ts";
export {
  Builtin,
  type BuiltinBody,
  Callable,
  type CallContext,
  Dict,
  Float,
  type HashKey,
  HostValue,
  intOf,
  isCallable,
  type KeywordArgument,
  LimitExceeded,
  List,
  Range,
  StarlarkFailure,
  StarlarkSet,
  Tuple,
  typeOf,
  type Value,
} from "./values/value.ts";
