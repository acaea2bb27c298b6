import { ArrayNode, equalScalars, isScalar, MapNode, type NodeValue, typeName } from "../tree/node.ts";

/** Why `left` does not have all that `right` has; `undefined` when it does. Arrays: the leading items. */
export function firstDifference(left: NodeValue, right: NodeValue): string | undefined {
  if (right instanceof MapNode) {
    if (!(left instanceof MapNode)) return `Expected map, but was ${typeName(left)}`;
    for (const wanted of right.items) {
      const found = left.items.filter((item) => equalScalars(item.key, wanted.key));
      if (found.length === 0) return "Expected at least one map item to match by key";
      for (const item of found) {
        const difference = firstDifference(item.value, wanted.value);
        if (difference !== undefined) return difference;
      }
    }
    return undefined;
  }
  if (right instanceof ArrayNode) {
    if (!(left instanceof ArrayNode)) return `Expected array, but was ${typeName(left)}`;
    for (const [index, wanted] of right.items.entries()) {
      const item = left.items[index];
      if (item === undefined) return "Expected to have matching number of array items";
      const difference = firstDifference(item.value, wanted.value);
      if (difference !== undefined) return difference;
    }
    return undefined;
  }
  return equalLeaves(left, right) ? undefined : `Expected leaf values to match ${typeName(left)} ${typeName(right)}`;
}

export function equalLeaves(left: NodeValue, right: NodeValue): boolean {
  return isScalar(left) && isScalar(right) ? equalScalars(left, right) : left === right;
}
