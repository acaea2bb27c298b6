import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type App, parseApp } from "../../src/app/index.ts";
import type { FileTree, TreeFile } from "../../src/fetch/index.ts";
import { isMap, type Json, parseYamlStream, stringifyJson } from "../../src/resource/index.ts";
import {
  type ClusterFacts,
  type ReadReference,
  templateApp,
  type TemplateOptions,
  type TemplateResult,
} from "../../src/template/index.ts";

type Tree = Readonly<Record<string, string | Uint8Array | { readonly link: string }>>;

function filesOf(tree: Tree): FileTree {
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
  const paths = Object.keys(tree).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  const fileOf = (content: string | Uint8Array | { readonly link: string }): TreeFile => {
    if (typeof content === "string") return { mode: "file", bytes: bytes(content) };
    return content instanceof Uint8Array
      ? { mode: "file", bytes: content }
      : { mode: "symlink", bytes: bytes(content.link) };
  };
  return new Map(paths.map((path) => [path, fileOf(tree[path] ?? "")]));
}

function appOf(template: string): App {
  const spec = parseYamlStream(`template: ${template}`, { file: "spec" }).documents[0]?.value;
  assert.ok(isMap(spec));
  const object: Json = {
    apiVersion: "kappctrl.k14s.io/v1alpha1",
    kind: "App",
    metadata: { name: "app", namespace: "ns" },
    spec,
  };
  const parsed = parseApp(object);
  assert.ok("app" in parsed, JSON.stringify(parsed));
  return parsed.app;
}

const secrets: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "secret/s": { "a.yml": "v: secret" },
  "configMap/c": { "b.yml": "v: map" },
};

const readReference: ReadReference = ({ kind, name }) => {
  const data = secrets[`${kind}/${name}`];
  return Promise.resolve(
    data === undefined
      ? undefined
      : new Map(Object.entries(data).map(([key, text]) => [key, new TextEncoder().encode(text)])),
  );
};

const cluster: ClusterFacts = {
  kubernetesVersion: () => Promise.resolve("1.34.4"),
  groupVersions: () => Promise.resolve(["apps/v1", "v1"]),
};

function run(template: string, tree: Tree, options: Partial<TemplateOptions> = {}): Promise<TemplateResult> {
  return templateApp(
    { app: appOf(template), files: filesOf(tree) },
    { readReference, cluster },
    { signal: AbortSignal.timeout(5000), ...options },
  );
}

async function rendered(template: string, tree: Tree): Promise<string> {
  const result = await run(template, tree);
  assert.ok(result.ok, JSON.stringify(result));
  return result.documents.map(({ object }) => stringifyJson(object)).join(" ");
}

async function failure(template: string, tree: Tree): Promise<Extract<TemplateResult, { readonly ok: false }>> {
  const result = await run(template, tree);
  assert.ok(!result.ok, JSON.stringify(result));
  return result;
}

const plain = "[{ytt: {}}]";

describe("plain YAML through ytt", () => {
  it("documents come in byte order of the paths, empty ones left out", async () => {
    const tree = {
      "b/z.yml": "v: 4",
      "b.yml": "v: 3",
      "b-c/y.yml": "v: 2",
      "A.yaml": "v: 1\n---\n# none\n---\n{}\n---\n[]\n",
      "z.json": "{}",
      README: "#@ x",
    };
    assert.equal(await rendered(plain, tree), '{"v":1} {"v":2} {"v":3} {"v":4}');
  });

  it("the stream is printed as ytt prints it, and documents know where they came from", async () => {
    const result = await run(plain, {
      "a.yml": "# c\n---\nb: 1e6\n\"10\": 'y'\nb: 2\nn:\n  - x: |\n      t\n---\nc: 3",
    });
    assert.ok(result.ok);
    assert.equal(result.yaml, 'b: 2\n"10": "y"\nfalse:\n- x: |\n    t\n---\nc: 3\n');
    assert.deepEqual(
      result.documents.map(({ origin }) => origin),
      [
        { file: "stdin", document: 1, source: { file: "a.yml", line: 2 } },
        { file: "stdin", document: 2, source: { file: "a.yml", line: 9 } },
      ],
    );
    assert.equal(stringifyJson(result.documents[0]?.object ?? null), '{"10":"y","b":2,"false":[{"x":"t\\n"}]}');
  });

  it("comments without @ are fine, ytt comments too", async () => {
    assert.equal(await rendered(plain, { "a.yml": "# one\n#! two\nv: '#@ text' # three" }), '{"v":"#@ text"}');
  });

  it("library files and private libraries are not printed", async () => {
    assert.equal(
      await rendered(plain, { "a.lib.yml": "v: 1", "_ytt_lib/x/b.yml": "v: #@ 1", "c.yml": "v: 3" }),
      '{"v":3}',
    );
  });

  it("text files make a warning only", async () => {
    const result = await run(plain, { "a.yml": "v: 1", "NOTES.txt": "hello" });
    assert.ok(result.ok);
    assert.match(result.stderr, /^\nWarning: Found Non-YAML templates in input\./);
  });

  it("nothing at all is an empty stream", async () => {
    assert.deepEqual(await run(plain, {}), { ok: true, documents: [], yaml: "", stderr: "" });
  });
});

describe("templates", () => {
  const template = '#@ load("@ytt:data", "data")\n---\nv: #@ data.values.v\n';
  const tree = {
    "a.yml": template,
    "values.yml": "#@data/values\n---\nv: default\n",
    "prod/p.txt": "x",
    "p.yaml": "#!",
  };
  const values = (source: string): string => `[{ytt: {paths: [a.yml, values.yml], valuesFrom: [${source}]}}]`;

  it("values come from Secrets, ConfigMaps and paths, the later ones over the earlier", async () => {
    assert.equal(await rendered("[{ytt: {paths: [a.yml, values.yml]}}]", tree), '{"v":"default"}');
    assert.equal(await rendered(values("{secretRef: {name: s}}"), tree), '{"v":"secret"}');
    assert.equal(await rendered(values("{secretRef: {name: s}}, {configMapRef: {name: c}}"), tree), '{"v":"map"}');
    assert.equal(await rendered(values("{path: own}"), { ...tree, "own/x.yml": "v: path" }), '{"v":"path"}');
  });

  it("the downward API gives fields of the App and facts of its cluster", async () => {
    const facts: readonly (readonly [item: string, value: string])[] = [
      ["fieldPath: metadata.name", '"app"'],
      ["fieldPath: .metadata.namespace", '"ns"'],
      ["kubernetesVersion: {}", '"1.34.4"'],
      ["kubernetesVersion: {version: 1.2.3}", '"1.2.3"'],
      ["kubernetesAPIs: {}", '["apps/v1","v1"]'],
      ["kappControllerVersion: {version: 0.52.0}", '"0.52.0"'],
    ];
    for (const [item, value] of facts)
      assert.equal(await rendered(values(`{downwardAPI: {items: [{name: v, ${item}}]}}`), tree), `{"v":${value}}`);
  });

  it("what the downward API cannot give fails the stage", async () => {
    const refusals: readonly (readonly [item: string, error: string])[] = [
      ["{name: v}", "Invalid downward API item given"],
      [
        "{name: a..b, fieldPath: metadata.name}",
        "Invalid name was provided 'a..b' (hint: separate paths should only use a single '.' character)",
      ],
      [
        "{name: v, fieldPath: spec.paused}",
        "Invalid field spec provided to DownwardAPI. Only single supported fields are allowed",
      ],
      ["{name: v, fieldPath: \"metadata.labels['x']\"}", "metadata.labels['x'] is not found"],
    ];
    for (const [item, error] of refusals)
      assert.equal(
        (await failure(values(`{downwardAPI: {items: [${item}]}}`), tree)).error,
        `Preparing template values: ${error}`,
      );
  });

  it("a failing template names file, line and calls", async () => {
    const { error, stderr, usefulErrorMessage, exitCode } = await failure(plain, {
      "a.yml": "#@ def f():\n#@   return 1 + None\n#@ end\nv: #@ f()",
    });
    assert.equal(error, "Templating dir: Error (see .status.usefulErrorMessage for details)");
    assert.equal(
      stderr,
      "ytt: Error: \n- unknown binary op: int + NoneType\n    in f\n      a.yml:2 | #@   return 1 + None\n    in <toplevel>\n      a.yml:4 | v: #@ f()\n",
    );
    assert.deepEqual([usefulErrorMessage, exitCode], [stderr, 1]);
  });

  it("no line of a Secret is shown, also where it does not fit the schema", async () => {
    const { stderr } = await failure("[{ytt: {paths: [s.yml], valuesFrom: [{secretRef: {name: s}}]}}]", {
      "s.yml": "#@data/values-schema\n---\nv: 1\n",
    });
    assert.match(stderr, /found: string/);
    assert.ok(!stderr.includes("secret"), stderr);
    assert.ok(stderr.includes("not shown, it is part of a Secret"), stderr);
  });

  it("print and warnings go to stderr", async () => {
    const result = await run(plain, { "a.yml": '#@ print("hello")\nv: 1' });
    assert.ok(result.ok);
    assert.equal(result.stderr, "hello\n");
  });

  it("L13, L14 a program that does not end is ended, by steps and by time", async () => {
    const endless = { "a.yml": "#@ for i in range(2000000000):\n#@ end\nv: 1" };
    assert.match(
      (await endsBy(endless, { limits: { starlark: { maxSteps: 100_000 } } })).stderr,
      /more than the allowed 100000 steps/,
    );
    assert.match((await endsBy(endless, { timeLimitMs: 50 })).stderr, /within 50 ms \(timeLimitMs\)/);
  });
});

async function endsBy(
  tree: Tree,
  options: Partial<TemplateOptions>,
): Promise<Extract<TemplateResult, { readonly ok: false }>> {
  const result = await run(plain, tree, options);
  assert.ok(!result.ok);
  return result;
}

describe("faults", () => {
  const cases: readonly {
    readonly name: string;
    readonly template?: string;
    readonly tree: Tree;
    readonly stderr: string;
  }[] = [
    {
      name: "YAML syntax in ytt's frame",
      tree: { "a.yml": "a: [1\nb: {\n" },
      stderr: "ytt: Error: Unmarshaling YAML template 'a.yml': yaml: line 1: did not find expected ',' or '\n",
    },
    {
      name: "a tab",
      tree: { "d/a.yml": "a:\n\tb: 1" },
      stderr:
        "ytt: Error: Unmarshaling YAML template 'd/a.yml': yaml: line 2: found character that cannot start any token\n",
    },
    {
      name: "B69 bytes that are no UTF-8",
      tree: { "a.yml": new Uint8Array([0x61, 0xff]) },
      stderr: "ytt: Error: Unmarshaling YAML template 'a.yml': yaml: invalid leading UTF-8 octet\n",
    },
    {
      name: "B64 a value without JSON",
      tree: { "a.yml": "a:\n  b: .inf" },
      stderr: "ytt: Error: Document on line a.yml:1: a.b: .inf cannot be held in JSON\n",
    },
    {
      name: "B71 a document that is no map",
      tree: { "a.yml": "a: 1\n---\n- x" },
      stderr: "ytt: Error: Expected the document at a.yml:2 to be a map, as a Kubernetes resource is\n",
    },
    {
      name: "a merged list, as in ytt",
      tree: { "a.yml": "<<: [{a: 1}]" },
      stderr:
        "ytt: Error: Unmarshaling YAML template 'a.yml': yaml: map merge requires map or sequence of maps as the value\n",
    },
    {
      name: "a missing path",
      template: "[{ytt: {paths: [b]}}]",
      tree: { "a.yml": "a: 1" },
      stderr: "ytt: Error: Checking file 'b': lstat b: no such file or directory\n",
    },
    {
      name: "T11 a symlink",
      tree: { "a.yml": { link: "../secret" } },
      stderr:
        "ytt: Error: Checking symlink file 'a.yml':\n  Expected symlink file 'a.yml' -> '../secret' to be allowed, but was not (hint: symlinks are disallowed as a security feature, use '--allow-symlink-destination' flags to override)\n",
    },
    {
      name: "a file mark that matches nothing",
      template: "[{ytt: {fileMarks: ['x.yml:exclude=true']}}]",
      tree: { "a.yml": "a: 1" },
      stderr: "ytt: Error: Expected file mark 'x.yml:exclude=true' to match at least one file by path, but did not\n",
    },
  ];
  for (const { name, template = plain, tree, stderr } of cases) {
    it(name, async () => assert.equal((await failure(template, tree)).stderr, stderr));
  }
});

describe("what kapp-controller says before any tool runs", () => {
  const cases: readonly (readonly [template: string, error: string])[] = [
    ["[]", "Expected at least one template option"],
    ["[{kustomize: {}}]", "Unsupported way to template"],
    ["[{kbld: {}}]", "spec.template[0].kbld is not supported by lateen yet (supported: ytt)"],
    ["[{ytt: {}}, {sops: {}}]", "spec.template[1].sops is not supported by lateen yet (supported: ytt)"],
    ["[{ytt: {paths: ['../x']}}]", "Checking path: Invalid path: ../x"],
    ["[{ytt: {paths: ['a/../../x']}}]", "Checking path: Invalid path: a/../../x"],
    ["[{ytt: {paths: ['x.yml=/etc/passwd']}}]", "Checking path: Invalid path: x.yml=/etc/passwd"],
    ["[{ytt: {paths: ['-']}}]", "Expected stdin to be available when using it as path, but was not"],
    ["[{ytt: {valuesFrom: [{secretRef: {name: nope}}]}}]", 'Preparing template values: secrets "nope" not found'],
    ["[{ytt: {valuesFrom: [{configMapRef: {name: nope}}]}}]", 'Preparing template values: configmaps "nope" not found'],
    [
      "[{ytt: {valuesFrom: [{}]}}]",
      "Preparing template values: Expected one of secretRef, configMapRef, downwardAPI, or path as a source",
    ],
    ["[{ytt: {inline: {pathsFrom: [{secretRef: {name: nope}}]}}}]", 'secrets "nope" not found'],
    ["[{ytt: {inline: {pathsFrom: [{}]}}}]", "Expected either secretRef or configMapRef as a source"],
    ["[{ytt: {inline: {paths: {../x.yml: 'a: 1'}}}}]", "Invalid path: ../x.yml"],
  ];
  for (const [template, error] of cases) {
    it(error, async () =>
      assert.deepEqual(await failure(template, { "a.yml": "a: 1" }), {
        ok: false,
        error,
        stderr: "",
        exitCode: -1,
        usefulErrorMessage: error,
      }),
    );
  }
});

describe("options and chains", () => {
  const tree = { "a.yml": "v: a", "d/b.yml": "v: b", "d/e/c.yml": "v: c" };
  it("paths: files and folders in the given order", async () => {
    assert.equal(
      await rendered("[{ytt: {paths: [d, a.yml, ./d/../a.yml]}}]", tree),
      '{"v":"b"} {"v":"c"} {"v":"a"} {"v":"a"}',
    );
  });
  it("inline files come last, from paths, Secrets and ConfigMaps", async () => {
    const template =
      "[{ytt: {paths: [a.yml], inline: {paths: {z.yml: 'v: z'}, pathsFrom: [{secretRef: {name: s, directoryPath: m}}, {configMapRef: {name: c}}]}}}]";
    assert.equal(await rendered(template, tree), '{"v":"a"} {"v":"map"} {"v":"secret"} {"v":"z"}');
  });
  it("a second step reads the first one's output, and documents keep their files", async () => {
    const result = await run("[{ytt: {paths: [d]}}, {ytt: {inline: {paths: {z.yml: 'v: z'}}}}]", tree);
    assert.ok(result.ok);
    assert.deepEqual(
      result.documents.map(({ origin }) => origin.source?.file),
      ["d/b.yml", "d/e/c.yml", "z.yml"],
    );
  });
  it("a second step with paths drops the first one's output unless it names it", async () => {
    assert.equal(await rendered("[{ytt: {paths: [d]}}, {ytt: {paths: [a.yml]}}]", tree), '{"v":"a"}');
    assert.equal(
      await rendered("[{ytt: {paths: [d/b.yml]}}, {ytt: {paths: [a.yml, '-']}}]", tree),
      '{"v":"a"} {"v":"b"}',
    );
  });
  it("file marks: exclude, plain, rename, only these", async () => {
    const marked = { "a.yml": "v: a", "b.yml": "v: b #@ x", "c.tpl": "v: c" };
    assert.equal(
      await rendered(
        "[{ytt: {fileMarks: ['b.yml:type=yaml-plain', 'c.tpl:type=yaml-plain', 'a.*:exclude=true']}}]",
        marked,
      ),
      '{"v":"b"} {"v":"c"}',
    );
    assert.equal(
      await rendered(
        "[{ytt: {fileMarks: ['**/*:exclusive-for-output=true', 'b.yml:exclude=true', 'c.tpl:path=c.yml']}}]",
        marked,
      ),
      '{"v":"a"} {"v":"c"}',
    );
  });
  it("T19 patterns from outside match in linear time", async () => {
    const name = `${"a".repeat(200)}/${"a/".repeat(100)}x.yml`;
    for (const pattern of [`${"*".repeat(100)}b`, `**/*${"*/".repeat(100)}b`, "(a+)+$", `${"a*".repeat(100)}b`]) {
      const startedAt = performance.now();
      await run(`[{ytt: {fileMarks: ['${pattern}:exclude=true']}}]`, { [name]: "v: a" });
      assert.ok(performance.now() - startedAt < 500, pattern);
    }
  });
  it("L15 documents and output are bounded", async () => {
    const text = "a: 1\n---\nb: 2\n";
    const over = await run(plain, { "a.yml": text }, { limits: { maxDocuments: 1 } });
    assert.ok(!over.ok && over.stderr.includes("at most 1 documents, but found more (at a.yml:2)"));
    assert.ok((await run(plain, { "a.yml": text }, { limits: { maxDocuments: 2, maxOutput: 10 } })).ok);
    assert.ok(!(await run(plain, { "a.yml": text }, { limits: { maxOutput: 9 } })).ok);
  });
  it("an aborted run throws the reason", async () => {
    await assert.rejects(run(plain, tree, { signal: AbortSignal.abort(new Error("superseded")) }), /superseded/);
  });
});
