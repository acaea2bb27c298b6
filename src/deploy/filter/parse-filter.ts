import { isList, isMap, type Json, type LabelSelector, parseJson, parseLabelSelector } from "../../resource/index.ts";
import { goTypeName } from "../fields.ts";
import { parseGoDuration } from "../options/go-duration.ts";
import type { FilterCriteria, FilterExpression } from "./resource-filter.ts";

/** What is wrong with a filter. */
export class FilterFault extends Error {}

/** The JSON of `--filter`. Unlike kapp an unknown member is refused: it would widen what is deployed or deleted. @throws FilterFault */
export function parseFilterExpression(text: string): FilterExpression {
  return parseExpression(parseFilterJson(text), "filter");
}

/** @throws FilterFault */
export function parseFilterJson(text: string): Json {
  try {
    return parseJson(text);
  } catch (error) {
    if (error instanceof SyntaxError) throw new FilterFault(error.message);
    throw error;
  }
}

/** `5m+`: older; `5m-`: younger. @throws FilterFault */
export function parseAge(text: string): FilterCriteria {
  const duration = parseGoDuration(text.slice(0, -1));
  if ("ms" in duration && text.endsWith("+")) return { olderThanMs: duration.ms };
  if ("ms" in duration && text.endsWith("-")) return { youngerThanMs: duration.ms };
  throw new FilterFault(
    "Expected age filter to be either empty or parseable time.Duration (example: 5m+, 24h-; valid units: ns, us, ms, s, m, h)",
  );
}

function parseExpression(value: Json, path: string): FilterExpression {
  const members = membersOf(value, path, ["and", "or", "not", "resource"]);
  const [and, or] = [members.get("and"), members.get("or")];
  const not = members.get("not");
  const resource = members.get("resource");
  const all = (items: Json, name: string): FilterExpression[] =>
    listOf(items, `${path}.${name}`).map((item, index) => parseExpression(item, `${path}.${name}[${index}]`));
  const ands = and === undefined ? [] : all(and, "and");
  if (ands.length > 0) return { filter: "and", of: ands };
  const ors = or === undefined ? [] : all(or, "or");
  if (ors.length > 0) return { filter: "or", of: ors };
  if (not !== undefined) return { filter: "not", of: parseExpression(not, `${path}.not`) };
  if (resource !== undefined) return { filter: "resource", criteria: parseCriteria(resource, `${path}.resource`) };
  return { filter: "none" };
}

const textLists = ["kinds", "namespaces", "names", "kindNames", "kindNamespaces", "kindNsNames"] as const;

export function parseCriteria(value: Json, path: string): FilterCriteria {
  const members = membersOf(value, path, [...textLists, "labels", "createdAtBeforeTime", "createdAtAfterTime"]);
  const texts = (name: string): string[] => textsOf(members.get(name) ?? [], `${path}.${name}`);
  const time = (name: string): number | undefined => timeOf(members.get(name), `${path}.${name}`);
  const [createdBefore, createdAfter] = [time("createdAtBeforeTime"), time("createdAtAfterTime")];
  return {
    ...Object.fromEntries(textLists.map((name) => [name, texts(name)])),
    labels: texts("labels").map((text, index) => selectorOf(text, `${path}.labels[${index}]`)),
    ...(createdBefore === undefined ? {} : { createdBefore }),
    ...(createdAfter === undefined ? {} : { createdAfter }),
  };
}

export function selectorOf(text: string, path: string): LabelSelector {
  const parsed = parseLabelSelector(text);
  if ("problem" in parsed) throw new FilterFault(`${path}: ${parsed.problem}`);
  return parsed.selector;
}

/** By name, whatever their case, as Go reads JSON; null counts as absent. */
export function membersOf(value: Json, path: string, names: readonly string[]): ReadonlyMap<string, Json> {
  if (!isMap(value)) throw new FilterFault(`${path}: expected a map, but was ${goTypeName(value)}`);
  const known = new Map(names.map((name) => [name.toLowerCase(), name]));
  const members = new Map<string, Json>();
  for (const [key, member] of Object.entries(value)) {
    const name = known.get(key.toLowerCase());
    if (name === undefined) throw new FilterFault(`${path}.${key}: unknown key (known: ${names.join(", ")})`);
    if (member !== undefined && member !== null) members.set(name, member);
  }
  return members;
}

export function listOf(value: Json, path: string): readonly Json[] {
  if (!isList(value)) throw new FilterFault(`${path}: expected a list, but was ${goTypeName(value)}`);
  return value;
}

export function textsOf(value: Json, path: string): string[] {
  return listOf(value, path).map((item) => {
    if (typeof item !== "string") throw new FilterFault(`${path}: expected strings, but found ${goTypeName(item)}`);
    return item;
  });
}

function timeOf(value: Json | undefined, path: string): number | undefined {
  if (value === undefined) return undefined;
  const time = typeof value === "string" ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(time)) throw new FilterFault(`${path}: expected a time as in RFC 3339`);
  return time;
}
