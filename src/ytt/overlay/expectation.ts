/** How many nodes an overlay item must match: `expects`, `missing_ok` and `when` (ytt.md §4.4). */
import { Callable, type CallContext, List, StarlarkFailure, type Value } from "../../starlark/index.ts";
import { YttError } from "../error.ts";
import type { Node } from "../tree/node.ts";
import type { Position } from "../tree/position.ts";
import { goTypeOf } from "../values/builtin.ts";

export interface Expectation {
  readonly expects?: Value;
  readonly missingOk?: Value;
  readonly when?: Value;
}

/** A keyword argument of `@overlay/match` or `@overlay/match-child-defaults` as part of an expectation; `undefined` if it is none. */
export function expectationOf(name: string, value: Value): Expectation | undefined {
  switch (name) {
    case "expects":
      return { expects: value };
    case "missing_ok":
      return { missingOk: value };
    case "when":
      return { when: value };
    default:
      return undefined;
  }
}

/** What the children of a node expect where they do not say themselves. */
export function childDefaults(node: Node, inherited: Expectation): Expectation {
  let own: Expectation = {};
  for (const [name, value] of node.annotation("overlay/match-child-defaults")?.kwargs ?? []) {
    const part = expectationOf(name, value);
    if (part === undefined)
      throw new YttError(`Unknown 'overlay/match-child-defaults' annotation keyword argument '${name}'`);
    own = { ...own, ...part };
  }
  return { ...inherited, ...own };
}

/**
 * Checks the number of matches.
 * @returns false when a `when` does not hold, so that the item is skipped.
 * @throws YttError when the number is wrong.
 */
export function isExpected(expectation: Expectation, matches: readonly Position[], context: CallContext): boolean {
  const { expects, missingOk, when } = expectation;
  if (missingOk !== undefined && expects !== undefined) throw onlyOneOf("missing_ok", "expects");
  if (missingOk !== undefined && when !== undefined) throw onlyOneOf("missing_ok", "when");
  if (when !== undefined && expects !== undefined) throw onlyOneOf("when", "expects");
  if (missingOk !== undefined && typeof missingOk !== "boolean")
    throw new YttError("Expected keyword argument 'missing_ok' to be a boolean");
  const wanted = missingOk === true ? new List([0, 1]) : (when ?? expects ?? 1);
  const problem = mismatch(wanted, when === undefined ? "expects" : "when", matches, context);
  if (problem === undefined) return true;
  if (when !== undefined) return false;
  throw new YttError(problem);
}

function onlyOneOf(first: string, second: string): YttError {
  return new YttError(`Expected only one of keyword arguments ('${first}', '${second}') specified`);
}

/** Why the number does not fit; `undefined` when it does. */
function mismatch(
  wanted: Value,
  kwarg: string,
  matches: readonly Position[],
  context: CallContext,
): string | undefined {
  if (typeof wanted === "number" || typeof wanted === "bigint")
    return wanted === matches.length ? undefined : wrongNumber(String(wanted), matches);
  if (typeof wanted === "string") {
    const least = /^([-+]?\d+)\+$/.exec(wanted)?.[1];
    if (least === undefined) throw new YttError(`Expected '${wanted}' to be in format 'i+' where i is an integer`);
    return matches.length >= Number(least) ? undefined : wrongNumber(`>= ${Number(least)}`, matches);
  }
  if (wanted instanceof List) return anyOf(wanted, kwarg, matches, context);
  if (wanted instanceof Callable) {
    const answer = context.call(wanted, [matches.length]);
    if (typeof answer !== "boolean")
      throw new YttError(`Expected keyword argument '${kwarg}' to have a function that returns a boolean`);
    return answer ? undefined : "Expectation of number of matched nodes failed";
  }
  throw new StarlarkFailure(
    `Expected 'overlay/match' annotation keyword argument '${kwarg}' to be either int, string or function, but was ${goTypeOf(wanted)}`,
  );
}

function anyOf(
  alternatives: List,
  kwarg: string,
  matches: readonly Position[],
  context: CallContext,
): string | undefined {
  let last: string | undefined;
  for (const alternative of alternatives.items) {
    last = mismatch(alternative, kwarg, matches, context);
    if (last === undefined) return undefined;
  }
  return last;
}

function wrongNumber(wanted: string, matches: readonly Position[]): string {
  const lines = matches.map((position) => position.compact()).sort();
  const where = lines.length === 0 ? "" : ` (lines: ${lines.join(", ")})`;
  return `Expected number of matched nodes to be ${wanted}, but was ${matches.length}${where}`;
}
