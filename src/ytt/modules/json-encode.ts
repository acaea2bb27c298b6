import { escapeJson } from "../../resource/index.ts";
import { Float, StarlarkFailure } from "../../starlark/index.ts";
import { type PlainValue, sortedEntries } from "./encodable.ts";

export interface JsonStyle {
  /** Spaces per level; 0: all in one line. */
  readonly indent: number;
  /** `<`, `>` and `&` are written as escapes, so that the text can stand in HTML. */
  readonly escapeHtml: boolean;
}

/** JSON as Go's `encoding/json` writes it: keys sorted, characters that break lines in JavaScript escaped. */
export function encodeJson(value: PlainValue, style: JsonStyle): string {
  return encode(value, style, style.indent === 0 ? "" : "\n");
}

/** @param lineBreak With the indentation of the level that `value` stands at; empty for one line. */
function encode(value: PlainValue, style: JsonStyle, lineBreak: string): string {
  if (value === null) return "null";
  if (typeof value === "string") return encodeString(value, style);
  if (typeof value !== "object") return String(value);
  if (value instanceof Float) return encodeFloat(value.value);
  const inner = lineBreak === "" ? "" : `${lineBreak}${" ".repeat(style.indent)}`;
  if (value instanceof Map) {
    const colon = lineBreak === "" ? ":" : ": ";
    const members = sortedEntries(value).map(
      ([key, member]) => `${encodeString(key, style)}${colon}${encode(member, style, inner)}`,
    );
    return wrap("{", members, "}", lineBreak, inner);
  }
  const items = [...value.values()].map((item) => encode(item, style, inner));
  return wrap("[", items, "]", lineBreak, inner);
}

function wrap(open: string, parts: readonly string[], close: string, outer: string, inner: string): string {
  return parts.length === 0 ? `${open}${close}` : `${open}${inner}${parts.join(`,${inner}`)}${outer}${close}`;
}

function encodeFloat(value: number): string {
  if (Number.isNaN(value)) throw new StarlarkFailure("json: unsupported value: NaN");
  if (!Number.isFinite(value)) throw new StarlarkFailure(`json: unsupported value: ${value > 0 ? "+" : "-"}Inf`);
  // The one number that JavaScript writes otherwise.
  return Object.is(value, -0) ? "-0" : String(value);
}

// A pair of backslashes is a character of the text; a surrogate that is left alone stands for a byte that is no UTF-8.
const lonelySurrogates = /\\(?:\\|ud[89a-f][0-9a-f]{2})/g;

function encodeString(text: string, { escapeHtml }: JsonStyle): string {
  const quoted = JSON.stringify(text).replace(lonelySurrogates, (escape) => (escape === "\\\\" ? escape : "\\ufffd"));
  return escapeJson(quoted, { html: escapeHtml });
}
