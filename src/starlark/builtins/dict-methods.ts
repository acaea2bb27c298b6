import { iterate, lengthOf, pairsOf } from "../values/collections.ts";
import { quoteText } from "../values/quote.ts";
import {
  type CallContext,
  Dict,
  type KeywordArgument,
  List,
  StarlarkFailure,
  Tuple,
  typeOf,
  type Value,
} from "../values/value.ts";
import { named } from "./named.ts";
import type { MethodTable } from "./method.ts";
import { asValue, unpackPositional } from "./unpack.ts";

type Args = readonly Value[];
type Kwargs = readonly KeywordArgument[];

export const dictMethods: MethodTable<Dict> = new Map([
  ["clear", clear],
  ["get", get],
  ["items", items],
  ["keys", keys],
  ["pop", pop],
  ["popitem", popItem],
  ["setdefault", setDefault],
  ["update", update],
  ["values", values],
]);

/** Bytes that an entry of a dict counts as. */
export const bytesPerEntry = 128;

function clear(dict: Dict, args: Args, kwargs: Kwargs): Value {
  unpackPositional("clear", args, kwargs, []);
  dict.clear();
  return null;
}

function get(dict: Dict, args: Args, kwargs: Kwargs): Value {
  const [key, otherwise = null] = unpackPositional("get", args, kwargs, [asValue], [asValue]);
  const found = named("get", () => dict.get(key));
  return found === undefined ? otherwise : found;
}

function items(dict: Dict, args: Args, kwargs: Kwargs, context: CallContext): Value {
  unpackPositional("items", args, kwargs, []);
  return listOf(dict, 64, context, () => Array.from(dict.entries(), (pair) => new Tuple([...pair])));
}

function keys(dict: Dict, args: Args, kwargs: Kwargs, context: CallContext): Value {
  unpackPositional("keys", args, kwargs, []);
  return listOf(dict, 16, context, () => [...dict.keys()]);
}

function values(dict: Dict, args: Args, kwargs: Kwargs, context: CallContext): Value {
  unpackPositional("values", args, kwargs, []);
  return listOf(dict, 16, context, () => Array.from(dict.entries(), ([, value]) => value));
}

function listOf(dict: Dict, bytesPerItem: number, context: CallContext, make: () => Value[]): Value {
  context.step(1 + (dict.size >> 2));
  context.allocate(dict.size * bytesPerItem);
  return new List(make());
}

function pop(dict: Dict, args: Args, kwargs: Kwargs): Value {
  const [key, otherwise] = unpackPositional("pop", args, kwargs, [asValue], [asValue]);
  const found = named("pop", () => dict.delete(key)) ?? otherwise;
  if (found === undefined) throw new StarlarkFailure("pop: missing key");
  return found;
}

function popItem(dict: Dict, args: Args, kwargs: Kwargs): Value {
  unpackPositional("popitem", args, kwargs, []);
  for (const [key, value] of dict.entries()) {
    named("popitem", () => dict.delete(key));
    return new Tuple([key, value]);
  }
  throw new StarlarkFailure("popitem: empty dict");
}

function setDefault(dict: Dict, args: Args, kwargs: Kwargs, context: CallContext): Value {
  const [key, byDefault = null] = unpackPositional("setdefault", args, kwargs, [asValue], [asValue]);
  return named("setdefault", () => {
    const found = dict.get(key);
    if (found !== undefined) return found;
    context.allocate(bytesPerEntry);
    dict.set(key, byDefault);
    return byDefault;
  });
}

function update(dict: Dict, args: Args, kwargs: Kwargs, context: CallContext): Value {
  if (args.length > 1) throw new StarlarkFailure(`update: got ${args.length} arguments, want at most 1`);
  named("update", () => updateDict(dict, args[0], kwargs, context));
  return null;
}

/** What `dict(…)` and `update` do: pairs of a mapping or of an iterable, then what is named. */
export function updateDict(dict: Dict, from: Value | undefined, kwargs: Kwargs, context: CallContext): void {
  const put = (key: Value, value: Value): void => {
    context.step(1);
    context.allocate(bytesPerEntry);
    dict.set(key, value);
  };
  const pairs = from === undefined ? [] : pairsOf(from);
  for (const [key, value] of from === dict ? [...(pairs ?? [])] : (pairs ?? [])) put(key, value);
  if (from !== undefined && pairs === undefined) for (const [key, value] of pairsWithin(from)) put(key, value);
  const before = dict.size;
  for (const [name, value] of kwargs) put(name, value);
  if (dict.size < before + kwargs.length) checkRepeated(kwargs);
}

function checkRepeated(kwargs: Kwargs): void {
  const seen = new Set<string>();
  for (const [name] of kwargs) {
    if (seen.has(name)) throw new StarlarkFailure(`duplicate keyword arg: ${quoteText(name)}`);
    seen.add(name);
  }
}

function* pairsWithin(sequence: Value): Iterable<readonly [Value, Value]> {
  const items = iterate(sequence);
  if (items === undefined) throw new StarlarkFailure(`got ${typeOf(sequence)}, want iterable`);
  let index = 0;
  for (const item of items) yield pairOf(item, index++);
}

function pairOf(item: Value, index: number): readonly [Value, Value] {
  const what = `dictionary update sequence element #${index}`;
  const parts = iterate(item);
  if (parts === undefined) throw new StarlarkFailure(`${what} is not iterable (${typeOf(item)})`);
  const length = lengthOf(item);
  if (length === undefined) throw new StarlarkFailure(`${what} has unknown length (${typeOf(item)})`);
  if (length !== 2) throw new StarlarkFailure(`${what} has length ${length}, want 2`);
  const [key = null, value = null] = parts;
  return [key, value];
}
