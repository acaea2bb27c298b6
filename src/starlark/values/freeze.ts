import { Builtin, Callable, Dict, HostValue, List, StarlarkSet, Tuple, type Value } from "./value.ts";

/** Makes the value and all that it holds immutable. */
export function freeze(value: Value): void {
  // Not by recursion: programs can nest values to any depth.
  const waiting: Value[] = [value];
  const seen = new Set<Value>();
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (next === null || typeof next !== "object" || seen.has(next)) continue;
    if (next instanceof List || next instanceof Dict || next instanceof StarlarkSet) {
      if (next.markFrozen()) continue;
    } else {
      seen.add(next);
    }
    for (const held of heldBy(next)) waiting.push(held);
  }
}

function* heldBy(value: Value): Iterable<Value> {
  if (value instanceof List || value instanceof Tuple) yield* value.items;
  else if (value instanceof StarlarkSet) yield* value.values();
  else if (value instanceof Dict) for (const pair of value.entries()) yield* pair;
  else if (value instanceof Builtin && value.receiver !== undefined) yield value.receiver;
  else if (value instanceof Callable) yield* value.heldValues();
  else if (value instanceof HostValue) value.freeze();
}
