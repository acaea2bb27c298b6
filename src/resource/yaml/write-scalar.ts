import { type Pen, put, putBreak, writeIndent, writeIndicator } from "./pen.ts";
import { type ScalarShape, shapeOf } from "./scalar-shape.ts";
import { formatGoFloat, YamlBinary, YamlDouble } from "./tree.ts";

/** What is written on one node without children. */
export type Scalar = null | boolean | number | bigint | string | YamlDouble | YamlBinary;

/** Writes a scalar in the first form that fits it. */
export function writeScalar(pen: Pen, value: Scalar, isKey: boolean): void {
  if (typeof value !== "string") {
    writeWord(pen, scalarWord(value));
    return;
  }
  const text = value.isWellFormed() ? value : value.toWellFormed();
  const shape = shapeOf(text);
  const before = pen.indent;
  pen.indent = before < 0 ? 2 : before + 2;
  const style = styleOf(text, shape, isKey, pen.quotesMergeKey);
  if (style === "plain") writePlain(pen, text, !isKey);
  else if (style === "single") writeSingleQuoted(pen, text, !isKey);
  else if (style === "literal") writeLiteral(pen, text);
  else writeDoubleQuoted(pen, text, !isKey);
  pen.indent = before;
}

/** How a scalar that is no text reads. */
export function scalarWord(value: Exclude<Scalar, string>): string {
  if (value instanceof YamlDouble) return formatGoFloat(value.value);
  if (value instanceof YamlBinary) return `!!binary ${base64(value.bytes)}`;
  if (typeof value !== "number") return String(value);
  return Number.isSafeInteger(value) && !Object.is(value, -0) ? String(value) : formatGoFloat(value);
}

function base64(bytes: Uint8Array): string {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}

type Style = "plain" | "single" | "double" | "literal";

function styleOf(text: string, shape: ScalarShape, isKey: boolean, quotesMergeKey: boolean): Style {
  if (text.includes("\n")) return !isKey && shape.blockAllowed ? "literal" : "double";
  // go-yaml writes a key `<<` plain and then reads it back as a merge.
  if (shape.looksTyped || (isKey && (shape.multiline || (quotesMergeKey && text === "<<")))) return "double";
  if (shape.plainAllowed) return "plain";
  return shape.singleQuotedAllowed ? "single" : "double";
}

function writeWord(pen: Pen, word: string): void {
  if (!pen.whitespace) put(pen, " ");
  put(pen, word);
  pen.whitespace = false;
  pen.indention = false;
}

function writePlain(pen: Pen, text: string, mayFold: boolean): void {
  if (!pen.whitespace) put(pen, " ");
  if (!mayFold || pen.column + text.length <= pen.width) put(pen, text);
  else foldPlain(pen, text);
  pen.whitespace = false;
  pen.indention = false;
}

function foldPlain(pen: Pen, text: string): void {
  let spaces = false;
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    if (text.charCodeAt(i) !== 0x20) {
      spaces = false;
      continue;
    }
    put(pen, text.slice(start, i));
    start = i;
    if (!spaces && pen.column > pen.width && text.charCodeAt(i + 1) !== 0x20) {
      pen.indention = false;
      pen.whitespace = false;
      writeIndent(pen);
      start = i + 1;
    }
    spaces = true;
  }
  put(pen, text.slice(start));
}

function writeSingleQuoted(pen: Pen, text: string, mayFold: boolean): void {
  writeIndicator(pen, "'", { space: true });
  let spaces = false;
  let breaks = false;
  for (let i = 0; i < text.length; i++) {
    const char = text.charAt(i);
    if (char === " ") {
      const inside = i > 0 && i < text.length - 1;
      if (mayFold && !spaces && pen.column > pen.width && inside && text.charAt(i + 1) !== " ") writeIndent(pen);
      else put(pen, char);
      spaces = true;
    } else if (isBreak(char)) {
      pen.text += char;
      pen.column = 0;
      pen.indention = true;
      breaks = true;
    } else {
      if (breaks) writeIndent(pen);
      put(pen, char === "'" ? "''" : char);
      pen.indention = false;
      spaces = false;
      breaks = false;
    }
  }
  writeIndicator(pen, "'", {});
  pen.whitespace = false;
  pen.indention = false;
}

function writeDoubleQuoted(pen: Pen, text: string, mayFold: boolean): void {
  writeIndicator(pen, '"', { space: true });
  // go-yaml looks for a byte order mark at the start of the text when it means the sign at hand, so such a text is escaped whole.
  const escapeAll = text.charCodeAt(0) === 0xfeff;
  let spaces = false;
  let offset = 0;
  for (const char of text) {
    if (escapeAll || mustEscape(char)) {
      put(pen, escape(char));
      spaces = false;
    } else if (char === " ") {
      const inside = offset > 0 && offset < text.length - 1;
      if (mayFold && !spaces && pen.column > pen.width && inside) {
        writeIndent(pen);
        if (text.charAt(offset + 1) === " ") put(pen, "\\");
      } else {
        put(pen, char);
      }
      spaces = true;
    } else {
      put(pen, char);
      spaces = false;
    }
    offset += char.length;
  }
  writeIndicator(pen, '"', {});
  pen.whitespace = false;
  pen.indention = false;
}

function writeLiteral(pen: Pen, text: string): void {
  const hint = text.startsWith(" ") || isBreak(text.charAt(0)) ? "2" : "";
  writeIndicator(pen, `|${hint}${chomping(text)}`, { space: true });
  putBreak(pen);
  pen.indention = true;
  pen.whitespace = true;
  let breaks = true;
  let start = 0;
  for (let i = 0; i <= text.length; i++) {
    const char = text.charAt(i);
    if (i < text.length && !isBreak(char)) continue;
    if (i > start) {
      if (breaks) writeIndent(pen);
      put(pen, text.slice(start, i));
      pen.indention = false;
      breaks = false;
    }
    if (i < text.length) {
      pen.text += char;
      pen.column = 0;
      pen.indention = true;
      breaks = true;
    }
    start = i + 1;
  }
}

function chomping(text: string): string {
  if (!isBreak(text.charAt(text.length - 1))) return "-";
  return text.length === 1 || isBreak(text.charAt(text.length - 2)) ? "+" : "";
}

function isBreak(char: string): boolean {
  return char === "\n" || char === "\r" || char === "\u0085" || char === "\u2028" || char === "\u2029";
}

const mustEscapePattern = /[^\x20\x21\x23-\x5b\x5d-\x7e\u00a0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd]/u;

function mustEscape(char: string): boolean {
  return mustEscapePattern.test(char);
}

const shortEscapes: ReadonlyMap<number, string> = new Map([
  [0x00, "\\0"],
  [0x07, "\\a"],
  [0x08, "\\b"],
  [0x09, "\\t"],
  [0x0a, "\\n"],
  [0x0b, "\\v"],
  [0x0c, "\\f"],
  [0x0d, "\\r"],
  [0x1b, "\\e"],
  [0x22, '\\"'],
  [0x5c, "\\\\"],
  [0x85, "\\N"],
  [0xa0, "\\_"],
  [0x2028, "\\L"],
  [0x2029, "\\P"],
]);

function escape(char: string): string {
  const code = char.codePointAt(0) ?? 0;
  const short = shortEscapes.get(code);
  if (short !== undefined) return short;
  const hex = code.toString(16).toUpperCase();
  if (code <= 0xff) return `\\x${hex.padStart(2, "0")}`;
  return code <= 0xffff ? `\\u${hex.padStart(4, "0")}` : `\\U${hex.padStart(8, "0")}`;
}
