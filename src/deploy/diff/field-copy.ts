/**
 * Changing fields without touching the original: only the maps and lists on the way are made anew, everything beside them is shared,
 * so that comparing an object with its changed form costs little.
 */
import { isList, isMap, type Json, type JsonMap, own } from "../../resource/index.ts";
import { goTypeName } from "../fields.ts";
import type { FieldPath } from "./field-path.ts";

/** A step of a path met a value that is no map. */
export class PathFault extends Error {
  readonly found: string;
  constructor(found: Json | undefined) {
    super("unexpected type on a path");
    this.found = goTypeName(found);
  }
}

/** `map` with one member set; a computed key is plain data, whatever its name. */
export function withMember(map: JsonMap, key: string, value: Json): JsonMap {
  return { ...map, [key]: value };
}

export function withoutMember(map: JsonMap, key: string): JsonMap {
  if (!Object.hasOwn(map, key)) return map;
  const { [key]: _removed, ...rest } = map;
  return rest;
}

/**
 * Sets the leaf of `path` to the first source that has it, in the order of `sources` (kapp.md §4.3). Only a source with the whole
 * parent path counts; missing maps are made where a source has the leaf, unless the path goes through a list.
 * @throws PathFault where the target has no map on the way.
 */
export function copyField(target: JsonMap, path: FieldPath, sources: readonly Json[]): JsonMap {
  const throughList = path.some((step) => typeof step !== "string");
  for (const source of sources) {
    const copied = copyFrom(target, path, 0, source, sources, throughList);
    if (isMap(copied)) return copied;
  }
  return target;
}

/** Takes the leaf of `path` away; missing steps are fine. */
export function removeField(target: JsonMap, path: FieldPath): JsonMap {
  const changed = removeFrom(target, path, 0);
  return isMap(changed) ? changed : target;
}

function removeFrom(target: Json, path: FieldPath, depth: number): Json {
  const step = path[depth];
  if (step === undefined) return target;
  if (typeof step !== "string") {
    return isList(target) ? target.map((item) => removeFrom(item, path, depth + 1)) : target;
  }
  if (!isMap(target)) return target;
  if (depth === path.length - 1) return withoutMember(target, step);
  const inner = own(target, step);
  if (inner === undefined) return target;
  const changed = removeFrom(inner, path, depth + 1);
  return changed === inner ? target : withMember(target, step, changed);
}

/** `undefined` when no leaf was set. All `sources` walk along with `source`, so that the leaf can come from the first that has it. */
function copyFrom(
  target: Json,
  path: FieldPath,
  depth: number,
  source: Json | undefined,
  sources: readonly (Json | undefined)[],
  throughList: boolean,
): Json | undefined {
  const step = path[depth];
  if (source === undefined || source === null || step === undefined) return undefined;
  if (typeof step !== "string") return copyElements(target, path, depth, source, sources);
  if (!isMap(source)) return undefined;
  if (!isMap(target)) throw new PathFault(target);
  const nextSources = sources.map((other) => own(other, step));
  if (depth === path.length - 1) {
    const leaf = nextSources.find((value) => value !== undefined);
    return leaf === undefined ? undefined : withMember(target, step, leaf);
  }
  let inner = own(target, step);
  if (inner === undefined || inner === null) {
    if (throughList || !hasLeaf(nextSources, path, depth + 1)) return undefined;
    inner = {};
  }
  const copied = copyFrom(inner, path, depth + 1, own(source, step), nextSources, throughList);
  return copied === undefined ? undefined : withMember(target, step, copied);
}

/** Lists are paired by index. */
function copyElements(
  target: Json,
  path: FieldPath,
  depth: number,
  source: Json,
  sources: readonly (Json | undefined)[],
): Json | undefined {
  if (!isList(target) || !isList(source)) return undefined;
  let copied = false;
  const items = target.map((item, index) => {
    if (item === null) return item;
    const next = sources.map((other) => (isList(other) ? other[index] : undefined));
    const changed = copyFrom(item, path, depth + 1, source[index], next, true);
    if (changed === undefined) return item;
    copied = true;
    return changed;
  });
  return copied ? items : undefined;
}

/** Whether one of the sources has the rest of the path. */
function hasLeaf(sources: readonly (Json | undefined)[], path: FieldPath, from: number): boolean {
  return sources.some((source) => {
    let current = source;
    for (const step of path.slice(from)) current = typeof step === "string" ? own(current, step) : undefined;
    return current !== undefined;
  });
}
