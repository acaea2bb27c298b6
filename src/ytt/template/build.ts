/** The functions by which a template's program puts its result together, one context per function that has YAML or text in it. */
import { type BuiltinBody, StarlarkFailure, Tuple, typeOf, type Value } from "../../starlark/index.ts";
import { fromStarlark, nodesOf } from "../tree/convert.ts";
import {
  type Annotation,
  ArrayItem,
  ArrayNode,
  copyValue,
  DocumentNode,
  DocumentSet,
  equalScalars,
  isNode,
  MapItem,
  MapNode,
  type Node,
  type NodeValue,
  type PlainMap,
  type Scalar,
  scalarText,
  typeName,
} from "../tree/node.ts";
import { Position } from "../tree/position.ts";
import { yttFunction } from "../values/builtin.ts";
import { Fragment } from "../values/fragment.ts";
import { noop } from "../values/noop.ts";
import { instructions } from "./code.ts";
import { type NodeTable, noParent, type TemplateNode } from "./node-table.ts";

export interface BuildOptions {
  /** A key that is there already is replaced, with no annotation needed. */
  readonly implicitMapKeyOverrides: boolean;
}

/** A text that is being put together. */
class Text {
  readonly kind = "text root";
  content = "";
}

/** What can be in progress: nodes, texts, and one piece of a text. */
type Built = Node | Text | TextHole;

class TextHole {
  readonly kind = "text";
  readonly root: Text;
  constructor(root: Text) {
    this.root = root;
  }
}

interface Open {
  readonly tag: number;
  readonly built: Built;
}

/** The tree of one function call (or of the template's top level). */
class Context {
  readonly owner: TreeBuilder;
  root: Built | undefined;
  readonly open: Open[] = [];
  readonly annotations: Map<number, Map<string, Annotation>> = new Map();
  readonly keys: Map<number, Scalar> = new Map();

  constructor(owner: TreeBuilder) {
    this.owner = owner;
  }
}

/** The trees in progress of all templates of a render, the innermost call's last. */
export class Contexts {
  readonly #stack: Context[] = [];

  push(owner: TreeBuilder): void {
    this.#stack.push(new Context(owner));
  }

  /** The innermost tree of a template. */
  of(owner: TreeBuilder): Context | undefined {
    return this.#stack.findLast((context) => context.owner === owner);
  }

  pop(owner: TreeBuilder): Context | undefined {
    const index = this.#stack.findLastIndex((context) => context.owner === owner);
    return index === -1 ? undefined : this.#stack.splice(index, 1)[0];
  }

  /** Answers what drops the trees that were begun since: those of calls that failed. */
  checkpoint(): () => void {
    const { length } = this.#stack;
    return () => {
      this.#stack.length = length;
    };
  }
}

export class TreeBuilder {
  readonly #nodes: NodeTable;
  readonly #options: BuildOptions;
  readonly #contexts: Contexts;
  #result: Built | undefined;

  constructor(nodes: NodeTable, options: BuildOptions, contexts: Contexts) {
    this.#contexts = contexts;
    this.#nodes = nodes;
    this.#options = options;
  }

  /** What the top level built. */
  get result(): DocumentSet | string | undefined {
    if (this.#result instanceof Text) return this.#result.content;
    return this.#result instanceof DocumentSet ? this.#result : undefined;
  }

  /** The names that the program needs. */
  bindings(): ReadonlyMap<string, Value> {
    const bind = (name: string, body: BuiltinBody) => [name, yttFunction(name, body)] as const;
    return new Map<string, Value>([
      bind(instructions.startContext, () => {
        this.#contexts.push(this);
        return null;
      }),
      bind(instructions.endContext, (args) => this.#end(args)),
      bind(
        instructions.collectAnnotation,
        (args, kwargs) => new Tuple([new Tuple(args), ...kwargs.map((pair) => new Tuple(pair))]),
      ),
      bind(instructions.startAnnotation, ([tag, name, collected]) => {
        // The program that was compiled here calls it so.
        this.#startAnnotation(Number(tag), name as string, collected as Tuple);
        return null;
      }),
      bind(instructions.setMapItemKey, ([tag, key]) => {
        this.#current().keys.set(Number(tag), scalarKey(key ?? null));
        return null;
      }),
      bind(instructions.startNode, ([tag]) => {
        this.#start(this.#current(), Number(tag));
        return null;
      }),
      bind(instructions.setNode, ([_tag, value]) => {
        this.#setTo(value ?? null);
        return null;
      }),
    ]);
  }

  /** `template.replace(x)`: puts the items of `x` in the place of the item whose value is being set (ytt.md §6). */
  replace(value: Value): Value {
    const { open, root } = this.#current();
    const item = open.at(-1)?.built;
    const parent = open.at(-2)?.built ?? root;
    const items = fromStarlark(value);
    if (item instanceof DocumentNode && parent instanceof DocumentSet) {
      replaceIn(parent, item, documentsOf(items));
    } else if (item instanceof MapItem && parent instanceof MapNode) {
      this.#replaceMapItem(parent, item, items);
    } else if (item instanceof ArrayItem && parent instanceof ArrayNode) {
      replaceIn(parent, item, arrayItemsOf(items, item.position));
    } else {
      throw new StarlarkFailure(
        `expected to replace document value, map item or array item, but found ${item === undefined ? "nothing" : item.kind}`,
      );
    }
    return noop;
  }

  #replaceMapItem(map: MapNode, item: MapItem, items: NodeValue | DocumentSet): void {
    const isPlain = items instanceof Map;
    if (!isPlain && !(items instanceof MapNode))
      throw new StarlarkFailure(`expected value to be map, but was ${typeName(items)}`);
    const inserted = isPlain ? mapItemsOf(items, item.position) : items.items;
    // Items made from a dict carry no annotations that could allow an override, so it is allowed.
    for (const added of inserted) this.#override(map, added, isPlain);
    replaceIn(map, item, inserted);
  }

  #current(): Context {
    const context = this.#contexts.of(this);
    if (context === undefined) throw new StarlarkFailure("expected to be within a template");
    return context;
  }

  #end(args: readonly Value[]): Value {
    const context = this.#contexts.pop(this);
    if (context === undefined) throw new StarlarkFailure("expected to be within a template");
    if (this.#contexts.of(this) === undefined) this.#result ??= context.root;
    if (args.length > 0) return args[0] ?? null;
    const { root } = context;
    if (root instanceof Text) return root.content;
    return new Fragment(
      root instanceof MapNode || root instanceof ArrayNode || root instanceof DocumentSet ? root : null,
    );
  }

  #startAnnotation(tag: number, name: string, collected: Tuple): void {
    const [args, ...kwargs] = collected.items;
    const position = this.#nodes.entry(tag).annotationPositions.get(name) ?? Position.none;
    const { annotations } = this.#current();
    const pending = annotations.get(tag) ?? new Map<string, Annotation>();
    annotations.set(tag, pending);
    pending.set(name, {
      args: args instanceof Tuple ? args.items : [],
      kwargs: kwargs.map((pair) => {
        const [key, value] = pair instanceof Tuple ? pair.items : [];
        return [key as string, value ?? null] as const;
      }),
      position,
    });
  }

  #start(context: Context, tag: number): void {
    const { node, annotationComments, isWhole } = this.#nodes.entry(tag);
    if (context.root === undefined && needsParent(node)) this.#start(context, this.#nodes.parentOf(tag));
    const parent = this.#unwind(context, tag);
    const built =
      node.kind === "text" ? new TextHole(textRoot(parent)) : node.kind === "text root" ? new Text() : shellOf(node);
    if (isNode(built)) {
      built.comments = annotationComments;
      const annotations = context.annotations.get(tag);
      if (annotations !== undefined) built.annotations = annotations;
      const key = context.keys.get(tag);
      if (key !== undefined && built instanceof MapItem) built.key = key;
    }
    if (context.annotations.size > 0) context.annotations.delete(tag);
    if (context.keys.size > 0) context.keys.delete(tag);
    if (isWhole) setWhole(built, node);
    context.root ??= built;
    if (parent !== undefined) this.#add(parent, built);
    context.open.push({ tag, built });
  }

  /** Closes what is open down to the nearest open node that the new one lies below. */
  #unwind({ open }: Context, tag: number): Built | undefined {
    if (open.length === 0) return undefined;
    for (let parent = this.#nodes.parentOf(tag); parent !== noParent; parent = this.#nodes.parentOf(parent)) {
      for (let i = open.length - 1; i >= 0; i--) {
        if (open[i]?.tag !== parent) continue;
        open.length = i + 1;
        return open[i]?.built;
      }
    }
    throw new StarlarkFailure(`expected to find node tag ${this.#nodes.parentOf(tag)} when unwinding`);
  }

  #add(parent: Built, built: Built): void {
    if (parent instanceof Text || parent instanceof TextHole || built instanceof Text || built instanceof TextHole)
      return;
    switch (parent.kind) {
      case "document set":
        if (built.kind !== "document")
          throw new StarlarkFailure(`document sets can only contain documents; this is a ${built.kind}`);
        parent.items.push(built);
        return;
      case "map":
        if (built.kind !== "map item")
          throw new StarlarkFailure(`maps can only contain map items; this is a ${built.kind}`);
        this.#override(parent, built, false);
        parent.items.push(built);
        return;
      case "array":
        if (built.kind !== "array item")
          throw new StarlarkFailure(`arrays can only contain array items; this is a ${built.kind}`);
        parent.items.push(built);
        return;
      default:
        setValue(parent, built);
    }
  }

  #override(map: MapNode, added: MapItem, isAllowed: boolean): void {
    const before = map.items.findLastIndex((item) => equalScalars(item.key, added.key));
    if (before === -1) return;
    if (!isAllowed && !this.#options.implicitMapKeyOverrides && !added.has("yaml/map-key-override"))
      throw new StarlarkFailure(
        `expected key '${scalarText(added.key)}' to not be specified again (unless 'yaml/map-key-override' annotation is added)`,
      );
    map.items.splice(before, 1);
  }

  #setTo(value: Value): void {
    if (value === noop) return;
    const item = this.#current().open.at(-1)?.built;
    if (item instanceof TextHole) {
      if (typeof value !== "string")
        throw new StarlarkFailure(
          `cannot set non-string value (${goType(value)}), consider using str(...) to convert to string`,
        );
      item.root.content += value;
      return;
    }
    if (item === undefined || item instanceof Text) throw new StarlarkFailure("cannot set value on a noderoot");
    const converted = fromStarlark(value);
    if (item.kind === "document set" || item.kind === "map" || item.kind === "array")
      throw new StarlarkFailure(`cannot set value on ${item.kind === "array" ? "an" : "a"} ${item.kind}`);
    setValue(item, converted);
  }
}

/** Gives what is started the value that it has in the text. */
function setWhole(built: Built, node: TemplateNode): void {
  if (built instanceof TextHole && node.kind === "text") built.root.content += node.text;
  else if ("value" in node && "value" in built) built.value = copyValue(node.value);
}

function needsParent(node: { readonly kind: string }): boolean {
  return node.kind === "document" || node.kind === "map item" || node.kind === "array item" || node.kind === "text";
}

function textRoot(parent: Built | undefined): Text {
  if (parent instanceof Text) return parent;
  throw new StarlarkFailure("expected a text to be within a text template");
}

/** The node with nothing in it. */
function shellOf(node: Node): Node {
  switch (node.kind) {
    case "document set":
      return new DocumentSet([], node.position);
    case "document": {
      const shell = new DocumentNode(null, node.position);
      shell.injected = node.injected;
      return shell;
    }
    case "map":
      return new MapNode([], node.position);
    case "map item":
      return new MapItem(node.key, null, node.position);
    case "array":
      return new ArrayNode([], node.position);
    case "array item":
      return new ArrayItem(null, node.position);
  }
}

function setValue(item: DocumentNode | MapItem | ArrayItem, value: NodeValue | Node): void {
  if (isNode(value) && !(value instanceof MapNode) && !(value instanceof ArrayNode)) {
    const allowed = item.kind === "array item" ? "maps, arrays, or scalars" : "arrays, maps, or scalars";
    throw new StarlarkFailure(`${item.kind}s can only contain ${allowed}; this is a ${value.kind}`);
  }
  item.value = value;
}

function scalarKey(key: Value): Scalar {
  const converted = fromStarlark(key);
  if (isNode(converted) || converted instanceof Map || Array.isArray(converted))
    throw new StarlarkFailure(`expected key to be a scalar, but was ${typeOf(key)}`);
  return converted as Scalar;
}

function replaceIn<Item>(parent: { items: Item[] }, placeholder: Item, items: readonly Item[]): void {
  const index = parent.items.indexOf(placeholder);
  if (index === -1) throw new StarlarkFailure("expected to find placeholder item among its siblings");
  parent.items.splice(index, 1, ...items);
}

function documentsOf(value: NodeValue | DocumentSet): readonly DocumentNode[] {
  if (value instanceof DocumentSet) return value.items;
  if (Array.isArray(value)) return value.map((item) => new DocumentNode(item, Position.none));
  throw new StarlarkFailure(`expected value to be document set, but was ${typeName(value)}`);
}

function mapItemsOf(map: PlainMap, position: Position): readonly MapItem[] {
  return [...map].map(([key, value]) => new MapItem(key, nodesOf(value, position), position));
}

function arrayItemsOf(value: NodeValue | DocumentSet, position: Position): readonly ArrayItem[] {
  if (value instanceof ArrayNode) return value.items;
  if (Array.isArray(value)) return value.map((item) => new ArrayItem(nodesOf(item, position), position));
  throw new StarlarkFailure(`expected value to be array, but was ${typeName(value)}`);
}

/** Go's name for the type, which ytt's users see in this one message. */
function goType(value: Value): string {
  switch (typeOf(value)) {
    case "NoneType":
      return "<nil>";
    case "int":
      return typeof value === "bigint" && value > 0x7fffffffffffffffn ? "uint64" : "int64";
    case "float":
      return "float64";
    case "dict":
    case "struct":
      return "*orderedmap.Map";
    case "list":
    case "tuple":
    case "set":
      return "[]interface {}";
    case "yamlfragment":
      return value instanceof Fragment && value.data !== null
        ? `*yamlmeta.${value.data.kind === "map" ? "Map" : value.data.kind === "array" ? "Array" : "DocumentSet"}`
        : "<nil>";
    default:
      return typeOf(value);
  }
}
