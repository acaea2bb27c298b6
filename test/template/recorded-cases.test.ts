/** Recorded runs of the real ytt over plain files: same documents, same bytes, same errors. */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { parseApp } from "../../src/app/index.ts";
import type { FileTree } from "../../src/fetch/index.ts";
import { templateApp, type TemplateResult } from "../../src/template/index.ts";

const root = join(import.meta.dirname, "../../../shared/data/ytt/cases");

/** Where lateen says no to what ytt lets through, or writes more carefully; by what is said about it. */
const departures: Readonly<Record<string, string>> = {
  "own-yaml/floats-special": "cannot be held in JSON",
  "yaml/decode-014": "cannot be held in JSON",
  "yaml/decode-021": "cannot be held in JSON",
  "yaml/decode-039": "null cannot be a key",
  "yaml/struct-006": "null cannot be a key",
  "yaml/error-010": "a map or list cannot be a key",
  "yaml/fuzz-012": "a map or list cannot be a key",
  "yaml/fuzz-014": "a map or list cannot be a key",
  "own-yaml/tag-map-seq": "tag '!foo' is not supported here",
  "own-yaml/tags": "tag '!custom' is not supported here",
};
/** A quoted `<<` stays quoted, so that it is not read back as a merge. */
const quotedMergeKey = "own-yaml/merge-key-quoted";

interface RecordedCase {
  readonly name: string;
  readonly folder: string;
  readonly paths: readonly string[];
  readonly marks: readonly string[];
}

describe("recorded ytt cases", { skip: existsSync(root) ? false : `no recorded cases in ${root}` }, () => {
  let compared = 0;
  for (const recorded of existsSync(root) ? plainCases() : []) {
    it(recorded.name, async (test) => {
      const result = await render(recorded);
      if (!result.ok && /not supported by lateen yet|to be a map, as/.test(result.stderr)) {
        test.skip("needs the template engine, or is no resource");
        return;
      }
      compared++;
      compare(recorded, result);
    });
  }
  it("are many", () => assert.ok(compared > 150, `${compared} compared`));
});

function compare({ name, folder }: RecordedCase, result: TemplateResult): void {
  const departure = departures[name];
  if (departure !== undefined) {
    assert.ok(!result.ok && result.stderr.includes(departure));
    return;
  }
  const output = join(folder, "expected.stdout");
  if (existsSync(output)) {
    const want = readFileSync(output, "utf8");
    assert.equal(
      result.ok ? result.yaml : result.stderr,
      name === quotedMergeKey ? want.replace("<<: 5", '"<<": 5') : want,
    );
  } else {
    assert.ok(!result.ok);
    assert.equal(result.stderr.trim(), readFileSync(join(folder, "expected.stderr"), "utf8").trim());
  }
}

/** Cases whose arguments say no more than an App's ytt step can. */
function plainCases(): readonly RecordedCase[] {
  const cases: RecordedCase[] = [];
  for (const suite of readdirSync(root)) {
    for (const name of readdirSync(join(root, suite))) {
      const folder = join(root, suite, name);
      const paths: string[] = [];
      const marks: string[] = [];
      const rest: string[] = [];
      // The file holds a list of texts (its README says so).
      const args = JSON.parse(readFileSync(join(folder, "args.json"), "utf8")) as string[];
      for (let i = 0; i < args.length; i++) {
        const flag = args[i];
        if (flag === "-f") paths.push(args[++i] ?? "");
        else if (flag === "--file-mark") marks.push(args[++i] ?? "");
        else rest.push(flag ?? "");
      }
      const hasCode = walk(folder, "").some(
        ([path, bytes]) => path.endsWith(".star") || /#@|\(@/.test(Buffer.from(bytes).toString("latin1")),
      );
      const fits = !hasCode && rest.length === 0 && paths.length > 0 && paths.every((path) => !/^-|=|:/.test(path));
      if (fits) cases.push({ name: `${suite}/${name}`, folder, paths, marks });
    }
  }
  return cases;
}

function render({ folder, paths, marks }: RecordedCase): Promise<TemplateResult> {
  const parsed = parseApp({
    apiVersion: "kappctrl.k14s.io/v1alpha1",
    kind: "App",
    metadata: { name: "app", namespace: "ns" },
    spec: { template: [{ ytt: { paths: [...paths], fileMarks: [...marks] } }] },
  });
  assert.ok("app" in parsed);
  const files: FileTree = new Map(
    walk(folder, "")
      .sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
      .map(([path, bytes]) => [path, { mode: "file", bytes }]),
  );
  return templateApp(
    { app: parsed.app, files },
    { readReference: () => Promise.resolve(undefined) },
    { signal: AbortSignal.timeout(5000) },
  );
}

function walk(folder: string, path: string): [string, Uint8Array][] {
  return readdirSync(join(folder, path)).flatMap((name) => {
    const below = path === "" ? name : `${path}/${name}`;
    if (statSync(join(folder, below)).isDirectory()) return walk(folder, below);
    return [[below, readFileSync(join(folder, below))] as [string, Uint8Array]];
  });
}
