import { Builtin, type BuiltinBody, StarlarkFailure, typeOf, type Value } from "../../starlark/index.ts";
import { isInputFailure } from "../error.ts";

/** A function of an `@ytt:` module: the failures of its body start with its name. */
export function yttFunction(name: string, body: BuiltinBody): Builtin {
  return new Builtin(name, (args, kwargs, context) => {
    try {
      return body(args, kwargs, context);
    } catch (error) {
      if (!isInputFailure(error)) throw error;
      throw new StarlarkFailure(`${name}: ${error.message}`, { cause: error });
    }
  });
}

/** The only argument. */
export function onlyArgument(args: readonly Value[]): Value {
  if (args.length !== 1) throw new StarlarkFailure("expected exactly one argument");
  return args[0] ?? null;
}

export function asString(value: Value): string {
  if (typeof value === "string") return value;
  throw new StarlarkFailure(`expected a string, but was ${typeOf(value)}`);
}

export function asBool(value: Value): boolean {
  if (typeof value === "boolean") return value;
  throw new StarlarkFailure(`expected starlark.Bool, but was ${goTypeOf(value)}`);
}

export function asInt(value: Value): number | bigint {
  if (typeof value === "number" || typeof value === "bigint") return value;
  throw new StarlarkFailure("expected starlark.Int");
}

/** The type as ytt's messages have it where they name its own Go type. */
export function goTypeOf(value: Value): string {
  const type = typeOf(value);
  return goTypes.get(type) ?? type;
}

const goTypes: ReadonlyMap<string, string> = new Map([
  ["NoneType", "starlark.NoneType"],
  ["bool", "starlark.Bool"],
  ["int", "starlark.Int"],
  ["float", "starlark.Float"],
  ["string", "starlark.String"],
  ["list", "*starlark.List"],
  ["tuple", "starlark.Tuple"],
  ["dict", "*starlark.Dict"],
  ["set", "*starlark.Set"],
  ["range", "starlark.rangeValue"],
  ["function", "*starlark.Function"],
  ["builtin_function_or_method", "*starlark.Builtin"],
  ["struct", "*core.StarlarkStruct"],
  ["module", "*starlarkstruct.Module"],
  ["yamlfragment", "*yamltemplate.StarlarkFragment"],
]);
