import { type MutableJson, type MutableJsonMap, setOwn } from "../json.ts";
import { type Place, refusedValue } from "./fault.ts";
import type { ScalarValue } from "./tag.ts";
import { formatGoFloat, YamlDouble, type YamlTree } from "./tree.ts";

/** Makes values of one sort from what the composer reads. A key that is there already keeps its place and takes the new value. */
export interface Builder<Value, MapValue extends Value> {
  scalar(value: ScalarValue, place: Place): Value;
  /** `lines`: where each item's entry starts, 0-based. */
  list(items: Value[], lines: readonly number[]): Value;
  map(): MapValue;
  /** Answers the key's identity, for telling duplicates. */
  set(map: MapValue, key: Value, value: Value, place: Place): string;
  /** `undefined` when the value is no map. */
  asMap(value: Value): MapValue | undefined;
  asList(value: Value): readonly Value[] | undefined;
  /** Copies the pairs of one map into another, in place; answers how many. */
  merge(into: MapValue, from: MapValue): number;
  /** What an alias gives for its anchor's value; without it both share the value. */
  alias?(value: Value): Value;
}

/** Plain JSON, as the Kubernetes tools convert YAML: keys become strings, doubles are numbers. */
export const jsonBuilder: Builder<MutableJson, MutableJsonMap> = {
  scalar(value, place) {
    if (!(value instanceof YamlDouble)) return value;
    if (!Number.isFinite(value.value))
      throw refusedValue(place, `${formatGoFloat(value.value)} cannot be held in JSON`);
    return value.value;
  },
  list: (items) => items,
  map: () => ({}),
  set(map, key, value, place) {
    const name = jsonKey(key, place);
    setOwn(map, name, value);
    return name;
  },
  asMap: (value) => (typeof value === "object" && value !== null && !Array.isArray(value) ? value : undefined),
  asList: (value) => (Array.isArray(value) ? value : undefined),
  merge(into, from) {
    const entries = Object.entries(from);
    for (const [key, value] of entries) if (value !== undefined) setOwn(into, key, value);
    return entries.length;
  },
};

type Tree = YamlTree;
type TreeMap = Map<Tree, Tree>;

/** Values as they are written, with the order and types of keys. */
export const treeBuilder: Builder<Tree, TreeMap> = {
  scalar: (value) => value,
  list: (items) => items,
  map: () => new Map(),
  set(map, key, value, place) {
    if (typeof key === "object" && key !== null && !(key instanceof YamlDouble)) throw invalidKey(place);
    // Doubles are objects: the one that is there already stands for its number.
    const same =
      key instanceof YamlDouble
        ? [...map.keys()].find((other) => other instanceof YamlDouble && other.value === key.value)
        : undefined;
    map.set(same ?? key, value);
    return `${typeof key} ${key instanceof YamlDouble ? key.value : String(key)}`;
  },
  asMap: (value) => (value instanceof Map ? value : undefined),
  asList: (value) => (Array.isArray(value) ? value : undefined),
  merge(into, from) {
    for (const [key, value] of from) into.set(key, value);
    return from.size;
  },
};

function jsonKey(key: MutableJson, place: Place): string {
  switch (typeof key) {
    case "string":
      return key;
    case "boolean":
    case "bigint":
      return String(key);
    case "number":
      return Number.isSafeInteger(key) ? String(key) : formatGoFloat(shortestFloat32(key));
    default:
      throw key === null
        ? refusedValue(place, "null cannot be a key here; quote it if it is a text")
        : invalidKey(place);
  }
}

function invalidKey(place: Place): Error {
  return refusedValue(place, "a map or list cannot be a key");
}

/** Keys that are doubles are printed with the digits that a 32-bit float needs (a flaw of the Go tools that decides names). */
function shortestFloat32(value: number): number {
  for (let digits = 1; digits <= 9; digits++) {
    const rounded = Number(value.toPrecision(digits));
    if (Math.fround(rounded) === Math.fround(value)) return rounded;
  }
  return value;
}
