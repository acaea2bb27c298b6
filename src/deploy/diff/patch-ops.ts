import { createHash } from "node:crypto";
import {
  compareCodePoints,
  equalJson,
  isList,
  isMap,
  type Json,
  own,
  stringifyYaml,
  YamlDouble,
  type YamlTree,
} from "../../resource/index.ts";

/** One step of turning the existing object into the new one (kapp.md §4.1). */
export type PatchOp =
  | { readonly op: "test"; readonly path: string; readonly value: Json }
  | { readonly op: "test-absent"; readonly path: string }
  | { readonly op: "remove"; readonly path: string }
  | { readonly op: "replace"; readonly path: string; readonly value: Json };

/** The steps from `existing` to `fresh`, in kapp's order: keys by bytes, lists by index. */
export function patchOps(existing: Json, fresh: Json): PatchOp[] {
  const ops: PatchOp[] = [];
  compare(ops, "", existing, fresh);
  return ops;
}

/**
 * MD5 of the steps written as YAML: what kapp keeps in `kapp.k14s.io/original-diff-md5`. Values of the new object come from a
 * parsed file, where kapp holds every number as a double; exact integers beyond 2^53 are written with all their digits.
 */
export function digestOps(ops: readonly PatchOp[]): string {
  return createHash("md5").update(opsText(ops)).digest("hex");
}

function compare(ops: PatchOp[], path: string, existing: Json, fresh: Json): void {
  // Rebased objects share most of what they have with the existing one.
  if (existing === fresh) return;
  if (isMap(existing) && isMap(fresh)) {
    const keys = new Set([...Object.keys(existing), ...Object.keys(fresh)]);
    for (const key of [...keys].sort(compareCodePoints)) {
      const before = own(existing, key);
      const after = own(fresh, key);
      if (before === after) continue;
      const place = `${path}/${escapePointer(key)}`;
      if (before !== undefined && after !== undefined) compare(ops, place, before, after);
      else if (before !== undefined)
        ops.push({ op: "test", path: place, value: before }, { op: "remove", path: place });
      else if (after !== undefined) {
        ops.push({ op: "test-absent", path: place }, { op: "replace", path: `${place}?`, value: after });
      }
    }
  } else if (isList(existing) && isList(fresh)) {
    compareLists(ops, path, existing, fresh);
  } else if (!equalJson(existing, fresh)) {
    ops.push({ op: "test", path, value: existing }, { op: "replace", path, value: fresh });
  }
}

function compareLists(ops: PatchOp[], path: string, existing: readonly Json[], fresh: readonly Json[]): void {
  const shared = Math.min(existing.length, fresh.length);
  for (let i = 0; i < Math.max(existing.length, fresh.length); i++) {
    const before = existing[i];
    const after = fresh[i];
    if (before !== undefined && after !== undefined) compare(ops, `${path}/${i}`, before, after);
    // Removing moves the rest up: the first surplus index stays the one to test and remove.
    else if (before !== undefined) {
      ops.push({ op: "test", path: `${path}/${shared}`, value: before }, { op: "remove", path: `${path}/${shared}` });
    } else if (after !== undefined) {
      ops.push({ op: "test-absent", path: `${path}/${i}` }, { op: "replace", path: `${path}/-`, value: after });
    }
  }
}

function escapePointer(key: string): string {
  return key.replaceAll("~", "~0").replaceAll("/", "~1");
}

function opsText(ops: readonly PatchOp[]): string {
  if (ops.length === 0) return "[]\n";
  return ops.map(opText).join("");
}

function opText(op: PatchOp): string {
  switch (op.op) {
    case "test":
      return `- type: test\n${member("path", op.path)}${member("value", op.value)}`;
    case "test-absent":
      return `- type: test\n${member("path", op.path)}  absent: true\n`;
    case "remove":
      return `- type: remove\n${member("path", op.path)}`;
    case "replace":
      return `- type: replace\n${member("path", op.path)}${member("value", asDoubles(op.value))}`;
  }
}

/** `key: value` as a further member of a list's map: columns decide where long texts fold, so it is written inside a list. */
function member(key: string, value: Json | YamlTree): string {
  const list = new Map<YamlTree, Json | YamlTree>([[key, value]]);
  // YamlTree and Json differ in how they hold maps only; the writer takes both at any depth.
  const text = stringifyYaml([list] as YamlTree, { keyOrder: "natural", width: 80 });
  return `  ${text.slice(2)}`;
}

function asDoubles(value: Json): YamlTree {
  if (typeof value === "number") return new YamlDouble(value);
  if (isList(value)) return value.map(asDoubles);
  if (!isMap(value)) return value;
  const out = new Map<YamlTree, YamlTree>();
  for (const [key, inner] of Object.entries(value)) if (inner !== undefined) out.set(key, asDoubles(inner));
  return out;
}
