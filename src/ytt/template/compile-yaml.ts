import { YttError } from "../error.ts";
import {
  childNodes,
  type Comment,
  type DocumentSet,
  equalScalars,
  isNode,
  MapItem,
  MapNode,
  type Node,
  type NodeValue,
} from "../tree/node.ts";
import type { Position } from "../tree/position.ts";
import { readMeta } from "./annotation.ts";
import { type CodeLine, instructions, type SourceLine } from "./code.ts";
import { NodeTable, noParent } from "./node-table.ts";
import { compileText, parseText } from "./text.ts";

export interface CompileYamlOptions {
  readonly file: string;
  readonly ignoreUnknownComments: boolean;
}

/** What a template is before it runs: a program and the nodes that it puts together. */
export interface CompiledTemplate {
  readonly lines: readonly CodeLine[];
  readonly nodes: NodeTable;
}

/**
 * Turns a document set into a program that builds it again, with the code of its comments between the nodes (ytt.md §3.1).
 * @throws YttError on comments that are not ytt's and on code in the wrong place.
 */
export function compileYaml(set: DocumentSet, options: CompileYamlOptions): CompiledTemplate {
  return new YamlCompiler(options).compile(set);
}

class YamlCompiler {
  readonly #options: CompileYamlOptions;
  readonly #nodes = new NodeTable();
  readonly #lines: CodeLine[] = [];
  /** Subtrees without comments and without repeated keys: they are set whole. */
  readonly #static = new Set<Node>();

  constructor(options: CompileYamlOptions) {
    this.#options = options;
  }

  compile(set: DocumentSet): CompiledTemplate {
    this.#markStatic(set);
    this.#emit(`${instructions.startContext}()`, undefined);
    this.#node(set, noParent, false);
    this.#emit(`${instructions.endContext}(None)`, undefined);
    return { lines: this.#lines, nodes: this.#nodes };
  }

  #markStatic(node: Node): boolean {
    let isStatic = node.comments.length === 0;
    for (const child of childNodes(node)) if (!this.#markStatic(child)) isStatic = false;
    if (isStatic && node instanceof MapNode && hasRepeatedKey(node)) isStatic = false;
    if (isStatic) this.#static.add(node);
    return isStatic;
  }

  #node(node: Node, parent: number, textTemplated: boolean): void {
    const { code, values, annotations, ends } = this.#metas(node);
    const { position } = node;
    const comments = annotations.map(({ comment }) => comment);
    const tag = this.#nodes.add(node, parent, comments);
    const isTextTemplated = textTemplated || annotations.some(({ name }) => name === "yaml/text-templated-strings");
    for (const { text, at } of code) this.#emit(text, lineOf(at));
    for (const { name, args, comment } of annotations) {
      this.#nodes.entry(tag).annotationPositions.set(name, comment.position);
      const collected = `${instructions.collectAnnotation}(${args})`;
      this.#emit(
        `${instructions.startAnnotation}(${tag}, ${JSON.stringify(name)}, ${collected})`,
        lineOf(comment.position),
      );
    }
    if (isTextTemplated && node instanceof MapItem && typeof node.key === "string")
      this.#string(node.key, position, (code_) => `${instructions.setMapItemKey}(${tag}, (${code_}))`);
    this.#emit(`${instructions.startNode}(${tag})`, lineOf(position));
    if (values.length > 0) {
      for (const { text, at } of values) this.#emit(`${instructions.setNode}(${tag}, (${text}))`, lineOf(at));
    } else {
      this.#contents(node, tag, isTextTemplated);
    }
    for (let i = 0; i < ends; i++) this.#emit("end", undefined);
  }

  #contents(node: Node, tag: number, textTemplated: boolean): void {
    if (node.kind === "document set" || node.kind === "map" || node.kind === "array") {
      for (const item of node.items) this.#node(item, tag, textTemplated);
      return;
    }
    const { value } = node;
    if (textTemplated && typeof value === "string") {
      this.#string(value, node.position, (code) => `${instructions.setNode}(${tag}, (${code}))`);
      return;
    }
    if (isNode(value) && (textTemplated || !this.#static.has(value))) this.#node(value, tag, textTemplated);
    else this.#nodes.entry(tag).isWhole = true;
  }

  /** A string with `(@ … @)` in it becomes the text that a text template would give. */
  #string(text: string, position: Position, wrap: (code: string) => string): void {
    const root = parseText(text, { file: this.#options.file, line: position.line ?? 1 });
    const { lines, result } = compileText(root, this.#nodes);
    for (const { code, source } of lines) this.#emit(code, source);
    this.#emit(wrap(result), lineOf(position));
  }

  #metas(node: Node): Metas {
    const metas: Metas = { code: [], values: [], annotations: [], ends: 0 };
    for (const comment of node.comments) {
      const meta = readMeta(comment, node.position.line, { ignoreUnknown: this.#options.ignoreUnknownComments });
      const at = comment.position;
      if (meta.type === "annotation") {
        metas.annotations.push({ name: meta.name, args: meta.args, comment });
      } else if (meta.type === "value") {
        if (hasValue(node))
          throw new YttError(
            `Expected YAML node at ${at.describe()} to have either computed or YAML value, but found both`,
          );
        metas.values.push({ text: meta.code, at });
      } else if (meta.type === "code") {
        if (metas.ends > 0)
          throw new YttError(`Unexpected code at ${at.describe()} after use of '*/end', expected YAML node`);
        const opening = /^\s*(?:if|else|elif|for|def)(?=\/end)/.exec(meta.code);
        if (opening !== null) metas.ends++;
        const text = opening === null ? meta.code : opening[0] + meta.code.slice(opening[0].length + "/end".length);
        metas.code.push({ text, at });
      }
    }
    return metas;
  }

  #emit(code: string, source: SourceLine | undefined): void {
    this.#lines.push({ code, source });
  }
}

interface Metas {
  readonly code: { readonly text: string; readonly at: Position }[];
  readonly values: { readonly text: string; readonly at: Position }[];
  readonly annotations: { readonly name: string; readonly args: string; readonly comment: Comment }[];
  /** How many blocks close after the node. */
  ends: number;
}

function hasValue(node: Node): boolean {
  switch (node.kind) {
    case "document set":
    case "map":
    case "array":
      return node.items.length > 0;
    default:
      return node.value !== null;
  }
}

function lineOf(position: Position): SourceLine | undefined {
  return position.isKnown ? { position, text: position.text } : undefined;
}

function hasRepeatedKey({ items }: MapNode): boolean {
  if (items.length < 8)
    return items.some((item, index) => items.slice(0, index).some((other) => equalScalars(other.key, item.key)));
  return new Set(items.map((item) => keyId(item.key))).size < items.length;
}

function keyId(key: NodeValue): string {
  return `${typeof key} ${typeof key === "object" && key !== null ? JSON.stringify(key) : String(key)}`;
}
