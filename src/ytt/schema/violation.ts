import { nearestName } from "../../starlark/index.ts";
import { type ArrayNode, type ItemNode, scalarText, type MapItem, type MapNode, typeName } from "../tree/node.ts";
import type { Position } from "../tree/position.ts";
import { type MapType, typeLabel, type ValueType } from "./type.ts";

/** One fault of a schema, or of a value that does not fit its schema. */
export interface Violation {
  readonly description?: string;
  /** Of the node at fault. */
  readonly position: Position;
  /** Of the annotations at fault. */
  readonly annotations?: readonly Position[];
  readonly found?: string;
  readonly expected?: string;
  readonly hints?: readonly string[];
}

/** The most keys that a message lists. */
const maxListedKeys = 9;

export function mismatch(node: ItemNode | MapNode | ArrayNode, type: ValueType): Violation {
  const label = type.position.isKnown ? typeLabel(type) : "";
  return {
    position: node.position,
    found: typeName(node.kind === "map" || node.kind === "array" ? node : node.value),
    expected: `${label} (by ${type.position.compact()})`,
  };
}

export function undeclaredKey(item: MapItem, type: MapType): Violation {
  const found = scalarText(item.key);
  const allowed = type.items.map(({ key }) => scalarText(key)).sort();
  const nearest = nearestName(found, allowed);
  return {
    description: "Given data value is not declared in schema",
    position: item.position,
    found,
    expected: `${expectedKeys(allowed)} (from ${type.position.compact()})`,
    ...(nearest === undefined ? {} : { hints: [`did you mean "${nearest}"?`] }),
  };
}

function expectedKeys(allowed: readonly string[]): string {
  if (allowed.length === 1) return `a map item with the key named "${allowed[0]}"`;
  if (allowed.length > 1 && allowed.length <= maxListedKeys) return `one of { ${allowed.join(", ")} }`;
  return "a key declared in map";
}
