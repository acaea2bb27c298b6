import type { Json, JsonMap } from "../json.ts";
import { compareNaturally } from "./natural-order.ts";
import { formatGoFloat, YamlDouble, type YamlTree } from "./tree.ts";
import { type ScalarShape, shapeOf } from "./scalar-shape.ts";

/**
 * Writes YAML as go-yaml v2 (libyaml's emitter) does, byte for byte: kapp's digests and diffs and ytt's output depend on it.
 * Sequences are not indented under their key, plain scalars fold at the width, strings that would read back as another type are
 * double quoted, texts with line breaks become literal blocks (kapp.md §0, ytt.md §2.4).
 */
export interface StringifyYamlOptions {
  /** `natural`: go-yaml's order of keys (letters after other signs, digit runs by number); `given`: as in the value. */
  readonly keyOrder: "given" | "natural";
  /** Column after which a plain or quoted text is folded at the next blank; kapp uses 80, ytt `unlimited`. */
  readonly width: number | "unlimited";
}

/** One document, ending in a line break; no `---`. */
export function stringifyYaml(value: Json | YamlTree, options: StringifyYamlOptions): string {
  const out: Output = {
    text: "",
    column: 0,
    indent: -1,
    whitespace: true,
    indention: true,
    width: options.width === "unlimited" ? Number.POSITIVE_INFINITY : options.width,
    natural: options.keyOrder === "natural",
  };
  writeNode(out, value, "root");
  out.indent = -1;
  writeIndent(out);
  return out.text;
}

/** The emitter's pen. `whitespace`: the last sign was a blank; `indention`: only indentation and indicators stand on the line so far. */
interface Output {
  text: string;
  column: number;
  indent: number;
  whitespace: boolean;
  indention: boolean;
  readonly width: number;
  readonly natural: boolean;
}

type Place = "root" | "sequence" | "mapping";
type Node = Json | YamlTree;

/** Longest key, in bytes of UTF-8, that go-yaml writes without `? `. */
const simpleKeyBytes = 128;

function writeNode(out: Output, value: Node, place: Place): void {
  if (value instanceof YamlDouble || value === null || typeof value !== "object") {
    writeScalar(out, value, false);
  } else if (Array.isArray(value)) {
    writeSequence(out, value as readonly Node[], place);
  } else {
    writeMapping(out, entriesOf(out, value as JsonMap | ReadonlyMap<YamlTree, YamlTree>));
  }
}

function writeSequence(out: Output, items: readonly Node[], place: Place): void {
  if (items.length === 0) {
    writeIndicator(out, "[", { space: true, whitespace: true });
    writeIndicator(out, "]", {});
    return;
  }
  const before = out.indent;
  const indentless = place === "mapping" && !out.indention;
  if (before < 0) out.indent = 0;
  else if (!indentless) out.indent += 2;
  for (const item of items) {
    writeIndent(out);
    writeIndicator(out, "-", { space: true, indention: true });
    writeNode(out, item, "sequence");
  }
  out.indent = before;
}

function writeMapping(out: Output, entries: readonly (readonly [Node, Node])[]): void {
  if (entries.length === 0) {
    writeIndicator(out, "{", { space: true, whitespace: true });
    writeIndicator(out, "}", {});
    return;
  }
  const before = out.indent;
  out.indent = before < 0 ? 0 : before + 2;
  for (const [key, value] of entries) {
    writeIndent(out);
    if (isSimpleKey(key)) {
      writeScalar(out, key, true);
      writeIndicator(out, ":", {});
    } else {
      writeIndicator(out, "?", { space: true, indention: true });
      writeNode(out, key, "mapping");
      writeIndent(out);
      writeIndicator(out, ":", { space: true, indention: true });
    }
    writeNode(out, value, "mapping");
  }
  out.indent = before;
}

function entriesOf(out: Output, value: JsonMap | ReadonlyMap<YamlTree, YamlTree>): (readonly [Node, Node])[] {
  const entries: (readonly [Node, Node])[] = [];
  if (value instanceof Map) {
    for (const entry of value) entries.push(entry);
  } else {
    for (const [key, member] of Object.entries(value as JsonMap)) if (member !== undefined) entries.push([key, member]);
  }
  return out.natural ? entries.sort(([a], [b]) => compareNaturally(keyText(a), keyText(b))) : entries;
}

function keyText(key: Node): string {
  if (typeof key === "string") return key;
  if (key instanceof YamlDouble) return formatGoFloat(key.value);
  return key === null || typeof key !== "object" ? scalarWord(key) : "";
}

function isSimpleKey(key: Node): key is Scalar {
  if (typeof key === "object" && key !== null && !(key instanceof YamlDouble)) return false;
  if (typeof key !== "string") return true;
  return !shapeOf(key).multiline && (key.length <= simpleKeyBytes / 3 || Buffer.byteLength(key) <= simpleKeyBytes);
}

type Scalar = null | boolean | number | bigint | string | YamlDouble;

function writeScalar(out: Output, value: Scalar, isKey: boolean): void {
  if (typeof value !== "string") {
    writeWord(out, value instanceof YamlDouble ? formatGoFloat(value.value) : scalarWord(value));
    return;
  }
  const text = value.isWellFormed() ? value : value.toWellFormed();
  const shape = shapeOf(text);
  const before = out.indent;
  out.indent = before < 0 ? 2 : before + 2;
  const style = styleOf(text, shape, isKey);
  if (style === "plain") writePlain(out, text, !isKey);
  else if (style === "single") writeSingleQuoted(out, text, !isKey);
  else if (style === "literal") writeLiteral(out, text);
  else writeDoubleQuoted(out, text, !isKey);
  out.indent = before;
}

function scalarWord(value: null | boolean | number | bigint): string {
  if (typeof value !== "number") return String(value);
  return Number.isSafeInteger(value) && !Object.is(value, -0) ? String(value) : formatGoFloat(value);
}

type Style = "plain" | "single" | "double" | "literal";

function styleOf(text: string, shape: ScalarShape, isKey: boolean): Style {
  if (text.includes("\n")) return !isKey && shape.blockAllowed ? "literal" : "double";
  // go-yaml writes a key `<<` plain and then reads it back as a merge.
  if (shape.looksTyped || (isKey && (shape.multiline || text === "<<"))) return "double";
  if (shape.plainAllowed) return "plain";
  return shape.singleQuotedAllowed ? "single" : "double";
}

function writeWord(out: Output, word: string): void {
  if (!out.whitespace) put(out, " ");
  put(out, word);
  out.whitespace = false;
  out.indention = false;
}

function writePlain(out: Output, text: string, mayFold: boolean): void {
  if (!out.whitespace) put(out, " ");
  if (!mayFold || out.column + text.length <= out.width) put(out, text);
  else foldPlain(out, text);
  out.whitespace = false;
  out.indention = false;
}

function foldPlain(out: Output, text: string): void {
  let spaces = false;
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    if (text.charCodeAt(i) !== 0x20) {
      spaces = false;
      continue;
    }
    put(out, text.slice(start, i));
    start = i;
    if (!spaces && out.column > out.width && text.charCodeAt(i + 1) !== 0x20) {
      out.indention = false;
      out.whitespace = false;
      writeIndent(out);
      start = i + 1;
    }
    spaces = true;
  }
  put(out, text.slice(start));
}

function writeSingleQuoted(out: Output, text: string, mayFold: boolean): void {
  writeIndicator(out, "'", { space: true });
  let spaces = false;
  let breaks = false;
  for (let i = 0; i < text.length; i++) {
    const char = text.charAt(i);
    if (char === " ") {
      const inside = i > 0 && i < text.length - 1;
      if (mayFold && !spaces && out.column > out.width && inside && text.charAt(i + 1) !== " ") writeIndent(out);
      else put(out, char);
      spaces = true;
    } else if (isBreak(char)) {
      out.text += char;
      out.column = 0;
      out.indention = true;
      breaks = true;
    } else {
      if (breaks) writeIndent(out);
      put(out, char === "'" ? "''" : char);
      out.indention = false;
      spaces = false;
      breaks = false;
    }
  }
  writeIndicator(out, "'", {});
  out.whitespace = false;
  out.indention = false;
}

function writeDoubleQuoted(out: Output, text: string, mayFold: boolean): void {
  writeIndicator(out, '"', { space: true });
  // go-yaml looks for a byte order mark at the start of the text when it means the sign at hand, so such a text is escaped whole.
  const escapeAll = text.charCodeAt(0) === 0xfeff;
  let spaces = false;
  let offset = 0;
  for (const char of text) {
    if (escapeAll || mustEscape(char)) {
      put(out, escape(char));
      spaces = false;
    } else if (char === " ") {
      const inside = offset > 0 && offset < text.length - 1;
      if (mayFold && !spaces && out.column > out.width && inside) {
        writeIndent(out);
        if (text.charAt(offset + 1) === " ") put(out, "\\");
      } else {
        put(out, char);
      }
      spaces = true;
    } else {
      put(out, char);
      spaces = false;
    }
    offset += char.length;
  }
  writeIndicator(out, '"', {});
  out.whitespace = false;
  out.indention = false;
}

function writeLiteral(out: Output, text: string): void {
  const hint = text.startsWith(" ") || isBreak(text.charAt(0)) ? "2" : "";
  writeIndicator(out, `|${hint}${chomping(text)}`, { space: true });
  putBreak(out);
  out.indention = true;
  out.whitespace = true;
  let breaks = true;
  let start = 0;
  for (let i = 0; i <= text.length; i++) {
    const char = text.charAt(i);
    if (i < text.length && !isBreak(char)) continue;
    if (i > start) {
      if (breaks) writeIndent(out);
      put(out, text.slice(start, i));
      out.indention = false;
      breaks = false;
    }
    if (i < text.length) {
      out.text += char;
      out.column = 0;
      out.indention = true;
      breaks = true;
    }
    start = i + 1;
  }
}

function chomping(text: string): string {
  if (!isBreak(text.charAt(text.length - 1))) return "-";
  return text.length === 1 || isBreak(text.charAt(text.length - 2)) ? "+" : "";
}

interface IndicatorTraits {
  /** A blank must stand before it. */
  readonly space?: boolean;
  readonly whitespace?: boolean;
  readonly indention?: boolean;
}

function writeIndicator(out: Output, indicator: string, traits: IndicatorTraits): void {
  put(out, traits.space === true && !out.whitespace ? ` ${indicator}` : indicator);
  out.whitespace = traits.whitespace === true;
  out.indention = out.indention && traits.indention === true;
}

function writeIndent(out: Output): void {
  const indent = Math.max(out.indent, 0);
  if (!out.indention || out.column > indent || (out.column === indent && !out.whitespace)) putBreak(out);
  if (out.column < indent) put(out, " ".repeat(indent - out.column));
  out.whitespace = true;
  out.indention = true;
}

function put(out: Output, text: string): void {
  out.text += text;
  // Columns count code points, but matter only where texts are folded.
  out.column += out.width === Number.POSITIVE_INFINITY ? text.length : codePoints(text);
}

function putBreak(out: Output): void {
  out.text += "\n";
  out.column = 0;
}

function codePoints(text: string): number {
  let count = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0xdc00 && unit <= 0xdfff) count--;
  }
  return count;
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
