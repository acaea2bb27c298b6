import type { Value } from "../../starlark/index.ts";
import { YttError } from "../error.ts";
import { hasTemplating } from "../template/annotation.ts";
import { type Annotation, type Annotations, ArrayNode, childNodes, isNode, type Node } from "../tree/node.ts";
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
  const isLeaf = "value" in node && (!isNode(node.value) || node.value instanceof ArrayNode);
  node.annotations = isLeaf ? setOrAdd() : mergeOrAdd();
  if (!(node instanceof ArrayNode))
    for (const child of childNodes(node)) if (!(child instanceof ArrayNode)) annotate(child);
}

/** Annotations of an item that is merged with what is there, or added. */
export function mergeOrAdd(): Annotations {
  return new Map([["overlay/match", withKwarg("missing_ok", true)]]);
}

/** Annotations of an item that takes the place of what is there, or is added. */
export function setOrAdd(): Annotations {
  return mergeOrAdd().set("overlay/replace", withKwarg("or_add", true));
}

function withKwarg(name: string, value: Value): Annotation {
  return { args: [], kwargs: [[name, value]], position: Position.none };
}
