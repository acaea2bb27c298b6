/** Errors of a program as ytt shows them: the message, a hint, and each call with its line (ytt.md §8). */
import { EvalError, LimitExceeded, limitOf, type Position, SyntaxErrors } from "../../starlark/index.ts";
import { YttError } from "../error.ts";
import type { CodeLine, SourceLine } from "./code.ts";

/** Finds the line of a template that a line of its program came from. */
export interface SourceMap {
  /** `unavailable`: the file is not one of this library's; `undefined`: nobody wrote the line. */
  find(position: Position): CodeLine | "unavailable" | undefined;
}

/** What the program's failure says in terms of its template. Anything else passes through. */
export function templateFailure(error: unknown, sources: SourceMap): unknown {
  if (error instanceof SyntaxErrors) {
    return new YttError(
      [
        "",
        ...error.errors.map(({ message, position }) => show(message, [{ position, name: undefined }], sources)),
      ].join("\n"),
    );
  }
  if (error instanceof EvalError) {
    const frames = error.frames.map(({ functionName, position }) => ({ position, name: functionName }));
    const text = `\n${show(error.message, frames, sources)}`;
    const limit = limitOf(error);
    return limit === undefined ? new YttError(text) : new LimitExceeded(limit.limit, text);
  }
  return error;
}

interface ShownFrame {
  readonly position: Position;
  readonly name: string | undefined;
}

function show(message: string, frames: readonly ShownFrame[], sources: SourceMap): string {
  const [topic = "", ...reason] = message.split("\n");
  const found = frames.map(({ position, name }) => ({ name, position, line: sources.find(position) }));
  const code = found.map(({ line }) => (line === undefined || line === "unavailable" ? "" : line.code));
  const lines = [`- ${topic}${hint(message, code)}`];
  for (const { name, position, line } of found) {
    const shown =
      line === "unavailable" ? `${position.file}:${position.line} | (unavailable)` : showSource(line?.source);
    if (shown === undefined) continue;
    if (name === undefined) lines.push(`    ${shown}`);
    else lines.push(`    in ${name}`, `      ${shown}`);
  }
  if (reason.length > 0) lines.push("", "    reason:", ...reason.map((line) => `     ${line}`));
  return lines.join("\n");
}

function showSource(source: SourceLine | undefined): string | undefined {
  return source === undefined ? undefined : `${source.position.compact()} | ${source.text}`;
}

const hints: ReadonlyMap<string, string> = new Map([
  ["undefined: true", "use 'True' instead of 'true' for boolean assignment"],
  ["undefined: false", "use 'False' instead of 'false' for boolean assignment"],
  ["got newline, want ':'", "missing colon at the end of 'if/for/def' statement?"],
  ["undefined: null", "use 'None' instead of 'null' to indicate no value"],
  ["undefined: nil", "use 'None' instead of 'nil' to indicate no value"],
  ["undefined: none", "use 'None' instead of 'none' to indicate no value"],
  ["unhandled index operation struct[string]", "use getattr(...) to access struct field programmatically"],
]);

function hint(message: string, code: readonly string[]): string {
  const text = hints.get(message) ?? operatorHint(message, code);
  return text === undefined ? "" : ` (hint: ${text})`;
}

function operatorHint(message: string, code: readonly string[]): string | undefined {
  const has = (operator: string): boolean => code.some((line) => line.includes(operator));
  if (/^unknown binary op: .+ \| .+$/.test(message)) return "use 'or' instead of '|' for logical-or";
  if (/^unknown binary op: .+ & .+$/.test(message)) return "use 'and' instead of '&' for logical-and";
  if (message === "got '&', want primary expression" && has("&&")) return "use 'and' instead of '&&' for logical-and";
  if (message === "got '|', want primary expression" && has("||")) return "use 'or' instead of '||' for logical-or";
  return undefined;
}
