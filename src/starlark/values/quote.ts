import { isStrayByte } from "./text.ts";

const printable = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;
const plain = /^[ !#-[\]-~]*$/;
const named: ReadonlyMap<number, string> = new Map([
  [7, "\\a"],
  [8, "\\b"],
  [12, "\\f"],
  [10, "\\n"],
  [13, "\\r"],
  [9, "\\t"],
  [11, "\\v"],
  [92, "\\\\"],
]);

/** `repr` of a string: Go's double-quoted form. */
export function quoteText(text: string): string {
  if (plain.test(text)) return `"${text}"`;
  const parts: string[] = ['"'];
  for (const char of text) parts.push(char === '"' ? '\\"' : escapeChar(char));
  parts.push('"');
  return parts.join("");
}

/** A character in single quotes, as messages show it. */
export function quoteRune(char: string): string {
  const shown = isStrayByte(char.charCodeAt(0)) ? "\ufffd" : char;
  return shown === "'" ? "'\\''" : `'${escapeChar(shown)}'`;
}

function escapeChar(char: string): string {
  const point = char.codePointAt(0) ?? 0;
  const name = named.get(point);
  if (name !== undefined) return name;
  if (isStrayByte(point)) return `\\x${hex(point & 0xff, 2)}`;
  if (printable.test(char)) return char;
  if (point < 0x20 || point === 0x7f) return `\\x${hex(point, 2)}`;
  return point > 0xffff ? `\\U${hex(point, 8)}` : `\\u${hex(point, 4)}`;
}

function hex(code: number, width: number): string {
  return code.toString(16).padStart(width, "0");
}
