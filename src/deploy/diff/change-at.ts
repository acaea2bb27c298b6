import { isList, isMap, type Json, type JsonMap, own } from "../../resource/index.ts";
import { PathFault, withMember } from "./field-copy.ts";
import { type FieldPath, mapElements } from "./field-path.ts";

/**
 * Changes what stands at the end of a path, in every element that the path means. Where the path leads nowhere, or to null on the way,
 * nothing is changed.
 * @throws PathFault with `strict`, where something on the way is no map or list.
 */
export function changeAt(
  target: JsonMap,
  path: FieldPath,
  change: (found: Json) => Json,
  { strict = false }: { readonly strict?: boolean } = {},
): JsonMap {
  const walk = (value: Json, depth: number): Json => {
    const step = path[depth];
    if (step === undefined) return change(value);
    if (typeof step === "string") {
      if (!isMap(value)) return reject(value, "map");
      const inner = own(value, step) ?? null;
      if (inner === null) return value;
      const changed = walk(inner, depth + 1);
      return changed === inner ? value : withMember(value, step, changed);
    }
    if ("pattern" in step) return value;
    return isList(value) ? mapElements(value, step, (item) => walk(item, depth + 1)) : reject(value, "array");
  };
  const reject = (value: Json, wanted: "map" | "array"): Json => {
    if (strict) throw new PathFault(value, wanted);
    return value;
  };
  const changed = walk(target, 0);
  return isMap(changed) ? changed : target;
}
