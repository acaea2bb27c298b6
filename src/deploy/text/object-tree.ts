import {
  compareCodePoints,
  groupVersionKindOf,
  type Json,
  type KubeObject,
  labelsOf,
  nameOf,
  namespaceOf,
  uidOf,
} from "../../resource/index.ts";
import { label } from "../annotations.ts";
import type { ExistingObject } from "../existing/labelled-objects.ts";
import { listAt, textAt } from "../fields.ts";

/** An object with the number of objects above it. */
export interface TreeRow {
  readonly found: ExistingObject;
  readonly depth: number;
}

/**
 * Objects in kapp's order of a tree: what shares an association label stands together, the app's own object first, and below it what
 * controllers made of it, by owner references (kapp.md §9.2, §11.5).
 */
export function treeOf(objects: readonly ExistingObject[]): TreeRow[] {
  const byUid = new Map(objects.map(({ object }) => [uidOf(object), object]));
  byUid.delete("");
  return objects
    .map((found) => {
      const line = ancestry(found.object, byUid);
      const association = labelsOf(found.object)[label.association] ?? "";
      const isAssociatedChild = association !== "" && found.transient;
      return {
        found,
        depth: Math.max(line.length - 1, isAssociatedChild ? 1 : 0),
        // What has no label comes last.
        order: [association === "" ? "~" : association, isAssociatedChild ? "child" : "", ...line],
      };
    })
    .sort((a, b) => compareLists(a.order, b.order))
    .map(({ found, depth }) => ({ found, depth }));
}

/** The object's name and place behind those of its owners, the topmost first; only owners that are shown too. */
function ancestry(object: KubeObject, byUid: ReadonlyMap<string, KubeObject>): string[] {
  const line = [object];
  for (let owner = ownerOf(object, byUid); owner !== undefined; owner = ownerOf(owner, byUid)) {
    if (line.includes(owner)) break;
    line.unshift(owner);
  }
  return line.map((member) => {
    const { group, kind } = groupVersionKindOf(member);
    return [namespaceOf(member), group, kind, nameOf(member)].join("$");
  });
}

function ownerOf(object: KubeObject, byUid: ReadonlyMap<string, KubeObject>): KubeObject | undefined {
  const references = listAt(object, "metadata", "ownerReferences");
  const known = references.find((reference: Json) => byUid.has(textAt(reference, "uid")));
  return known === undefined ? undefined : byUid.get(textAt(known, "uid"));
}

function compareLists(a: readonly string[], b: readonly string[]): number {
  for (const [index, left] of a.entries()) {
    const right = b[index];
    if (right === undefined) return 1;
    const order = compareCodePoints(left, right);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}
