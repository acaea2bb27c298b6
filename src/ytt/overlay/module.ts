import { StarlarkFailure, type Value } from "../../starlark/index.ts";
import { fromStarlark, nodesOf } from "../tree/convert.ts";
import { ArrayNode, DocumentSet, MapNode, type NodeValue, typeName } from "../tree/node.ts";
import { Position } from "../tree/position.ts";
import { asString, onlyArgument, yttFunction } from "../values/builtin.ts";
import { Fragment } from "../values/fragment.ts";
import { ModuleValue } from "../values/struct.ts";
import { overlayDocuments, type OverlayOptions, overlayValue } from "./apply.ts";
import {
  allMatcher,
  andMatcher,
  indexMatcher,
  mapKeyMatcher,
  notMatcher,
  orMatcher,
  subsetMatcher,
} from "./matchers.ts";

const apply = yttFunction("overlay.apply", (args, _kwargs, context) => {
  if (args.length === 0) throw new StarlarkFailure("expected exactly at least argument");
  const [first, ...rights] = args.map((arg) => tree(fromStarlark(arg)));
  let left = first ?? null;
  for (const right of rights) left = overlay(left, right, { context });
  if (left instanceof MapNode || left instanceof ArrayNode || left instanceof DocumentSet) return new Fragment(left);
  throw new StarlarkFailure(`expected a map, array or document set, but was ${typeName(left)}`);
});

function overlay(
  left: NodeValue | DocumentSet,
  right: NodeValue | DocumentSet,
  options: OverlayOptions,
): NodeValue | DocumentSet {
  if (right instanceof DocumentSet) {
    if (!(left instanceof DocumentSet)) throw new StarlarkFailure(`Expected document set, but was ${typeName(left)}`);
    overlayDocuments([left], right.items, options);
    return left;
  }
  if (left instanceof DocumentSet) throw new StarlarkFailure(`Expected ${typeName(right)}, but was document set`);
  return overlayValue(left, right, options);
}

function tree(value: NodeValue | DocumentSet): NodeValue | DocumentSet {
  if (!(value instanceof DocumentSet)) return nodesOf(value, Position.none);
  for (const item of value.items) item.value = nodesOf(item.value, Position.none);
  return value;
}

/** `@ytt:overlay`. */
export const overlayModule: ModuleValue = new ModuleValue(
  "overlay",
  new Map<string, Value>([
    ["apply", apply],
    ["index", yttFunction("overlay.index", (args) => indexMatcher(onlyArgument(args)))],
    ["all", allMatcher],
    ["map_key", yttFunction("overlay.map_key", (args) => mapKeyMatcher(asString(onlyArgument(args))))],
    ["subset", yttFunction("overlay.subset", (args) => subsetMatcher(onlyArgument(args)))],
    ["and_op", yttFunction("overlay.and_op", (args) => andMatcher(atLeastOne(args)))],
    ["or_op", yttFunction("overlay.or_op", (args) => orMatcher(atLeastOne(args)))],
    ["not_op", yttFunction("overlay.not_op", (args) => notMatcher(onlyArgument(args)))],
  ]),
);

function atLeastOne(args: readonly Value[]): readonly Value[] {
  if (args.length === 0) throw new StarlarkFailure("expected at least one argument");
  return args;
}
