/** What may change in the schema of a CustomResourceDefinition without breaking objects that exist (kapp.md §8, kapp's `ChangeValidator`). */
import {
  compareCodePoints,
  equalJson,
  isList,
  isMap,
  type Json,
  type JsonMap,
  own,
  stringifyJson,
} from "../../resource/index.ts";
import { listAt } from "../fields.ts";

/**
 * The schemas of all fields by their path: `^.spec.list[*].name`, `^` for the root. Alternatives (`anyOf`…) stand at the path of their
 * field, and as in kapp the last one counts.
 */
export function flattenSchema(schema: Json): ReadonlyMap<string, JsonMap> {
  const fields = new Map<string, JsonMap>();
  const visit = (value: Json | undefined, path: string): void => {
    if (!isMap(value)) return;
    fields.set(path, value);
    visit(own(value, "items"), `${path}[*]`);
    for (const key of ["allOf", "anyOf", "oneOf"]) for (const one of listAt(value, key)) visit(one, path);
    visit(own(value, "not"), path);
    const properties = own(value, "properties");
    if (isMap(properties)) for (const [name, one] of Object.entries(properties)) visit(one, `${path}.${name}`);
    visit(own(value, "additionalProperties"), `${path}[*]`);
  };
  visit(schema, "^");
  return fields;
}

/** One text per change that could be unsafe; a change that no rule knows is one. */
export function schemaProblems(version: string, before: Json, after: Json): string[] {
  const old = flattenSchema(before);
  const next = flattenSchema(after);
  if ([...old.keys()].some((field) => !next.has(field)))
    return [`calculating schema diff for CRD version ${JSON.stringify(version)}`];
  return [...old.keys()].sort(compareCodePoints).flatMap((field) => {
    const place = `version ${JSON.stringify(version)}, field ${JSON.stringify(field)}`;
    const { problems, isKnown } = fieldProblems(old.get(field) ?? {}, next.get(field) ?? {});
    return [
      ...problems.map((problem) => `${place}: ${problem}`),
      ...(isKnown ? [] : [`${place} has unknown change, refusing to determine that change is safe`]),
    ];
  });
}

interface FieldProblems {
  readonly problems: readonly string[];
  /** Whether the rules cover all that changed. */
  readonly isKnown: boolean;
}

function fieldProblems(before: JsonMap, after: JsonMap): FieldProblems {
  const problems: string[] = [];
  const [old, next] = [asStored(before), asStored(after)];
  // Nested fields have paths of their own.
  const ignored = new Set(["properties"]);
  const isSame = (): boolean => equalJson(without(old, ignored), without(next, ignored));
  for (const [key, problemOf] of rules) {
    if (isSame()) break;
    const problem = problemOf(own(old, key), own(next, key));
    if (problem !== undefined) problems.push(problem);
    ignored.add(key);
  }
  return { problems, isKnown: isSame() };
}

function without(schema: JsonMap, keys: ReadonlySet<string>): JsonMap {
  return Object.fromEntries(Object.entries(schema).filter(([key]) => !keys.has(key)));
}

/** Any JSON, which a server keeps as it is. */
const verbatim: ReadonlySet<string> = new Set(["default", "enum", "example"]);

/** A schema without what an API server leaves out when it stores one: `nullable: false`, empty texts and lists. */
function asStored(schema: JsonMap): JsonMap {
  const members = Object.entries(schema).flatMap(([key, value]): [string, Json][] => {
    if (value === undefined || value === null) return [];
    if (verbatim.has(key)) return [[key, value]];
    if (value === "" || (value === false && key !== "additionalProperties")) return [];
    if (isList(value)) return value.length === 0 ? [] : [[key, value.map(storedSchema)]];
    if (key !== "properties" || !isMap(value)) return [[key, storedSchema(value)]];
    const fields = Object.entries(value).map(([name, field]) => [name, storedSchema(field ?? null)] as const);
    return [[key, Object.fromEntries(fields)]];
  });
  return Object.fromEntries(members);
}

function storedSchema(value: Json): Json {
  return isMap(value) ? asStored(value) : value;
}

type Rule = (before: Json | undefined, after: Json | undefined) => string | undefined;

const rules: readonly (readonly [key: string, rule: Rule])[] = [
  ["enum", enumProblem],
  ["required", requiredProblem],
  ["minimum", (before, after) => boundProblem("minimum", before, after)],
  ["minItems", (before, after) => boundProblem("minimum items", before, after)],
  ["minLength", (before, after) => boundProblem("minimum length", before, after)],
  ["minProperties", (before, after) => boundProblem("minimum properties", before, after)],
  ["maximum", (before, after) => boundProblem("maximum", before, after)],
  ["maxItems", (before, after) => boundProblem("maximum items", before, after)],
  ["maxLength", (before, after) => boundProblem("maximum length", before, after)],
  ["maxProperties", (before, after) => boundProblem("maximum properties", before, after)],
  ["default", defaultProblem],
];

function enumProblem(before: Json | undefined, after: Json | undefined): string | undefined {
  const values = (value: Json | undefined): string[] => itemsOf(value).map((item) => stringifyJson(item));
  const [old, next] = [values(before), values(after)];
  if (old.length === 0 && next.length > 0) return "enums added when there were no enum restrictions previously";
  const gone = onlyIn(old, next);
  return gone.length === 0 ? undefined : `enum values removed: [${gone.join(" ")}]`;
}

function requiredProblem(before: Json | undefined, after: Json | undefined): string | undefined {
  const names = (value: Json | undefined): string[] => itemsOf(value).filter((item) => typeof item === "string");
  const [old, next] = [names(before), names(after)];
  if (old.length === 0 && next.length > 0)
    return `new values added as required when previously no required fields existed: [${next.join(" ")}]`;
  const added = onlyIn(next, old);
  return added.length === 0 ? undefined : `new required fields added: [${added.join(" ")}]`;
}

const itemsOf = (value: Json | undefined): readonly Json[] => (isList(value) ? value : []);

/** Sorted, each once. */
function onlyIn(values: readonly string[], others: readonly string[]): string[] {
  return [...new Set(values)].filter((value) => !others.includes(value)).sort(compareCodePoints);
}

function boundProblem(what: string, before: Json | undefined, after: Json | undefined): string | undefined {
  if (after === undefined) return undefined;
  if (before === undefined)
    return `${what} constraint added when one did not exist previously: ${stringifyJson(after)}`;
  const [from, to] = [Number(before), Number(after)];
  const isMinimum = what.startsWith("minimum");
  if (isMinimum ? to <= from : to >= from) return undefined;
  return `${what} constraint ${isMinimum ? "increased" : "decreased"} from ${stringifyJson(before)} to ${stringifyJson(after)}`;
}

/** kapp prints the bytes of a default as numbers. */
function defaultProblem(before: Json | undefined, after: Json | undefined): string | undefined {
  if (before === undefined)
    return after === undefined
      ? undefined
      : `new value added as default when previously no default value existed: ${stringifyJson(after)}`;
  if (after === undefined)
    return `default value has been removed when previously a default value existed: ${stringifyJson(before)}`;
  return equalJson(before, after)
    ? undefined
    : `default value has been changed from ${stringifyJson(before)} to ${stringifyJson(after)}`;
}
