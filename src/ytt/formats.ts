/** Other ways to print documents than YAML (ytt.md §2.4). */
import { Float } from "../starlark/index.ts";
import { YttError } from "./error.ts";
import type { RenderedDocument } from "./render.ts";
import { ArrayNode, isNode, MapNode, type NodeValue, type Scalar, scalarText } from "./tree/node.ts";
import type { Position } from "./tree/position.ts";
import { printValue } from "./tree/print.ts";

/** Each document as compact JSON with sorted keys, nothing between them: `-o json`. */
export function documentsAsJson(documents: readonly RenderedDocument[]): string {
  return documents.map(({ node }) => json(node.value)).join("");
}

function json(value: NodeValue): string {
  if (value instanceof MapNode || value instanceof Map) {
    const entries: readonly (readonly [Scalar, NodeValue])[] =
      value instanceof MapNode ? value.items.map((item) => [item.key, item.value] as const) : [...value];
    const members = entries.map(([key, member]) => {
      if (typeof key !== "string")
        throw new YttError(`Expected key '${scalarText(key)}' to be a string, as JSON needs it`);
      return [key, json(member)] as const;
    });
    members.sort(([a], [b]) => compareBytes(a, b));
    return `{${members.map(([key, member]) => `${text(key)}:${member}`).join(",")}}`;
  }
  if (value instanceof ArrayNode) return `[${value.items.map((item) => json(item.value)).join(",")}]`;
  if (Array.isArray(value)) return `[${value.map(json).join(",")}]`;
  if (typeof value === "string") return text(value);
  return value instanceof Float ? number(value.value) : String(value);
}

function compareBytes(a: string, b: string): number {
  const encoder = new TextEncoder();
  const [left, right] = [encoder.encode(a), encoder.encode(b)];
  for (let i = 0; i < left.length && i < right.length; i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

function text(value: string): string {
  return JSON.stringify(value.toWellFormed()).replace(
    /[<>&\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** Go's form of a double: an exponent below 1e-6 and from 1e21 up. */
function number(value: number): string {
  if (!Number.isFinite(value)) throw new YttError(`json: unsupported value: ${value}`);
  if (Object.is(value, -0)) return "-0";
  return String(value);
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
