/** Which nodes of the left side an overlay item means (`@overlay/match`). */
import { Callable, type CallContext, type Value } from "../../starlark/index.ts";
import { YttError } from "../error.ts";
import { toStarlark } from "../values/fragment.ts";
import { ArrayItem, DocumentNode, equalScalars, type ItemNode, MapItem } from "../tree/node.ts";
import { asBool, goTypeOf } from "../values/builtin.ts";
import { type Expectation, expectationOf, isExpected } from "./expectation.ts";
import { mapKeyMatcher } from "./matchers.ts";

/** A collection of items of one kind; documents can come from several sets. */
export interface Items<Item extends ItemNode> {
  items: Item[];
}

export interface Match<Item extends ItemNode> {
  readonly parent: Items<Item>;
  readonly item: Item;
}

export interface MatchOptions {
  /** What the parents say their children expect. */
  readonly defaults: Expectation;
  /** Documents are matched as the only ones of both sides. */
  readonly exact: boolean;
  readonly context: CallContext;
}

/** The matched items; `undefined` when a `when` does not hold. */
export function matchItems<Item extends ItemNode>(
  left: readonly Items<Item>[],
  right: Item,
  { defaults, exact, context }: MatchOptions,
): readonly Match<Item>[] | undefined {
  const annotation = right.annotation("overlay/match");
  if (right instanceof ArrayItem && annotation === undefined) return [];
  const kwargs = annotation?.kwargs ?? [];
  if (kwargs.length === 0 && !(right instanceof MapItem) && !(exact && right instanceof DocumentNode))
    throw new YttError(
      "Expected 'overlay/match' annotation to have at least one keyword argument (by=..., expects=...)",
    );
  let own: Expectation = {};
  let by: Value | undefined;
  for (const [name, value] of kwargs) {
    const part = expectationOf(name, value);
    if (part !== undefined) own = { ...own, ...part };
    else if (name === "by") by = value;
    else throw new YttError(`Unknown 'overlay/match' annotation keyword argument '${name}'`);
  }
  const matches = exact && right instanceof DocumentNode ? onlyOne(left) : found(left, right, by, context);
  const positions = matches.map(({ item }) => item.position);
  return isExpected({ ...defaults, ...own }, positions, context) ? matches : undefined;
}

function onlyOne<Item extends ItemNode>(left: readonly Items<Item>[]): readonly Match<Item>[] {
  const [parent] = left;
  const item = parent?.items[0];
  if (parent === undefined || item === undefined || left.length !== 1 || parent.items.length !== 1)
    throw new YttError("Expected to find exactly one left document when merging exactly two documents");
  return [{ parent, item }];
}

function found<Item extends ItemNode>(
  left: readonly Items<Item>[],
  right: Item,
  by: Value | undefined,
  context: CallContext,
): readonly Match<Item>[] {
  for (const { items } of left) context.step(items.length);
  if (by === undefined && right instanceof MapItem) return sameKey(left, right);
  const all = left.flatMap((parent) => parent.items.map((item) => ({ parent, item })));
  const matcher = matcherOf(right, by);
  const rightValue = toStarlark(right.value);
  return all.filter(({ item }, index) => {
    const key = item instanceof MapItem ? toStarlark(item.key) : index;
    return asBool(context.call(matcher, [key, toStarlark(item.value), rightValue]));
  });
}

function sameKey<Item extends ItemNode>(left: readonly Items<Item>[], right: MapItem): readonly Match<Item>[] {
  const matches: Match<Item>[] = [];
  for (const parent of left)
    for (const item of parent.items)
      if (item instanceof MapItem && equalScalars(item.key, right.key)) matches.push({ parent, item });
  return matches;
}

function matcherOf(right: ItemNode, by: Value | undefined): Value {
  const isDocument = right instanceof DocumentNode;
  if (by === undefined)
    throw new YttError(
      `Expected 'overlay/match' annotation keyword argument 'by' ${isDocument ? " " : ""}to be specified`,
    );
  if (by instanceof Callable) return by;
  if (typeof by === "string" && !isDocument) return mapKeyMatcher(by);
  const allowed = isDocument ? "function" : "either string (for map key) or function";
  throw new YttError(
    `Expected 'overlay/match' annotation keyword argument 'by' to be ${allowed}, but was ${goTypeOf(by)}`,
  );
}
