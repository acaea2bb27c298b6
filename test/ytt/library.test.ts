/** The package's own way in: files and options in, documents or an error out. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { build } from "esbuild";
import { type InputFile, render, type RenderOptions, type RenderResult } from "../../src/ytt/index.ts";

function run(files: Readonly<Record<string, string>>, options: RenderOptions = {}): RenderResult {
  const inputs: readonly InputFile[] = Object.entries(files).map(([path, text]) => ({
    path,
    bytes: new TextEncoder().encode(text),
  }));
  return render(inputs, options);
}

function yamlOf(files: Readonly<Record<string, string>>, options: RenderOptions = {}): string {
  const result = run(files, options);
  assert.ok(result.ok, result.ok ? "" : result.error.message);
  return result.yaml;
}

function errorOf(
  files: Readonly<Record<string, string>>,
  options: RenderOptions = {},
): { message: string; limit?: string } {
  const result = run(files, options);
  assert.ok(!result.ok, "it rendered");
  return result.error;
}

const values = '#@ load("@ytt:data", "data")\n---\nv: #@ data.values.v\n';

describe("render", () => {
  it("gives documents with their file, line, YAML and JSON", () => {
    const result = run({ "a.yml": "a: 1\n---\nb: #@ 1.0\n", "t.txt": "one (@= str(2) @)" });
    assert.ok(result.ok);
    assert.deepEqual(
      result.documents.map(({ path, line, yaml }) => ({ path, line, yaml, json: undefined })),
      [
        { path: "a.yml", line: 1, yaml: "a: 1\n", json: undefined },
        { path: "a.yml", line: 2, yaml: "b: 1\n", json: undefined },
      ],
    );
    assert.deepEqual(result.documents[1]?.toJson(), { b: 1 });
    assert.deepEqual(result.texts, [{ path: "t.txt", text: "one 2" }]);
  });

  it("takes values of each kind, the more specific over the more general", () => {
    const file = { argument: "v.yml", files: [{ path: "v.yml", bytes: new TextEncoder().encode("v: file") }] };
    const files = { "a.yml": values, "d.yml": "#@data/values\n---\nv: default\n" };
    assert.equal(yamlOf(files), "v: default\n");
    assert.equal(yamlOf(files, { dataValues: { files: [file] } }), "v: file\n");
    const env = { env: [{ prefix: "P", yaml: false }], environment: [["P_v", "env"] as const] };
    assert.equal(yamlOf(files, { dataValues: { files: [file], ...env } }), "v: env\n");
    assert.equal(yamlOf(files, { dataValues: { ...env, strings: ["v=1"] } }), 'v: "1"\n');
    assert.equal(yamlOf(files, { dataValues: { strings: ["v=1"], yaml: ["v=1"] } }), "v: 1\n");
  });

  it("an error says where", () => {
    const result = run({ "a.yml": "a: 1\nb: #@ nope\n" });
    assert.ok(!result.ok);
    assert.deepEqual([result.error.file, result.error.line], ["a.yml", 2]);
    assert.equal(result.error.message, "\n- undefined: nope\n    a.yml:2 | b: #@ nope");
  });

  it("does not change what it was given, and renders the same again", () => {
    const files = {
      "a.yml": "#@ def f():\na: 1\n#@ end\nx: #@ f()\n",
      "o.yml":
        '#@ load("@ytt:overlay", "overlay")\n#@overlay/match by=overlay.all\n---\n#@overlay/match missing_ok=True\ny: 2\n',
    };
    assert.equal(yamlOf(files), yamlOf(files));
  });

  it("a library that is evaluated twice gives the same twice", () => {
    const files = {
      "a.yml":
        '#@ load("@ytt:library", "library")\n#@ load("@ytt:template", "template")\n#@ l = library.get("l")\n--- #@ template.replace(l.eval())\n--- #@ template.replace(l.with_data_values({"v": 2}).eval())\n',
      "_ytt_lib/l/t.yml": values,
      "_ytt_lib/l/plain.yml": "p: 1\n",
      "_ytt_lib/l/v.yml": "#@data/values\n---\nv: 1\n",
    };
    assert.equal(yamlOf(files), "v: 1\n---\np: 1\n---\nv: 2\n---\np: 1\n");
  });

  it("goes on after a function with YAML in it that failed within try_to", () => {
    const lib = "#@ def f():\na: #@ 1 // 0\n#@ end\n";
    const text =
      '#@ load("@ytt:assert", "assert")\n#@ load("f.lib.yml", other="f")\n' +
      lib +
      "#@ x, y = assert.try_to(f), assert.try_to(other)\nb: #@ [x[1], y[1]]\nc: 2\n";
    const failure = "floored division by zero";
    assert.equal(yamlOf({ "a.yml": text, "f.lib.yml": lib }), `b:\n- ${failure}\n- ${failure}\nc: 2\n`);
  });

  it("keys that mean something to JavaScript are plain data", () => {
    const text = "__proto__: {a: 1}\nconstructor: 2\ntoString: #@ {'__proto__': 3}['__proto__']\n";
    assert.equal(yamlOf({ "a.yml": text }), "__proto__:\n  a: 1\nconstructor: 2\ntoString: 3\n");
    for (const expression of [
      '"".constructor',
      "[].__proto__",
      "{}.toString",
      "(1).valueOf",
      "len.call",
      'getattr("", "length")',
    ])
      assert.match(errorOf({ "a.yml": `a: #@ ${expression}\n` }).message, /has no \.\w+ field or method/, expression);
    assert.equal(yamlOf({ "a.yml": 'a: #@ hasattr({}, "hasOwnProperty")\n' }), "a: false\n");
  });
});

describe("bounds, each on both sides", () => {
  const cases: readonly { name: string; under: string; over: string; options: RenderOptions; says: RegExp }[] = [
    {
      name: "steps",
      under: "#@ for i in range(100):\n#@ end\na: 1\n",
      over: "#@ for i in range(100000):\n#@ end\na: 1\n",
      options: { limits: { starlark: { maxSteps: 5000 } } },
      says: /more than the allowed 5000 steps/,
    },
    {
      name: "call depth",
      under: "#@ def f(n): return 0 if n == 0 else f(n - 1)\na: #@ f(8)\n",
      over: "#@ def f(n): return 0 if n == 0 else f(n - 1)\na: #@ f(12)\n",
      options: { limits: { starlark: { maxCallDepth: 10 } } },
      says: /calls nest deeper than the allowed 10/,
    },
    {
      name: "bytes",
      under: 'a: #@ len("x" * 1000)\n',
      over: 'a: #@ len("x" * 100000)\n',
      options: { limits: { starlark: { maxBytes: 50_000 } } },
      says: /more than the allowed 50000 bytes/,
    },
    {
      name: "value depth",
      under: "#@ a = []\n#@ for i in range(90):\n#@ a = [a]\n#@ end\na: #@ len(a)\n",
      over: "#@ a = []\n#@ a.append(a)\na: #@ a\n",
      options: {},
      says: /nests deeper than the allowed 500/,
    },
    {
      name: "value size",
      under: "#@ a = [1]\n#@ for i in range(8):\n#@ a = [a, a]\n#@ end\na: #@ len(a)\n",
      over: "#@ a = [1]\n#@ for i in range(40):\n#@ a = [a, a]\n#@ end\na: #@ a\n",
      options: {},
      says: /holds more than the allowed 1000000 values/,
    },
    {
      name: "documents",
      under: "a: 1\n---\nb: 1\n",
      over: "a: 1\n---\nb: 1\n---\nc: 1\n",
      options: { limits: { maxDocuments: 2 } },
      says: /at most 2 documents.*a\.yml:4/,
    },
    {
      name: "output",
      under: "a: 123456\n",
      over: "a: 1234567890123\n",
      options: { limits: { maxOutput: 12 } },
      says: /at most 12 characters/,
    },
    {
      name: "YAML depth",
      under: "a: [[[1]]]\n",
      over: "a: [[[[[[1]]]]]]\n",
      options: { limits: { yaml: { maxDepth: 5 } } },
      says: /Unmarshaling YAML template 'a\.yml'.*5/,
    },
    {
      name: "aliases",
      under: "a: &x 1\nb: [*x, *x]\n",
      over: "a: &x 1\nb: [*x, *x, *x]\n",
      options: { limits: { yaml: { maxAliases: 2 } } },
      says: /more than 2 aliases/,
    },
  ];
  for (const { name, under, over, options, says } of cases) {
    it(name, () => {
      yamlOf({ "a.yml": under }, options);
      assert.match(errorOf({ "a.yml": over }, options).message, says);
    });
  }

  it("libraries inside one another", () => {
    const nested =
      '#@ load("@ytt:library", "library")\n#@ load("@ytt:template", "template")\n--- #@ template.replace(library.get("l").eval())\n';
    const files = { "a.yml": nested, "_ytt_lib/l/a.yml": nested, "_ytt_lib/l/_ytt_lib/l/a.yml": "a: 1\n" };
    assert.equal(yamlOf(files, { limits: { maxLibraryDepth: 2 } }), "a: 1\n");
    assert.match(errorOf(files, { limits: { maxLibraryDepth: 1 } }).message, /at most 1 libraries inside one another/);
  });

  it("a file that loads itself", () => {
    const message = errorOf({
      "a.yml": '#@ load("f.star", "f")\na: 1\n',
      "f.star": 'load("g.star", "g")\nf = 1\n',
      "g.star": 'load("f.star", "f")\ng = 1\n',
    }).message;
    assert.match(message, /cannot load f\.star: .*not be loaded by itself/s);
  });

  it("a value that nests too deep in a function with YAML in it is not caught by try_to", () => {
    const text =
      '#@ load("@ytt:assert", "assert")\n#@ deep = []\n#@ deep.append(deep)\n#@ def f():\na: #@ deep\n#@ end\nb: #@ assert.try_to(f)[1]\n';
    assert.match(errorOf({ "a.yml": text }).message, /nests deeper than the allowed 500/);
  });

  it("a time limit ends programs, and passes through try_to", () => {
    const end = new Error("too long");
    const endless =
      '#@ load("@ytt:assert", "assert")\n#@ def f():\n#@   for i in range(1000000000):\n#@   end\n#@ end\na: #@ assert.try_to(f)\n';
    assert.throws(
      () =>
        run(
          { "a.yml": endless },
          {
            checkTime: () => {
              throw end;
            },
          },
        ),
      end,
    );
    assert.equal(errorOf({ "a.yml": endless }, { limits: { starlark: { maxSteps: 100_000 } } }).limit, "steps");
  });
});

it("runs without Node: the bundle for browsers needs nothing of it", async () => {
  const result = await build({
    entryPoints: [new URL("../../src/ytt/index.ts", import.meta.url).pathname],
    bundle: true,
    write: false,
    format: "esm",
    platform: "browser",
    logLevel: "silent",
  });
  assert.deepEqual(result.errors, []);
});
