import { Callable, type CallContext, type Value } from "../../starlark/index.ts";
import { YttError } from "../error.ts";
import { fromStarlark, nodesOf } from "../tree/convert.ts";
import { toStarlark } from "../values/fragment.ts";
import { type ItemNode, isNode, type NodeValue } from "../tree/node.ts";
import { Position } from "../tree/position.ts";
import { asBool, goTypeOf } from "../values/builtin.ts";
import { firstDifference } from "./compare.ts";

const operations = ["merge", "remove", "replace", "insert", "append", "assert"] as const;

/** What an overlay item does to the nodes that it matches. */
export type Operation = (typeof operations)[number];

/** The operation that a node is annotated with; without any it merges. */
export function operationOf(node: ItemNode): Operation {
  if (node.annotations === undefined) return "merge";
  const found = operations.filter((operation) => node.has(`overlay/${operation}`));
  if (found.length > 1) throw new YttError("Expected to find only one overlay operation");
  return found[0] ?? "merge";
}

/** `@overlay/replace via=, or_add=`. */
export interface Replacement {
  readonly orAdd: boolean;
  /** The new value for a matched node, or for none. */
  readonly value: (left: ItemNode | undefined) => NodeValue;
}

export function replacementOf(right: ItemNode, context: CallContext): Replacement {
  let via: Value | undefined;
  let orAdd = false;
  for (const [name, value] of right.annotation("overlay/replace")?.kwargs ?? []) {
    if (name === "via") via = callable("replace", value);
    else if (name === "or_add") orAdd = asBool(value);
    else throw unknownKwarg("replace", name);
  }
  return { orAdd, value: (left) => viaValue(via, left, right, context) };
}

/** `@overlay/insert before=, after=, via=`. */
export interface Insertion {
  readonly before: boolean;
  readonly after: boolean;
  readonly value: (left: ItemNode) => NodeValue;
}

export function insertionOf(right: ItemNode, context: CallContext): Insertion {
  const kwargs = right.annotation("overlay/insert")?.kwargs ?? [];
  if (kwargs.length === 0)
    throw new YttError(
      "Expected 'overlay/insert' annotation to have at least one keyword argument (before=..., after=...)",
    );
  let via: Value | undefined;
  let before = false;
  let after = false;
  for (const [name, value] of kwargs) {
    if (name === "before") before = asBool(value);
    else if (name === "after") after = asBool(value);
    else if (name === "via") via = callable("insert", value);
    else throw unknownKwarg("insert", name);
  }
  return { before, after, value: (left) => viaValue(via, left, right, context) };
}

/** `@overlay/assert via=`: throws when a matched node is not as it should be. */
export function assertionOf(right: ItemNode, context: CallContext): (left: ItemNode) => void {
  let via: Value | undefined;
  for (const [name, value] of right.annotation("overlay/assert")?.kwargs ?? []) {
    if (name !== "via") throw unknownKwarg("assert", name);
    via = value;
  }
  return (left) => {
    if (via === undefined) {
      const difference = firstDifference(
        nodesOf(left.copy().value, Position.none),
        nodesOf(right.copy().value, Position.none),
      );
      if (difference !== undefined) throw new YttError(`Expected objects to equal, but did not: ${difference}`);
      return;
    }
    const answer = context.call(callable("assert", via), [
      toStarlark(left.copy().value),
      toStarlark(right.copy().value),
    ]);
    checkAnswer(answer);
  };
}

function checkAnswer(answer: Value): void {
  if (answer === null || answer === true) return;
  if (answer === false) throw new YttError("Expected via invocation to return true, but was false");
  const pair = fromStarlark(answer);
  if (Array.isArray(pair) && pair.length === 2) {
    const [holds, message] = pair;
    if (typeof holds === "boolean" && typeof message === "string") {
      if (holds) return;
      throw new YttError(`Expected via invocation to return true, but was false with message: ${message}`);
    }
  }
  throw new YttError(
    "Expected via invocation to return NoneType, Bool or Tuple(Bool,String), but returned neither of those",
  );
}

function viaValue(
  via: Value | undefined,
  left: ItemNode | undefined,
  right: ItemNode,
  context: CallContext,
): NodeValue {
  // What the function does to its arguments must not change the nodes themselves.
  const own = right.copy().value;
  if (via === undefined) return own;
  const answer = fromStarlark(
    context.call(via, [left === undefined ? null : toStarlark(left.copy().value), toStarlark(own)]),
  );
  if (isNode(answer) && answer.kind === "document set")
    throw new YttError(`${right.kind}s can only contain arrays, maps, or scalars; this is a document set`);
  return nodesOf(answer, Position.none);
}

function callable(operation: Operation, value: Value): Value {
  if (value instanceof Callable) return value;
  throw new YttError(
    `Expected 'overlay/${operation}' annotation keyword argument 'via' to be function, but was ${goTypeOf(value)}`,
  );
}

function unknownKwarg(operation: Operation, name: string): YttError {
  return new YttError(`Unknown 'overlay/${operation}' annotation keyword argument '${name}'`);
}
