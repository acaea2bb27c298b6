/** `ytt fmt`: YAML in one layout, with its comments. */
import { childNodes, isNode, type ItemNode, MapItem, type Node, type NodeValue, scalarText } from "./tree/node.ts";
import { printValue } from "./tree/print.ts";
import { readYaml, type ReadOptions } from "./tree/read.ts";

/** @throws YttError when the text is no YAML. */
export function formatYaml(text: string, options: ReadOptions): string {
  const writer = new LayoutWriter();
  for (const [index, document] of readYaml(text, options).items.entries()) {
    const { suffix, hasOwnLines } = writer.comments(document, "", index === 0);
    if (index !== 0 || suffix !== "") writer.add({ indent: "", content: `---${suffix}` });
    if (document.value !== null) writeValue(document.value, "", writer);
    if (hasOwnLines) writer.space();
  }
  return writer.text;
}

const indentLevel = "  ";

function writeValue(value: NodeValue, indent: string, writer: LayoutWriter): void {
  if (!isNode(value)) {
    writer.add({ indent, content: leaf(value), mayJoin: true });
    return;
  }
  for (const [index, item] of childNodes(value).entries()) if ("value" in item) writeItem(item, index, indent, writer);
}

function writeItem(item: ItemNode, index: number, indent: string, writer: LayoutWriter): void {
  const { suffix, hasOwnLines } = writer.comments(item, indent, index === 0);
  const isMapItem = item instanceof MapItem;
  const start = isMapItem ? `${scalarText(item.key)}:` : "-";
  const inline = isNode(item.value) ? undefined : leaf(item.value);
  if (inline === undefined || inline.includes("\n")) {
    // A map or array may start on the line of its dash; below a key only a text may.
    const joinsNext = suffix === "" && (!isMapItem || inline !== undefined);
    writer.add({ indent, content: start + suffix, mayJoin: true, joinsNext });
    writeValue(item.value, indent + indentLevel, writer);
  } else {
    const value = suffix !== "" && item.value === null ? "" : ` ${inline}`;
    writer.add({ indent, content: start + value + suffix, mayJoin: true });
  }
  if (hasOwnLines) writer.space();
}

function leaf(value: NodeValue): string {
  return printValue(value).slice(0, -1);
}

interface Chunk {
  readonly indent: string;
  readonly content: string;
  /** May stand on the line of the chunk before. */
  readonly mayJoin?: boolean;
  /** The next chunk may stand on this line. */
  readonly joinsNext?: boolean;
}

class LayoutWriter {
  text = "";
  #last: Chunk | "space" | undefined;

  /** Writes the comments above a node; the one beside it is the suffix. */
  comments(node: Node, indent: string, isFirst: boolean): { readonly suffix: string; readonly hasOwnLines: boolean } {
    let suffix = "";
    let hasOwnLines = false;
    for (const { text, position } of node.comments) {
      if (node.position.isKnown && position.line === node.position.line) {
        suffix = ` #${text}`;
        continue;
      }
      if (!isFirst && !hasOwnLines) this.space();
      hasOwnLines = true;
      this.add({ indent, content: `#${text}` });
    }
    return { suffix, hasOwnLines };
  }

  space(): void {
    this.#last = "space";
  }

  add(chunk: Chunk): void {
    if (this.#last === "space") this.text += "\n";
    if (this.#last === undefined || this.#last === "space" || this.#last.joinsNext !== true) this.text += chunk.indent;
    else this.text += chunk.mayJoin === true ? " " : `\n${chunk.indent}`;
    this.text += chunk.content.replaceAll("\n", `\n${chunk.indent.slice(2)}`);
    if (chunk.joinsNext !== true) this.text += "\n";
    this.#last = chunk;
  }
}
