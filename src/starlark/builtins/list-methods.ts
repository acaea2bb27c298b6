import { equals } from "../values/compare.ts";
import { iterate } from "../values/collections.ts";
import { boundsWithin } from "../values/slices.ts";
import { type CallContext, type KeywordArgument, List, StarlarkFailure, type Value } from "../values/value.ts";
import { outOfRange } from "../values/out-of-range.ts";
import type { MethodTable } from "./method.ts";
import { named } from "./named.ts";
import { asInt, asIterable, asValue, unpackPositional } from "./unpack.ts";

type Args = readonly Value[];
type Kwargs = readonly KeywordArgument[];

export const listMethods: MethodTable<List> = new Map([
  ["append", append],
  ["clear", clear],
  ["extend", extend],
  ["index", index],
  ["insert", insert],
  ["pop", pop],
  ["remove", remove],
]);

/** Bytes that an item of a list counts as. */
export const bytesPerItem = 16;

function append(list: List, args: Args, kwargs: Kwargs, context: CallContext): Value {
  const [item] = unpackPositional("append", args, kwargs, [asValue]);
  checkMutable(list, "append", "append to");
  context.allocate(bytesPerItem);
  list.items.push(item);
  return null;
}

function clear(list: List, args: Args, kwargs: Kwargs): Value {
  unpackPositional("clear", args, kwargs, []);
  checkMutable(list, "clear", "clear");
  list.items.length = 0;
  return null;
}

function extend(list: List, args: Args, kwargs: Kwargs, context: CallContext): Value {
  const [items] = unpackPositional("extend", args, kwargs, [asIterable]);
  checkMutable(list, "extend", "extend");
  appendAll(list, items, context);
  return null;
}

/** Appends what the iterable gives. */
export function appendAll(list: List, iterable: Value, context: CallContext): void {
  const items = iterable instanceof List ? iterable.items.slice() : (iterate(iterable) ?? []);
  for (const item of items) {
    context.step(1);
    context.allocate(bytesPerItem);
    list.items.push(item);
  }
}

function index(list: List, args: Args, kwargs: Kwargs, context: CallContext): Value {
  const [wanted, low, high] = unpackPositional("index", args, kwargs, [asValue], [asValue, asValue]);
  return named("index", () => {
    const [start, end] = boundsWithin(low, high, list.items.length);
    const found = find(list.items, wanted, start, end, context);
    if (found < 0) throw new StarlarkFailure("value not in list");
    return found;
  });
}

function find(items: readonly Value[], wanted: Value, start: number, end: number, context: CallContext): number {
  for (let at = start; at < end; at++) {
    context.step(1);
    if (equals(items[at] ?? null, wanted, undefined, context)) return at;
  }
  return -1;
}

function insert(list: List, args: Args, kwargs: Kwargs, context: CallContext): Value {
  const [wanted, item] = unpackPositional("insert", args, kwargs, [asInt, asValue]);
  checkMutable(list, "insert", "insert into");
  context.step(1 + (list.items.length >> 8));
  context.allocate(bytesPerItem);
  const length = list.items.length;
  list.items.splice(wanted < 0 ? Math.max(0, wanted + length) : wanted, 0, item);
  return null;
}

function pop(list: List, args: Args, kwargs: Kwargs, context: CallContext): Value {
  const length = list.items.length;
  const [wanted = length - 1] = unpackPositional("pop", args, kwargs, [], [asInt]);
  const at = wanted < 0 ? wanted + length : wanted;
  if (at < 0 || at >= length) throw new StarlarkFailure(`pop: ${outOfRange(wanted, length, "list")}`);
  checkMutable(list, "pop", "pop from");
  context.step(1 + ((length - at) >> 8));
  return list.items.splice(at, 1)[0] ?? null;
}

function remove(list: List, args: Args, kwargs: Kwargs, context: CallContext): Value {
  const [wanted] = unpackPositional("remove", args, kwargs, [asValue]);
  checkMutable(list, "remove", "remove from");
  return named("remove", () => {
    const found = find(list.items, wanted, 0, list.items.length, context);
    if (found < 0) throw new StarlarkFailure("element not found");
    list.items.splice(found, 1);
    return null;
  });
}

function checkMutable(list: List, method: string, verb: string): void {
  if (list.frozen || list.iterators > 0) named(method, () => list.checkMutable(verb));
}
