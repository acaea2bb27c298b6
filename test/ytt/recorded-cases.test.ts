/** Recorded runs of the real ytt: the same bytes, the same meaning of errors (the folder's README says what is compared). */
import assert from "node:assert/strict";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { runYtt } from "../../src/cli/ytt/run.ts";

const root = join(import.meta.dirname, "../../../shared/data/ytt/cases");

/** Where lateen departs from ytt, by case and reason; docs/departures.md tells users. */
const departures: Readonly<Record<string, string>> = {
  "own-yaml/json-out-nan": "ytt leaves a document out of its JSON without a word; lateen fails and says why",
  "yaml/error-010": "a map as key is refused: nothing that follows could hold it",
  "yaml/fuzz-012": "a map as key is refused",
  "yaml/fuzz-014": "a map as key is refused",
  "own-modules/err-toml-bad": "the TOML library's own words for a syntax error",
};

describe("recorded ytt cases", { skip: existsSync(root) ? false : `no recorded cases in ${root}` }, () => {
  for (const suite of existsSync(root) ? readdirSync(root).sort() : []) {
    describe(suite, () => {
      for (const name of caseNames(join(root, suite))) {
        const departure = departures[`${suite}/${name}`];
        const title = departure === undefined ? name : `${name}: ${departure}`;
        it(title, () => (departure === undefined ? check : checkRefused)(join(root, suite, name)));
      }
    });
  }
});

function caseNames(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.name === "args.json")
    .map((entry) => entry.parentPath.slice(folder.length + 1))
    .sort();
}

/** A departure: it fails, and says something. */
function checkRefused(folder: string): void {
  const before = process.cwd();
  process.chdir(folder);
  try {
    const { code, stderr } = runCase(readJson<readonly string[]>(join(folder, "args.json")) ?? [], folder);
    assert.equal(code, 1);
    assert.match(stderr, /^ytt: Error:\s+\S/);
  } finally {
    process.chdir(before);
  }
}

function check(folder: string): void {
  const args = readJson<readonly string[]>(join(folder, "args.json")) ?? [];
  const writes = args.some((argument) => argument.startsWith("out"));
  const copy = writes ? mkdtempSync(join(tmpdir(), "lateen-ytt-")) : undefined;
  if (copy !== undefined) cpSync(folder, copy, { recursive: true });
  const before = process.cwd();
  process.chdir(copy ?? folder);
  try {
    const run = runCase(args, folder);
    if (existsSync(join(folder, "expected.stderr"))) {
      assert.notEqual(run.code, 0, run.stdout);
      checkMessage(run.stderr, readFileSync(join(folder, "expected.stderr"), "utf8"));
    } else {
      assert.equal(run.code, 0, run.stderr);
      assert.equal(run.stdout, readFileSync(join(folder, "expected.stdout"), "utf8"));
      if (existsSync(join(folder, "expected.files")))
        assert.deepEqual(treeOf("out"), treeOf(join(folder, "expected.files")));
    }
  } finally {
    process.chdir(before);
    if (copy !== undefined) rmSync(copy, { recursive: true });
  }
}

function runCase(args: readonly string[], folder: string): { code: number; stdout: string; stderr: string } {
  let stdout = "";
  let stderr = "";
  const stdin = join(folder, "stdin");
  const code = runYtt(args, {
    terminal: {
      out: (line) => (stdout += `${line}\n`),
      err: (line) => (stderr += `${line}\n`),
      write: (text) => (stdout += typeof text === "string" ? text : new TextDecoder().decode(text)),
      paint: (_colour, text) => text,
    },
    environment: { ...process.env, ...readJson<Record<string, string>>(join(folder, "env.json")) },
    readStdin: () => (existsSync(stdin) ? readFileSync(stdin) : new Uint8Array()),
  });
  return { code, stdout, stderr };
}

/** The first lines that mean something occur, with white space folded and the numbers of templates and YAML's own wording left out. */
function checkMessage(stderr: string, expected: string): void {
  const got = fold(stderr);
  for (const line of meaningfulLines(expected)) assert.ok(got.includes(fold(line)), `${stderr}\ndoes not say: ${line}`);
}

function meaningfulLines(stderr: string): readonly string[] {
  const [first = "", ...others] = stderr
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  const head = first.replace(/^ytt: Error:\s*/, "");
  const rest = others.filter((line) => !/^=+$/.test(line));
  const bullet = rest.find((line) => line.startsWith("- "));
  return [
    ...(head === "" ? [] : [head]),
    ...(head === "" || head.endsWith(":") ? rest.slice(0, 1) : []),
    ...(bullet === undefined ? [] : [bullet]),
  ].map((line) => /^(.*?'[^']*': yaml:|.*? yaml:) (?!Strict)/.exec(line)?.[1] ?? line);
}

function fold(text: string): string {
  return text.replace(/__ytt_tpl(\d+|XXX)_/g, "__ytt_tplN_").replace(/\s+/g, " ");
}

function readJson<T>(path: string): T | undefined {
  // The folder's README says what these files hold.
  return existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as T) : undefined;
}

function treeOf(folder: string): Readonly<Record<string, string>> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    files.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [path.slice(folder.length + 1), readFileSync(path, "utf8")];
    }),
  );
}
