import { Float } from "../../starlark/index.ts";
import { equalScalars, type NodeValue, type Scalar } from "../tree/node.ts";
import type { Position } from "../tree/position.ts";
import type { Validation } from "../validation/index.ts";

/** What a document, map item or array item of data values may hold. */
export type ValueType = MapType | ArrayType | ScalarType | AnyType | NullableType;

interface Declared {
  /** Of the line in the schema that declares the type. */
  readonly position: Position;
  readonly documentation: Documentation;
}

export interface MapType extends Declared {
  readonly kind: "map";
  /** All keys that the map has, and no others. */
  readonly items: readonly MapItemType[];
  readonly byKey: ReadonlyMap<Scalar, MapItemType>;
}

export interface ArrayType extends Declared {
  readonly kind: "array";
  readonly item: ItemType;
  readonly default: NodeValue;
}

export interface ScalarType extends Declared {
  readonly kind: "scalar";
  readonly scalar: "string" | "integer" | "float" | "boolean";
  readonly default: NodeValue;
}

export interface AnyType extends Declared {
  readonly kind: "any";
  readonly default: NodeValue;
}

export interface NullableType extends Declared {
  readonly kind: "nullable";
  readonly inner: ValueType;
}

/** The type of a node that holds one value. */
export interface ItemType {
  readonly value: ValueType;
  readonly position: Position;
  /** Shared by all that leave the value out: to be copied, never changed. */
  readonly default: NodeValue;
  readonly validation: Validation | undefined;
}

export interface MapItemType extends ItemType {
  readonly key: Scalar;
}

/** What the export to OpenAPI tells besides the type. */
export interface Documentation {
  readonly description: string;
  readonly title: string;
  readonly examples: readonly Example[];
  readonly isDeprecated: boolean;
}

export interface Example {
  readonly description: string;
  readonly value: NodeValue;
}

export const undocumented: Documentation = { description: "", title: "", examples: [], isDeprecated: false };

/** The type that a map declares for a key. */
export function declaredItem(type: MapType, key: Scalar): MapItemType | undefined {
  return key instanceof Float ? type.items.find((item) => equalScalars(item.key, key)) : type.byKey.get(key);
}

/** The name of the type in messages. */
export function typeLabel(type: ValueType): string {
  switch (type.kind) {
    case "scalar":
      return type.scalar;
    case "nullable":
      return "null";
    case "map":
    case "array":
    case "any":
      return type.kind;
  }
}
