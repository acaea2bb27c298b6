/** What a benchmark found: a table for people, figures for machines. */
import { best, median, percentile } from "./statistics.ts";

/** The largest value that is still good. */
interface Limits {
  readonly best?: number;
  readonly median?: number;
  readonly p95?: number;
}

export interface Figure {
  readonly benchmark: string;
  readonly section: string;
  readonly name: string;
  readonly unit: string;
  readonly samples: readonly number[];
  readonly best: number;
  readonly median: number;
  readonly p95: number;
  readonly target?: Limits;
  /** Absent where there is no target. */
  readonly met?: boolean;
}

export interface Report {
  /** Begins a table. */
  section(title: string): void;
  /** One row: all samples of one measurement. */
  row(name: string, samples: readonly number[], options?: RowOptions): void;
  /** A line of text below the table. */
  note(text: string): void;
  readonly figures: readonly Figure[];
}

export interface RowOptions {
  /** Default `ms`. */
  readonly unit?: string;
  /** Digits after the point. Default 0 from 100 on, else 1. */
  readonly digits?: number;
  readonly target?: Limits;
}

/** Collects the figures of one benchmark and prints each row as it comes: a long benchmark shows that it is alive. */
export function createReport(benchmark: string, print: (line: string) => void): Report {
  const figures: Figure[] = [];
  let section = "";
  return {
    figures,
    section(title) {
      section = title;
      print(`\n${benchmark}: ${title}`);
      print(line(["", "median", "p95", "best", "rounds", "target"]));
    },
    row(name, samples, { unit = "ms", digits, target } = {}) {
      const found = { best: best(samples), median: median(samples), p95: percentile(samples, 0.95) };
      const met = target === undefined ? undefined : limitsHold(found, target);
      figures.push({
        benchmark,
        section,
        name,
        unit,
        samples,
        ...found,
        ...(target === undefined ? {} : { target }),
        ...(met === undefined ? {} : { met }),
      });
      const cell = (value: number): string => `${value.toFixed(digits ?? (value >= 100 ? 0 : 1))} ${unit}`;
      const aim = target === undefined ? "" : `${limitsText(target)} ${unit}: ${met === true ? "met" : "MISSED"}`;
      print(line([name, cell(found.median), cell(found.p95), cell(found.best), String(samples.length), aim]).trimEnd());
    },
    note(text) {
      print(`  ${text}`);
    },
  };
}

function limitsHold(found: Required<Limits>, target: Limits): boolean {
  return (["best", "median", "p95"] as const).every((key) => found[key] <= (target[key] ?? Number.POSITIVE_INFINITY));
}

function limitsText(target: Limits): string {
  return (["best", "median", "p95"] as const)
    .flatMap((key) => (target[key] === undefined ? [] : [`${key} ≤ ${target[key]}`]))
    .join(", ");
}

function line([name = "", ...cells]: readonly string[]): string {
  return `  ${name.padEnd(52)}${cells.map((cell, index) => (index < 4 ? cell.padStart(10) : `  ${cell}`)).join("")}`;
}
