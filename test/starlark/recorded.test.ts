import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { type Outcome, run } from "./support/run.ts";

const fixtures = join(import.meta.dirname, "fixtures");
const modules = { m: "alpha = 1\nbeta = 2\n" };
/** Before the expression, on its line. */
const prefix = "print(repr(";

describe("expressions give what starlark-go gives", () => {
  for (const section of readFileSync(join(fixtures, "expressions.txt"), "utf8").split(/^== /m).slice(1)) {
    const [title = "", ...lines] = section.split("\n");
    it(title, () => {
      for (let at = 0; (lines[at] ?? "") !== ""; at += 2) {
        const [source = "", want = ""] = lines.slice(at, at + 2);
        assert.equal(answer(source), want.slice("    ".length), source);
      }
    });
  }
});

function answer(expression: string): string {
  const { printed, failure, syntax } = run(`${prefix}${expression}))`);
  if (syntax !== undefined) {
    const errors = syntax.errors.map(({ message, position }) => `${position.column - prefix.length}: ${message}`);
    return `?? ${errors.join(" | ")}`;
  }
  return failure === undefined ? printed.join(" ").toWellFormed() : `!! ${failure.message.toWellFormed()}`;
}

describe("programs do what they do in starlark-go", () => {
  for (const program of readFileSync(join(fixtures, "programs.txt"), "utf8").split(/^---\n/m)) {
    const [source = "", want = ""] = program.split(/^\+\+\+\n/m);
    it(source.trim().split("\n").slice(0, 4).join("; ").slice(0, 80), () => {
      assert.equal(report(run(source, { modules })), want, source);
    });
  }
});

function report({ printed, failure, syntax }: Outcome): string {
  const lines: string[] = [...printed];
  for (const { message, position } of syntax?.errors ?? [])
    lines.push(`?? ${position.line}:${position.column}: ${message}`);
  if (failure !== undefined) lines.push(`!! ${failure.message}`);
  for (const { functionName, position } of failure?.frames ?? [])
    lines.push(`  in ${functionName} ${position.line}:${position.column}`);
  return lines.map((line) => `${line.toWellFormed()}\n`).join("");
}
