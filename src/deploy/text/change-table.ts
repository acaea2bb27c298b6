import { apiVersionOf, compareCodePoints, kindOf, type KubeObject, nameOf, namespaceOf } from "../../resource/index.ts";
import { textAt } from "../fields.ts";
import type { ChangeStrategy, PlanStep } from "../plan-types.ts";
import { clusterScope } from "../record/app-record.ts";
import { opCounts } from "./op-counts.ts";

const headers = ["Namespace", "Name", "Kind", "Age", "Op", "Op st.", "Wait to", "Rs", "Ri"];

/** kapp's table of changes with its two footers (kapp.md §11.2); `now` in epoch milliseconds. */
export function changeTable(steps: readonly PlanStep[], now: number): string {
  const active = steps.filter((step) => step.active).sort(byPlace);
  const rows = active.map((step) => rowOf(step, now));
  let above = "";
  for (const row of rows) {
    const [first] = row[0] ?? [];
    if (first === undefined) continue;
    if (first === above) row[0] = ["^"];
    else above = first;
  }
  const { ops, waits } = opCounts(steps);
  return ["Changes", "", table(rows), "", `Op:      ${ops}`, `Wait to: ${waits}`].join("\n");
}

/** One cell, by lines. */
type Cell = string[];

function rowOf(step: PlanStep, now: number): Cell[] {
  const object = step.fresh ?? step.existing ?? {};
  const state = step.existingState;
  return [
    [namespaceOf(object) || clusterScope],
    [nameOf(object)],
    [kindOf(object)],
    [step.existing === undefined ? "" : ageOf(step.existing, now)],
    [step.op === "noop" ? "" : step.op],
    [strategyText(step.strategy)],
    [step.wait === "noop" ? "" : step.wait],
    [state?.state ?? ""],
    wrap(state?.message ?? "", 35),
  ];
}

function table(rows: readonly (readonly Cell[])[]): string {
  const filled = rows.map((row) => row.map((cell) => (cell.length === 0 || cell[0] === "" ? ["-"] : cell)));
  const widths = headers.map((header, column) =>
    Math.max(header.length, ...filled.flatMap((row) => (row[column] ?? []).map((line) => line.length))),
  );
  const line = (cells: readonly string[]): string =>
    widths.map((width, column) => `${(cells[column] ?? "").padEnd(width)}  `).join("");
  const lines = [line(headers)];
  for (const row of filled) {
    const height = Math.max(...row.map((cell) => cell.length));
    for (let i = 0; i < height; i++) lines.push(line(row.map((cell) => cell[i] ?? "")));
  }
  return lines.join("\n");
}

function byPlace(a: PlanStep, b: PlanStep): number {
  const left = a.fresh ?? a.existing ?? {};
  const right = b.fresh ?? b.existing ?? {};
  const keys = [namespaceOf, nameOf, kindOf, apiVersionOf];
  for (const key of keys) {
    const order = compareCodePoints(key(left), key(right));
    if (order !== 0) return order;
  }
  return 0;
}

function strategyText(strategy: ChangeStrategy): string {
  return strategy.of === "none" ? "" : strategy.strategy.replaceAll("-", " ");
}

const units: readonly (readonly [string, number])[] = [
  ["y", 365 * 86_400],
  ["d", 86_400],
  ["h", 3_600],
  ["m", 60],
  ["s", 1],
];

function ageOf(object: KubeObject, now: number): string {
  const created = Date.parse(textAt(object, "metadata", "creationTimestamp"));
  if (Number.isNaN(created)) return "";
  const seconds = Math.max(0, Math.floor((now - created) / 1_000));
  const [unit, size] = units.find(([, length]) => seconds >= length) ?? ["s", 1];
  return `${Math.floor(seconds / size)}${unit}`;
}

/** Breaks between words; a word longer than the width stands alone. */
function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
