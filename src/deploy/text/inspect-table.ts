import { apiVersionOf, isMap, type Json, kindOf, nameOf, namespaceOf, stringifyYaml } from "../../resource/index.ts";
import type { ExistingObject } from "../existing/labelled-objects.ts";
import { mapAt } from "../fields.ts";
import { clusterScope, trimQualified } from "../record/app-record.ts";
import { readinessOf } from "../wait/readiness.ts";
import { treeOf } from "./object-tree.ts";
import { ageOf, type Cell, column, comparePlaces, hiddenColumn, type Table, wrap } from "./table.ts";

const columns = [
  column("Namespace"),
  column("Name"),
  column("Kind"),
  hiddenColumn("Version"),
  column("Owner"),
  column("Rs", "reconcile_state"),
  column("Ri", "reconcile_info"),
  column("Age"),
];

/** kapp's table of what an app has, with its footers (kapp.md §11.5); `now` in epoch milliseconds. */
export function inspectTable(
  appName: string,
  objects: readonly ExistingObject[],
  { now, isTree }: { readonly now: number; readonly isTree: boolean },
): Table {
  return {
    title: titleFor(appName),
    columns,
    rows: isTree
      ? treeOf(objects).map(({ found, depth }) => rowOf(found, now, branch(depth)))
      : byPlace(objects).map((found) => rowOf(found, now, "")),
    notes: ["Rs: Reconcile state", "Ri: Reconcile information"],
    content: "resources",
    marksRepeats: !isTree,
  };
}

/** What each object says of itself, one below the other. */
export function statusTable(appName: string, objects: readonly ExistingObject[]): Table {
  return {
    title: titleFor(appName),
    columns: [column("Namespace"), column("Name"), column("Kind"), hiddenColumn("Version"), column("Status")],
    rows: byPlace(objects).map(({ object }) => [
      [namespaceOf(object) || clusterScope],
      [nameOf(object)],
      [kindOf(object)],
      [apiVersionOf(object)],
      statusLines(mapAt(object, "status")),
    ]),
    notes: [],
    content: "resources",
    isUpright: true,
  };
}

function statusLines(status: Json | undefined): Cell {
  if (!isMap(status) || Object.keys(status).length === 0) return [];
  return stringifyYaml(status, { keyOrder: "natural", width: 80 }).trimEnd().split("\n");
}

function titleFor(appName: string): string {
  return `Resources in app '${trimQualified(appName)}'`;
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
    [apiVersionOf(object)],
    [transient ? "cluster" : "kapp"],
    [state],
    wrap(message, 35),
    [ageOf(object, now)],
  ];
}
