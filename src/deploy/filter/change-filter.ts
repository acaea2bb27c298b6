/** kapp's `--diff-filter`: which changes of a plan are shown and made, `{"and":[{"ops":["update"]},{"newResource":{"kinds":["Deployment"]}}]}`. */
import type { Json, KubeObject } from "../../resource/index.ts";
import { FilterFault, listOf, membersOf, parseCriteria, parseFilterJson, textsOf } from "./parse-filter.ts";
import { type FilterCriteria, fits } from "./resource-filter.ts";

/** kapp's names of what a comparison found. */
const changeOps = ["add", "update", "delete", "keep", "exists", "noop"] as const;
export type ChangeOp = (typeof changeOps)[number];

/** The first member that is there decides, in this order; an empty filter lets everything pass. */
export type ChangeFilter =
  | { readonly filter: "and" | "or"; readonly of: readonly ChangeFilter[] }
  | { readonly filter: "not"; readonly of: ChangeFilter }
  | {
      readonly filter: "change";
      readonly ops: readonly ChangeOp[];
      readonly newResource?: FilterCriteria;
      readonly existingResource?: FilterCriteria;
    };

/** A change as the filter sees it. */
export interface ComparedChange {
  readonly op: ChangeOp;
  readonly fresh?: KubeObject;
  readonly existing?: KubeObject;
}

/** Unlike kapp an unknown member is refused, as in `--filter`. @throws FilterFault */
export function parseChangeFilter(text: string): ChangeFilter {
  return parseChange(parseFilterJson(text), "diff-filter");
}

function parseChange(value: Json, path: string): ChangeFilter {
  const members = membersOf(value, path, ["and", "or", "not", "ops", "newResource", "existingResource"]);
  const all = (name: string): ChangeFilter[] =>
    listOf(members.get(name) ?? [], `${path}.${name}`).map((item, index) =>
      parseChange(item, `${path}.${name}[${index}]`),
    );
  const [ands, ors] = [all("and"), all("or")];
  if (ands.length > 0) return { filter: "and", of: ands };
  if (ors.length > 0) return { filter: "or", of: ors };
  const [not, newResource, existingResource] = ["not", "newResource", "existingResource"].map((name) =>
    members.get(name),
  );
  if (not !== undefined) return { filter: "not", of: parseChange(not, `${path}.not`) };
  return {
    filter: "change",
    ops: textsOf(members.get("ops") ?? [], `${path}.ops`).map((op) => opNamed(op, `${path}.ops`)),
    ...(newResource === undefined ? {} : { newResource: parseCriteria(newResource, `${path}.newResource`) }),
    ...(existingResource === undefined
      ? {}
      : { existingResource: parseCriteria(existingResource, `${path}.existingResource`) }),
  };
}

function opNamed(text: string, path: string): ChangeOp {
  const op = changeOps.find((known) => known === text);
  if (op === undefined)
    throw new FilterFault(`${path}: unknown operation ${JSON.stringify(text)} (known: ${changeOps.join(", ")})`);
  return op;
}

/** `now` in epoch milliseconds. */
export function passesChangeFilter(filter: ChangeFilter | undefined, change: ComparedChange, now: number): boolean {
  if (filter === undefined) return true;
  switch (filter.filter) {
    case "and":
      return filter.of.every((inner) => passesChangeFilter(inner, change, now));
    case "or":
      return filter.of.some((inner) => passesChangeFilter(inner, change, now));
    case "not":
      return !passesChangeFilter(filter.of, change, now);
    case "change": {
      const { newResource, existingResource, ops } = filter;
      if (newResource !== undefined && change.fresh !== undefined) return fits(newResource, change.fresh, now);
      if (existingResource !== undefined && change.existing !== undefined)
        return fits(existingResource, change.existing, now);
      if (newResource !== undefined || existingResource !== undefined) return false;
      // kapp asks for all of them at once: more than one fits nothing.
      return ops.every((op) => op === change.op);
    }
  }
}
