import { ArrayNode, copyValue, type ItemNode, MapItem, MapNode, type NodeValue } from "../tree/node.ts";
import { declaredItem, type ItemType, type MapType, type ValueType } from "./type.ts";
import { mismatch, type Violation } from "./violation.ts";

/**
 * Gives the validations of its type to a node and all below it, and adds the map items that are missing, with their defaults.
 * Answers where the tree has another shape than the schema; scalars are left to `checkItem`.
 */
export function assignItem(node: ItemNode, type: ItemType): readonly Violation[] {
  node.facts = type.validation === undefined ? undefined : { schemaValidation: type.validation };
  return isCollection(node.value) ? assignCollection(node.value, type.value) : [];
}

export function assignCollection(node: MapNode | ArrayNode, type: ValueType): readonly Violation[] {
  switch (type.kind) {
    case "any":
      return [];
    case "nullable":
      return assignCollection(node, type.inner);
    case "scalar":
      return [mismatch(node, type)];
    case "array":
      return node.kind === "array" ? node.items.flatMap((item) => assignItem(item, type.item)) : [mismatch(node, type)];
    case "map":
      return node.kind === "map" ? assignMap(node, type) : [mismatch(node, type)];
  }
}

function assignMap(node: MapNode, type: MapType): readonly Violation[] {
  const violations: Violation[] = [];
  const found = new Set<ItemType>();
  for (const item of node.items) {
    const itemType = declaredItem(type, item.key);
    if (itemType === undefined) continue;
    found.add(itemType);
    violations.push(...assignItem(item, itemType));
  }
  for (const itemType of type.items) {
    if (found.has(itemType)) continue;
    const item = new MapItem(itemType.key, copyValue(itemType.default), itemType.position);
    assignItem(item, itemType);
    node.items.push(item);
  }
  return violations;
}

export function isCollection(value: NodeValue): value is MapNode | ArrayNode {
  return value instanceof MapNode || value instanceof ArrayNode;
}
