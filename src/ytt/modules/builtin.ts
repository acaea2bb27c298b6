import {
  type Builtin,
  type CallContext,
  type KeywordArgument,
  StarlarkFailure,
  type Value,
} from "../../starlark/index.ts";
import { asBool, asInt, asString, onlyArgument, yttFunction } from "../values/builtin.ts";
import { ModuleValue } from "../values/struct.ts";

/** The functions and constants that `load("@ytt:NAME", "NAME")` finds. */
export type ModuleMembers = ReadonlyMap<string, Value>;

/** A module as `load` gives it: one entry of its own name. */
export function moduleOf(name: string, members: Record<string, Value>): ModuleMembers {
  return new Map([[name, new ModuleValue(name, new Map(Object.entries(members)))]]);
}

/** The only argument, a string; its length is counted as work. */
export function oneString(args: readonly Value[], context: CallContext): string {
  return stringOf(onlyArgument(args), context);
}

/** Counts the text as work and once more as memory, for what is made of it. */
export function stringOf(value: Value, context: CallContext): string {
  const text = asString(value);
  context.step(1 + (text.length >>> 6));
  context.allocate(text.length);
  return text;
}

/** A function without arguments. */
export function getter(name: string, get: () => Value): Builtin {
  return yttFunction(name, (args) => {
    if (args.length > 0) throw new StarlarkFailure("expected no argument");
    return get();
  });
}

export function checkKeywords(kwargs: readonly KeywordArgument[], known: readonly string[]): void {
  for (const [name] of kwargs) if (!known.includes(name)) throw new StarlarkFailure(`invalid argument name: ${name}`);
}

export function booleanKeyword(kwargs: readonly KeywordArgument[], name: string, byDefault: boolean): boolean {
  const value = keyword(kwargs, name);
  return value === undefined ? byDefault : asBool(value);
}

const maxIndent = 8;

/** `indent=`, in spaces. */
export function indentKeyword(kwargs: readonly KeywordArgument[]): number {
  const value = keyword(kwargs, "indent");
  if (value === undefined) return 0;
  const indent = asInt(value);
  if (BigInt.asIntN(64, BigInt(indent)) !== BigInt(indent)) throw new StarlarkFailure("expected int64 value");
  if (indent < 0 || indent > maxIndent) throw new StarlarkFailure(`indent value must be between 0 and ${maxIndent}`);
  return Number(indent);
}

function keyword(kwargs: readonly KeywordArgument[], name: string): Value | undefined {
  return kwargs.find(([key]) => key === name)?.[1];
}
