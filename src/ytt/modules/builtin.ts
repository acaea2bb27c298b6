import {
  Builtin,
  type BuiltinBody,
  Callable,
  type CallContext,
  Float,
  HostValue,
  type KeywordArgument,
  List,
  Range,
  StarlarkFailure,
  StarlarkSet,
  Tuple,
  typeOf,
  type Value,
} from "../../starlark/index.ts";
import { isInputFailure } from "../error.ts";
import { ModuleValue, StructValue } from "../values/struct.ts";

/** The functions and constants that `load("@ytt:NAME", "NAME")` finds. */
export type ModuleMembers = ReadonlyMap<string, Value>;

/** A module as `load` gives it: one entry of its own name. */
export function moduleOf(name: string, members: Record<string, Value>): ModuleMembers {
  return new Map([[name, new ModuleValue(name, new Map(Object.entries(members)))]]);
}

/** A builtin that puts its name before the message of whatever fails in it. */
export function namedBuiltin(name: string, body: BuiltinBody): Builtin {
  return new Builtin(name, (args, kwargs, context) => {
    try {
      return body(args, kwargs, context);
    } catch (error) {
      if (!isInputFailure(error)) throw error;
      throw new StarlarkFailure(`${name}: ${error.message}`, { cause: error });
    }
  });
}

export function oneArgument(args: readonly Value[]): Value {
  const [only] = args;
  if (args.length !== 1 || only === undefined) throw new StarlarkFailure("expected exactly one argument");
  return only;
}

/** The only argument, a string; its length is counted as work. */
export function oneString(args: readonly Value[], context: CallContext): string {
  return stringOf(oneArgument(args), context);
}

/** Counts the text as work and once more as memory, for what is made of it. */
export function stringOf(value: Value, context: CallContext): string {
  if (typeof value !== "string") throw new StarlarkFailure(`expected a string, but was ${typeOf(value)}`);
  context.step(1 + (value.length >>> 6));
  context.allocate(value.length);
  return value;
}

/** A function without arguments. */
export function getter(name: string, get: () => Value): Builtin {
  return namedBuiltin(name, (args) => {
    if (args.length > 0) throw new StarlarkFailure("expected no argument");
    return get();
  });
}

export function checkKeywords(kwargs: readonly KeywordArgument[], known: readonly string[]): void {
  for (const [name] of kwargs) if (!known.includes(name)) throw new StarlarkFailure(`invalid argument name: ${name}`);
}

export function booleanKeyword(kwargs: readonly KeywordArgument[], name: string, byDefault: boolean): boolean {
  const value = keyword(kwargs, name);
  if (value === undefined) return byDefault;
  if (typeof value !== "boolean") throw new StarlarkFailure(`expected starlark.Bool, but was ${goTypeOf(value)}`);
  return value;
}

const maxIndent = 8;

/** `indent=`, in spaces. */
export function indentKeyword(kwargs: readonly KeywordArgument[]): number {
  const value = keyword(kwargs, "indent");
  if (value === undefined) return 0;
  if (typeof value !== "number" && typeof value !== "bigint") throw new StarlarkFailure("expected starlark.Int");
  if (BigInt.asIntN(64, BigInt(value)) !== BigInt(value)) throw new StarlarkFailure("expected int64 value");
  if (value < 0 || value > maxIndent) throw new StarlarkFailure(`indent value must be between 0 and ${maxIndent}`);
  return Number(value);
}

function keyword(kwargs: readonly KeywordArgument[], name: string): Value | undefined {
  return kwargs.find(([key]) => key === name)?.[1];
}

export function isCallable(value: Value): boolean {
  return value instanceof Callable || (value instanceof HostValue && value.invoke !== undefined);
}

/** The type as ytt's messages have it where they name its own Go type. */
export function goTypeOf(value: Value): string {
  switch (typeof value) {
    case "boolean":
      return "starlark.Bool";
    case "number":
    case "bigint":
      return "starlark.Int";
    case "string":
      return "starlark.String";
    default:
      break;
  }
  if (value === null) return "starlark.NoneType";
  if (value instanceof Float) return "starlark.Float";
  if (value instanceof List) return "*starlark.List";
  if (value instanceof Tuple) return "starlark.Tuple";
  if (value instanceof StarlarkSet) return "*starlark.Set";
  if (value instanceof Range) return "starlark.rangeValue";
  if (value instanceof Callable) return value.typeName === "function" ? "*starlark.Function" : "*starlark.Builtin";
  if (value instanceof StructValue) return "*core.StarlarkStruct";
  if (value instanceof ModuleValue) return "*starlarkstruct.Module";
  const type = typeOf(value);
  if (type === "dict") return "*starlark.Dict";
  return type === "yamlfragment" ? "*yamltemplate.StarlarkFragment" : type;
}
