/**
 * The catalogue of bad input and threats, row by row: each is named in the title of a test that proves it, or stands below with the work
 * that it waits for. What waits is named by no test, so that this list only shrinks.
 */
import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const ytt = "the template engine";
const otherFetches = "fetching archives, images and charts";
const dashboard = "the dashboard";
const waiting: Readonly<Record<string, string>> = {
  B27: "git over SSH, which is refused by name (B14)",
  B48: "submodules, which are refused by name (B47)",
  B51: otherFetches,
  B52: otherFetches,
  B53: otherFetches,
  B54: otherFetches,
  B55: otherFetches,
  B56: otherFetches,
  B57: otherFetches,
  B72: ytt,
  B73: ytt,
  B74: ytt,
  B75: ytt,
  B76: ytt,
  B77: ytt,
  B78: ytt,
  B79: ytt,
  B80: ytt,
  B82: ytt,
  B83: ytt,
  B105: "kapp's Config, which is refused by name",
  B114: "watches of run clusters: lateen lists",
  B126: dashboard,
  B127: dashboard,
  T16: ytt,
  T23: dashboard,
};

const rows = [...ids("B", 128), ...ids("T", 28)];
const folder = fileURLToPath(new URL(".", import.meta.url));
const named = new Set(
  globSync("**/*.ts", { cwd: folder, exclude: ["kube/**", "bad-input.test.ts"] })
    .map((path) => withoutComments(readFileSync(`${folder}${path}`, "utf8")))
    .flatMap((text) => text.match(/\b[BT]\d{1,3}\b/g) ?? []),
);

test("every row of bad input and every threat is proved by a test, or waits for something", () => {
  assert.deepEqual(
    rows.filter((row) => !named.has(row) && waiting[row] === undefined),
    [],
  );
});

test("no row both waits and is proved", () => {
  assert.deepEqual(
    Object.keys(waiting).filter((row) => named.has(row)),
    [],
  );
});

function ids(letter: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `${letter}${index + 1}`);
}

/** Titles are texts: what only a comment names is not proved. */
function withoutComments(source: string): string {
  return source.replace(/^\s*\/\*[\s\S]*?\*\//gm, "").replace(/^\s*\/\/.*$/gm, "");
}
