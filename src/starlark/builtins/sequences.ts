import { isTruthy, iterate, lengthOf, whileIterated } from "../values/collections.ts";
import { compare } from "../values/compare.ts";
import {
  type CallContext,
  Dict,
  type KeywordArgument,
  List,
  Range,
  StarlarkFailure,
  Tuple,
  typeOf,
  type Value,
} from "../values/value.ts";
import { updateDict } from "./dict-methods.ts";
import { bytesPerItem } from "./list-methods.ts";
import { named } from "./named.ts";
import { unionOf } from "./set-methods.ts";
import { sortStably } from "./sort.ts";
import { asBool, asCallable, asInt, asIterable, optional, required, unpackArgs, unpackPositional } from "./unpack.ts";

type Args = readonly Value[];
type Kwargs = readonly KeywordArgument[];

/** What the iterable gives, counted as work and memory. */
function collect(iterable: Value, context: CallContext): Value[] {
  // Fails before the loop where it could not be held anyway.
  const length = lengthOf(iterable);
  if (length !== undefined) context.allocate(length * bytesPerItem + 32);
  const items: Value[] = [];
  for (const item of iterate(iterable) ?? []) {
    context.step(1);
    if (length === undefined) context.allocate(bytesPerItem);
    items.push(item);
  }
  return items;
}

export function all(args: Args, kwargs: Kwargs, context: CallContext): Value {
  const [items] = unpackPositional("all", args, kwargs, [asIterable]);
  for (const item of iterate(items) ?? []) {
    context.step(1);
    if (!isTruthy(item)) return false;
  }
  return true;
}

export function any(args: Args, kwargs: Kwargs, context: CallContext): Value {
  const [items] = unpackPositional("any", args, kwargs, [asIterable]);
  for (const item of iterate(items) ?? []) {
    context.step(1);
    if (isTruthy(item)) return true;
  }
  return false;
}

export function makeList(args: Args, kwargs: Kwargs, context: CallContext): Value {
  const [items] = unpackPositional("list", args, kwargs, [], [asIterable]);
  return new List(items === undefined ? [] : collect(items, context));
}

export function makeTuple(args: Args, kwargs: Kwargs, context: CallContext): Value {
  const [items] = unpackPositional("tuple", args, kwargs, [], [asIterable]);
  return new Tuple(items === undefined ? [] : collect(items, context));
}

export function makeSet(args: Args, kwargs: Kwargs, context: CallContext): Value {
  const [items] = unpackPositional("set", args, kwargs, [], [asIterable]);
  return named("set", () => unionOf(items === undefined ? [] : [iterate(items) ?? []], context));
}

export function makeDict(args: Args, kwargs: Kwargs, context: CallContext): Value {
  if (args.length > 1) throw new StarlarkFailure(`dict: got ${args.length} arguments, want at most 1`);
  const dict = new Dict();
  named("dict", () => updateDict(dict, args[0], kwargs, context));
  return dict;
}

export function enumerate(args: Args, kwargs: Kwargs, context: CallContext): Value {
  const [items, start = 0] = unpackPositional("enumerate", args, kwargs, [asIterable], [asInt]);
  const collected = collect(items, context);
  context.allocate(collected.length * 64);
  return new List(collected.map((item, index) => new Tuple([start + index, item])));
}

export function reversed(args: Args, kwargs: Kwargs, context: CallContext): Value {
  const [items] = unpackPositional("reversed", args, kwargs, [asIterable]);
  return new List(collect(items, context).reverse());
}

export function sorted(args: Args, kwargs: Kwargs, context: CallContext): Value {
  const [items, key, reverse = false] = unpackArgs("sorted", args, kwargs, [
    required("iterable", asIterable),
    optional("key", asCallable),
    optional("reverse", asBool),
  ]);
  return whileIterated(items, () => {
    const keyed = collect(items, context).map((value) => ({ value, key: keyOf(value, key, context) }));
    context.allocate(keyed.length * 32);
    return new List(sortStably(keyed, reverse, context).map(({ value }) => value));
  });
}

function keyOf(value: Value, key: Value | undefined, context: CallContext): Value {
  return key === undefined ? value : context.call(key, [value]);
}

/** `min` and `max`. */
export function extreme(name: "min" | "max", args: Args, kwargs: Kwargs, context: CallContext): Value {
  const [first] = args;
  if (first === undefined) throw new StarlarkFailure(`${name} requires at least one positional argument`);
  const [key] = unpackArgs(name, [], kwargs, [optional("key", asCallable)]);
  const items = args.length === 1 ? iterate(first) : args;
  if (items === undefined) throw new StarlarkFailure(`${name}: ${typeOf(first)} value is not iterable`);
  const op = name === "max" ? ">" : "<";
  let best: Value | undefined;
  let bestKey: Value = null;
  for (const value of items) {
    context.step(1);
    const candidate = keyOf(value, key, context);
    const before = bestKey;
    if (best !== undefined && !named(name, () => compare(op, candidate, before, undefined, context))) continue;
    best = value;
    bestKey = candidate;
  }
  if (best === undefined) throw new StarlarkFailure(`${name}: argument is an empty sequence`);
  return best;
}

export function makeRange(args: Args, kwargs: Kwargs): Value {
  const [first, second, step = 1] = unpackPositional("range", args, kwargs, [asInt], [asInt, asInt]);
  if (step === 0) throw new StarlarkFailure("range: step argument must not be zero");
  return second === undefined ? new Range(0, first, step) : new Range(first, second, step);
}

export function zip(args: Args, kwargs: Kwargs, context: CallContext): Value {
  if (kwargs.length > 0) throw new StarlarkFailure("zip does not accept keyword arguments");
  const columns = args.map((arg, index) => {
    const items = iterate(arg);
    if (items === undefined) throw new StarlarkFailure(`zip: argument #${index + 1} is not iterable: ${typeOf(arg)}`);
    return items[Symbol.iterator]();
  });
  try {
    return new List(columns.length === 0 ? [] : rowsOf(columns, context));
  } finally {
    for (const column of columns) column.return?.();
  }
}

function rowsOf(columns: readonly Iterator<Value>[], context: CallContext): Value[] {
  const rows: Value[] = [];
  for (;;) {
    const row: Value[] = [];
    for (const column of columns) {
      const next = column.next();
      if (next.done === true) return rows;
      row.push(next.value);
    }
    context.step(1);
    context.allocate(48 + row.length * bytesPerItem);
    rows.push(new Tuple(row));
  }
}
