/** kapp's tables (kapp.md §11.2, §11.5): a header, one row per object, columns as wide as their widest line. */
import { apiVersionOf, compareCodePoints, kindOf, type KubeObject, nameOf, namespaceOf } from "../../resource/index.ts";
import { textAt } from "../fields.ts";

/** One cell, by lines. */
export type Cell = readonly string[];

/** Empty cells show `-`. @param columns Titles or keys of the columns to show; none means all. */
export function table(
  allHeaders: readonly string[],
  rows: readonly (readonly Cell[])[],
  columns: readonly string[] = [],
): string {
  const isShown = allHeaders.map(
    (header) => columns.length === 0 || columns.includes(header) || columns.includes(columnKey(header)),
  );
  const headers = allHeaders.filter((_header, column) => isShown[column]);
  const filled = rows.map((row) =>
    row.filter((_cell, column) => isShown[column]).map((cell) => (cell.length === 0 || cell[0] === "" ? ["-"] : cell)),
  );
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

const columnKeys: Readonly<Record<string, string>> = {
  "Op st.": "op_strategy",
  Rs: "reconcile_state",
  Ri: "reconcile_info",
};

/** kapp's key of a column: `wait_to`. */
function columnKey(header: string): string {
  return columnKeys[header] ?? header.toLowerCase().replaceAll(" ", "_");
}

/** A first cell that says the same as the one above it becomes `^`. */
export function withoutRepeats(rows: readonly (readonly Cell[])[]): (readonly Cell[])[] {
  let above: string | undefined;
  return rows.map(([first = [], ...others]) => {
    const repeats = above !== undefined && first[0] === above;
    above = first[0];
    return [repeats ? ["^"] : first, ...others];
  });
}

/** By namespace, name, kind and version. */
export function comparePlaces(a: KubeObject, b: KubeObject): number {
  for (const key of [namespaceOf, nameOf, kindOf, apiVersionOf]) {
    const order = compareCodePoints(key(a), key(b));
    if (order !== 0) return order;
  }
  return 0;
}

const units: readonly (readonly [string, number])[] = [
  ["y", 365 * 86_400],
  ["d", 86_400],
  ["h", 3_600],
  ["m", 60],
  ["s", 1],
];

/** `5m`; empty for an object that names no time. `now` in epoch milliseconds. */
export function ageOf(object: KubeObject, now: number): string {
  const created = Date.parse(textAt(object, "metadata", "creationTimestamp"));
  if (Number.isNaN(created)) return "";
  const seconds = Math.max(0, Math.floor((now - created) / 1_000));
  const [unit, size] = units.find(([, length]) => seconds >= length) ?? ["s", 1];
  return `${Math.floor(seconds / size)}${unit}`;
}

/** Breaks between words; a word longer than the width stands alone. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
