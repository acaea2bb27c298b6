import { isList, type Json, type KubeObject, type MutableJson, own } from "../resource/index.ts";
import {
  compareFields,
  type FieldSet,
  fieldsFromJson,
  fieldsToJson,
  isEmptySet,
  noFields,
  subtractFields,
  unionFields,
} from "./field-set.ts";
import type { Shape } from "./shape.ts";

/** One line of `metadata.managedFields`. */
export interface ManagerEntry {
  readonly manager: string;
  readonly operation: "Apply" | "Update";
  readonly apiVersion: string;
  readonly subresource: string;
  /** RFC 3339, whole seconds. */
  readonly time: string;
  readonly fields: FieldSet;
}

/** Who writes. */
export interface Writer {
  readonly manager: string;
  readonly apiVersion: string;
  readonly subresource: string;
  readonly time: string;
}

/** `Update` entries beyond this are joined, or a client with ever new names would grow every object. */
const maxUpdateEntries = 10;

export function readManagers(object: KubeObject | undefined): readonly ManagerEntry[] {
  const list = own(own(object, "metadata"), "managedFields");
  return isList(list) ? list.flatMap(readEntry) : [];
}

function readEntry(entry: Json): readonly ManagerEntry[] {
  const manager = own(entry, "manager");
  const operation = own(entry, "operation");
  if (typeof manager !== "string" || (operation !== "Apply" && operation !== "Update")) return [];
  const fields = fieldsFromJson(own(entry, "fieldsV1"));
  if (isEmptySet(fields)) return [];
  const text = (key: string): string => {
    const value = own(entry, key);
    return typeof value === "string" ? value : "";
  };
  return [
    {
      manager,
      operation,
      apiVersion: text("apiVersion"),
      subresource: text("subresource"),
      time: text("time"),
      fields,
    },
  ];
}

export function writeManagers(entries: readonly ManagerEntry[]): MutableJson[] {
  return entries.map((entry) => ({
    manager: entry.manager,
    operation: entry.operation,
    apiVersion: entry.apiVersion,
    time: entry.time,
    fieldsType: "FieldsV1",
    fieldsV1: fieldsToJson(entry.fields),
    ...(entry.subresource !== "" && { subresource: entry.subresource }),
  }));
}

/** Objects as ownership sees them: without identity, without what the server keeps, without the ownership itself. */
export function ownedPart(object: KubeObject | undefined): KubeObject | undefined {
  if (object === undefined) return undefined;
  const { apiVersion: _apiVersion, kind: _kind, metadata, ...rest } = object;
  const kept = new Map(Object.entries((metadata ?? {}) as KubeObject).filter(([key]) => !serverKept.has(key)));
  return kept.size === 0 ? rest : { ...rest, metadata: Object.fromEntries(kept) };
}

const serverKept: ReadonlySet<string> = new Set([
  "name",
  "namespace",
  "generateName",
  "uid",
  "resourceVersion",
  "generation",
  "creationTimestamp",
  "deletionTimestamp",
  "deletionGracePeriodSeconds",
  "selfLink",
  "managedFields",
]);

/** After an update: the writer owns what it changed, others lose that, and nobody owns what is gone. */
export function trackUpdate(
  entries: readonly ManagerEntry[],
  old: KubeObject | undefined,
  next: KubeObject,
  writer: Writer,
  shape: Shape,
): readonly ManagerEntry[] {
  const { changed, removed } = compareFields(ownedPart(old), ownedPart(next), shape);
  if (isEmptySet(changed) && isEmptySet(removed)) return entries;
  const lost = unionFields(changed, removed);
  const own = (entry: ManagerEntry): boolean => isEntryOf(entry, writer, "Update");
  const before = entries.find(own)?.fields ?? noFields;
  const others = entries
    .filter((entry) => !own(entry))
    .map((entry) => ({ ...entry, fields: subtractFields(entry.fields, lost) }));
  const mine: ManagerEntry = {
    ...writer,
    operation: "Update",
    fields: unionFields(subtractFields(before, removed), changed),
  };
  return bounded([...others, mine].filter((entry) => !isEmptySet(entry.fields)));
}

export const isEntryOf = (entry: ManagerEntry, writer: Writer, operation: ManagerEntry["operation"]): boolean =>
  entry.operation === operation &&
  entry.manager === writer.manager &&
  entry.subresource === writer.subresource &&
  (operation === "Apply" || entry.apiVersion === writer.apiVersion);

function bounded(entries: readonly ManagerEntry[]): readonly ManagerEntry[] {
  const updates = entries.filter((entry) => entry.operation === "Update" && entry.subresource === "");
  if (updates.length <= maxUpdateEntries) return entries;
  const oldest = new Set(updates.slice(0, updates.length - maxUpdateEntries + 1));
  const joined = [...oldest].reduce<FieldSet>((sum, entry) => unionFields(sum, entry.fields), noFields);
  const rest = entries.filter((entry) => !oldest.has(entry));
  const [first] = oldest;
  return first === undefined ? entries : [{ ...first, manager: "ancient-changes", fields: joined }, ...rest];
}
