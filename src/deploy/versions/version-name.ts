import { annotationsOf, isMap, type KubeObject, nameOf, uniqueKey } from "../../resource/index.ts";
import { annotation } from "../annotations.ts";
import { withMember } from "../diff/field-copy.ts";
import type { ExistingObject } from "../existing/labelled-objects.ts";
import { namesItself } from "../record/ownership.ts";

const separator = "-ver-";

export function isVersioned(object: KubeObject): boolean {
  return annotationsOf(object)[annotation.versioned] !== undefined;
}

/** An object of the cluster that is one version of a versioned resource. */
export interface ExistingVersion {
  readonly found: ExistingObject;
  readonly version: number;
  /** Unique key of the resource whose version it is. */
  readonly key: string;
}

/** `undefined` for objects that are no versions: without the annotation or a number, or not written as one. */
function versionOf(found: ExistingObject): ExistingVersion | undefined {
  const { object, live, transient } = found;
  if (transient || !isVersioned(object) || !namesItself(live)) return undefined;
  const name = nameOf(object);
  const end = name.lastIndexOf(separator);
  const digits = name.slice(end + separator.length);
  if (end === -1 || !/^\d{1,9}$/.test(digits)) return undefined;
  return { found, version: Number(digits), key: uniqueKey(withName(object, name.slice(0, end))) };
}

/** Versions by the key of their resource, the oldest first. */
export function versionsByKey(existing: readonly ExistingObject[]): ReadonlyMap<string, readonly ExistingVersion[]> {
  const versions = existing.map(versionOf).filter((version) => version !== undefined);
  return Map.groupBy(
    versions.sort((a, b) => a.version - b.version),
    ({ key }) => key,
  );
}

/** Unique key of the resource that an object is, or is a version of: by its name alone, whether it is on a cluster or not. */
export function resourceKey(object: KubeObject): string {
  const base = /^(.+)-ver-\d{1,9}$/.exec(nameOf(object))?.[1];
  return uniqueKey(base === undefined || !isVersioned(object) ? object : withName(object, base));
}

/** The object as it would be called if it had no versions. */
export function withBaseName(found: ExistingObject): KubeObject {
  const { object } = found;
  if (versionOf(found) === undefined) return object;
  const name = nameOf(object);
  return withName(object, name.slice(0, name.lastIndexOf(separator)));
}

export function withVersion(object: KubeObject, version: number): KubeObject {
  return withName(object, `${nameOf(object)}${separator}${version}`);
}

export function withName(object: KubeObject, name: string): KubeObject {
  const metadata = object["metadata"];
  return withMember(object, "metadata", withMember(isMap(metadata) ? metadata : {}, "name", name));
}
