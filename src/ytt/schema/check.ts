import {
  type ArrayNode,
  copyValue,
  type ItemNode,
  MapItem,
  type MapNode,
  type NodeValue,
  typeName,
} from "../tree/node.ts";
import { assignCollection, isCollection } from "./assign.ts";
import { declaredItem, type ItemType, type MapType, type ScalarType, type ValueType } from "./type.ts";
import { mismatch, undeclaredKey, type Violation } from "./violation.ts";

/** Checks scalars and keys of a tree that has the shape of its schema (`assignItem`). Violations come in the order of the tree. */
export function checkItem(node: ItemNode, type: ItemType): readonly Violation[] {
  return isCollection(node.value) ? checkCollection(node.value, type.value) : checkLeaf(node, type.value);
}

/** Whether a value of an annotation fits the type; answers its completed copy too. */
export function checkAnnotationValue(
  value: NodeValue,
  type: ValueType,
): { readonly completed: NodeValue; readonly violations: readonly Violation[] } {
  const completed = copyValue(value);
  if (!isCollection(completed))
    return { completed, violations: checkLeaf(new MapItem(null, completed, type.position), type) };
  const misshapen = assignCollection(completed, type);
  return { completed, violations: misshapen.length > 0 ? misshapen : checkCollection(completed, type) };
}

function checkCollection(node: MapNode | ArrayNode, type: ValueType): readonly Violation[] {
  switch (type.kind) {
    case "any":
      return [];
    case "nullable":
      return checkCollection(node, type.inner);
    case "scalar":
      return [mismatch(node, type)];
    case "array":
      return node.kind === "array" ? node.items.flatMap((item) => checkItem(item, type.item)) : [mismatch(node, type)];
    case "map":
      return node.kind === "map" ? checkMap(node, type) : [mismatch(node, type)];
  }
}

function checkMap(node: MapNode, type: MapType): readonly Violation[] {
  const typed = node.items.map((item) => ({ item, type: declaredItem(type, item.key) }));
  return [
    ...typed.filter((entry) => entry.type === undefined).map(({ item }) => undeclaredKey(item, type)),
    ...typed.flatMap((entry) => (entry.type === undefined ? [] : checkItem(entry.item, entry.type))),
  ];
}

function checkLeaf(node: ItemNode, type: ValueType): readonly Violation[] {
  switch (type.kind) {
    case "any":
      return [];
    case "nullable":
      return node.value === null ? [] : checkLeaf(node, type.inner);
    case "scalar":
      return fitsScalar(node.value, type) ? [] : [mismatch(node, type)];
    case "map":
    case "array":
      return [mismatch(node, type)];
  }
}

function fitsScalar(value: NodeValue, { scalar }: ScalarType): boolean {
  const found = typeName(value);
  return found === scalar || (found === "integer" && scalar === "float");
}
