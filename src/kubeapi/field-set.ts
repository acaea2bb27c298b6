/**
 * Sets of fields of an object, as `managedFields` records them (FieldsV1): a tree whose steps are `f:NAME` (member of a map),
 * `k:{"key":"value"}` (item of a keyed list) and `v:VALUE` (item of a set). `self` tells that the place itself belongs to the set.
 */
import {
  isList,
  isMap,
  type Json,
  type JsonMap,
  type MutableJsonMap,
  own,
  parseJson,
  setOwn,
  stringifyJson,
} from "../resource/index.ts";
import type { Shape } from "./shape.ts";

export interface FieldSet {
  readonly self: boolean;
  readonly children: ReadonlyMap<string, FieldSet>;
}

export const noFields: FieldSet = { self: false, children: new Map() };
const leaf: FieldSet = { self: true, children: new Map() };

export const isEmptySet = (set: FieldSet): boolean => !set.self && set.children.size === 0;

/** All fields that a value sets. */
export function fieldsOf(value: Json | undefined, shape: Shape): FieldSet {
  if (value === undefined) return noFields;
  const members = membersOf(value, shape);
  if (members === undefined || members.size === 0) return leaf;
  const children = new Map<string, FieldSet>();
  for (const [step, member] of members) {
    const set = fieldsOf(member.value, member.shape);
    children.set(step, step.startsWith("k:") ? { self: true, children: set.children } : set);
  }
  return { self: false, children };
}

export interface Member {
  readonly value: Json;
  readonly shape: Shape;
}

/** The steps below a value that are owned one by one; `undefined` where it is owned as a whole. Later duplicates win. */
export function membersOf(value: Json | undefined, shape: Shape): ReadonlyMap<string, Member> | undefined {
  if (isMap(value)) {
    if (shape.atomic) return undefined;
    const members = new Map<string, Member>();
    for (const [key, member] of Object.entries(value))
      if (member !== undefined) members.set(`f:${key}`, { value: member, shape: shape.field(key) });
    return members;
  }
  if (!isList(value) || shape.list.type === "atomic") return undefined;
  const members = new Map<string, Member>();
  for (const item of value) members.set(itemStep(item, shape), { value: item, shape: shape.item() });
  return members;
}

/** The step of a list's item. */
export function itemStep(item: Json, shape: Shape): string {
  if (shape.list.type !== "map") return `v:${stringifyJson(item, { sortKeys: true })}`;
  const keys: MutableJsonMap = {};
  for (const key of shape.list.keys) {
    // The API's only default of a key.
    const value = own(item, key) ?? (key === "protocol" ? "TCP" : undefined);
    if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") setOwn(keys, key, value);
  }
  return `k:${stringifyJson(keys, { sortKeys: true })}`;
}

export function unionFields(a: FieldSet, b: FieldSet): FieldSet {
  if (isEmptySet(a)) return b;
  if (isEmptySet(b)) return a;
  const children = new Map(a.children);
  for (const [step, child] of b.children) children.set(step, unionFields(children.get(step) ?? noFields, child));
  return { self: a.self || b.self, children };
}

export function subtractFields(a: FieldSet, b: FieldSet): FieldSet {
  if (isEmptySet(b) || isEmptySet(a)) return a;
  const children = new Map<string, FieldSet>();
  for (const [step, child] of a.children) {
    const other = b.children.get(step);
    const rest = other === undefined ? child : subtractFields(child, other);
    if (!isEmptySet(rest)) children.set(step, rest);
  }
  return { self: a.self && !b.self, children };
}

export interface FieldChanges {
  /** Fields that are new or have another value. */
  readonly changed: FieldSet;
  /** Fields that are gone. */
  readonly removed: FieldSet;
}

/** Compares two values field by field. */
export function compareFields(old: Json | undefined, next: Json | undefined, shape: Shape): FieldChanges {
  if (old === next) return { changed: noFields, removed: noFields };
  if (old === undefined) return { changed: fieldsOf(next, shape), removed: noFields };
  if (next === undefined) return { changed: noFields, removed: fieldsOf(old, shape) };
  const before = membersOf(old, shape);
  const after = membersOf(next, shape);
  if (before === undefined || after === undefined || after.size === 0 || before.size === 0) {
    const same = stringifyJson(old, { sortKeys: true }) === stringifyJson(next, { sortKeys: true });
    return { changed: same ? noFields : fieldsOf(next, shape), removed: same ? noFields : fieldsOf(old, shape) };
  }
  const changed = new Map<string, FieldSet>();
  const removed = new Map<string, FieldSet>();
  for (const step of new Set([...before.keys(), ...after.keys()])) {
    const was = before.get(step);
    const is = after.get(step);
    const part = compareFields(was?.value, is?.value, (is ?? was)?.shape ?? shape);
    const item = step.startsWith("k:");
    const withItem = (set: FieldSet): FieldSet =>
      item && (was === undefined || is === undefined) ? { ...set, self: true } : set;
    if (!isEmptySet(part.changed)) changed.set(step, withItem(part.changed));
    if (!isEmptySet(part.removed)) removed.set(step, withItem(part.removed));
  }
  return { changed: { self: false, children: changed }, removed: { self: false, children: removed } };
}

/** FieldsV1. */
export function fieldsToJson(set: FieldSet): MutableJsonMap {
  const json: MutableJsonMap = {};
  if (set.self && set.children.size > 0) json["."] = {};
  for (const [step, child] of set.children) setOwn(json, step, fieldsToJson(child));
  return json;
}

/** Reads FieldsV1; steps of an unknown form are left out. */
export function fieldsFromJson(json: Json | undefined, depth = 0): FieldSet {
  if (!isMap(json) || depth > 100) return noFields;
  const steps = Object.entries(json).filter(([step]) => /^[fkv]:/.test(step));
  return {
    self: own(json, ".") !== undefined || (steps.length === 0 && depth > 0),
    children: new Map(steps.map(([step, child]) => [step, fieldsFromJson(child, depth + 1)])),
  };
}

/** `.spec.containers[name="app"].image`. */
export function pathText(steps: readonly string[]): string {
  return steps.map(stepText).join("");
}

function stepText(step: string): string {
  const rest = step.slice(2);
  if (step.startsWith("f:")) return `.${rest}`;
  if (step.startsWith("v:")) return `[=${rest}]`;
  const keys: Json = parseJson(rest);
  const parts = Object.entries(isMap(keys) ? (keys satisfies JsonMap) : {});
  return `[${parts.map(([key, value]) => `${key}=${JSON.stringify(value)}`).join(",")}]`;
}

/** Visits each place of a set, parents first. */
export function* placesOf(
  set: FieldSet,
  path: readonly string[] = [],
): Generator<{ readonly path: readonly string[]; readonly set: FieldSet }> {
  if (path.length > 0) yield { path, set };
  for (const [step, child] of set.children) yield* placesOf(child, [...path, step]);
}
