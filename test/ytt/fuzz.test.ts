/** Whatever the input, a render answers with documents or with an error that says where: it never throws, and leaves no trace in the process. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type InputFile, render } from "../../src/ytt/index.ts";
import { type Files, templates } from "./support/generate.ts";

/** More by hand: `FUZZ_RUNS=100000 node --test test/ytt/fuzz.test.ts`. */
const runs = Number(process.env["FUZZ_RUNS"] ?? 400);
const limits = { maxDocuments: 500, maxOutput: 200_000, starlark: { maxSteps: 200_000, maxBytes: 8 * 1024 * 1024 } };

test("generated templates render or fail with a message", () => {
  const prototypes = [Object.prototype, Array.prototype, Map.prototype, Function.prototype, String.prototype].map(
    (each) => Object.getOwnPropertyNames(each).sort().join(),
  );
  fc.assert(
    fc.property(templates, (files) => check(files)),
    { numRuns: runs },
  );
  assert.deepEqual(
    [Object.prototype, Array.prototype, Map.prototype, Function.prototype, String.prototype].map((each) =>
      Object.getOwnPropertyNames(each).sort().join(),
    ),
    prototypes,
  );
});

test("any text renders or fails with a message", () => {
  const pieces = fc.constantFrom(
    "#@ ",
    "#@",
    "---\n",
    "a: ",
    "- ",
    "\n",
    "  ",
    "(@= ",
    " @)",
    "end",
    "if x:",
    "1",
    '"',
    "'",
    "[",
    "}",
    "é",
    "\u0000",
    "\t",
    "&a ",
    "*a",
    "<<: ",
    "|",
    ">",
    "!!int ",
    "#@overlay/",
    "def f():",
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(pieces, fc.string({ unit: "binary", maxLength: 3 })), { maxLength: 30 }), (texts) => {
      const text = texts.join("");
      check({ "a.yml": text, "b.txt": text, "c.star": text });
    }),
    { numRuns: runs },
  );
});

test("what is printed reads back as the same", () => {
  fc.assert(
    fc.property(templates, (files) => {
      const first = render(inputs(files), { limits });
      // Bytes that are no text come back as text, and `-0` as an integer.
      if (!first.ok || /!!binary| -0\n/.test(first.yaml)) return;
      const again = render([{ path: "p.yml", bytes: new TextEncoder().encode(first.yaml) }], {
        limits,
        fileMarks: ["p.yml:type=yaml-plain"],
      });
      assert.ok(again.ok, again.ok ? "" : again.error.message);
      assert.equal(again.yaml, first.yaml);
    }),
    { numRuns: runs },
  );
});

function check(files: Files): void {
  const result = render(inputs(files), { limits });
  if (!result.ok) assert.ok(result.error.message.trim().length > 0);
}

function inputs(files: Files): readonly InputFile[] {
  return Object.entries(files).map(([path, text]) => ({ path, bytes: new TextEncoder().encode(text) }));
}
