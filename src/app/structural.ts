import {
  isList,
  isMap,
  type Json,
  type JsonMap,
  type MutableJson,
  type MutableJsonMap,
  setOwn,
} from "../resource/index.ts";
import type { AppProblem } from "./app.ts";
import type { Schema } from "./schema.ts";

/** Leaves out every field that the schema does not know, at any depth; values of known fields stay as they are. */
export function prune(value: Json, schema: Schema): MutableJson {
  // The copies below are fresh; what is passed on as it is will not be changed by anyone (Json is readonly).
  if (isList(value))
    return value.map((item) => (schema.items === undefined ? (item as MutableJson) : prune(item, schema.items)));
  if (!isMap(value) || (schema.properties === undefined && schema.additionalProperties === undefined))
    return value as MutableJson;
  const kept: MutableJsonMap = {};
  for (const [key, member] of Object.entries(value)) {
    const known = memberSchema(schema, key);
    if (member !== undefined && known !== undefined) setOwn(kept, key, prune(member, known));
  }
  return kept;
}

/** Every value whose type the schema does not allow, and every required field that is absent, worded as API servers do. */
export function typeProblems(value: Json, schema: Schema, path: string): readonly AppProblem[] {
  const found = typeOf(value);
  if (found === "null" && schema.nullable === true) return [];
  if (found !== schema.type) {
    const where = path === "" ? "" : `${path} in body `;
    return [{ path, message: `Invalid value: "${found}": ${where}must be of type ${schema.type}: "${found}"` }];
  }
  if (isList(value)) {
    const items = schema.items;
    return items === undefined ? [] : value.flatMap((item, index) => typeProblems(item, items, `${path}[${index}]`));
  }
  return isMap(value) ? memberProblems(value, schema, path) : [];
}

function memberProblems(value: JsonMap, schema: Schema, path: string): readonly AppProblem[] {
  const at = (key: string): string => (path === "" ? key : `${path}.${key}`);
  const missing = (schema.required ?? [])
    .filter((key) => !Object.hasOwn(value, key))
    .map((key) => ({ path: at(key), message: "Required value" }));
  const wrong = Object.entries(value).flatMap(([key, member]) => {
    const known = memberSchema(schema, key);
    return member === undefined || known === undefined ? [] : typeProblems(member, known, at(key));
  });
  return [...missing, ...wrong];
}

function memberSchema(schema: Schema, key: string): Schema | undefined {
  if (schema.properties !== undefined && Object.hasOwn(schema.properties, key)) return schema.properties[key];
  return schema.additionalProperties;
}

function typeOf(value: Json): Schema["type"] | "null" | "number" {
  if (value === null) return "null";
  switch (typeof value) {
    case "string":
      return "string";
    case "boolean":
      return "boolean";
    case "bigint":
      return "integer";
    case "number":
      return Number.isInteger(value) ? "integer" : "number";
    default:
      return isList(value) ? "array" : "object";
  }
}
