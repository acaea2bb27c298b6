import {
  cloneJson,
  isList,
  isMap,
  type Json,
  type MutableJson,
  type MutableJsonMap,
  own,
  setOwn,
} from "../../resource/index.ts";
import { goTypeName, isMutableMap } from "../fields.ts";
import type { FieldPath } from "./field-path.ts";

/** A step of a path met a value that is no map. */
export class PathFault extends Error {
  readonly found: string;
  constructor(found: Json | undefined) {
    super("unexpected type on a path");
    this.found = goTypeName(found);
  }
}

/**
 * Sets the leaf of `path` in `result` to the first source that has it, in the order of `sources` (kapp.md §4.3). Only a source with
 * the whole parent path counts; missing maps in the result are made where a source has the
 * leaf, unless the path goes through a list.
 * @throws PathFault where the result has no map on the way.
 */
export function copyField(result: MutableJsonMap, path: FieldPath, sources: readonly Json[]): void {
  const throughList = path.some((step) => typeof step !== "string");
  for (const source of sources) {
    if (copyFrom(result, path, 0, source, sources, throughList)) return;
  }
}

/** Takes the leaf of `path` away; missing steps are fine. */
export function removeField(target: MutableJson | undefined, path: FieldPath): void {
  const [step, ...rest] = path;
  if (step === undefined || target === undefined) return;
  if (typeof step !== "string") {
    if (Array.isArray(target)) for (const item of target) removeField(item, rest);
    return;
  }
  if (!isMutableMap(target)) return;
  if (rest.length === 0) delete target[step];
  else removeField(Object.hasOwn(target, step) ? target[step] : undefined, rest);
}

/** `true` when a leaf was set. All `sources` walk along with `source`, so that the leaf can come from the first that has it. */
function copyFrom(
  target: MutableJson,
  path: FieldPath,
  depth: number,
  source: Json | undefined,
  sources: readonly (Json | undefined)[],
  throughList: boolean,
): boolean {
  const step = path[depth];
  if (source === undefined || source === null || step === undefined) return false;
  if (typeof step !== "string") {
    if (!Array.isArray(target) || !isList(source)) return false;
    let copied = false;
    target.forEach((item, index) => {
      const next = sources.map((other) => (isList(other) ? other[index] : undefined));
      if (item !== null) copied = copyFrom(item, path, depth + 1, source[index], next, throughList) || copied;
    });
    return copied;
  }
  if (!isMap(source)) return false;
  if (!isMutableMap(target)) throw new PathFault(target);
  if (depth === path.length - 1) return setLeaf(target, step, sources);
  let inner = Object.hasOwn(target, step) ? target[step] : undefined;
  const nextSource = own(source, step);
  const nextSources = sources.map((other) => own(other, step));
  if (inner === undefined || inner === null) {
    if (throughList || !hasLeaf(nextSources, path, depth + 1)) return false;
    inner = {};
    setOwn(target, step, inner);
  }
  return copyFrom(inner, path, depth + 1, nextSource, nextSources, throughList);
}

function setLeaf(target: MutableJsonMap, key: string, sources: readonly (Json | undefined)[]): boolean {
  for (const source of sources) {
    const value = own(source, key);
    if (value === undefined) continue;
    setOwn(target, key, cloneJson(value));
    return true;
  }
  return false;
}

/** Whether one of the sources has the rest of the path; lists on the way are looked at later, element by element. */
function hasLeaf(sources: readonly (Json | undefined)[], path: FieldPath, from: number): boolean {
  return sources.some((source) => {
    let current = source;
    for (const step of path.slice(from)) {
      if (typeof step !== "string") return true;
      current = own(current, step);
    }
    return current !== undefined;
  });
}
