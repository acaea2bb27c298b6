import { kindOf, nameOf, namespaceOf } from "../../resource/index.ts";
import type { ExistingObject } from "../existing/labelled-objects.ts";
import type { InspectOptions } from "../options/deploy-options.ts";
import { clusterScope, trimQualified } from "../record/app-record.ts";
import { readinessOf } from "../wait/readiness.ts";
import { treeOf } from "./object-tree.ts";
import { ageOf, type Cell, comparePlaces, table, withoutRepeats, wrap } from "./table.ts";

const headers = ["Namespace", "Name", "Kind", "Owner", "Rs", "Ri", "Age"];

/** kapp's table of what an app has, with its footers (kapp.md §11.5); `now` in epoch milliseconds. */
export function inspectTable(
  appName: string,
  objects: readonly ExistingObject[],
  { now, tree, columns }: { readonly now: number } & Pick<InspectOptions, "tree" | "columns">,
): string {
  const rows = tree
    ? treeOf(objects).map(({ found, depth }) => rowOf(found, now, branch(depth)))
    : withoutRepeats(byPlace(objects).map((found) => rowOf(found, now, "")));
  return [
    `Resources in app '${trimQualified(appName)}'`,
    table(headers, rows, columns),
    "Rs: Reconcile state\nRi: Reconcile information",
    `${rows.length} resources`,
  ].join("\n\n");
}

function byPlace(objects: readonly ExistingObject[]): readonly ExistingObject[] {
  return [...objects].sort((a, b) => comparePlaces(a.object, b.object));
}

/** ` L `, ` L.. `, ` L.... `. */
function branch(depth: number): string {
  return depth === 0 ? "" : ` L${"..".repeat(depth - 1)} `;
}

function rowOf({ object, transient }: ExistingObject, now: number, prefix: string): Cell[] {
  const { state, message } = readinessOf(object);
  return [
    [namespaceOf(object) || clusterScope],
    [`${prefix}${nameOf(object)}`],
    [kindOf(object)],
    [transient ? "cluster" : "kapp"],
    [state],
    wrap(message, 35),
    [ageOf(object, now)],
  ];
}
