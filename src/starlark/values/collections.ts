import { utf8Length } from "./text.ts";
import { Dict, Float, HostValue, List, Range, StarlarkSet, Tuple, type Value } from "./value.ts";

/** `bool(value)`. */
export function isTruthy(value: Value): boolean {
  switch (typeof value) {
    case "boolean":
      return value;
    case "number":
      return value !== 0;
    case "bigint":
      return true;
    case "string":
      return value !== "";
    default:
      break;
  }
  if (value === null) return false;
  if (value instanceof List || value instanceof Tuple) return value.items.length > 0;
  if (value instanceof Dict || value instanceof StarlarkSet) return value.size > 0;
  if (value instanceof Float) return value.value !== 0;
  if (value instanceof Range) return value.length > 0;
  return value instanceof HostValue ? value.isTruthy() : true;
}

/** `len(value)`; `undefined`: it has none. */
export function lengthOf(value: Value): number | undefined {
  if (typeof value === "string") return utf8Length(value);
  if (value instanceof List || value instanceof Tuple) return value.items.length;
  if (value instanceof Dict || value instanceof StarlarkSet) return value.size;
  if (value instanceof Range) return value.length;
  return value instanceof HostValue ? value.length?.() : undefined;
}

/** What a loop over the value gives; `undefined`: it is not iterable. The value cannot be changed while the loop runs. */
export function iterate(value: Value): Iterable<Value> | undefined {
  if (value instanceof List) return value.iterators > 0 || !value.frozen ? guarded(value, value.items) : value.items;
  if (value instanceof Tuple) return value.items;
  if (value instanceof Dict) return guarded(value, value.keys());
  if (value instanceof StarlarkSet) return guarded(value, value.values());
  if (value instanceof Range) return numbers(value);
  return value instanceof HostValue ? value.iterate?.() : undefined;
}

/** Runs an action while a loop over the value is open: nothing may change it. */
export function whileIterated<T>(value: Value, action: () => T): T {
  if (!(value instanceof List || value instanceof Dict || value instanceof StarlarkSet)) return action();
  value.iterators++;
  try {
    return action();
  } finally {
    value.iterators--;
  }
}

export function isIterable(value: Value): boolean {
  return (
    value instanceof List ||
    value instanceof Tuple ||
    value instanceof Dict ||
    value instanceof StarlarkSet ||
    value instanceof Range ||
    (value instanceof HostValue && value.iterate !== undefined)
  );
}

function* guarded(holder: List | Dict | StarlarkSet, items: Iterable<Value>): Iterable<Value> {
  holder.iterators++;
  try {
    yield* items;
  } finally {
    holder.iterators--;
  }
}

function* numbers(range: Range): Iterable<Value> {
  for (let index = 0; index < range.length; index++) yield range.at(index);
}

/** Pairs of a mapping, for `dict(x)` and `**x`; `undefined`: it is none. */
export function pairsOf(value: Value): Iterable<readonly [Value, Value]> | undefined {
  if (value instanceof Dict) return value.entries();
  return value instanceof HostValue ? value.items?.() : undefined;
}
