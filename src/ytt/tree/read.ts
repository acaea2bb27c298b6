import { Float, fromBytes } from "../../starlark/index.ts";
import {
  composeYaml,
  type YamlBuilder,
  type YamlComment,
  type YamlDialect,
  YamlDouble,
  type YamlLimits,
  type YamlScalarValue,
} from "../../resource/index.ts";
import { YttError } from "../error.ts";
import {
  ArrayItem,
  ArrayNode,
  childNodes,
  type Comment,
  copyValue,
  DocumentNode,
  DocumentSet,
  MapItem,
  MapNode,
  type Node,
  type NodeValue,
} from "./node.ts";
import { Position, type SourceText } from "./position.ts";

export interface ReadOptions {
  /** Name in positions and messages. */
  readonly file: string;
  /** Without comments nothing in the text is code. Default true. */
  readonly withComments?: boolean;
  /** Refuse scalars of more than one possible meaning (`--strict`). Default false. */
  readonly strict?: boolean;
  /** What an integer beyond 64 bits becomes. Default `double`, as in ytt. */
  readonly hugeIntegers?: "fault" | "double";
  /** Positions show no text of the lines. Default false. */
  readonly isSecret?: boolean;
  readonly limits?: Partial<YamlLimits>;
}

const startsWithMarker = /^\s*---\s/;

/**
 * Reads a YAML text to nodes that know their lines and comments (ytt.md §2.2, §2.3). Repeated keys are kept, in order.
 * @throws YttError `yaml: line N: …`, without the name of the file.
 */
export function readYaml(text: string, options: ReadOptions): DocumentSet {
  const isMarked = startsWithMarker.test(text);
  // A text without a marker has a first document that starts before it.
  const shift = isMarked ? 0 : 1;
  const lines = text.split("\n");
  const shown = options.isSecret === true ? lines.map(() => "(not shown, it is part of a Secret)") : lines;
  const source: SourceText = { file: options.file, lines: shown };
  const dialect: YamlDialect = options.strict === true ? "ytt-strict" : "ytt";
  const { documents, comments, diagnostics } = composeYaml(
    isMarked ? text : `---\n${text}`,
    nodeBuilder(source, shift),
    {
      file: options.file,
      dialect,
      hugeIntegers: options.hugeIntegers ?? "double",
      ...(options.limits === undefined ? {} : { limits: options.limits }),
    },
  );
  const [fault] = diagnostics;
  if (fault !== undefined) {
    const line = fault.reportedLine === 0 ? "" : `line ${Math.max(1, fault.reportedLine - shift)}: `;
    throw new YttError(`yaml: ${line}${fault.message}`);
  }
  const set = new DocumentSet(
    documents.map(({ value, line }) => {
      // The first document is line 1 also where its marker was not written.
      const position = Position.at(source, Math.max(1, line - shift));
      return new DocumentNode(spread(value ?? null, position), position);
    }),
    Position.unknown(options.file),
  );
  if (options.withComments !== false) attachComments(set, comments, source, shift);
  return set;
}

/** Maps and arrays stand where the item that holds them stands. */
function spread(value: NodeValue, position: Position): NodeValue {
  if (value instanceof MapNode || value instanceof ArrayNode) {
    value.position = position;
    for (const item of value.items) spread(item.value, item.position);
  }
  return value;
}

function nodeBuilder(source: SourceText, shift: number): YamlBuilder<NodeValue, MapNode> {
  const at = (line: number): Position => Position.at(source, line + 1 - shift);
  const nowhere = Position.unknown(source.file);
  return {
    scalar: scalarOf,
    list: (items, lines) =>
      new ArrayNode(
        items.map((item, index) => new ArrayItem(item, at(lines[index] ?? 0))),
        nowhere,
      ),
    map: () => new MapNode([], nowhere),
    set(map, key, value, place) {
      if (key !== null && typeof key === "object" && !(key instanceof Float))
        throw new YttError(`yaml: line ${place.line + 1 - shift}: a map or list cannot be a key`);
      map.items.push(new MapItem(key, value, at(place.line)));
      return "";
    },
    asMap: (value) => (value instanceof MapNode ? value : undefined),
    asList: (value) => (value instanceof ArrayNode ? value.items.map((item) => item.value) : undefined),
    merge(into, from) {
      for (const item of from.items) into.items.push(item.copy());
      return from.items.length;
    },
    // Each copy gets its own comments, and what changes one must not change the others.
    alias: copyValue,
  };
}

function scalarOf(value: YamlScalarValue): NodeValue {
  return value instanceof YamlDouble ? new Float(value.value) : value;
}

/**
 * Gives each comment to the nearest line at or below it that holds nodes: to the last node of its own line, or the first node of a later
 * one. What stands after the last node of a document goes to the next document, after the last of all to an invisible one.
 */
function attachComments(set: DocumentSet, found: readonly YamlComment[], source: SourceText, shift: number): void {
  if (found.length === 0) return;
  const comments = found.map(({ line, text }) => ({
    line: line - shift,
    comment: { text: text.slice(1), position: Position.at(source, line - shift) } satisfies Comment,
  }));
  let next = 0;
  let left: Comment[] = [];
  for (const [index, document] of set.items.entries()) {
    const end = set.items[index + 1]?.position.line ?? Number.POSITIVE_INFINITY;
    const own = new Map<Node, Comment[]>();
    if (left.length > 0) own.set(document, left);
    left = [];
    const upcoming = comments[next];
    if (upcoming === undefined || upcoming.line >= end) {
      setComments(own);
      continue;
    }
    // A document that starts before the text stands on no line of it.
    const lines = nodesByLine(document, index > 0 || shift === 0);
    let cursor = 0;
    for (; next < comments.length; next++) {
      const { line, comment } = comments[next] ?? { line: Number.POSITIVE_INFINITY, comment: undefined };
      if (comment === undefined || line >= end) break;
      while (cursor < lines.length && (lines[cursor]?.line ?? 0) < line) cursor++;
      const target = lines[cursor];
      if (target === undefined) left.push(comment);
      else add(own, target.line === line ? target.last : target.first, comment);
    }
    setComments(own);
  }
  if (left.length === 0) return;
  const last = new DocumentNode(null, Position.unknown(source.file));
  last.injected = true;
  last.comments = left;
  set.items.push(last);
}

function add(own: Map<Node, Comment[]>, node: Node, comment: Comment): void {
  const comments = own.get(node);
  if (comments === undefined) own.set(node, [comment]);
  else comments.push(comment);
}

function setComments(own: ReadonlyMap<Node, Comment[]>): void {
  for (const [node, comments] of own) node.comments = comments;
}

interface NodeLine {
  readonly line: number;
  /** The outermost node of the line. */
  readonly first: Node;
  /** The innermost node of the line that was met last. */
  last: Node;
}

/** Lines that hold nodes, in ascending order. Aliases can repeat earlier lines. */
function nodesByLine(document: DocumentNode, withDocument: boolean): readonly NodeLine[] {
  const lines = new Map<number, NodeLine>();
  let isSorted = true;
  let highest = 0;
  const visit = (node: Node): void => {
    const { line } = node.position;
    const isOnLine = node.kind === "document" ? withDocument : node.kind !== "map" && node.kind !== "array";
    if (line !== undefined && isOnLine) {
      const known = lines.get(line);
      if (known === undefined) lines.set(line, { line, first: node, last: node });
      else known.last = node;
      if (line < highest) isSorted = false;
      else highest = line;
    }
    for (const child of childNodes(node)) visit(child);
  };
  visit(document);
  const all = [...lines.values()];
  return isSorted ? all : all.sort((a, b) => a.line - b.line);
}

/** Text of a file, or `undefined` when its bytes are no UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  const text = fromBytes(bytes);
  return text.isWellFormed() ? text : undefined;
}
