import {
  type Alias,
  isAlias,
  isMap as isYamlMap,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  type Node,
  parseAllDocuments,
  type Pair,
} from "yaml";
import { type MutableJson, type MutableJsonMap, setOwn } from "./json.ts";
import type { YamlComment, YamlDiagnostic, YamlDocument, YamlLimits } from "./yaml.ts";
import { resolvePlain } from "./yaml-scalar.ts";

export interface ParseYamlOptions {
  /** Name of the text in diagnostics. */
  readonly file: string;
  /** What a repeated key means: the first place keeps and the last value wins (kapp, plain ytt), or an error. Default `last-wins`. */
  readonly duplicateKeys?: "last-wins" | "error";
  readonly limits?: Partial<YamlLimits>;
}

export interface ParsedYaml {
  /** All comments of the text. */
  readonly comments: readonly YamlComment[];
  /** The documents that hold something, in order. Incomplete when there are diagnostics: use none of them then. */
  readonly documents: readonly YamlDocument[];
  readonly diagnostics: readonly YamlDiagnostic[];
}

/** Reads a YAML (or JSON) stream by go-yaml's rules. Never throws on bad input. */
export function parseYamlStream(text: string, options: ParseYamlOptions): ParsedYaml {
  const documents: YamlDocument[] = [];
  const lines = new LineCounter();
  const comments: YamlComment[] = [];
  let line = 1;
  for (const lexeme of new Lexer().lex(text)) {
    if (lexeme.startsWith("#")) comments.push({ line, text: lexeme });
    line += lexeme.split("\n").length - 1;
  }
  const fail = (offset: number, message: string, code: YamlDiagnostic["code"]): ParsedYaml => {
    const { line, col } = lines.linePos(offset);
    return {
      comments,
      documents,
      diagnostics: [{ code, file: options.file, line: Math.max(line, 1), column: Math.max(col, 1), message }],
    };
  };
  const parsed = parseAllDocuments(text, {
    version: "1.1",
    schema: "failsafe",
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: false,
  });
  if ("empty" in parsed) return { comments, documents, diagnostics: [] };
  let number = 0;
  for (const document of parsed) {
    number++;
    const error = document.errors[0];
    if (error !== undefined) return fail(error.pos[0], error.message, "YAML_SYNTAX");
    const root = document.contents;
    if (root === null) continue;
    try {
      const value = convert(root, new Map(), 0, options);
      if (value !== null) documents.push({ value, document: number, line: lines.linePos(document.range[0]).line });
    } catch (problem) {
      if (!(problem instanceof Fault)) throw problem;
      return fail(problem.offset, problem.message, problem.code);
    }
  }
  return { comments, documents, diagnostics: [] };
}

class Fault extends Error {
  readonly offset: number;
  readonly code: YamlDiagnostic["code"];
  constructor(offset: number, code: YamlDiagnostic["code"], message: string) {
    super(message);
    this.offset = offset;
    this.code = code;
  }
}

function convert(
  node: Node | null,
  anchors: Map<string, MutableJson>,
  depth: number,
  options: ParseYamlOptions,
): MutableJson {
  if (node === null) return null;
  const offset = node.range?.[0] ?? 0;
  if (depth > (options.limits?.maxDepth ?? 100)) throw new Fault(offset, "YAML_LIMIT", "too deeply nested");
  if (isAlias(node)) return aliased(node, anchors, offset);
  let value: MutableJson;
  if (isScalar(node)) {
    value = scalar(node.type === "PLAIN" ? String(node.source) : undefined, String(node.value ?? ""), offset);
  } else if (isSeq(node)) {
    value = node.items.map((item) => convert(item as Node | null, anchors, depth + 1, options));
  } else if (isYamlMap(node)) {
    value = {};
    for (const pair of node.items as Pair<Node, Node | null>[]) {
      const key = convert(pair.key, anchors, depth + 1, options);
      setOwn(value as MutableJsonMap, String(key), convert(pair.value, anchors, depth + 1, options));
    }
  } else {
    throw new Fault(offset, "YAML_VALUE", "unexpected node");
  }
  if (node.anchor !== undefined) anchors.set(node.anchor, value);
  return value;
}

function aliased(node: Alias, anchors: Map<string, MutableJson>, offset: number): MutableJson {
  const value = anchors.get(node.source);
  if (value === undefined) throw new Fault(offset, "YAML_VALUE", `unknown anchor '${node.source}' referenced`);
  return value;
}

function scalar(plain: string | undefined, text: string, offset: number): MutableJson {
  if (plain === undefined) return text;
  const resolved = resolvePlain(text);
  switch (resolved.type) {
    case "null":
      return null;
    case "string":
      return text;
    case "huge-int":
      throw new Fault(offset, "YAML_VALUE", `integer ${text} does not fit 64 bits`);
    default:
      return resolved.value;
  }
}
