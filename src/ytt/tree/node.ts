import { Float, type Value } from "../../starlark/index.ts";
import type { Validation } from "../validation/index.ts";
import { Position } from "./position.ts";

/** A scalar as templates hold it; floats stay apart from integers. */
export type Scalar = null | boolean | number | bigint | string | Float;

/**
 * A value that a program made (dict, struct, list, tuple, set): it has no positions or annotations of its own until an overlay or the
 * schema turns it into nodes (`nodesOf`).
 */
export type PlainMap = Map<Scalar, NodeValue>;
export type PlainList = NodeValue[];

/** What a document, map item or array item holds. */
export type NodeValue = Scalar | MapNode | ArrayNode | PlainMap | PlainList;

/** A comment outside scalars; `text` is what follows the `#`. */
export interface Comment {
  readonly text: string;
  readonly position: Position;
}

/** Arguments of `#@name args`. */
export interface Annotation {
  readonly args: readonly Value[];
  readonly kwargs: readonly (readonly [name: string, value: Value])[];
  readonly position: Position;
}

export type Annotations = Map<string, Annotation>;

/** What the schema says of a node. */
export interface NodeFacts {
  /** What the final value must pass. */
  readonly schemaValidation?: Validation;
}

abstract class NodeBase {
  position: Position;
  /** Comments that belong to this node, in the order of their lines. */
  comments: readonly Comment[] = noComments;
  annotations: Annotations | undefined = undefined;
  facts: NodeFacts | undefined = undefined;

  constructor(position: Position) {
    this.position = position;
  }

  annotation(name: string): Annotation | undefined {
    return this.annotations?.get(name);
  }

  has(name: string): boolean {
    return this.annotations?.has(name) === true;
  }

  protected copyMeta(from: NodeBase): void {
    this.comments = from.comments;
    if (from.annotations !== undefined) this.annotations = new Map(from.annotations);
  }
}

const noComments: readonly Comment[] = [];

export class DocumentSet extends NodeBase {
  get kind(): "document set" {
    return "document set";
  }
  items: DocumentNode[] = [];
  constructor(items: DocumentNode[] = [], position: Position = Position.none) {
    super(position);
    this.items = items;
  }
  copy(): DocumentSet {
    const copy = new DocumentSet(
      this.items.map((item) => item.copy()),
      this.position,
    );
    copy.copyMeta(this);
    return copy;
  }
}

export class DocumentNode extends NodeBase {
  get kind(): "document" {
    return "document";
  }
  value: NodeValue;
  /** Holds only comments that stand after the last node: never printed. */
  injected = false;
  constructor(value: NodeValue, position: Position) {
    super(position);
    this.value = value;
  }
  copy(): DocumentNode {
    const copy = new DocumentNode(copyValue(this.value), this.position);
    copy.injected = this.injected;
    copy.copyMeta(this);
    return copy;
  }
}

export class MapNode extends NodeBase {
  get kind(): "map" {
    return "map";
  }
  items: MapItem[];
  constructor(items: MapItem[], position: Position) {
    super(position);
    this.items = items;
  }
  copy(): MapNode {
    const copy = new MapNode(
      this.items.map((item) => item.copy()),
      this.position,
    );
    copy.copyMeta(this);
    return copy;
  }
}

export class MapItem extends NodeBase {
  get kind(): "map item" {
    return "map item";
  }
  key: Scalar;
  value: NodeValue;
  constructor(key: Scalar, value: NodeValue, position: Position) {
    super(position);
    this.key = key;
    this.value = value;
  }
  copy(): MapItem {
    const copy = new MapItem(this.key, copyValue(this.value), this.position);
    copy.copyMeta(this);
    return copy;
  }
}

export class ArrayNode extends NodeBase {
  get kind(): "array" {
    return "array";
  }
  items: ArrayItem[];
  constructor(items: ArrayItem[], position: Position) {
    super(position);
    this.items = items;
  }
  copy(): ArrayNode {
    const copy = new ArrayNode(
      this.items.map((item) => item.copy()),
      this.position,
    );
    copy.copyMeta(this);
    return copy;
  }
}

export class ArrayItem extends NodeBase {
  get kind(): "array item" {
    return "array item";
  }
  value: NodeValue;
  constructor(value: NodeValue, position: Position) {
    super(position);
    this.value = value;
  }
  copy(): ArrayItem {
    const copy = new ArrayItem(copyValue(this.value), this.position);
    copy.copyMeta(this);
    return copy;
  }
}

/** A node: a line of the YAML text, or a collection of such. */
export type Node = DocumentSet | DocumentNode | MapNode | MapItem | ArrayNode | ArrayItem;

/** A node that holds one value. */
export type ItemNode = DocumentNode | MapItem | ArrayItem;

/** Copies maps and arrays deeply; plain values are never changed in place and stay shared. Facts are not copied. */
export function copyValue(value: NodeValue): NodeValue {
  return value instanceof MapNode || value instanceof ArrayNode ? value.copy() : value;
}

export function isNode(value: unknown): value is Node {
  return value instanceof NodeBase;
}

/** The nodes below a node, in order; an item's value only when it is a node. */
export function childNodes(node: Node): readonly Node[] {
  switch (node.kind) {
    case "document set":
    case "map":
    case "array":
      return node.items;
    case "document":
    case "map item":
    case "array item":
      return node.value instanceof MapNode || node.value instanceof ArrayNode ? [node.value] : [];
  }
}

/** Null, `{}`, `[]` as YAML has them: such documents are not printed. An empty dict that a program gave is. */
export function isEmptyValue(value: NodeValue): boolean {
  return value === null || ((value instanceof MapNode || value instanceof ArrayNode) && value.items.length === 0);
}

/** The name of a value's type in messages. */
export function typeName(value: NodeValue | Node): string {
  if (value === null) return "null";
  switch (typeof value) {
    case "string":
      return "string";
    case "boolean":
      return "boolean";
    case "number":
    case "bigint":
      return "integer";
    default:
      break;
  }
  if (value instanceof Float) return "float";
  if (isNode(value)) return value.kind;
  return value instanceof Map ? "*orderedmap.Map" : "[]interface {}";
}

export function isScalar(value: Value | NodeValue | DocumentSet): value is Scalar {
  return value === null || typeof value !== "object" || value instanceof Float;
}

/** Equality of keys and leaves: ints compare by value, an int is never a float. */
export function equalScalars(a: Scalar, b: Scalar): boolean {
  if (a instanceof Float) return b instanceof Float && a.value === b.value;
  return a === b;
}

/** A scalar in a message. */
export function scalarText(value: Scalar): string {
  return value instanceof Float ? String(value.value) : String(value);
}
