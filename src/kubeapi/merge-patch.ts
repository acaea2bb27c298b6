import { cloneJson, isMap, type Json, type MutableJson, type MutableJsonMap, own, setOwn } from "../resource/index.ts";

/** RFC 7396: maps are merged, `null` removes, everything else replaces. The inputs stay as they are. */
export function applyMergePatch(target: Json | undefined, patch: Json): MutableJson {
  if (!isMap(patch)) return cloneJson(patch);
  const result: MutableJsonMap = {};
  if (isMap(target)) {
    for (const [key, member] of Object.entries(target)) {
      if (member !== undefined && own(patch, key) === undefined) setOwn(result, key, cloneJson(member));
    }
  }
  for (const [key, member] of Object.entries(patch)) {
    if (member !== null && member !== undefined) setOwn(result, key, applyMergePatch(own(target, key), member));
  }
  return result;
}
