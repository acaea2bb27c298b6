/** Overlays: a tree that says how to change another one (ytt.md §4.4). The left side is changed in place. */
import type { CallContext } from "../../starlark/index.ts";
import { inStep, YttError } from "../error.ts";
import {
  ArrayItem,
  ArrayNode,
  childNodes,
  copyValue,
  DocumentNode,
  type DocumentSet,
  type ItemNode,
  MapItem,
  MapNode,
  type Node,
  type NodeValue,
  scalarText,
  typeName,
} from "../tree/node.ts";
import { childDefaults, type Expectation } from "./expectation.ts";
import { type Items, type Match, matchItems } from "./match.ts";
import { assertionOf, insertionOf, type Operation, operationOf, replacementOf } from "./operation.ts";

export interface OverlayOptions {
  readonly context: CallContext;
  /** Both sides have one document, and it is meant. Default false. */
  readonly exact?: boolean;
}

/**
 * Applies overlay documents to the documents of one or more sets.
 * @throws YttError `Document on line …: …`.
 */
export function overlayDocuments(
  left: readonly DocumentSet[],
  right: readonly DocumentNode[],
  options: OverlayOptions,
): void {
  const overlay = new Overlay(options);
  for (const document of right) overlay.item(left, document, {});
  for (const set of left) removeOverlayAnnotations(set);
}

/** Applies one tree to another; neither holds plain values. Answers the left value. */
export function overlayValue(left: NodeValue, right: NodeValue, options: OverlayOptions): NodeValue {
  new Overlay(options).value(left, right, {});
  if (left instanceof MapNode || left instanceof ArrayNode) removeOverlayAnnotations(left);
  return left;
}

function removeOverlayAnnotations(node: Node): void {
  if (node.annotations !== undefined)
    for (const name of node.annotations.keys()) if (name.startsWith("overlay/")) node.annotations.delete(name);
  for (const child of childNodes(node)) removeOverlayAnnotations(child);
}

class Overlay {
  readonly #context: CallContext;
  readonly #exact: boolean;

  constructor({ context, exact = false }: OverlayOptions) {
    this.#context = context;
    this.#exact = exact;
  }

  /** Merges maps and arrays into one another; true: the right value takes the place of the left one. */
  value(left: NodeValue, right: NodeValue, defaults: Expectation): boolean {
    if (right instanceof MapNode) {
      if (!(left instanceof MapNode)) throw new YttError(`Expected map, but was ${typeName(left)}`);
      for (const item of right.items) this.item([left], item, defaults);
      return false;
    }
    if (right instanceof ArrayNode) {
      if (!(left instanceof ArrayNode)) throw new YttError(`Expected array, but was ${typeName(left)}`);
      for (const item of right.items) this.item([left], item, defaults);
      return false;
    }
    return true;
  }

  item<Item extends ItemNode>(left: readonly Items<Item>[], original: Item, defaults: Expectation): void {
    const right = copyOf(original);
    try {
      this.#apply(left, right, operationOf(right), defaults);
    } catch (error) {
      throw inStep(describe(right), error);
    }
  }

  #apply<Item extends ItemNode>(
    left: readonly Items<Item>[],
    right: Item,
    operation: Operation,
    defaults: Expectation,
  ): void {
    if (right instanceof MapItem && (operation === "insert" || operation === "append"))
      throw new YttError(
        `Found @overlay/${operation} on map item (${right.position.compact()}); only array items can be annotated with @overlay/${operation}`,
      );
    if (operation === "append") {
      left.at(-1)?.items.push(right);
      return;
    }
    const own = operation === "merge" || operation === "assert" ? childDefaults(right, defaults) : {};
    const matches = matchItems(left, right, { defaults, exact: this.#exact, context: this.#context });
    if (matches === undefined) return;
    switch (operation) {
      case "merge":
        this.#merge(left, right, matches, own);
        return;
      case "remove":
        for (const { parent, item } of matches) parent.items = parent.items.filter((other) => other !== item);
        return;
      case "replace":
        this.#replace(left, right, matches);
        return;
      case "insert":
        this.#insert(right, matches);
        return;
      case "assert":
        this.#assert(right, matches, own);
    }
  }

  #merge<Item extends ItemNode>(
    left: readonly Items<Item>[],
    right: Item,
    matches: readonly Match<Item>[],
    defaults: Expectation,
  ): void {
    if (matches.length === 0 && !(right instanceof DocumentNode)) {
      left[0]?.items.push(right);
      return;
    }
    for (const { item } of matches) {
      if (item.value !== null && !this.value(item.value, right.value, defaults)) continue;
      // The left node stays, with its type and annotations.
      item.value = copyValue(right.value);
      if (!(item instanceof DocumentNode)) item.position = right.position;
    }
  }

  #replace<Item extends ItemNode>(left: readonly Items<Item>[], right: Item, matches: readonly Match<Item>[]): void {
    const replacement = replacementOf(right, this.#context);
    const replaced = (item: Item | undefined): Item => {
      const value = replacement.value(item);
      const copy = copyOf(right);
      copy.value = value;
      return copy;
    };
    for (const { parent, item } of matches) parent.items[parent.items.indexOf(item)] = replaced(item);
    if (matches.length === 0 && replacement.orAdd) left[0]?.items.push(replaced(undefined));
  }

  #insert<Item extends ItemNode>(right: Item, matches: readonly Match<Item>[]): void {
    const insertion = insertionOf(right, this.#context);
    for (const { parent, item } of matches) {
      const value = insertion.value(item);
      const copy = (): Item => {
        const inserted = copyOf(right);
        inserted.value = copyValue(value);
        return inserted;
      };
      const index = parent.items.indexOf(item);
      const around = [...(insertion.before ? [copy()] : []), item, ...(insertion.after ? [copy()] : [])];
      parent.items.splice(index, 1, ...around);
    }
  }

  #assert<Item extends ItemNode>(right: Item, matches: readonly Match<Item>[], defaults: Expectation): void {
    const check = assertionOf(right, this.#context);
    for (const { item } of matches) {
      check(item);
      this.value(item.value, right.value, defaults);
    }
  }
}

/** `ItemNode.copy` gives a node of the same kind. */
function copyOf<Item extends ItemNode>(item: Item): Item {
  return item.copy() as Item;
}

function describe(item: ItemNode): string {
  if (item instanceof DocumentNode) return `Document on ${item.position.describe()}`;
  if (item instanceof ArrayItem) return `Array item on ${item.position.describe()}`;
  return `Map item (key '${scalarText(item.key)}') on ${item.position.describe()}`;
}
