import type { Json } from "../json.ts";
import { type Builder, jsonBuilder, treeBuilder } from "./builder.ts";
import { Composer } from "./compose.ts";
import { limitFault, YamlFault } from "./fault.ts";
import { Scanner } from "./scanner.ts";
import type { YamlTree } from "./tree.ts";
import type { YamlComment, YamlDiagnostic, YamlDialect, YamlDocument, YamlLimits } from "./types.ts";

export interface ParseYamlOptions {
  /** Name of the text in diagnostics. */
  readonly file: string;
  /** What a repeated key means: the first place keeps and the last value wins (kapp, plain ytt), or an error. Default `last-wins`. */
  readonly duplicateKeys?: "last-wins" | "error";
  /** Default `kapp`. */
  readonly dialect?: YamlDialect;
  /** What an integer beyond 64 bits becomes. Default: a fault for `kapp`, a double for `ytt`, as ytt has it. */
  readonly hugeIntegers?: "fault" | "double";
  readonly limits?: Partial<YamlLimits>;
}

export interface ParsedYaml<Value = Json> {
  /** The documents that hold something other than null, in order. Incomplete when there are diagnostics: use none of them then. */
  readonly documents: readonly YamlDocument<Value>[];
  /** The first fault, if any: what follows it cannot be read with any sense. */
  readonly diagnostics: readonly YamlDiagnostic[];
  /** Comments outside scalars. */
  readonly comments: readonly YamlComment[];
}

/** reliability.md L11, L12. */
const defaultLimits: YamlLimits = {
  maxBytes: 10 * 1024 * 1024,
  maxDepth: 100,
  maxAliases: 1000,
  maxNodes: 1_000_000,
  maxMergeSteps: 100_000,
  maxDocumentLength: 3 * 1024 * 1024,
};

/**
 * Reads a YAML (or JSON) stream to JSON by go-yaml's YAML 1.1: `y` and `no` are booleans, integers are exact, dates stay texts, keys become
 * strings, an unknown tag is a fault. Never throws on bad input: faults come back as diagnostics with their place.
 */
export function parseYamlStream(text: string, options: ParseYamlOptions): ParsedYaml {
  // A MutableJson is a Json; nobody else holds these fresh values.
  return parse(text, jsonBuilder as Builder<Json, Json>, options);
}

/** The same, keeping what only YAML can say: order and types of keys, doubles apart from integers, `.inf`. */
export function parseYamlTrees(text: string, options: ParseYamlOptions): ParsedYaml<YamlTree> {
  return parse(text, treeBuilder as Builder<YamlTree, YamlTree>, options);
}

function parse<Value>(text: string, builder: Builder<Value, Value>, options: ParseYamlOptions): ParsedYaml<Value> {
  const { documents, ...rest } = composeYaml(text, builder, options);
  const filled: YamlDocument<Value>[] = [];
  for (const [index, { value, line }] of documents.entries())
    if (value !== undefined && value !== null) filled.push({ value, document: index + 1, line });
  return { documents: filled, ...rest };
}

/** What the grammar finds in a text, in values of the builder's sort. */
export interface ComposedYaml<Value> {
  /** All documents, empty ones (`undefined`) too. Incomplete when there are diagnostics. */
  readonly documents: readonly { readonly value: Value | undefined; readonly line: number }[];
  readonly comments: readonly YamlComment[];
  readonly diagnostics: readonly YamlDiagnostic[];
}

/** Reads a YAML stream to values that a builder makes: for those who need more than values, as positions of nodes. */
export function composeYaml<Value, MapValue extends Value>(
  text: string,
  builder: Builder<Value, MapValue>,
  options: ParseYamlOptions,
): ComposedYaml<Value> {
  const limits = { ...defaultLimits, ...options.limits };
  const { dialect = "kapp" } = options;
  const documents: { value: Value | undefined; line: number }[] = [];
  // ytt never sees the start of a file as the start of a stream, so that a byte order mark becomes part of the first key.
  const hasMark = dialect === "kapp" && text.startsWith("\ufeff");
  const scanner = new Scanner(hasMark ? text.slice(1) : text, limits);
  const { comments } = scanner;
  try {
    checkText(text, limits);
    const duplicateKeys = options.duplicateKeys ?? "last-wins";
    const hugeIntegers = options.hugeIntegers ?? (dialect === "kapp" ? "fault" : "double");
    const composer = new Composer(scanner, builder, { duplicateKeys, scalars: { dialect, hugeIntegers }, limits });
    for (;;) {
      const found = composer.nextDocument();
      if (found === undefined) return { documents, comments, diagnostics: [] };
      documents.push({ value: found.value, line: found.place.line + 1 });
    }
  } catch (fault) {
    if (!(fault instanceof YamlFault)) throw fault;
    const { code, message, line, column, reportedLine } = fault;
    const diagnostic = { code, file: options.file, line: line + 1, column: column + 1, message, reportedLine };
    return { documents, comments, diagnostics: [diagnostic] };
  }
}

/** Everything but tab, line breaks, and the printable signs of Unicode; half surrogate pairs too. */
const control = /[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;

function checkText(text: string, limits: YamlLimits): void {
  const place = { line: 0, column: 0 };
  if (
    text.length > limits.maxBytes ||
    (text.length * 3 > limits.maxBytes && new TextEncoder().encode(text).length > limits.maxBytes)
  ) {
    throw limitFault(place, `the text is larger than ${limits.maxBytes} bytes`);
  }
  const found = control.exec(text);
  if (found === null) return;
  const before = text.slice(0, found.index).split(/\r\n|[\n\r\u0085\u2028\u2029]/);
  const at = { line: before.length - 1, column: before.at(-1)?.length ?? 0 };
  throw new YamlFault("YAML_SYNTAX", "control characters are not allowed", at, 0);
}
