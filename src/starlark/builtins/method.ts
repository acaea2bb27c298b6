import type { CallContext, KeywordArgument, Value } from "../values/value.ts";

/** A method of a type, given the value that it is called on. */
export type Method<T> = (
  receiver: T,
  args: readonly Value[],
  kwargs: readonly KeywordArgument[],
  context: CallContext,
) => Value;

export type MethodTable<T> = ReadonlyMap<string, Method<T>>;
