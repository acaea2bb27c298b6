import { isList, isMap, type Json, type JsonMap, own } from "../resource/index.ts";

/** The value below a chain of map keys, `undefined` when a step is missing or no map. */
export function at(value: Json | undefined, ...keys: readonly string[]): Json | undefined {
  let current = value;
  for (const key of keys) current = own(current, key);
  return current;
}

export function textAt(value: Json | undefined, ...keys: readonly string[]): string {
  const found = at(value, ...keys);
  return typeof found === "string" ? found : "";
}

/** An integer field; `undefined` when absent or of another type. */
export function intAt(value: Json | undefined, ...keys: readonly string[]): number | undefined {
  const found = at(value, ...keys);
  if (typeof found === "bigint") return Number(found);
  return typeof found === "number" ? found : undefined;
}

export function listAt(value: Json | undefined, ...keys: readonly string[]): readonly Json[] {
  const found = at(value, ...keys);
  return isList(found) ? found : [];
}

export function mapAt(value: Json | undefined, ...keys: readonly string[]): JsonMap | undefined {
  const found = at(value, ...keys);
  return isMap(found) ? found : undefined;
}

/** Go's name of a value's type, as kapp's texts show it. */
export function goTypeName(value: Json | undefined): string {
  if (value === null || value === undefined) return "<nil>";
  if (isList(value)) return "[]interface {}";
  switch (typeof value) {
    case "string":
      return "string";
    case "boolean":
      return "bool";
    case "number":
    case "bigint":
      return "float64";
    default:
      return "map[string]interface {}";
  }
}
