import type { Value } from "../../starlark/index.ts";
import { YttError } from "../error.ts";
import { hasTemplating } from "../template/annotation.ts";
import { type Annotation, ArrayNode, childNodes, isNode, type Node } from "../tree/node.ts";
import { Position } from "../tree/position.ts";

/**
 * Annotates plain YAML so that as an overlay it adds what is missing, merges maps and replaces arrays and scalars (`--data-values-file`).
 * @throws YttError when the YAML has annotations of its own.
 */
export function annotateForPlainMerge(node: Node): void {
  if (hasTemplating(node))
    throw new YttError("Expected to be plain YAML, having no annotations (hint: remove comments starting with `#@`)");
  annotate(node);
}

function annotate(node: Node): void {
  const annotations = new Map([["overlay/match", withKwarg("missing_ok", true)]]);
  const isLeaf = "value" in node && (!isNode(node.value) || node.value instanceof ArrayNode);
  if (isLeaf) annotations.set("overlay/replace", withKwarg("or_add", true));
  node.annotations = annotations;
  if (!(node instanceof ArrayNode))
    for (const child of childNodes(node)) if (!(child instanceof ArrayNode)) annotate(child);
}

function withKwarg(name: string, value: Value): Annotation {
  return { args: [], kwargs: [[name, value]], position: Position.none };
}
