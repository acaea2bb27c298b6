import { isIterable } from "../values/collections.ts";
import { asInt32 } from "../values/ints.ts";
import { quoteText } from "../values/quote.ts";
import { isCallable, type KeywordArgument, StarlarkFailure, typeOf, type Value } from "../values/value.ts";

/** Takes an argument as what a parameter wants. Throws `StarlarkFailure` with what it got. */
export type Convert<T> = (value: Value) => T;

export interface Parameter<T, Optional extends boolean = boolean> {
  readonly name: string;
  readonly convert: Convert<T>;
  readonly optional: Optional;
}

type Unpacked<P extends readonly Parameter<unknown>[]> = {
  readonly [K in keyof P]: P[K] extends Parameter<infer T, infer O> ? (O extends false ? T : T | undefined) : never;
};

type Converted<C extends readonly Convert<unknown>[]> = {
  readonly [K in keyof C]: C[K] extends Convert<infer T> ? T : never;
};
type MaybeConverted<C extends readonly Convert<unknown>[]> = {
  readonly [K in keyof C]: C[K] extends Convert<infer T> ? T | undefined : never;
};

export function required<T>(name: string, convert: Convert<T>): Parameter<T, false> {
  return { name, convert, optional: false };
}

export function optional<T>(name: string, convert: Convert<T>): Parameter<T, true> {
  return { name, convert, optional: true };
}

/** Arguments of a builtin by position or name, in the order of its parameters; `undefined`: an optional one is not given. */
export function unpackArgs<const P extends readonly Parameter<unknown>[]>(
  builtin: string,
  args: readonly Value[],
  kwargs: readonly KeywordArgument[],
  parameters: P,
): Unpacked<P> {
  if (args.length > parameters.length)
    throw new StarlarkFailure(`${builtin}: got ${args.length} arguments, want at most ${parameters.length}`);
  const found: unknown[] = parameters.map((parameter, index) => {
    const value = args[index];
    return value === undefined ? undefined : converted(builtin, parameter.name, parameter.convert, value);
  });
  for (const [name, value] of kwargs) {
    const index = parameters.findIndex((parameter) => parameter.name === name);
    const parameter = parameters[index];
    if (parameter === undefined)
      throw new StarlarkFailure(`${builtin}: unexpected keyword argument ${quoteText(name)}`);
    if (found[index] !== undefined)
      throw new StarlarkFailure(`${builtin}: got multiple values for keyword argument ${quoteText(name)}`);
    found[index] = converted(builtin, quoteText(name), parameter.convert, value);
  }
  for (const [index, parameter] of parameters.entries())
    if (!parameter.optional && found[index] === undefined)
      throw new StarlarkFailure(`${builtin}: missing argument for ${parameter.name}`);
  // Each place holds what the parameter of the same place converts to.
  return found as unknown as Unpacked<P>;
}

/** Arguments of a builtin that takes none by name. */
export function unpackPositional<
  const R extends readonly Convert<unknown>[],
  const O extends readonly Convert<unknown>[] = readonly [],
>(
  builtin: string,
  args: readonly Value[],
  kwargs: readonly KeywordArgument[],
  needed: R,
  further?: O,
): readonly [...Converted<R>, ...MaybeConverted<O>] {
  if (kwargs.length > 0) throw new StarlarkFailure(`${builtin}: unexpected keyword arguments`);
  const min = needed.length;
  const max = min + (further?.length ?? 0);
  if (args.length < min)
    throw new StarlarkFailure(`${builtin}: got ${args.length} arguments, want ${min < max ? "at least " : ""}${min}`);
  if (args.length > max)
    throw new StarlarkFailure(`${builtin}: got ${args.length} arguments, want ${min < max ? "at most " : ""}${max}`);
  const found: unknown[] = [];
  for (let index = 0; index < args.length; index++) {
    const convert = index < min ? needed[index] : further?.[index - min];
    const value = args[index];
    if (convert === undefined || value === undefined) continue;
    found.push(convert === asValue ? value : converted(builtin, index + 1, convert, value));
  }
  // Each place holds what the converter of the same place gives.
  return found as unknown as readonly [...Converted<R>, ...MaybeConverted<O>];
}

function converted<T>(builtin: string, parameter: string | number, convert: Convert<T>, value: Value): T {
  try {
    return convert(value);
  } catch (error) {
    if (!(error instanceof StarlarkFailure)) throw error;
    throw new StarlarkFailure(`${builtin}: for parameter ${parameter}: ${error.message}`);
  }
}

export function asValue(value: Value): Value {
  return value;
}

export function asString(value: Value): string {
  if (typeof value !== "string") throw wrongType(value, "string");
  return value;
}

export function asBool(value: Value): boolean {
  if (typeof value !== "boolean") throw wrongType(value, "bool");
  return value;
}

/** An int of 32 bits. */
export const asInt: Convert<number> = asInt32;

export function asCallable(value: Value): Value {
  if (isCallable(value)) return value;
  throw wrongType(value, "callable");
}

export function asIterable(value: Value): Value {
  if (!isIterable(value)) throw wrongType(value, "iterable");
  return value;
}

function wrongType(value: Value, wanted: string): StarlarkFailure {
  return new StarlarkFailure(`got ${typeOf(value)}, want ${wanted}`);
}
