/** kapp's tables (kapp.md §11.2, §11.5): a header, one row per object, columns but the last as wide as their widest line. */
import { apiVersionOf, compareCodePoints, kindOf, type KubeObject, nameOf, namespaceOf } from "../../resource/index.ts";
import { textAt } from "../fields.ts";

/** One cell, by lines; nothing or one empty line when there is nothing to show. */
export type Cell = readonly string[];

export interface Column {
  readonly title: string;
  /** kapp's key of the column, in JSON and for `--column`: `wait_to`. */
  readonly key: string;
  /** Shown only where it is asked for by name. */
  readonly isHidden?: true;
}

export interface Table {
  readonly title: string;
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly Cell[])[];
  readonly notes: readonly string[];
  /** What the rows are, for `N apps`; absent where they are not counted. */
  readonly content?: string;
  /** A first cell that says the same as the one above it is shown as `^`. Default false. */
  readonly marksRepeats?: boolean;
  /** Each row as lines of titles and values. Default false. */
  readonly isUpright?: boolean;
}

export interface TableLayout {
  /** Titles or keys of the columns to show; none means all that are not hidden. */
  readonly columns: readonly string[];
  /** Rows only: no title, header, notes and `^`, a tab behind each cell. */
  readonly isBare: boolean;
  /** What is done to each line of a cell before it is measured. */
  readonly clean: (text: string) => string;
  /** Gives a cell its colour. */
  readonly paint: (text: string, column: Column | "title") => string;
}

/** A column with a title of its own, where that is not the key in words. */
export function column(title: string, key: string = title.toLowerCase().replaceAll(" ", "_")): Column {
  return { title, key };
}

export function hiddenColumn(title: string): Column {
  return { ...column(title), isHidden: true };
}

interface ShownCell {
  readonly text: string;
  readonly column: Column | "title";
}

/** The table as text, every line with its line feed; empty cells show `-`. */
export function formatTable(table: Table, layout: TableLayout): string {
  const { isBare, clean } = layout;
  const isShown = shownColumns(table, layout.columns);
  const only = <Item>(items: readonly Item[]): readonly Item[] => items.filter((_item, index) => isShown[index]);
  const columns = only(table.columns);
  const rows = isBare || table.marksRepeats !== true ? table.rows : withoutRepeats(table.rows);
  const filled = rows.map((row) => only(row).map((cell) => filledCell(cell).map(clean)));
  const titles = columns.map(({ title }): ShownCell => ({ text: title, column: "title" }));
  const lines: (readonly ShownCell[])[] = [];
  if (table.isUpright === true) {
    filled.forEach((row, index) => {
      if (index > 0) lines.push([]);
      row.forEach((cell, place) => {
        const named = isBare ? [] : [[titles[place]?.text ?? ""]];
        lines.push(...linesOf([...named, cell], isBare ? columns : ["title", columns[place] ?? "title"]));
      });
    });
  } else {
    if (!isBare) lines.push(titles);
    for (const row of filled) lines.push(...linesOf(row, columns));
  }
  const widths: number[] = [];
  for (const line of lines)
    line.forEach(({ text }, place) => (widths[place] = Math.max(widths[place] ?? 0, text.length)));
  const border = isBare ? "\t" : "  ";
  const body = lines.map((line) =>
    line
      .map(({ text, column: of }, place) => {
        const gap = place === line.length - 1 ? 0 : (widths[place] ?? 0) - text.length;
        return `${layout.paint(text, of)}${" ".repeat(gap)}${border}`;
      })
      .join(""),
  );
  if (isBare) return body.map((line) => `${line}\n`).join("");
  const count = table.content === undefined ? [] : ["", `${table.rows.length} ${table.content}`];
  const notes = table.notes.length === 0 ? [] : ["", ...table.notes.map(clean)];
  return [clean(table.title), "", ...body, ...notes, ...count].map((line) => `${line}\n`).join("");
}

function linesOf(row: readonly Cell[], columns: readonly (Column | "title")[]): ShownCell[][] {
  const height = Math.max(0, ...row.map((cell) => cell.length));
  return Array.from({ length: height }, (_none, line) =>
    row.map((cell, place) => ({ text: cell[line] ?? "", column: columns[place] ?? "title" })),
  );
}

/** kapp's JSON of a table: cells by the keys of their columns. */
export function tableJson(
  table: Table,
  columns: readonly string[],
): { readonly Content: string; readonly Header: object; readonly Rows: readonly object[]; readonly Notes: unknown } {
  const isShown = shownColumns(table, columns);
  const byKey = (cells: readonly string[]): object =>
    Object.fromEntries(
      table.columns
        .map(({ key }, index) => [key, cells[index] ?? ""] as const)
        .filter((_entry, index) => isShown[index])
        .sort(([a], [b]) => compareCodePoints(a, b)),
    );
  return {
    Content: table.content ?? "",
    Header: byKey(table.columns.map(({ title }) => title)),
    Rows: table.rows.map((row) => byKey(row.map((cell) => cell.join("\n")))),
    Notes: table.notes.length === 0 ? null : table.notes,
  };
}

function shownColumns({ columns }: Table, asked: readonly string[]): readonly boolean[] {
  return columns.map(({ title, key, isHidden }) =>
    asked.length === 0 ? isHidden !== true : asked.includes(title) || asked.includes(key),
  );
}

function filledCell(cell: Cell): Cell {
  return cell.length === 0 || (cell.length === 1 && cell[0] === "") ? ["-"] : cell;
}

function withoutRepeats(rows: readonly (readonly Cell[])[]): (readonly Cell[])[] {
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
  return ageSince(textAt(object, "metadata", "creationTimestamp"), now);
}

/** The same for a time of RFC 3339; empty for what is none. */
export function ageSince(time: string, now: number): string {
  const since = Date.parse(time);
  if (Number.isNaN(since)) return "";
  const seconds = Math.max(0, Math.floor((now - since) / 1_000));
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
