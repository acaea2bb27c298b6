import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";

/** Names that users of the package may import are a promise: this test fails when one comes or goes. UPDATE=1 writes them anew. */
const frozen = new URL("fixtures/exports.json", import.meta.url);
const doors: Readonly<Record<string, string>> = {
  lateen: "../src/functions/index.ts",
  "lateen/deploy": "../src/deploy/index.ts",
  "lateen/git": "../src/git/index.ts",
  "lateen/ytt": "../src/ytt/index.ts",
};

test("the package exports what it has promised", async () => {
  const names: Record<string, string[]> = {};
  for (const [entry, door] of Object.entries(doors)) {
    // A module's namespace object: its keys are the names that it exports.
    names[entry] = Object.keys((await import(new URL(door, import.meta.url).href)) as object).sort();
  }
  if (process.env["UPDATE"] === "1") writeFileSync(frozen, `${JSON.stringify(names, null, 2)}\n`);
  assert.deepEqual(names, JSON.parse(readFileSync(frozen, "utf8")));
});

test("each entry of package.json is one of them", () => {
  // Our own package.json.
  const { exports } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
    exports: object;
  };
  const entries = Object.keys(exports).filter((path) => path !== "./package.json");
  assert.deepEqual(entries.map((path) => `lateen${path.slice(1)}`).sort(), Object.keys(doors).sort());
});
