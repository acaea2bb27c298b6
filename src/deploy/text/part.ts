/** What kapp prints, before it is known for whom: people at a terminal, a pipe, or a program that reads JSON (kapp.md §11). */
import { escapeJson } from "../../resource/index.ts";
import type { DiffLine } from "./text-diff.ts";
import { type Column, formatTable, type Table, tableJson } from "./table.ts";

export type Part =
  /** A line of its own; only for people. */
  | { readonly part: "line"; readonly text: string }
  /** Lines of a log, with their line feeds; only for people. */
  | { readonly part: "log"; readonly text: string }
  /** Text with its line feeds, for everybody. */
  | { readonly part: "block"; readonly text: string }
  /** Lines of a comparison, for everybody. */
  | { readonly part: "diff"; readonly lines: readonly { readonly text: string; readonly line: DiffLine["line"] }[] }
  | { readonly part: "table"; readonly table: Table };

export type Tone = "good" | "bad" | "head";

export interface PartPrinterOptions {
  /** `data`: a pipe, without what is only for people, tables as cells with tabs. Default `people`. */
  readonly mode?: "people" | "data" | "json";
  /** Titles or keys of the columns of tables. Default: all. */
  readonly columns?: readonly string[];
  /** What is done to each line that people read, before its colours. Default: nothing. */
  readonly clean?: (line: string) => string;
  /** Default: no colours. */
  readonly paint?: (text: string, tone: Tone) => string;
}

export interface PartPrinter {
  /** The text to write now. */
  print(part: Part): string;
  /** What stands before a line on another stream: an empty line behind what was written. As JSON the line itself is kept. */
  aside(line: string): string;
  /** The text to write at the end: the JSON. */
  end(): string;
}

/** kapp's blank lines: between parts, but not between logs and blocks that follow one another. */
export function createPartPrinter(options: PartPrinterOptions = {}): PartPrinter {
  return options.mode === "json" ? new JsonPrinter(options.columns ?? []) : new TextPrinter(options);
}

/** All parts as one text, for people. */
export function formatParts(parts: readonly Part[], options: PartPrinterOptions = {}): string {
  const printer = createPartPrinter(options);
  return `${parts.map((part) => printer.print(part)).join("")}${printer.end()}`;
}

class TextPrinter implements PartPrinter {
  readonly #options: PartPrinterOptions;
  readonly #clean: (line: string) => string;
  readonly #paint: (text: string, tone: Tone) => string;
  #before: "nothing" | "flowing" | "closed" = "nothing";

  constructor(options: PartPrinterOptions) {
    this.#options = options;
    this.#clean = options.clean ?? ((line) => line);
    this.#paint = options.paint ?? ((text) => text);
  }

  print(part: Part): string {
    const isOnlyForPeople = part.part === "line" || part.part === "log";
    if (isOnlyForPeople && this.#options.mode === "data") return "";
    const isFlowing = part.part === "log" || part.part === "block" || part.part === "diff";
    return `${this.#gap(isFlowing ? "flowing" : "closed")}${this.#textOf(part)}`;
  }

  aside(): string {
    return this.#gap("closed");
  }

  end(): string {
    return "";
  }

  #gap(next: "flowing" | "closed"): string {
    const before = this.#before;
    this.#before = next;
    return before === "nothing" || (before === "flowing" && next === "flowing") ? "" : "\n";
  }

  #textOf(part: Part): string {
    switch (part.part) {
      case "line":
        return `${this.#cleaned(part.text)}\n`;
      case "log":
      case "block":
        return this.#cleaned(part.text);
      case "diff":
        return part.lines
          .map(({ text, line }) => {
            const cleaned = this.#cleaned(text);
            return `${line === "same" ? cleaned : this.#paint(cleaned, line === "added" ? "good" : "bad")}\n`;
          })
          .join("");
      case "table":
        return formatTable(part.table, {
          columns: this.#options.columns ?? [],
          isBare: this.#options.mode === "data",
          clean: this.#clean,
          paint: (text, column) => this.#painted(text, column),
        });
    }
  }

  #cleaned(text: string): string {
    return text.split("\n").map(this.#clean).join("\n");
  }

  #painted(text: string, column: Column | "title"): string {
    if (column === "title") return this.#paint(text, "head");
    const good = goodCells[column.key];
    if (good === undefined || text === "-" || text === "") return text;
    return this.#paint(text, good(text) ? "good" : "bad");
  }
}

const isNoDelete = (text: string): boolean => text !== "delete";

/** Columns whose cells have a colour, and which of them are good. */
const goodCells: Readonly<Record<string, (text: string) => boolean>> = {
  op: isNoDelete,
  wait_to: isNoDelete,
  reconcile_state: (text) => text === "ok",
  last_change_successful: (text) => text === "true",
  successful: (text) => text === "true",
};

/** Gathers everything, and answers with it at the end. */
class JsonPrinter implements PartPrinter {
  readonly #columns: readonly string[];
  readonly #tables: object[] = [];
  readonly #blocks: string[] = [];
  readonly #lines: string[] = [];

  constructor(columns: readonly string[]) {
    this.#columns = columns;
  }

  print(part: Part): string {
    switch (part.part) {
      case "line":
      case "log":
        this.#lines.push(part.text);
        break;
      case "block":
        this.#blocks.push(part.text);
        break;
      case "diff":
        this.#blocks.push(part.lines.map(({ text }) => `${text}\n`).join(""));
        break;
      case "table":
        this.#tables.push(tableJson(part.table, this.#columns));
        break;
    }
    return "";
  }

  aside(line: string): string {
    this.#lines.push(line);
    return "";
  }

  end(): string {
    const orNull = <Item>(items: readonly Item[]): readonly Item[] | null => (items.length === 0 ? null : items);
    const all = { Tables: orNull(this.#tables), Blocks: orNull(this.#blocks), Lines: orNull(this.#lines) };
    return escapeSteering(escapeJson(JSON.stringify(all, undefined, 4)));
  }
}

/** What JSON leaves as it is though it steers terminals. */
function escapeSteering(json: string): string {
  return json.replace(
    /[\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
