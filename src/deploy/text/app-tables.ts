import { compareCodePoints } from "../../resource/index.ts";
import { type LastChange, zeroTime } from "../record/app-record.ts";
import { ageSince, type Cell, type Column, column, hiddenColumn, type Table } from "./table.ts";

/** An app by its record. */
export interface ListedApp {
  readonly name: string;
  readonly namespace: string;
  /** That its objects carry: `kapp.k14s.io/app=1700000000000000000`. */
  readonly label: string;
  readonly lastChange: LastChange;
}

export interface AppChange extends LastChange {
  /** Of its ConfigMap. */
  readonly name: string;
}

const appColumns = (namespaces: Column): readonly Column[] => [
  namespaces,
  column("Name"),
  hiddenColumn("Label"),
  column("Namespaces"),
  column("Lcs", "last_change_successful"),
  column("Lca", "last_change_age"),
];

/** kapp's table of apps (kapp.md §11.5); without a namespace they are of all. `now` in epoch milliseconds. */
export function appTable(apps: readonly ListedApp[], namespace: string | undefined, now: number): Table {
  return {
    title: namespace === undefined ? "Apps in all namespaces" : `Apps in namespace '${namespace}'`,
    columns: appColumns(namespace === undefined ? column("Namespace") : hiddenColumn("Namespace")),
    rows: [...apps]
      .sort((a, b) => compareCodePoints(a.namespace, b.namespace) || compareCodePoints(a.name, b.name))
      .map(({ name, namespace: of, label, lastChange }) => [
        [of],
        [name],
        [label],
        wrappedList(lastChange.namespaces ?? []),
        [successText(lastChange)],
        [lastChange.startedAt === zeroTime ? "" : ageSince(lastChange.startedAt, now)],
      ]),
    notes: ["Lcs: Last Change Successful", "Lca: Last Change Age"],
    content: "apps",
    marksRepeats: true,
  };
}

/** kapp's table of an app's changes, the newest first. */
export function appChangeTable(changes: readonly AppChange[]): Table {
  return {
    title: "App changes",
    columns: [
      column("Name"),
      column("Started At"),
      column("Finished At"),
      column("Successful"),
      column("Description"),
      hiddenColumn("Namespaces"),
    ],
    rows: [...changes]
      .sort((a, b) => Date.parse(b.startedAt) - Date.parse(a.startedAt) || compareCodePoints(a.name, b.name))
      .map((change) => [
        [change.name],
        [wholeSeconds(change.startedAt)],
        [wholeSeconds(change.finishedAt)],
        [successText(change)],
        [change.description ?? ""],
        [(change.namespaces ?? []).join(",")],
      ]),
    notes: [],
    content: "app changes",
    marksRepeats: true,
  };
}

function successText({ successful }: LastChange): string {
  return successful === undefined ? "" : String(successful);
}

function wholeSeconds(time: string): string {
  return time === zeroTime ? "" : time.replace(/\.\d+/, "");
}

/** Names of a line before the next one begins, in characters. */
const lineLength = 40;

function wrappedList(names: readonly string[]): Cell {
  const lines: string[] = [];
  let length = 0;
  for (const name of names) {
    length += name.length;
    const isFull = length > lineLength;
    if (isFull) length = 0;
    const last = lines.pop();
    if (last === undefined) lines.push(name);
    else lines.push(...(isFull ? [`${last},`, name] : [`${last},${name}`]));
  }
  return lines;
}
