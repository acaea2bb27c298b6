import type { Node } from "../tree/node.ts";
import type { Position } from "../tree/position.ts";

/** A piece of text between code, or the root that holds the pieces. */
export interface TextPiece {
  readonly kind: "text";
  readonly text: string;
}
export interface TextRoot {
  readonly kind: "text root";
}

export type TemplateNode = Node | TextPiece | TextRoot;

interface Entry {
  readonly node: TemplateNode;
  readonly parent: number;
  /** Comments of the node that stay with it: those that are annotations. */
  readonly annotationComments: Node["comments"];
  readonly annotationPositions: Map<string, Position>;
  /** Nothing of its value is code: it gets the value that it has in the text as soon as it is started. */
  isWhole: boolean;
}

/** The nodes of a template by the numbers that its program calls them. */
export class NodeTable {
  readonly #entries: Entry[] = [];

  /** @param parent Number of the parent, `noParent` for a root. */
  add(node: TemplateNode, parent: number, annotationComments: Node["comments"] = []): number {
    this.#entries.push({ node, parent, annotationComments, annotationPositions: new Map(), isWhole: false });
    return this.#entries.length;
  }

  entry(tag: number): Entry {
    const entry = this.#entries[tag - 1];
    if (entry === undefined) throw new Error(`unreachable: node ${tag} was added when the template was compiled`);
    return entry;
  }

  parentOf(tag: number): number {
    return this.entry(tag).parent;
  }
}

export const noParent = 0;
