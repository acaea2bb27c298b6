/**
 * Changing fields without touching the original: only the maps and lists on the way are made anew, everything beside them is shared,
 * so that comparing an object with its changed form costs little.
 */
import { isList, isMap, type Json, type JsonMap, own } from "../../resource/index.ts";
import { goTypeName } from "../fields.ts";
import { type FieldPath, type ListStep, mapElements } from "./field-path.ts";

/** A step of a path met a value of the wrong type. */
export class PathFault extends Error {
  constructor(found: Json | undefined, wanted: "map" | "array") {
    super(`Unexpected non-${wanted} found: ${goTypeName(found)}`);
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
  const throughList = path.some((step) => typeof step !== "string" && !("pattern" in step));
  // The leaf is the same whoever leads to it, but lists may be longer in a later source.
  return sources.reduce<JsonMap>((result, source) => {
    const copied = copyFrom({ target: result, path, depth: 0, source, sources, throughList });
    return isMap(copied) ? copied : result;
  }, target);
}

/** Takes the leaf of `path` away; missing steps are fine. */
export function removeField(target: JsonMap, path: FieldPath): JsonMap {
  const changed = removeFrom(target, path, 0);
  return isMap(changed) ? changed : target;
}

function removeFrom(target: Json, path: FieldPath, depth: number): Json {
  const step = path[depth];
  if (step === undefined) return target;
  if (typeof step === "string") return isMap(target) ? removeMember(target, step, path, depth) : target;
  if ("pattern" in step) {
    if (!isMap(target)) return target;
    const keys = Object.keys(target).filter((key) => step.fits(key));
    return keys.reduce<JsonMap>((result, key) => removeMember(result, key, path, depth), target);
  }
  return isList(target) ? mapElements(target, step, (item) => removeFrom(item, path, depth + 1)) : target;
}

function removeMember(target: JsonMap, key: string, path: FieldPath, depth: number): JsonMap {
  if (depth === path.length - 1) return withoutMember(target, key);
  const inner = own(target, key);
  if (inner === undefined) return target;
  const changed = removeFrom(inner, path, depth + 1);
  return changed === inner ? target : withMember(target, key, changed);
}

/** One step of copying. All `sources` walk along with `source`, so that the leaf can come from the first that has it. */
interface Walk {
  readonly target: Json;
  readonly path: FieldPath;
  readonly depth: number;
  readonly source: Json | undefined;
  readonly sources: readonly (Json | undefined)[];
  readonly throughList: boolean;
}

/** `undefined` when no leaf was set. */
function copyFrom(walk: Walk): Json | undefined {
  const { target, path, depth, source } = walk;
  const step = path[depth];
  if (source === undefined || source === null || step === undefined) return undefined;
  if (typeof step === "string") return copyMember(walk, step);
  if (!("pattern" in step)) return copyElements(walk, step);
  if (!isMap(source)) return undefined;
  let changed: Json | undefined;
  for (const key of Object.keys(source)) {
    if (step.fits(key)) changed = copyMember({ ...walk, target: changed ?? target }, key) ?? changed;
  }
  return changed;
}

function copyMember(walk: Walk, key: string): Json | undefined {
  const { target, path, depth, source, throughList } = walk;
  if (!isMap(source)) return undefined;
  if (!isMap(target)) throw new PathFault(target, "map");
  const sources = walk.sources.map((other) => own(other, key));
  if (depth === path.length - 1) {
    const leaf = sources.find((value) => value !== undefined);
    return leaf === undefined ? undefined : withMember(target, key, leaf);
  }
  let inner = own(target, key);
  if (inner === undefined || inner === null) {
    if (throughList || !hasLeaf(sources, path, depth + 1)) return undefined;
    inner = {};
  }
  const copied = copyFrom({ ...walk, target: inner, depth: depth + 1, source: own(source, key), sources });
  return copied === undefined ? undefined : withMember(target, key, copied);
}

/** Lists are paired by index. */
function copyElements(walk: Walk, step: ListStep): Json | undefined {
  const { target, source, depth } = walk;
  if (!isList(target) || !isList(source)) return undefined;
  let copied = false;
  const items = mapElements(target, step, (item, index) => {
    if (item === null) return item;
    const sources = walk.sources.map((other) => (isList(other) ? other[index] : undefined));
    const changed = copyFrom({
      ...walk,
      target: item,
      depth: depth + 1,
      source: source[index],
      sources,
      throughList: true,
    });
    if (changed === undefined) return item;
    copied = true;
    return changed;
  });
  return copied ? items : undefined;
}

/** Whether one of the sources has the rest of the path. */
function hasLeaf(sources: readonly (Json | undefined)[], path: FieldPath, from: number): boolean {
  return sources.some((source) => leadsOn(source, path, from));
}

function leadsOn(value: Json | undefined, path: FieldPath, depth: number): boolean {
  const step = path[depth];
  if (step === undefined) return value !== undefined;
  if (typeof step === "string") return leadsOn(own(value, step), path, depth + 1);
  if (!("pattern" in step) || !isMap(value)) return false;
  return Object.keys(value).some((key) => step.fits(key) && leadsOn(own(value, key), path, depth + 1));
}
