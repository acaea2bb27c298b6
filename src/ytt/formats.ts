/** Other ways to print documents than YAML (ytt.md §2.4). */
import { inStep } from "./error.ts";
import { plainValue } from "./modules/encodable.ts";
import { encodeJson } from "./modules/json-encode.ts";
import type { RenderedDocument } from "./render.ts";
import { ArrayNode, type DocumentNode, isNode, MapNode, type NodeValue, scalarText } from "./tree/node.ts";
import type { Position } from "./tree/position.ts";
import { printValue } from "./tree/print.ts";

/**
 * Each document as compact JSON with sorted keys, nothing between them: `-o json`.
 * @throws YttError for what JSON cannot hold; ytt leaves such a document out without a word.
 */
export function documentsAsJson(documents: readonly RenderedDocument[]): string {
  return documents.map(({ node }) => asJson(node)).join("");
}

function asJson({ value, position }: DocumentNode): string {
  try {
    return encodeJson(plainValue(value), { indent: 0, escapeHtml: true });
  } catch (error) {
    throw inStep(`Document on ${position.describe()}`, error);
  }
}

const indent = "  ";

/** Where each line of the output comes from: `file:line | path`; `-o pos`. */
export function documentsAsPositions(documents: readonly RenderedDocument[]): string {
  const printer = new PositionPrinter();
  for (const { node } of documents) {
    printer.line(node.position, "[doc]");
    printer.value(node.value, indent);
  }
  return printer.text;
}

class PositionPrinter {
  text = "";
  #width = 0;

  value(value: NodeValue, before: string): void {
    if (value instanceof MapNode)
      for (const item of value.items)
        this.#item(item.position, `${before}${scalarText(item.key)}:`, item.value, before);
    else if (value instanceof ArrayNode)
      for (const [index, item] of value.items.entries())
        this.#item(item.position, `${before}[${index}]`, item.value, before);
    else this.text += `${this.#pad("")}${before}${leaf(value)}\n`;
  }

  line(position: Position, text: string): void {
    this.text += `${position.isKnown ? this.#pad(position.compact()) : ""}${text}\n`;
  }

  #item(position: Position, name: string, value: NodeValue, before: string): void {
    const inline = isNode(value) ? undefined : leaf(value);
    if (inline !== undefined && !inline.includes("\n")) {
      this.line(position, `${name} ${inline}`);
    } else {
      this.line(position, name);
      this.value(value, before + indent);
    }
  }

  #pad(place: string): string {
    if (place.length > this.#width) this.#width = place.length + 10;
    return `${place.padStart(this.#width)} | `;
  }
}

function leaf(value: NodeValue): string {
  return printValue(value).slice(0, -1);
}
