import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  type App,
  appOpenApiSchema,
  appReferences,
  deployProblem,
  fetchProblem,
  parseApp,
  pruneAppFields,
  templateProblem,
} from "../../src/app/index.ts";
import { isMap, type Json, type KubeObject, own, parseYamlStream } from "../../src/resource/index.ts";

function yaml(text: string): KubeObject {
  const value: Json | undefined = parseYamlStream(text, { file: "app.yml" }).documents[0]?.value;
  assert.ok(isMap(value));
  return value;
}

function appOf(spec: string): App {
  const indented = spec.trim().replace(/^/gm, "  ");
  const parsed = parseApp(
    yaml(
      `apiVersion: kappctrl.k14s.io/v1alpha1\nkind: App\nmetadata: {name: app, namespace: ns}\nspec:\n${indented}\n`,
    ),
  );
  assert.ok("app" in parsed, JSON.stringify(parsed));
  return parsed.app;
}

describe("parseApp", () => {
  it("reads the App of the delivery guide", () => {
    const app = appOf(`
serviceAccountName: deployer
cluster:
  namespace: default
  kubeconfigSecretRef: {name: staging-kubeconfig}
syncPeriod: 1m30s
fetch:
- git:
    url: https://github.com/acme/gitops
    ref: origin/main
    subPath: packages/a
    secretRef: {name: git-creds}
    depth: 0
- inline:
    paths: {a.yml: "a: 1", __proto__: "b: 1"}
    pathsFrom:
    - secretRef: {name: s, directoryPath: d}
    - configMapRef: {name: c}
  path: values
template:
- ytt:
    paths: [a.yml, "-"]
    valuesFrom:
    - secretRef: {name: v}
    - path: x.yml
    - downwardAPI: {items: [{name: label, fieldPath: metadata.name}]}
    - {}
deploy:
- kapp:
    intoNs: other
    rawOptions: ["--diff-changes=true"]
    inspect: {}
    delete: {rawOptions: ["--apply-ignored=true"]}
`);
    assert.equal(app.spec.serviceAccountName, "deployer");
    assert.deepEqual(app.spec.cluster, {
      namespace: "default",
      kubeconfigSecretRef: { name: "staging-kubeconfig", key: "value" },
    });
    assert.equal(app.spec.syncPeriodMs, 90_000);
    const [git, inline] = app.spec.fetch;
    assert.deepEqual(git, {
      type: "git",
      url: "https://github.com/acme/gitops",
      ref: "origin/main",
      secretName: "git-creds",
      subPath: "packages/a",
      lfsSkipSmudge: false,
      forceHttpBasicAuth: false,
      depth: 0,
    });
    assert.ok(inline?.type === "inline");
    assert.deepEqual(
      [...inline.paths],
      [
        ["a.yml", "a: 1"],
        ["__proto__", "b: 1"],
      ],
    );
    assert.deepEqual(
      inline.pathsFrom.map(({ kind, name, directoryPath }) => [kind, name, directoryPath]),
      [
        ["secret", "s", "d"],
        ["configMap", "c", ""],
      ],
    );
    const [ytt] = app.spec.template;
    assert.ok(ytt?.type === "ytt");
    assert.deepEqual(
      ytt.valuesFrom.map(({ type }) => type),
      ["secret", "path", "downwardAPI", "none"],
    );
    assert.deepEqual(app.spec.deploy, [
      {
        type: "kapp",
        intoNs: "other",
        mapNs: [],
        rawOptions: ["--diff-changes=true"],
        inspect: { rawOptions: [] },
        delete: { rawOptions: ["--apply-ignored=true"] },
      },
    ]);
    assert.deepEqual(
      appReferences(app).map(({ kind, name }) => `${kind}/${name}`),
      ["secret/git-creds", "secret/s", "configMap/c", "secret/v", "secret/staging-kubeconfig"],
    );
  });

  it("of several kinds in one entry the first of kapp-controller's order wins", () => {
    const app = appOf(
      "fetch: [{git: {url: a}, inline: {paths: {}}}]\ntemplate: [{kbld: {}, ytt: {}}]\ndeploy: [{kapp: {}}]",
    );
    assert.deepEqual([app.spec.fetch[0]?.type, app.spec.template[0]?.type], ["inline", "ytt"]);
  });

  it("unknown fields are ignored, missing ones are empty", () => {
    const app = appOf("fetchh: 1\nfetch: [{git: {url: u, brnch: x}}]");
    assert.deepEqual([app.spec.template, app.spec.deploy, app.spec.paused, app.generation], [[], [], false, 0]);
  });

  const problems: readonly { readonly name: string; readonly text: string; readonly want: readonly string[] }[] = [
    {
      name: "wrong types in an API server's words",
      text: "spec: {paused: 'yes', fetch: {}, template: [{ytt: {paths: [1, null]}}], cluster: []}",
      want: [
        'spec.paused: Invalid value: "string": spec.paused in body must be of type boolean: "string"',
        'spec.fetch: Invalid value: "object": spec.fetch in body must be of type array: "object"',
        'spec.template[0].ytt.paths[0]: Invalid value: "integer": spec.template[0].ytt.paths[0] in body must be of type string: "integer"',
        'spec.template[0].ytt.paths[1]: Invalid value: "null": spec.template[0].ytt.paths[1] in body must be of type string: "null"',
        'spec.cluster: Invalid value: "array": spec.cluster in body must be of type object: "array"',
      ],
    },
    { name: "no spec", text: "other: 1", want: ["spec: Required value"] },
    {
      name: "a sync period that is no duration",
      text: "spec: {syncPeriod: 5 minutes}",
      want: ['spec.syncPeriod: Invalid value: "5 minutes": time: unknown unit " minutes" in duration "5 minutes"'],
    },
    {
      name: "a depth that is no integer",
      text: "spec: {fetch: [{git: {depth: 1.5}}]}",
      want: [
        'spec.fetch[0].git.depth: Invalid value: "number": spec.fetch[0].git.depth in body must be of type integer: "number"',
      ],
    },
  ];
  for (const { name, text, want } of problems) {
    it(name, () => {
      const parsed = parseApp(yaml(`apiVersion: kappctrl.k14s.io/v1alpha1\nkind: App\nmetadata: {name: a}\n${text}`));
      assert.ok("problems" in parsed);
      assert.deepEqual(
        parsed.problems.map(({ path, message }) => `${path}: ${message}`),
        want,
      );
    });
  }

  it("another kind is no App", () => {
    const parsed = parseApp(yaml("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\nspec: {}"));
    assert.ok("problems" in parsed);
    assert.match(parsed.problems[0]?.message ?? "", /Expected kind 'App'/);
  });

  it("a broken status never makes an App unusable", () => {
    const parsed = parseApp(
      yaml(
        "apiVersion: kappctrl.k14s.io/v1alpha1\nkind: App\nmetadata: {name: a}\nspec: {}\nstatus: {conditions: 5, deploy: [], observedGeneration: x}",
      ),
    );
    assert.ok("app" in parsed);
    assert.equal(parsed.app.status.observedGeneration, 0);
  });
});

describe("pruneAppFields", () => {
  it("leaves what the schema knows and all of the metadata", () => {
    const pruned = pruneAppFields(
      yaml(`
apiVersion: kappctrl.k14s.io/v1alpha1
kind: App
extra: 1
metadata: {name: a, anything: {goes: here}}
spec:
  fetch: [{git: {url: u, skipInitSubmodules: true}}]
  template: [{ytt: {inline: {paths: {any/file.yml: x}}, unknown: 1}}]
  syncperiod: 1m
status: {conditions: [{type: A, status: "True", lastTransitionTime: x}]}
`),
    );
    assert.deepEqual(pruned, {
      apiVersion: "kappctrl.k14s.io/v1alpha1",
      kind: "App",
      metadata: { name: "a", anything: { goes: "here" } },
      spec: { fetch: [{ git: { url: "u" } }], template: [{ ytt: { inline: { paths: { "any/file.yml": "x" } } } }] },
      status: { conditions: [{ type: "A", status: "True" }] },
    });
  });

  it("T17 fields named like object members are no fields", () => {
    const pruned = pruneAppFields(
      yaml("apiVersion: v1\nspec: {__proto__: {polluted: 1}, constructor: 1, toString: 2}"),
    );
    assert.deepEqual(Object.keys(own(pruned, "spec") ?? {}), []);
    assert.equal("polluted" in {}, false);
  });
});

describe("the schema", () => {
  it("is structural: every node has a type, nothing but known words", () => {
    const words = [
      "type",
      "description",
      "format",
      "nullable",
      "properties",
      "required",
      "items",
      "additionalProperties",
    ];
    const check = (schema: Json | undefined): void => {
      assert.ok(isMap(schema) && typeof own(schema, "type") === "string");
      for (const word of Object.keys(schema)) assert.ok(words.includes(word), word);
      const properties = own(schema, "properties");
      if (isMap(properties)) for (const member of Object.values(properties)) check(member);
      for (const word of ["items", "additionalProperties"])
        if (own(schema, word) !== undefined) check(own(schema, word));
    };
    check(appOpenApiSchema);
  });
});

describe("what a stage says before it starts", () => {
  const git = "fetch: [{git: {url: u}}]";
  const cases: readonly (readonly [
    spec: string,
    stage: (spec: App["spec"]) => string | undefined,
    want: string | undefined,
  ])[] = [
    ["fetch: []", fetchProblem, "Expected at least one fetch option"],
    ["fetch: [{git: {}}, {path: x}]", fetchProblem, "Fetching (1): Unsupported way to fetch templates"],
    [
      "fetch: [{image: {url: u}}]",
      fetchProblem,
      "Fetching (0): spec.fetch[0].image is not supported by lateen yet (supported: git, inline)",
    ],
    [git, fetchProblem, undefined],
    [git, templateProblem, "Expected at least one template option"],
    ["template: [{}]", templateProblem, "Unsupported way to template"],
    ["template: [{kustomize: {}}]", templateProblem, "Unsupported way to template"],
    ["template: [{jsonnet: {}}]", templateProblem, "Unsupported way to template"],
    [
      "template: [{ytt: {}}, {kbld: {}}]",
      templateProblem,
      "spec.template[1].kbld is not supported by lateen yet (supported: ytt)",
    ],
    ["template: [{ytt: {}}]", templateProblem, undefined],
    ["deploy: []", deployProblem, "Expected exactly one deploy option"],
    ["deploy: [{kapp: {}}, {kapp: {}}]", deployProblem, "Expected exactly one deploy option"],
    ["deploy: [{}]", deployProblem, "Unsupported way to deploy"],
    ["deploy: [{}]", (spec) => deployProblem(spec, "delete"), "Unsupported way to delete"],
    ["deploy: [{kapp: {}}]", deployProblem, undefined],
  ];
  for (const [spec, stage, want] of cases)
    it(`${spec}: ${want ?? "goes"}`, () => assert.equal(stage(appOf(spec).spec), want));
});
