import { Dict, HostValue, List, StarlarkFailure, typeOf, type Value } from "../../starlark/index.ts";
import { ArrayNode, type DocumentSet, equalScalars, isScalar, MapNode, type NodeValue } from "../tree/node.ts";

/** YAML that a program holds: what functions with YAML in them return, what libraries evaluate to, what overlay callbacks get. */
export class Fragment extends HostValue {
  readonly typeName = "yamlfragment";
  /** `null`: a function with YAML in it that produced none. */
  readonly data: MapNode | ArrayNode | DocumentSet | null;

  constructor(data: MapNode | ArrayNode | DocumentSet | null) {
    super();
    this.data = data;
  }

  display(): string {
    return this.data === null ? "yamlfragment(<nil>)" : `yamlfragment(*yamlmeta.${goName(this.data)})`;
  }

  override isTruthy(): boolean {
    return this.length() > 0;
  }

  override length(): number {
    return this.data === null ? 0 : this.data.items.length;
  }

  override lookup(key: Value): Value | undefined {
    if (this.data === null) return undefined;
    if (this.data instanceof MapNode) {
      const found = isScalar(key) ? this.data.items.find((item) => equalScalars(item.key, key)) : undefined;
      return found === undefined ? undefined : toStarlark(found.value);
    }
    if (typeof key !== "number" && typeof key !== "bigint")
      throw new StarlarkFailure(
        `yamlfragment.Get: Expected ${this.#indexName()} index to be an int64, but was ${goTypeOf(key)}`,
      );
    const item = typeof key === "number" ? this.data.items[key] : undefined;
    return item === undefined ? undefined : toStarlark(item.value);
  }

  override contains(item: Value): boolean {
    return this.lookup(item) !== undefined;
  }

  override *iterate(): Iterable<Value> {
    if (this.data === null) return;
    if (this.data instanceof MapNode) for (const item of this.data.items) yield toStarlark(item.key);
    else for (const item of this.data.items) yield toStarlark(item.value);
  }

  override items(): Iterable<readonly [Value, Value]> {
    if (this.data === null) return [];
    if (!(this.data instanceof MapNode))
      throw new StarlarkFailure(`yamlfragment.Items: Expected value to be a map, but was ${this.data.kind}`);
    return this.data.items.map((item) => [toStarlark(item.key), toStarlark(item.value)] as const);
  }

  override slice(): never {
    throw new StarlarkFailure("(p) yamlfragment.Slice: Not implemented");
  }

  override assign(): never {
    throw new StarlarkFailure("yamlfragment.SetKey: Not implemented");
  }

  override equals(): never {
    throw new StarlarkFailure("yamlfragment.CompareSameType: Not implemented");
  }

  #indexName(): string {
    return this.data instanceof ArrayNode ? "array" : "document set";
  }
}

function goName(data: NonNullable<Fragment["data"]>): string {
  if (data instanceof MapNode) return "Map";
  return data instanceof ArrayNode ? "Array" : "DocumentSet";
}

function goTypeOf(key: Value): string {
  const type = typeOf(key);
  return type === "float" ? "float64" : type;
}

/** A tree's value as programs see it: maps, arrays and document sets are fragments, plain values dicts and lists. */
export function toStarlark(value: NodeValue | DocumentSet): Value {
  if (isScalar(value)) return value;
  if (value instanceof Map) return Dict.of([...value].map(([key, member]) => [key, toStarlark(member)] as const));
  if (Array.isArray(value)) return new List(value.map(toStarlark));
  return new Fragment(value);
}
