import type { Json, MutableJson } from "../json.ts";
import { jsonBuilder } from "./builder.ts";
import { YamlFault } from "./fault.ts";
import { YamlDouble, type YamlTree } from "./tree.ts";

/** A tree as the Kubernetes tools convert it to JSON, or what of it JSON cannot hold and where (`spec.replicas`). */
export function toJson(tree: YamlTree): { readonly json: Json } | { readonly problem: string } {
  const path: string[] = [];
  try {
    return { json: convert(tree, path) };
  } catch (fault) {
    if (!(fault instanceof YamlFault)) throw fault;
    return { problem: path.length === 0 ? fault.message : `${path.join(".")}: ${fault.message}` };
  }
}

const nowhere = { line: 0, column: 0 };

/** `path` is left pointing at what failed. */
function convert(tree: YamlTree, path: string[]): MutableJson {
  if (tree instanceof YamlDouble || tree === null || typeof tree !== "object") return jsonBuilder.scalar(tree, nowhere);
  if (tree instanceof Map) {
    const map = jsonBuilder.map();
    for (const [key, value] of tree as ReadonlyMap<YamlTree, YamlTree>) {
      path.push(typeof key === "string" ? key : "?");
      jsonBuilder.set(map, convert(key, path), convert(value, path), nowhere);
      path.pop();
    }
    return map;
  }
  // Not a map, so a list: `instanceof Map` does not narrow a readonly union.
  return (tree as readonly YamlTree[]).map((item, index) => {
    path.push(String(index));
    const value = convert(item, path);
    path.pop();
    return value;
  });
}
