import {
  type CallContext,
  compare,
  Dict,
  LimitExceeded,
  List,
  StarlarkFailure,
  StarlarkSet,
  Tuple,
  type Value,
} from "../../starlark/index.ts";
import { fromStarlark } from "../tree/convert.ts";
import { ArrayNode, DocumentSet, isNode, isScalar, MapNode, type NodeValue, type Scalar } from "../tree/node.ts";
import { Fragment } from "../values/fragment.ts";
import { StructValue } from "../values/struct.ts";

/** As JSON and TOML have values. */
export type PlainValue = Scalar | readonly PlainValue[] | ReadonlyMap<string, PlainValue>;

/** Deeper values are nobody's configuration, and they would exhaust the stack of all that walks them. */
export const maxDepth = 256;

const bytesPerValue = 32;

/**
 * What a program wants written as text. A few lists that hold one another can stand for a text without end, so that everything the text
 * would show is counted as work and memory before any of it is made.
 * @param indent Spaces by which each level will be indented.
 */
export function encodable(value: Value, context: CallContext, indent: number): NodeValue | DocumentSet {
  count(value, context, indent, 0);
  return fromStarlark(value);
}

function count(value: Value | NodeValue | DocumentSet, context: CallContext, indent: number, depth: number): void {
  if (depth > maxDepth) throw new LimitExceeded("value depth", `value nests deeper than ${maxDepth} levels`);
  context.step(1);
  context.allocate(bytesPerValue + depth * indent + (typeof value === "string" ? value.length : 0));
  for (const member of membersOf(value)) count(member, context, indent, depth + 1);
}

function membersOf(value: Value | NodeValue | DocumentSet): Iterable<Value | NodeValue> {
  if (isScalar(value)) return [];
  if (value instanceof Fragment) return value.data === null ? [] : membersOf(value.data);
  if (value instanceof List || value instanceof Tuple) return value.items;
  if (value instanceof StarlarkSet) return value.values();
  if (value instanceof Dict) return pairs(value.entries());
  if (value instanceof StructValue) return pairs(value.fields);
  if (value instanceof MapNode) return pairs(value.items.map((item) => [item.key, item.value] as const));
  if (isNode(value)) return value.items.map((item) => item.value);
  if (value instanceof Map) return pairs(value);
  return Array.isArray(value) ? value : [];
}

function* pairs<Key, Member>(entries: Iterable<readonly [Key, Member]>): Iterable<Key | Member> {
  for (const [key, member] of entries) {
    yield key;
    yield member;
  }
}

/** @throws StarlarkFailure for a document set, a repeated key or one that is no string. */
export function plainValue(value: NodeValue | DocumentSet): PlainValue {
  if (isScalar(value)) return value;
  if (value instanceof MapNode) return plainMap(value.items.map((item) => [item.key, item.value] as const));
  if (value instanceof ArrayNode) return value.items.map((item) => plainValue(item.value));
  if (value instanceof DocumentSet) throw new StarlarkFailure("Unexpected document set within a value");
  if (value instanceof Map) return plainMap(value);
  return value.map(plainValue);
}

function plainMap(entries: Iterable<readonly [Scalar, NodeValue]>): ReadonlyMap<string, PlainValue> {
  const map = new Map<string, PlainValue>();
  for (const [key, member] of entries) {
    if (typeof key !== "string") throw new StarlarkFailure("Expected key to be string");
    if (map.has(key)) throw new StarlarkFailure(`Unexpected duplicate key: ${key}`);
    map.set(key, plainValue(member));
  }
  return map;
}

/** By the bytes of their keys. */
export function sortedEntries<Member>(map: Iterable<readonly [string, Member]>): (readonly [string, Member])[] {
  return [...map].sort(([a], [b]) => (compare("<", a, b) ? -1 : 1));
}
