import { toBytes } from "../../starlark/index.ts";

const named: ReadonlyMap<string, string> = new Map([
  ["\x07", "\\a"],
  ["\b", "\\b"],
  ["\t", "\\t"],
  ["\n", "\\n"],
  ["\v", "\\v"],
  ["\f", "\\f"],
  ["\r", "\\r"],
  ['"', '\\"'],
  ["\\", "\\\\"],
]);

const printable = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;

/** A text in double quotes as Go's `%q` shows it. */
export function quoteGo(text: string): string {
  return `"${Array.from(text, quoteChar).join("")}"`;
}

function quoteChar(char: string): string {
  const escape = named.get(char);
  if (escape !== undefined) return escape;
  if (printable.test(char)) return char;
  const code = char.codePointAt(0) ?? 0;
  if (code < 0x80 || !char.isWellFormed()) return `\\x${hex(toBytes(char)[0] ?? 0, 2)}`;
  return code > 0xffff ? `\\U${hex(code, 8)}` : `\\u${hex(code, 4)}`;
}

function hex(code: number, width: number): string {
  return code.toString(16).padStart(width, "0");
}
