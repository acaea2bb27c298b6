/** What somebody else changed on a deployed object, and who (docs/howto/operate.md#drift). */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  type DeployConfig,
  type FieldDrift,
  keptRulesOf,
  objectDrift,
  readKeptRules,
  recordedStateHolds,
} from "../../src/deploy/index.ts";
import { isMap, type JsonMap, type KubeObject, own } from "../../src/resource/index.ts";
import { deploy, resources, yaml } from "./support/deploy.ts";
import { ManualClock, MemoryCluster } from "./support/memory-cluster.ts";

const deployed = "2026-11-20T08:00:00Z";
const later = "2026-11-20T09:14:02Z";

const deployment = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  paused: false
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: web, image: "web:1"}
      - {name: log, image: "log:1"}
`;

/** `metadata.managedFields` of one manager. */
function entry(manager: string, time: string, fields: JsonMap, subresource = ""): JsonMap {
  const about = { manager, operation: "Update", apiVersion: "apps/v1", time, fieldsType: "FieldsV1", fieldsV1: fields };
  return subresource === "" ? about : { ...about, subresource };
}

const ours = entry("lateen", deployed, {
  "f:metadata": { "f:annotations": { ".": {}, "f:kapp.k14s.io/identity": {} } },
  "f:spec": { "f:progressDeadlineSeconds": {}, "f:template": { "f:spec": { "f:dnsPolicy": {} } } },
});

/** The object as it was deployed, changed: `edit` gets its spec or data. */
async function changed(
  text: string,
  kind: string,
  edit: (object: KubeObject) => KubeObject,
  managedFields: readonly JsonMap[],
): Promise<KubeObject> {
  const cluster = new MemoryCluster(new ManualClock());
  await deploy(cluster, text);
  const object = edit(cluster.find(kind, "web") ?? {});
  const metadata = own(object, "metadata");
  return { ...object, metadata: { ...(isMap(metadata) ? metadata : {}), managedFields } };
}

const withSpec = (object: KubeObject, members: JsonMap): KubeObject => {
  const spec = own(object, "spec");
  return { ...object, spec: { ...(isMap(spec) ? spec : {}), ...members } };
};
const containers = (object: KubeObject, images: readonly string[]): KubeObject => {
  const [web, log] = images;
  return withSpec(object, {
    template: {
      metadata: own(own(own(object, "spec"), "template"), "metadata") ?? {},
      spec: {
        dnsPolicy: "ClusterFirst",
        containers: [
          { name: "web", image: web ?? "" },
          { name: "log", image: log ?? "" },
        ],
      },
    },
  });
};

describe("drift of an object", () => {
  const cases: readonly {
    readonly name: string;
    readonly edit: (object: KubeObject) => KubeObject;
    readonly managers: readonly JsonMap[];
    readonly want: readonly FieldDrift[];
  }[] = [
    {
      name: "a changed field, by the subresource that changed it",
      edit: (object) => withSpec(object, { replicas: 5 }),
      managers: [ours, entry("kubectl", later, { "f:spec": { "f:replicas": {} } }, "scale")],
      want: [
        {
          path: "/spec/replicas",
          was: "2",
          is: "5",
          by: { manager: "kubectl", operation: "Update", at: later, subresource: "scale" },
        },
      ],
    },
    {
      name: "an element of a list, by its key and the newest of two managers",
      edit: (object) => containers(object, ["web:1", "log:2"]),
      managers: [
        ours,
        entry("old", "2026-11-20T09:00:00Z", {
          "f:spec": { "f:template": { "f:spec": { "f:containers": { 'k:{"name":"log"}': { "f:image": {} } } } } },
        }),
        entry("new", later, {
          "f:spec": {
            "f:template": { "f:spec": { "f:containers": { 'k:{"name":"log"}': { ".": {}, "f:image": {} } } } },
          },
        }),
        entry("other", "2026-11-20T10:00:00Z", {
          "f:spec": { "f:template": { "f:spec": { "f:containers": { 'k:{"name":"web"}': { "f:image": {} } } } } },
        }),
      ],
      want: [
        {
          path: "/spec/template/spec/containers/1/image",
          was: '"log:1"',
          is: '"log:2"',
          by: { manager: "new", operation: "Update", at: later, subresource: "" },
        },
      ],
    },
    {
      name: "an added field of somebody else, and no default of the server",
      edit: (object) =>
        withSpec(object, { progressDeadlineSeconds: 600, minReadySeconds: 9, revisionHistoryLimit: 10 }),
      managers: [ours, entry("kubectl-edit", later, { "f:spec": { "f:minReadySeconds": {} } })],
      want: [
        {
          path: "/spec/minReadySeconds",
          is: "9",
          by: { manager: "kubectl-edit", operation: "Update", at: later, subresource: "" },
        },
      ],
    },
    {
      name: "a removed field, by nobody, and none that says nothing",
      edit: (object) => {
        const { replicas: _replicas, paused: _paused, ...spec } = own(object, "spec") as JsonMap;
        return { ...object, spec };
      },
      managers: [ours],
      want: [{ path: "/spec/replicas", was: "2" }],
    },
    {
      name: "a change under the deployer's own name",
      edit: (object) => withSpec(object, { replicas: 3 }),
      managers: [
        entry("lateen", later, {
          "f:metadata": { "f:annotations": { "f:kapp.k14s.io/identity": {} } },
          "f:spec": { "f:replicas": {} },
        }),
      ],
      want: [{ path: "/spec/replicas", was: "2", is: "3" }],
    },
    {
      name: "a change where the server tells no managers",
      edit: (object) => withSpec(object, { replicas: 3, minReadySeconds: 9 }),
      managers: [],
      want: [{ path: "/spec/replicas", was: "2", is: "3" }],
    },
    {
      name: "managers whose fields cannot be read",
      edit: (object) => containers(object, ["web:9", "log:1"]),
      managers: [entry("odd", later, { "f:spec": { "f:template": { "f:spec": { "f:containers": { "k:{": {} } } } } })],
      want: [{ path: "/spec/template/spec/containers/0/image", was: '"web:1"', is: '"web:9"' }],
    },
  ];
  for (const { name, edit, managers, want } of cases) {
    it(`tells ${name}`, async () => {
      const live = await changed(deployment, "Deployment", edit, managers);
      assert.deepEqual(objectDrift("web", live), { resource: "web", found: "changed", fields: want, omitted: 0 });
    });
  }

  it("shows no value of a Secret, only which changed and by whom", async () => {
    const secret = "{apiVersion: v1, kind: Secret, metadata: {name: web}, stringData: {a: hunter2, b: same}}\n";
    const edit = (object: KubeObject): KubeObject => ({ ...object, data: { a: "c2VjcmV0LW5ldw==", b: "c2FtZQ==" } });
    const live = await changed(secret, "Secret", edit, [
      ours,
      entry("kubectl-edit", later, { "f:data": { "f:a": {} } }),
      entry("early", "2026-11-20T07:00:00Z", { "f:data": { "f:b": {} } }),
    ]);
    const { fields } = objectDrift("web", live);
    assert.deepEqual(
      fields.map(({ path, by }) => [path, by?.manager]),
      [["/data/a", "kubectl-edit"]],
    );
    assert.match(fields[0]?.is ?? "", /^"<-- value not shown \(#\d\)"$/);
  });

  it("hides what the App's own Config hides, clips values and tells how many fields are left out", async () => {
    const config = `
apiVersion: kapp.k14s.io/v1alpha1
kind: Config
diffMaskRules:
- path: [data]
  resourceMatchers: [{apiVersionKindMatcher: {apiVersion: v1, kind: ConfigMap}}]
`;
    const keys = Array.from({ length: 30 }, (_, index) => `k${index}`);
    const data = (value: string): JsonMap => Object.fromEntries(keys.map((key) => [key, value]));
    const text = `${JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "web" }, data: data("1") })}\n`;
    const edit = (object: KubeObject): KubeObject => ({ ...object, data: data("x".repeat(10_000)) });
    const live = await changed(text, "ConfigMap", edit, [ours]);
    const open = objectDrift("web", live);
    assert.deepEqual([open.fields.length, open.omitted], [10, 20]);
    assert.ok(open.fields.every(({ is }) => is !== undefined && is.length <= 201));
    const hidden = JSON.stringify(objectDrift("web", live, rulesOf(config)));
    assert.ok(hidden.includes("value not shown") && !hidden.includes("xxx"), hidden);
  });
});

/** The rules as a drift check gets them back. */
function rulesOf(config: string): DeployConfig {
  const kept = keptRulesOf(resources(config));
  assert.ok(kept !== undefined);
  return readKeptRules(JSON.parse(JSON.stringify(kept)) as typeof kept, {
    compileRegex: (pattern) => (key) => new RegExp(pattern).test(key),
  });
}

describe("the rules that are kept for the drift check", () => {
  const config = `
apiVersion: kapp.k14s.io/v1alpha1
kind: Config
rebaseRules:
- path: [spec, replicas]
  type: copy
  sources: [existing, new]
  resourceMatchers: [{apiVersionKindMatcher: {apiVersion: apps/v1, kind: Deployment}}]
- path: [metadata, annotations, {regex: "^tool/"}]
  type: copy
  sources: [existing]
  resourceMatchers: [{allMatcher: {}}]
diffAgainstLastAppliedFieldExclusionRules:
- path: [spec, minReadySeconds]
  resourceMatchers: [{allMatcher: {}}]
waitRules:
- supportsObservedGeneration: true
  resourceMatchers: [{apiVersionKindMatcher: {apiVersion: x/v1, kind: X}}]
`;
  const input = yaml(config, deployment);

  it("tell what the App's Config leaves to the cluster from what it does not", async () => {
    const cluster = new MemoryCluster(new ManualClock());
    const tools = { compileRegex: (pattern: string) => (key: string) => new RegExp(pattern).test(key) };
    await deploy(cluster, input, { tools });
    const live = cluster.find("Deployment", "web") ?? {};
    const rules = rulesOf(config);
    const scaled = withSpec(live, { replicas: 7 });
    assert.equal(recordedStateHolds(scaled), false);
    assert.equal(recordedStateHolds(scaled, rules), true);
    assert.deepEqual(objectDrift("web", scaled, rules).fields, []);
    assert.equal(recordedStateHolds(withSpec(scaled, { minReadySeconds: 3 }), rules), true);
    assert.equal(recordedStateHolds(withSpec(scaled, { paused: true }), rules), false);
  });

  it("are found in Lists and labelled ConfigMaps, and hold nothing that a comparison does not need", () => {
    const labelled = JSON.stringify({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "c", labels: { "kapp.k14s.io/config": "" } },
      data: { "config.yml": config },
    });
    const list = `{apiVersion: v1, kind: List, items: [${labelled}]}\n`;
    const kept = keptRulesOf(resources(list));
    assert.deepEqual(kept, keptRulesOf(resources(input)));
    assert.equal(kept?.needsTools, true);
    assert.ok(!kept.text.includes("waitRules"));
  });

  it("are absent without such rules, and beyond 64 KB", () => {
    const many = Array.from({ length: 2_000 }, (_, index) => `- {path: [spec, f${index}], type: remove}`).join("\n");
    for (const text of [
      deployment,
      "apiVersion: kapp.k14s.io/v1alpha1\nkind: Config\n",
      `apiVersion: kapp.k14s.io/v1alpha1\nkind: Config\nrebaseRules:\n${many}\n`,
    ])
      assert.equal(keptRulesOf(resources(text)), undefined);
  });
});
