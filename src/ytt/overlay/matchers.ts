/** `@ytt:overlay`'s matchers: functions of (index or key, left value, right value). */
import { type Builtin, type CallContext, StarlarkFailure, type Value } from "../../starlark/index.ts";
import { YttError } from "../error.ts";
import { fromStarlark, nodesOf } from "../tree/convert.ts";
import { type DocumentSet, isNode, MapNode, type NodeValue, typeName } from "../tree/node.ts";
import { Position } from "../tree/position.ts";
import { asBool, asInt, yttFunction } from "../values/builtin.ts";
import { equalLeaves, firstDifference } from "./compare.ts";

type MatcherBody = (key: Value, left: Value, right: Value, context: CallContext) => boolean;

function matcher(name: string, body: MatcherBody): Builtin {
  return yttFunction(name, ([key, left, right, ...rest], _kwargs, context) => {
    if (key === undefined || left === undefined || right === undefined || rest.length > 0)
      throw new StarlarkFailure("expected exactly 3 arguments");
    return body(key, left, right, context);
  });
}

export const allMatcher: Builtin = matcher("overlay.all", () => true);

export function indexMatcher(index: Value): Value {
  const wanted = asInt(index);
  return matcher("overlay.index_matcher", (key) => asInt(key) === wanted);
}

/** Both are maps with the same value under the key. */
export function mapKeyMatcher(key: string): Value {
  return matcher("overlay.map_key_matcher", (_index, left, right) =>
    equalLeaves(member(left, key), member(right, key)),
  );
}

function member(value: Value, key: string): NodeValue {
  const map = fromStarlark(value);
  if (!(map instanceof MapNode)) throw new YttError(`Expected value to be map, but was ${typeName(map)}`);
  const item = map.items.find((candidate) => candidate.key === key);
  if (item === undefined) throw new YttError(`Expected to find map item with key '${key}', but did not`);
  return item.value;
}

/** The left value has all that the wanted one has. */
export function subsetMatcher(wanted: Value): Value {
  return matcher("overlay.subset_matcher", (_key, left) => {
    const [actual, expected] = [tree(left), tree(wanted)];
    return actual !== undefined && expected !== undefined && firstDifference(actual, expected) === undefined;
  });
}

function tree(value: Value): NodeValue | undefined {
  const converted: NodeValue | DocumentSet = fromStarlark(value);
  if (isNode(converted) && converted.kind === "document set") return undefined;
  return nodesOf(converted, Position.none);
}

export function andMatcher(matchers: readonly Value[]): Value {
  return matcher("overlay.and_op", (key, left, right, context) =>
    matchers.every((each) => asBool(context.call(each, [key, left, right]))),
  );
}

export function orMatcher(matchers: readonly Value[]): Value {
  return matcher("overlay.or_op", (key, left, right, context) =>
    matchers.some((each) => asBool(context.call(each, [key, left, right]))),
  );
}

export function notMatcher(negated: Value): Value {
  return matcher("overlay.or_op", (key, left, right, context) => !asBool(context.call(negated, [key, left, right])));
}
