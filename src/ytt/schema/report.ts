/** The report of schema faults: a heading, then for each fault the lines it concerns, what was found and what was expected (ytt.md §4.3). */
import { YttError } from "../error.ts";
import type { Position } from "../tree/position.ts";
import type { Violation } from "./violation.ts";

/** A fault of the schema itself. */
export function schemaError(summary: string, ...faults: readonly (Violation | Error)[]): YttError {
  return new YttError(schemaReport(summary, faults));
}

/** Starts with an empty line. Faults that are errors are told at the end, by their messages. */
export function schemaReport(summary: string, faults: readonly (Violation | Error)[]): string {
  const violations = faults.filter((fault): fault is Violation => !(fault instanceof Error));
  const errors = faults.filter((fault) => fault instanceof Error);
  const width = Math.max(0, ...violations.map(({ position }) => lineLabel(position).length));
  const gutter = (mark: string, label = ""): string => `  ${label.padStart(width)} ${mark}`;
  const sections = violations.map((violation) => violationText(violation, gutter));
  const messages = errors.map(({ message }) => `${message} \n`);
  return `\n${summary}\n${"=".repeat(summary.length)}\n${sections.join("")}${messages.join("")}\n`;
}

function violationText(violation: Violation, gutter: (mark: string, label?: string) => string): string {
  const { position, found, expected, hints = [] } = violation;
  return [
    "",
    ...(violation.description === undefined ? [] : [violation.description]),
    ...(position.fromMemory
      ? ["Data value calculated:", gutter("#"), `${gutter("#")} ${position.text}`, gutter("#")]
      : [`${position.file}:`, gutter("|"), ...sourceLines(violation, gutter), gutter("|")]),
    "",
    found === undefined ? "" : `${gutter("=")} found: ${found}`,
    expected === undefined ? "" : `${gutter("=")} expected: ${expected}`,
    ...hints.map((hint) => `${gutter("=")} hint: ${hint}`),
    "",
  ].join("\n");
}

function sourceLines(violation: Violation, gutter: (mark: string, label?: string) => string): string[] {
  const annotations = [...(violation.annotations ?? [])].sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
  const positions = [...annotations, violation.position];
  return positions.flatMap((position, index) => {
    const before = positions[index - 1];
    const line = `${gutter("|", lineLabel(position))} ${position.text}`;
    return before === undefined || position.isNextTo(before) ? [line] : [`${gutter("|")} ...`, line];
  });
}

function lineLabel(position: Position): string {
  return position.line === undefined ? "?" : String(position.line);
}
