/**
 * Values between programs and trees. A dict, struct, list, tuple or set becomes a plain value; a YAML fragment stands for its node itself, so that a
 * change in place is seen by all who hold it.
 */
import {
  Dict,
  Float,
  HostValue,
  LimitExceeded,
  List,
  StarlarkFailure,
  StarlarkSet,
  Tuple,
  typeOf,
  type Value,
} from "../../starlark/index.ts";
import { Fragment } from "../values/fragment.ts";
import { StructValue } from "../values/struct.ts";
import {
  ArrayItem,
  ArrayNode,
  type DocumentSet,
  isScalar,
  MapItem,
  MapNode,
  type NodeValue,
  type PlainMap,
  type Scalar,
  scalarText,
} from "./node.ts";
import { Position } from "./position.ts";

/** A host value that cannot stand in YAML and says what to do instead. */
export abstract class Unconvertible extends HostValue {
  abstract readonly conversionHint: string;
}

const minInt64 = -(2n ** 63n);
const maxUint64 = 2n ** 64n - 1n;

/** Bounds on one value on its way into a tree: a list may hold itself, or hold another one many times over. */
const maxValueDepth = 500;
const maxValueMembers = 1_000_000;

/**
 * A program's value as a tree holds it.
 * @throws StarlarkFailure for functions, ranges, modules and ints beyond 64 bits.
 * @throws LimitExceeded for values that nest too deep or hold too much.
 */
export function fromStarlark(value: Value): NodeValue | DocumentSet {
  return new Converter().convert(value, 0);
}

class Converter {
  #members = 0;

  convert(value: Value, depth: number): NodeValue | DocumentSet {
    switch (typeof value) {
      case "string":
      case "boolean":
      case "number":
        return value;
      case "bigint":
        if (value < minInt64 || value > maxUint64)
          throw new StarlarkFailure(`Unable to convert value: int ${value} does not fit 64 bits`);
        return value;
      default:
        break;
    }
    if (value === null || value instanceof Float) return value;
    if (value instanceof Fragment) return value.data;
    if (value instanceof List || value instanceof Tuple) return this.#list(value.items, depth);
    if (value instanceof StarlarkSet) return this.#list([...value.values()], depth);
    if (value instanceof Dict) return this.#map(value.entries(), depth);
    if (value instanceof StructValue) return this.#map(value.fields, depth);
    if (value instanceof Unconvertible) throw new StarlarkFailure(`Unable to convert value: ${value.conversionHint}`);
    throw new StarlarkFailure(`Unable to convert value: ${typeOf(value)} does not encode as YAML`);
  }

  #list(items: readonly Value[], depth: number): NodeValue[] {
    return items.map((item) => this.#member(item, depth));
  }

  #map(entries: Iterable<readonly [Value, Value]>, depth: number): PlainMap {
    const map: PlainMap = new Map();
    for (const [key, value] of entries) map.set(this.#key(key), this.#member(value, depth));
    return map;
  }

  #member(value: Value, depth: number): NodeValue {
    if (depth >= maxValueDepth)
      throw new LimitExceeded("value depth", `a value nests deeper than the allowed ${maxValueDepth}`);
    if (++this.#members > maxValueMembers)
      throw new LimitExceeded("value size", `a value holds more than the allowed ${maxValueMembers} values`);
    // A document set inside a list or dict is kept, as ytt keeps it, until it is printed.
    return this.convert(value, depth + 1) as NodeValue;
  }

  #key(key: Value): Scalar {
    const converted = this.convert(key, 0);
    if (isScalar(converted)) return converted;
    throw new StarlarkFailure(`Unable to convert value: ${typeOf(key)} cannot be a key in YAML`);
  }
}

export interface ToStarlarkOptions {
  /** Maps become structs (`data.values`) in the place of dicts. */
  readonly mapsAsStructs?: boolean;
}

/** Everything below as dicts (or structs) and lists: for values that have no fragments in them. */
export function toStarlarkPlain(value: NodeValue, options: ToStarlarkOptions = {}): Value {
  if (isScalar(value)) return value;
  if (value instanceof ArrayNode) return new List(value.items.map((item) => toStarlarkPlain(item.value, options)));
  if (Array.isArray(value)) return new List(value.map((item) => toStarlarkPlain(item, options)));
  const entries =
    value instanceof MapNode
      ? value.items.map((item) => [item.key, toStarlarkPlain(item.value, options)] as const)
      : [...value].map(([key, member]) => [key, toStarlarkPlain(member, options)] as const);
  if (options.mapsAsStructs !== true) return Dict.of(entries);
  return new StructValue(
    new Map(
      entries.map(([key, member]) => {
        if (typeof key !== "string")
          throw new StarlarkFailure(`expected struct key ${scalarText(key)} to be string${booleanHint(key)}`);
        return [key, member] as const;
      }),
    ),
  );
}

/** Nodes in the place of plain values, all at one position. Nodes stay what they are, but plain values below them are turned as well. */
export function nodesOf(value: NodeValue, position: Position | "in memory"): NodeValue {
  if (isScalar(value)) return value;
  if (value instanceof MapNode || value instanceof ArrayNode) {
    for (const item of value.items) item.value = nodesOf(item.value, position);
    return value;
  }
  if (value instanceof Map) {
    const items = [...value].map(
      ([key, member]) =>
        new MapItem(key, nodesOf(member, position), position === "in memory" ? memoryPosition(key, member) : position),
    );
    return new MapNode(items, position === "in memory" ? Position.none : position);
  }
  const items = value.map(
    (member) =>
      new ArrayItem(nodesOf(member, position), position === "in memory" ? memoryPosition(undefined, member) : position),
  );
  return new ArrayNode(items, position === "in memory" ? Position.none : position);
}

/** Shown in the place of a source line when such a value does not fit the schema. */
function memoryPosition(key: Scalar | undefined, value: NodeValue): Position {
  const shown = typeof value === "string" ? JSON.stringify(value) : showValue(value);
  return Position.inMemory(key === undefined ? `- ${shown}` : `${scalarText(key)}: ${shown}`);
}

function showValue(value: NodeValue): string {
  if (value instanceof MapNode || value instanceof Map) return "{…}";
  if (value instanceof ArrayNode || Array.isArray(value)) return "[…]";
  return scalarText(value);
}

function booleanHint(key: Scalar): string {
  return typeof key === "boolean" ? " (hint: unquoted y, n, yes, no, on and off are booleans; quote the key)" : "";
}
