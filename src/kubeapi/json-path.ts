/**
 * The part of Kubernetes' JSONPath that printer columns use: `.a.b`, `['a.b']`, `[0]`, `[*]`, `[?(@.type=="Ready")]`, and `\.` inside a
 * name. The first match counts.
 */
import { isList, isMap, type Json, own } from "../resource/index.ts";

type Step =
  | { readonly type: "field"; readonly name: string }
  | { readonly type: "index"; readonly index: number }
  | { readonly type: "all" }
  | { readonly type: "filter"; readonly path: readonly Step[]; readonly value: string };

/** The steps of a path, `undefined` for a form that is not supported. */
export function parseJsonPath(text: string): readonly Step[] | undefined {
  const steps: Step[] = [];
  const pattern =
    /\.((?:\\.|[^.[\\])+)|\[(-?\d+)\]|\[(\*)\]|\['((?:\\.|[^'])+)'\]|\["((?:\\.|[^"])+)"\]|\[\?\(\s*@((?:\.[\w-]+)+)\s*==\s*(?:"([^"]*)"|'([^']*)')\s*\)\]/y;
  let at = 0;
  const body = text.startsWith("$") ? text.slice(1) : text;
  while (at < body.length) {
    pattern.lastIndex = at;
    const match = pattern.exec(body);
    if (match === null) return undefined;
    const [whole, field, index, all, single, double, filter, value, otherValue] = match;
    const name = field ?? single ?? double;
    if (name !== undefined) steps.push({ type: "field", name: name.replace(/\\(.)/g, "$1") });
    else if (index !== undefined) steps.push({ type: "index", index: Number(index) });
    else if (all !== undefined) steps.push({ type: "all" });
    else if (filter !== undefined)
      steps.push({ type: "filter", path: parseJsonPath(filter) ?? [], value: value ?? otherValue ?? "" });
    at += whole.length;
  }
  return steps;
}

/** The first value at a path. */
export function firstAt(value: Json, steps: readonly Step[]): Json | undefined {
  const [step, ...rest] = steps;
  if (step === undefined) return value;
  switch (step.type) {
    case "field": {
      const member = own(value, step.name);
      return member === undefined ? undefined : firstAt(member, rest);
    }
    case "index": {
      const member = isList(value) ? value.at(step.index) : undefined;
      return member === undefined ? undefined : firstAt(member, rest);
    }
    case "all":
      return firstOf(isList(value) ? value : isMap(value) ? Object.values(value) : [], rest);
    case "filter":
      return firstOf(
        isList(value) ? value.filter((item) => textOf(firstAt(item, step.path)) === step.value) : [],
        rest,
      );
  }
}

const textOf = (value: Json | undefined): string =>
  typeof value === "object" || value === undefined ? "" : String(value);

function firstOf(values: readonly (Json | undefined)[], steps: readonly Step[]): Json | undefined {
  for (const value of values) {
    const found = value === undefined ? undefined : firstAt(value, steps);
    if (found !== undefined) return found;
  }
  return undefined;
}
