import {
  isMap,
  type JsonMap,
  type KubeObject,
  type MutableJsonMap,
  parseJson,
  stringifyJson,
} from "../resource/index.ts";
import type { ObjectKey, StoredObject } from "./object-store.ts";
import type { ResolvedType } from "./registry.ts";

/** Parsed values by stored object: stores that hand out the same object again save the parsing. Parsed values are never changed. */
const parsed = new WeakMap<StoredObject, JsonMap>();

export const keyOf = (resolved: ResolvedType, namespace: string, name: string): ObjectKey => ({
  type: resolved.storeType,
  namespace,
  name,
});

/** The object as clients see it: in their API version, with its resourceVersion. */
export function fromStore(stored: StoredObject, resolved: ResolvedType): KubeObject {
  let value = parsed.get(stored);
  if (value === undefined) {
    value = withVersion(parseValue(stored.value), String(stored.version));
    parsed.set(stored, value);
  }
  return value["apiVersion"] === resolved.apiVersion ? value : { ...value, apiVersion: resolved.apiVersion };
}

/** Spares the parsing of an object that was just written; it must not be changed from now on. */
export function rememberParsed(stored: StoredObject, object: KubeObject): void {
  parsed.set(stored, withVersion(object, String(stored.version)));
}

/** A value that a store remembers beside an object (`previous` of a change). */
export function fromPrevious(text: string, resolved: ResolvedType): KubeObject {
  return { ...parseValue(text), apiVersion: resolved.apiVersion };
}

/** The text to store: without the resourceVersion, which is the store's to give. */
export function toStore(object: KubeObject): string {
  const metadata = object["metadata"];
  if (!isMap(metadata)) return stringifyJson(object);
  const { resourceVersion: _resourceVersion, ...rest } = metadata;
  return stringifyJson({ ...object, metadata: rest });
}

export function withVersion(object: KubeObject, resourceVersion: string): KubeObject {
  const metadata = object["metadata"];
  const next: MutableJsonMap = { ...(isMap(metadata) && (metadata as MutableJsonMap)), resourceVersion };
  return { ...object, metadata: next };
}

function parseValue(text: string): JsonMap {
  const value = parseJson(text);
  if (!isMap(value)) throw new Error("the object store holds a value that is no object");
  return value;
}
