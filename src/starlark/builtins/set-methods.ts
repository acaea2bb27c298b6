import { iterate } from "../values/collections.ts";
import { type CallContext, type KeywordArgument, StarlarkFailure, StarlarkSet, type Value } from "../values/value.ts";
import type { MethodTable } from "./method.ts";
import { named } from "./named.ts";
import { asIterable, unpackPositional } from "./unpack.ts";

/** Bytes that an item of a set counts as. */
export const bytesPerMember = 96;

export const setMethods: MethodTable<StarlarkSet> = new Map([["union", union]]);

function union(
  set: StarlarkSet,
  args: readonly Value[],
  kwargs: readonly KeywordArgument[],
  context: CallContext,
): Value {
  const [others] = unpackPositional("union", args, kwargs, [], [asIterable]);
  // Upstream crashes here.
  if (others === undefined) throw new StarlarkFailure("union: got 0 arguments, want 1");
  return named("union", () => unionOf([set.values(), iterate(others) ?? []], context));
}

/** A set of all that the iterables give. */
export function unionOf(sources: Iterable<Iterable<Value>>, context: CallContext): StarlarkSet {
  const result = new StarlarkSet();
  for (const source of sources) {
    for (const item of source) {
      context.step(1);
      context.allocate(bytesPerMember);
      result.add(item);
    }
  }
  return result;
}
