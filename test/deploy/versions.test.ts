import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { formatPlan, recordedStateHolds } from "../../src/deploy/index.ts";
import { annotationsOf, labelsOf, nameOf, own } from "../../src/resource/index.ts";
import { configMap, deploy, orderTree, plan, refusal, remove, yaml } from "./support/deploy.ts";
import { ManualClock, MemoryCluster } from "./support/memory-cluster.ts";

const newCluster = (): MemoryCluster => new MemoryCluster(new ManualClock());
const versioned = (
  name: string,
  data: Readonly<Record<string, string>>,
  more: Readonly<Record<string, string>> = {},
): string => configMap(name, { versioned: "", ...more }, data);
const reference = (name: string, more = ""): Readonly<Record<string, string>> => ({
  "versioned-explicit-ref": `apiVersion: v1\nkind: ConfigMap\nname: ${name}\n${more}`,
});

/** Names of the app's ConfigMaps. */
function names(cluster: MemoryCluster): string[] {
  return cluster
    .objects("ConfigMap")
    .filter((object) => labelsOf(object)["kapp.k14s.io/association"] !== undefined)
    .map(nameOf)
    .sort();
}

function refersTo(cluster: MemoryCluster, name: string, namespace = "app"): string | undefined {
  const text = annotationsOf(cluster.find("ConfigMap", name, namespace) ?? {})["kapp.k14s.io/versioned-explicit-ref"];
  return /name: (\S+)/.exec(text ?? "")?.[1];
}

describe("a versioned resource", () => {
  it("gets a new name for each change, and none for the same", async () => {
    const cluster = newCluster();
    const first = await deploy(cluster, versioned("conf", { k: "1" }));
    assert.deepEqual(first.rounds, [["create configmap/conf-ver-1"]]);
    assert.deepEqual((await deploy(cluster, versioned("conf", { k: "1" }))).rounds, []);
    assert.deepEqual((await deploy(cluster, versioned("conf", { k: "2" }))).rounds, [["create configmap/conf-ver-2"]]);
    assert.deepEqual(names(cluster), ["conf-ver-1", "conf-ver-2"]);
    assert.equal(recordedStateHolds(cluster.find("ConfigMap", "conf-ver-2") ?? {}), true);
    const associations = ["conf-ver-1", "conf-ver-2"].map(
      (name) => labelsOf(cluster.find("ConfigMap", name) ?? {})["kapp.k14s.io/association"],
    );
    assert.equal(associations[0], associations[1]);
  });

  it("shows what changed against the version before", async () => {
    const cluster = newCluster();
    await deploy(cluster, versioned("conf", { k: "1" }));
    const planned = await plan(cluster, versioned("conf", { k: "2" }), { rawOptions: ["--diff-changes=true"] });
    const text = formatPlan(planned);
    assert.match(text, /@@ create configmap\/conf-ver-2 \(v1\) namespace: app @@/);
    assert.match(text, /^ {2}2 {5}- {3}k: "1"$/m);
    assert.deepEqual(planned.changes[0]?.diff, ['~ /data/k: "1" → "2"']);
  });

  it("keeps so many versions, and all that stay are in the inventory", async () => {
    const cluster = newCluster();
    const conf = (k: string): string => versioned("conf", { k }, { "num-versions": "2" });
    for (const k of ["1", "2", "3", "4"]) await deploy(cluster, conf(k));
    assert.deepEqual(names(cluster), ["conf-ver-2", "conf-ver-3", "conf-ver-4"]);
    const { rounds, outcome } = await deploy(cluster, conf("4"));
    assert.deepEqual(rounds, [["delete configmap/conf-ver-2"]]);
    assert.ok(outcome.state === "succeeded");
    assert.deepEqual(outcome.inventory.map(({ name }) => name).sort(), ["conf-ver-3", "conf-ver-4"]);
  });

  it("goes with all its versions", async () => {
    const cluster = newCluster();
    for (const k of ["1", "2"]) await deploy(cluster, yaml(versioned("conf", { k }), configMap("x")));
    await deploy(cluster, configMap("x"));
    assert.deepEqual(names(cluster), ["x"]);
    await deploy(cluster, yaml(versioned("conf", { k: "1" }), configMap("x")));
    await remove(cluster);
    assert.deepEqual(names(cluster), []);
  });

  it("takes the place of a plain one, and the other way round", async () => {
    const cluster = newCluster();
    await deploy(cluster, configMap("conf"));
    await deploy(cluster, versioned("conf", {}));
    assert.deepEqual(names(cluster), ["conf-ver-1"]);
    await deploy(cluster, configMap("conf"));
    assert.deepEqual(names(cluster), ["conf"]);
    await deploy(cluster, versioned("conf", { k: "1" }, { "versioned-keep-original": "" }));
    assert.deepEqual(names(cluster), ["conf", "conf-ver-1"]);
  });

  it("is left alone with noop, and so are its versions", async () => {
    const cluster = newCluster();
    await deploy(cluster, versioned("conf", { k: "1" }));
    const { rounds } = await deploy(cluster, versioned("conf", { k: "2" }, { noop: "" }));
    assert.deepEqual(rounds, []);
    assert.deepEqual(names(cluster), ["conf-ver-1"]);
  });

  it("keeps its place in the order", async () => {
    const cluster = newCluster();
    await deploy(cluster, versioned("conf", { k: "1" }));
    const input = yaml(
      versioned("conf", { k: "2" }, { "change-group": "g" }),
      configMap("late", { "change-rule": "upsert after upserting g" }),
    );
    assert.equal(
      orderTree(await plan(cluster, input)),
      "(upsert) configmap/conf-ver-2\n(upsert) configmap/late\n  (upsert) configmap/conf-ver-2",
    );
  });

  it("takes no object for a version that was not written as one", async () => {
    const cluster = newCluster();
    cluster.put({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "conf-ver-7", namespace: "app", annotations: { "kapp.k14s.io/versioned": "" } },
    });
    await deploy(cluster, yaml(versioned("conf", { k: "1" }), configMap("x")));
    assert.deepEqual(names(cluster), ["conf-ver-1", "x"]);
    assert.notEqual(cluster.find("ConfigMap", "conf-ver-7"), undefined);
  });

  it("is told from a plain one of a version's name", async () => {
    const cluster = newCluster();
    const input = yaml(versioned("conf", {}), configMap("conf-ver-1"));
    assert.equal(
      await refusal(deploy(cluster, input)),
      "Uniqueness errors:\n- Found resource 'configmap/conf-ver-1 (v1) namespace: app' multiple times with different content",
    );
  });

  for (const [value, problem] of [
    ["many", "to be an integer"],
    ["0", "to be a >= 1"],
  ] as const) {
    it(`cannot keep ${value} versions`, async () => {
      const text = await refusal(deploy(newCluster(), versioned("conf", {}, { "num-versions": value })));
      assert.match(text, new RegExp(`^Expected annotation 'kapp.k14s.io/num-versions' value ${problem}`));
    });
  }
});

describe("references to versioned resources", () => {
  it("follow the version, in Pod templates too", async () => {
    const cluster = newCluster();
    const deployment = `${JSON.stringify({
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "web", annotations: { "kapp.k14s.io/disable-wait": "" } },
      spec: {
        template: {
          spec: {
            containers: [
              {
                name: "c",
                envFrom: [{ configMapRef: { name: "conf" } }, { configMapRef: { name: "other" } }],
                env: null,
              },
            ],
            volumes: [
              { name: "v", configMap: { name: "conf" } },
              { name: "w", secret: { secretName: "conf" } },
            ],
          },
        },
      },
    })}\n`;
    await deploy(cluster, yaml(deployment, versioned("conf", { k: "1" })));
    await deploy(cluster, yaml(deployment, versioned("conf", { k: "2" })));
    const pod = own(own(own(cluster.find("Deployment", "web"), "spec"), "template"), "spec");
    assert.deepEqual(JSON.parse(JSON.stringify([own(pod, "containers"), own(pod, "volumes")])), [
      [
        {
          name: "c",
          envFrom: [{ configMapRef: { name: "conf-ver-2" } }, { configMapRef: { name: "other" } }],
          env: null,
        },
      ],
      [
        { name: "v", configMap: { name: "conf-ver-2" } },
        { name: "w", secret: { secretName: "conf" } },
      ],
    ]);
  });

  for (const [order, arrange] of [
    ["before", (a: string, b: string) => yaml(a, b, configMap("user", reference("a")))],
    ["behind", (a: string, b: string) => yaml(configMap("user", reference("a")), b, a)],
  ] as const) {
    it(`carry a change through a chain, the referrer ${order} what it refers to`, async () => {
      const cluster = newCluster();
      const input = (k: string): string =>
        arrange(versioned("a", { k: "same" }, reference("b")), versioned("b", { k }));
      await deploy(cluster, input("1"));
      assert.deepEqual([refersTo(cluster, "user"), refersTo(cluster, "a-ver-1")], ["a-ver-1", "b-ver-1"]);
      assert.deepEqual((await deploy(cluster, input("1"))).rounds, []);
      await deploy(cluster, input("2"));
      assert.deepEqual([refersTo(cluster, "user"), refersTo(cluster, "a-ver-2")], ["a-ver-2", "b-ver-2"]);
      assert.deepEqual((await deploy(cluster, input("2"))).rounds, []);
    });
  }

  it("may go in a circle", async () => {
    const cluster = newCluster();
    const input = (k: string): string =>
      yaml(versioned("a", { k }, reference("b")), versioned("b", { k: "same" }, reference("a")));
    await deploy(cluster, input("1"));
    assert.deepEqual((await deploy(cluster, input("1"))).rounds, []);
    await deploy(cluster, input("2"));
    assert.deepEqual([refersTo(cluster, "a-ver-2"), refersTo(cluster, "b-ver-2")], ["b-ver-2", "a-ver-2"]);
  });

  it("mean the resource of their own namespace", async () => {
    const cluster = newCluster();
    const elsewhere = `${JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "conf", namespace: "default", annotations: { "kapp.k14s.io/versioned": "" } } })}\n`;
    await deploy(cluster, yaml(elsewhere, versioned("conf", { k: "1" }), configMap("user", reference("conf"))));
    await deploy(cluster, yaml(elsewhere, versioned("conf", { k: "2" }), configMap("user", reference("conf"))));
    assert.equal(refersTo(cluster, "user"), "conf-ver-2");
    await deploy(cluster, yaml(elsewhere, configMap("conf"), configMap("user", reference("conf"))));
    assert.equal(refersTo(cluster, "user"), "conf");
    await deploy(cluster, yaml(elsewhere, configMap("user", reference("conf", "namespace: default\n"))));
    assert.equal(refersTo(cluster, "user"), "conf-ver-1");
  });

  it("may stand where a Config says, under a key of their own", async () => {
    const cluster = newCluster();
    const config =
      "{apiVersion: kapp.k14s.io/v1alpha1, kind: Config, templateRules: [{resourceMatchers: [{apiVersionKindMatcher: {apiVersion: v1, kind: ConfigMap}}], affectedResources: {objectReferences: [{path: [spec, refs, {allIndexes: true}], nameKey: of, resourceMatchers: [{apiVersionKindMatcher: {apiVersion: v1, kind: Service}}]}]}}]}\n";
    const service = (refs: string): string =>
      `{apiVersion: v1, kind: Service, metadata: {name: s}, spec: {type: ExternalName, refs: ${refs}}}\n`;
    await deploy(cluster, yaml(config, service("[{of: conf}, {of: x}]"), versioned("conf", {})));
    const refs = own(own(cluster.find("Service", "s"), "spec"), "refs");
    assert.deepEqual(JSON.parse(JSON.stringify(refs)), [{ of: "conf-ver-1" }, { of: "x" }]);
    assert.equal(
      await refusal(plan(cluster, yaml(config, service("[null]"), versioned("conf", {})))),
      "ObjectRefSetMod for path 'spec,refs,(all)' on resource 'service/s (v1) namespace: app':\n  Unexpected non-map found: <nil>",
    );
    assert.equal(
      await refusal(plan(cluster, yaml(config, service("x"), versioned("conf", {})))),
      "ObjectRefSetMod for path 'spec,refs,(all)' on resource 'service/s (v1) namespace: app':\n  Unexpected non-array found: string",
    );
  });

  it("must say what they mean", async () => {
    const user = configMap("user", { "versioned-explicit-ref.x": "kind: ConfigMap\nname: conf\n" });
    assert.equal(
      await refusal(plan(newCluster(), yaml(user, versioned("conf", {})))),
      "Parsing versioned explicit ref on resource 'configmap/user (v1) namespace: app':\n  Expected versioned explicit reference to specify non-empty apiVersion, kind and name keys",
    );
  });
});

describe("renew-duration", () => {
  const input = yaml(
    configMap("plain", { "renew-duration": "1m" }),
    versioned("conf", {}, { "renew-duration": "1m" }),
    configMap("long", { "renew-duration": "1h" }),
  );

  it("renews what is old enough, again and again", async () => {
    const cluster = newCluster();
    await deploy(cluster, input);
    cluster.clock.advance(59_000);
    assert.deepEqual((await deploy(cluster, input)).rounds, []);
    cluster.clock.advance(2_000);
    const { rounds } = await deploy(cluster, input);
    assert.deepEqual(rounds, [["create configmap/conf-ver-2", "update configmap/plain"]]);
    assert.deepEqual((await deploy(cluster, input)).rounds, []);
    cluster.clock.advance(61_000);
    assert.equal((await deploy(cluster, input)).rounds[0]?.length, 2);
  });

  it("is a time", async () => {
    assert.equal(
      await refusal(plan(newCluster(), configMap("a", { "renew-duration": "soon" }))),
      'Unable to parse renew-duration for resource configmap/a (v1) namespace: app: time: invalid duration "soon"',
    );
  });
});
