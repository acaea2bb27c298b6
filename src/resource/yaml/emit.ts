/**
 * Writes YAML as go-yaml v2 (libyaml's emitter) does, byte for byte: kapp's digests and diffs and ytt's output depend on it.
 * Sequences are not indented under their key, plain scalars fold at the width, strings that would read back as another type are
 * double quoted, texts with line breaks become literal blocks (kapp.md §0, ytt.md §2.4).
 */
import { compareNaturally } from "./natural-order.ts";
import { type Pen, writeIndent, writeIndicator } from "./pen.ts";
import { shapeOf } from "./scalar-shape.ts";
import { YamlBinary, YamlDouble, YamlPairs, type YamlValue } from "./tree.ts";
import { type Scalar, scalarWord, writeScalar } from "./write-scalar.ts";

export interface StringifyYamlOptions {
  /** `natural`: go-yaml's order of keys (letters after other signs, digit runs by number); `given`: as in the value. */
  readonly keyOrder: "given" | "natural";
  /** How a text `<<` is written as a key: `quoted`, so that it is not read back as a merge (the default), or `plain`, as go-yaml does. */
  readonly mergeKey?: "plain" | "quoted";
  /** Column after which a plain or quoted text is folded at the next blank; kapp uses 80, ytt `unlimited`. */
  readonly width: number | "unlimited";
}

/** One document, ending in a line break; no `---`. */
export function stringifyYaml(
  value: YamlValue,
  { keyOrder, width, mergeKey = "quoted" }: StringifyYamlOptions,
): string {
  const pen: Pen = {
    text: "",
    column: 0,
    indent: -1,
    whitespace: true,
    indention: true,
    quotesMergeKey: mergeKey === "quoted",
    width: width === "unlimited" ? Number.POSITIVE_INFINITY : width,
  };
  writeNode({ pen, keyOrder }, value, "root");
  pen.indent = -1;
  writeIndent(pen);
  return pen.text;
}

interface Emitter {
  readonly pen: Pen;
  readonly keyOrder: "given" | "natural";
}

type Place = "root" | "sequence" | "mapping";
type Entry = readonly [YamlValue, YamlValue];

/** Longest key, in bytes of UTF-8, that go-yaml writes without `? `. */
const simpleKeyBytes = 128;

function writeNode(emitter: Emitter, value: YamlValue, place: Place): void {
  if (isScalar(value)) writeScalar(emitter.pen, value, false);
  else if (isSequence(value)) writeSequence(emitter, value, place);
  else writeMapping(emitter, entriesOf(emitter, value));
}

function writeSequence(emitter: Emitter, items: readonly YamlValue[], place: Place): void {
  const { pen } = emitter;
  if (items.length === 0) {
    writeIndicator(pen, "[", { space: true, whitespace: true });
    writeIndicator(pen, "]", {});
    return;
  }
  const before = pen.indent;
  const indentless = place === "mapping" && !pen.indention;
  if (before < 0) pen.indent = 0;
  else if (!indentless) pen.indent += 2;
  for (const item of items) {
    writeIndent(pen);
    writeIndicator(pen, "-", { space: true, indention: true });
    writeNode(emitter, item, "sequence");
  }
  pen.indent = before;
}

function writeMapping(emitter: Emitter, entries: readonly Entry[]): void {
  const { pen } = emitter;
  if (entries.length === 0) {
    writeIndicator(pen, "{", { space: true, whitespace: true });
    writeIndicator(pen, "}", {});
    return;
  }
  const before = pen.indent;
  pen.indent = before < 0 ? 0 : before + 2;
  for (const [key, value] of entries) {
    writeIndent(pen);
    if (isScalar(key) && isSimpleKey(key)) {
      writeScalar(pen, key, true);
      writeIndicator(pen, ":", {});
    } else {
      writeIndicator(pen, "?", { space: true, indention: true });
      writeNode(emitter, key, "mapping");
      writeIndent(pen);
      writeIndicator(pen, ":", { space: true, indention: true });
    }
    writeNode(emitter, value, "mapping");
  }
  pen.indent = before;
}

function entriesOf({ keyOrder }: Emitter, value: Exclude<YamlValue, Scalar | readonly YamlValue[]>): readonly Entry[] {
  if (value instanceof YamlPairs && keyOrder === "given") return value.pairs;
  const entries: Entry[] = [];
  if (value instanceof YamlPairs) {
    entries.push(...value.pairs);
  } else if (isTreeMap(value)) {
    for (const entry of value) entries.push(entry);
  } else {
    for (const [key, member] of Object.entries(value)) if (member !== undefined) entries.push([key, member]);
  }
  return keyOrder === "natural" ? entries.sort(([a], [b]) => compareNaturally(keyText(a), keyText(b))) : entries;
}

function keyText(key: YamlValue): string {
  if (typeof key === "string") return key;
  return isScalar(key) ? scalarWord(key) : "";
}

function isSimpleKey(key: Scalar): boolean {
  if (typeof key !== "string") return true;
  if (shapeOf(key).multiline) return false;
  return key.length <= simpleKeyBytes / 3 || new TextEncoder().encode(key).length <= simpleKeyBytes;
}

function isScalar(value: YamlValue): value is Scalar {
  return typeof value !== "object" || value === null || value instanceof YamlDouble || value instanceof YamlBinary;
}

/** `Array.isArray` and `instanceof` do not narrow unions of readonly types. */
function isSequence(value: YamlValue): value is readonly YamlValue[] {
  return Array.isArray(value);
}

function isTreeMap(value: YamlValue): value is ReadonlyMap<YamlValue, YamlValue> {
  return value instanceof Map;
}
