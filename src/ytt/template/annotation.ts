import { YttError } from "../error.ts";
import { childNodes, type Comment, type Node } from "../tree/node.ts";

/** What a comment says to ytt (ytt.md §2.3). */
export type Meta =
  /** `#! text` and, where they are ignored, unknown comments. */
  | { readonly type: "ignored" }
  | { readonly type: "code" | "value"; readonly code: string }
  | { readonly type: "annotation"; readonly name: string; readonly args: string };

export interface MetaOptions {
  /** Comments that are not ytt's are skipped; otherwise they are errors. */
  readonly ignoreUnknown: boolean;
}

/**
 * @param nodeLine Line of the node that the comment belongs to: on the same line `#@ x` is its value, above it is code.
 * @throws YttError for a comment that is not ytt's.
 */
export function readMeta(comment: Comment, nodeLine: number | undefined, { ignoreUnknown }: MetaOptions): Meta {
  const { text, position } = comment;
  if (text.startsWith("!")) return ignored;
  if (!text.startsWith("@")) {
    if (ignoreUnknown) return ignored;
    throw new YttError(
      `Failed to parse line ${position.line ?? "?"}: '#${text}': Expected ytt-formatted string (use '#@' for annotations or code, '#!' for comments)`,
    );
  }
  const space = text.indexOf(" ");
  const name = space === -1 ? text.slice(1) : text.slice(1, space);
  const content = space === -1 ? "" : text.slice(space + 1);
  switch (name) {
    case "":
      return { type: nodeLine !== undefined && position.line === nodeLine ? "value" : "code", code: content };
    case "template/code":
      return { type: "code", code: content };
    case "template/value":
      return { type: "value", code: content };
    case "comment":
      return ignored;
    default:
      return { type: "annotation", name, args: content };
  }
}

const ignored: Meta = { type: "ignored" };

/** Whether anything in the tree is code, a value or an annotation: a file without is plain. */
export function hasTemplating(node: Node): boolean {
  return (
    node.comments.some(
      (comment) => readMeta(comment, node.position.line, { ignoreUnknown: true }).type !== "ignored",
    ) || childNodes(node).some(hasTemplating)
  );
}

/** Names of the annotations that stand on a node in the text. */
export function annotationNames(node: Node): readonly string[] {
  return node.comments.flatMap((comment) => {
    const meta = readMeta(comment, node.position.line, { ignoreUnknown: true });
    return meta.type === "annotation" ? [meta.name] : [];
  });
}
