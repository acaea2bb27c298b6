import {
  cloneJson,
  isList,
  isMap,
  type Json,
  type MutableJson,
  type MutableJsonMap,
  own,
  setOwn,
} from "../resource/index.ts";
import { type FieldFault, invalidValue, required, unsupportedValue } from "./api-error.ts";
import { metadataSchema } from "./metadata-schema.ts";
import type { Schema } from "./served-type.ts";

/** An object of which nothing is known. */
export const openSchema: Schema = { type: "object", "x-kubernetes-preserve-unknown-fields": true };

/** The schema of a whole object: identity and metadata are everywhere the same. */
export function withIdentity(schema: Schema): Schema {
  const properties = own(schema, "properties");
  return {
    ...schema,
    properties: {
      ...(isMap(properties) && properties),
      apiVersion: { type: "string" },
      kind: { type: "string" },
      metadata: metadataSchema,
    },
  };
}

/**
 * Removes, in place, the members that a structural schema does not know (as kube-apiserver prunes custom resources).
 * Answers their paths: `spec.fetch[0].gti`.
 */
export function prune(value: MutableJson, schema: Schema): readonly string[] {
  const unknown: string[] = [];
  walkUnknown(value, schema, "", (parent, key, at) => {
    unknown.push(at);
    delete parent[key];
  });
  return unknown;
}

/** The same paths, with the value left as it is. */
export function unknownFields(value: MutableJson, schema: Schema): readonly string[] {
  const unknown: string[] = [];
  walkUnknown(value, schema, "", (_parent, _key, at) => unknown.push(at));
  return unknown;
}

function walkUnknown(
  value: MutableJson | undefined,
  schema: Schema,
  path: string,
  onUnknown: (parent: MutableJsonMap, key: string, path: string) => void,
): void {
  if (Array.isArray(value)) {
    const items = own(schema, "items");
    if (isMap(items))
      for (const [index, item] of value.entries()) walkUnknown(item, items, `${path}[${index}]`, onUnknown);
    return;
  }
  if (!isMap(value)) return;
  const properties = own(schema, "properties");
  const additional = own(schema, "additionalProperties");
  const open = own(schema, "x-kubernetes-preserve-unknown-fields") === true;
  // A map whose schema names no member at all is a free one only if it says so; a bare `type: object` keeps nothing.
  for (const key of Object.keys(value)) {
    const at = path === "" ? key : `${path}.${key}`;
    const member = own(properties, key);
    if (isMap(member)) walkUnknown(own(value, key) as MutableJson, member, at, onUnknown);
    else if (isMap(additional)) walkUnknown(own(value, key) as MutableJson, additional, at, onUnknown);
    else if (!open && additional !== true) onUnknown(value as MutableJsonMap, key, at);
  }
}

/** Fills in, in place, the `default`s of absent members. */
export function applyDefaults(value: MutableJson | undefined, schema: Schema): void {
  if (Array.isArray(value)) {
    const items = own(schema, "items");
    if (isMap(items)) for (const item of value) applyDefaults(item, items);
    return;
  }
  if (!isMap(value)) return;
  const properties = own(schema, "properties");
  if (isMap(properties)) {
    for (const [key, member] of Object.entries(properties)) {
      const preset = own(member, "default");
      if (preset !== undefined && own(value, key) === undefined)
        setOwn(value as MutableJsonMap, key, cloneJson(preset));
      if (isMap(member)) applyDefaults(own(value, key) as MutableJson | undefined, member);
    }
  }
  const additional = own(schema, "additionalProperties");
  if (isMap(additional)) for (const member of Object.values(value)) applyDefaults(member as MutableJson, additional);
}

/** Faults of types, required members, enums and bounds; patterns are not run, a hostile one could take for ever. `null` of a member that may not be null was dropped before. */
export function schemaFaults(value: Json | undefined, schema: Schema, path = ""): readonly FieldFault[] {
  const faults: FieldFault[] = [];
  collectFaults(value, schema, path, faults);
  return faults;
}

/** More faults than this help nobody. */
const maxFaults = 50;

function collectFaults(value: Json | undefined, schema: Schema, path: string, faults: FieldFault[]): void {
  if (value === undefined || faults.length >= maxFaults) return;
  const field = path === "" ? "<nil>" : path;
  if (value === null && own(schema, "nullable") === true) return;
  const type = own(schema, "type");
  if (own(schema, "x-kubernetes-int-or-string") === true) {
    if (typeof value !== "string" && !isInteger(value)) faults.push(typeFault(field, value, "integer,string"));
    return;
  }
  if (typeof type === "string" && !hasType(value, type)) {
    faults.push(typeFault(field, value, type));
    return;
  }
  const choices = own(schema, "enum");
  if (isList(choices) && !choices.includes(value)) faults.push(unsupportedValue(field, value, choices.map(String)));
  if (typeof value === "number" || typeof value === "bigint") boundFaults(value, schema, field, faults);
  if (typeof value === "string") textFaults(value, schema, field, faults);
  if (isList(value)) {
    const items = own(schema, "items");
    const least = own(schema, "minItems");
    if (typeof least === "number" && value.length < least)
      faults.push(invalidValue(field, value.length, `${field} in body should have at least ${least} items`));
    if (isMap(items))
      for (const [index, item] of value.entries()) collectFaults(item, items, `${path}[${index}]`, faults);
  } else if (isMap(value)) {
    memberFaults(value, schema, path, faults);
  }
}

function memberFaults(value: Json, schema: Schema, path: string, faults: FieldFault[]): void {
  const join = (key: string): string => (path === "" ? key : `${path}.${key}`);
  const needed = own(schema, "required");
  if (isList(needed))
    for (const key of needed)
      if (typeof key === "string" && own(value, key) === undefined) faults.push(required(join(key)));
  if (!isMap(value)) return;
  const properties = own(schema, "properties");
  const additional = own(schema, "additionalProperties");
  for (const [key, member] of Object.entries(value)) {
    const known = own(properties, key);
    if (isMap(known)) collectFaults(member, known, join(key), faults);
    else if (isMap(additional)) collectFaults(member, additional, join(key), faults);
  }
}

function boundFaults(value: number | bigint, schema: Schema, field: string, faults: FieldFault[]): void {
  const least = own(schema, "minimum");
  const most = own(schema, "maximum");
  if (typeof least === "number" && value < least)
    faults.push(invalidValue(field, value, `${field} in body should be greater than or equal to ${least}`));
  if (typeof most === "number" && value > most)
    faults.push(invalidValue(field, value, `${field} in body should be less than or equal to ${most}`));
}

function textFaults(value: string, schema: Schema, field: string, faults: FieldFault[]): void {
  const least = own(schema, "minLength");
  if (typeof least === "number" && value.length < least)
    faults.push(invalidValue(field, value, `${field} in body should be at least ${least} chars long`));
}

function typeFault(field: string, value: Json, type: string): FieldFault {
  return {
    reason: "FieldValueTypeInvalid",
    field,
    // The value itself stays out: it may be a secret that stands in the wrong place.
    message: `Invalid value: ${JSON.stringify(typeOf(value))}: ${field} in body must be of type ${type}: ${JSON.stringify(typeOf(value))}`,
  };
}

function typeOf(value: Json): string {
  if (value === null) return "null";
  if (isList(value)) return "array";
  if (isInteger(value)) return "integer";
  return typeof value === "bigint" ? "integer" : typeof value;
}

function hasType(value: Json, type: string): boolean {
  const actual = typeOf(value);
  return actual === type || (type === "number" && actual === "integer");
}

const isInteger = (value: Json): boolean =>
  typeof value === "bigint" || (typeof value === "number" && Number.isInteger(value));

/**
 * Drops, in place, `null` members that the schema does not allow to be null: kubectl and kapp send them for "absent".
 * In maps of unknown shape nulls stay, as kube-apiserver keeps them.
 */
export function dropNulls(value: MutableJson | undefined, schema: Schema): void {
  if (Array.isArray(value)) {
    const items = own(schema, "items");
    if (isMap(items)) for (const item of value) dropNulls(item, items);
    return;
  }
  if (!isMap(value)) return;
  const properties = own(schema, "properties");
  const additional = own(schema, "additionalProperties");
  for (const key of Object.keys(value)) {
    const known = own(properties, key);
    const member = isMap(known) ? known : isMap(additional) ? additional : undefined;
    if (member === undefined) continue;
    if (own(value, key) === null && own(member, "nullable") !== true) delete (value as MutableJsonMap)[key];
    else dropNulls(own(value, key) as MutableJson, member);
  }
}
