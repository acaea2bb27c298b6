import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { recordedStateHolds } from "../../src/deploy/index.ts";
import { annotationsOf, labelsOf, namespaceOf, nameOf, own } from "../../src/resource/index.ts";
import { configMap, deploy, plan, refusal, short, yaml } from "./support/deploy.ts";
import { ManualClock, MemoryCluster } from "./support/memory-cluster.ts";

const newCluster = (): MemoryCluster => new MemoryCluster(new ManualClock());

describe("a bad input is refused before the first write [I5]", () => {
  const cases: { readonly name: string; readonly input: string; readonly says: string }[] = [
    {
      name: "missing name, kind, apiVersion, all at once [B71]",
      input:
        "{apiVersion: v1, kind: ConfigMap}\n---\n{apiVersion: v1, metadata: {name: x}}\n---\n{kind: ConfigMap, metadata: {name: z}}\n",
      says: `Validation errors:
- Expected 'metadata.name' on resource 'configmap/ (v1) cluster' to be non-empty (stdin doc 1)
- Expected 'kind' on resource '/x (v1) cluster' to be non-empty (stdin doc 2)
- Expected 'apiVersion' on resource 'configmap/z () cluster' to be non-empty (stdin doc 3)`,
    },
    {
      name: "one resource twice [B101]",
      input: yaml(configMap("a", {}, { v: "1" }), configMap("a", {}, { v: "2" })),
      says: "Uniqueness errors:\n- Found resource 'configmap/a (v1) cluster' multiple times with different content",
    },
    {
      name: "one resource twice, seen only with its namespace [B101]",
      input:
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}\n---\n{apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: app}, data: {x: y}}\n",
      says: "Uniqueness errors:\n- Found resource 'configmap/a (v1) namespace: app' multiple times with different content",
    },
    {
      name: "an unknown kind",
      input: "{apiVersion: nope.example.com/v1, kind: Nope, metadata: {name: a}}",
      says: `Expected to find kind 'nope.example.com/v1/Nope', but did not:
- Kubernetes API server did not have matching apiVersion + kind
- No matching CRD was found in given configuration`,
    },
    {
      name: "an unknown strategy [B100]",
      input: configMap("a", { "update-strategy": "magic" }),
      says: "Unknown update strategy: magic (hint: of configmap/a (v1) namespace: app)",
    },
    {
      name: "a nonce with a value",
      input: configMap("a", { nonce: "x" }),
      says: "Expected annotation 'kapp.k14s.io/nonce' on resource 'configmap/a (v1) namespace: app' to have value ''",
    },
  ];
  for (const { name, input, says } of cases) {
    it(name, async () => {
      const cluster = newCluster();
      assert.equal(await refusal(deploy(cluster, input)), says);
      assert.deepEqual(cluster.writes, []);
    });
  }
});

describe("an input", () => {
  it("may hold lists of any kind, and equal doubles", async () => {
    const one = "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}";
    const input = `{apiVersion: v1, kind: List, items: [${one}, {apiVersion: v1, kind: ConfigMapList, items: [{apiVersion: v1, kind: ConfigMap, metadata: {name: b}}]}]}\n---\n${one}\n---\n{kind: List, items: []}\n`;
    const { changes } = await plan(newCluster(), input);
    assert.deepEqual(
      changes.map(({ resource }) => short(resource)),
      ["configmap/a", "configmap/b"],
    );
  });

  it("gets its namespaces", async () => {
    const input =
      "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}\n---\n{apiVersion: v1, kind: ConfigMap, metadata: {name: b, namespace: default}}\n---\n{apiVersion: v1, kind: Namespace, metadata: {name: new, namespace: odd}}\n";
    const placed = async (settings: {
      readonly intoNs?: string;
      readonly mapNs?: readonly string[];
    }): Promise<string[]> =>
      (await plan(newCluster(), input, settings)).steps.map(
        ({ fresh = {} }) => `${nameOf(fresh)}: ${namespaceOf(fresh)}`,
      );
    assert.deepEqual(await placed({}), ["a: app", "b: default", "new: "]);
    assert.deepEqual(await placed({ intoNs: "x" }), ["a: x", "b: x", "new: "]);
    assert.deepEqual(await placed({ mapNs: ["app=one", "default=two"] }), ["a: one", "b: two", "new: "]);
    assert.equal(await refusal(placed({ mapNs: ["app=one"] })), "Expected to find mapped namespace for 'default'");
  });

  it("has plain data under any key [B67 T17]", async () => {
    const cluster = newCluster();
    const input =
      '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"__proto__": "x", "constructor": "y"}}';
    await deploy(cluster, input);
    const data = own(cluster.find("ConfigMap", "a"), "data");
    assert.deepEqual(Object.keys(data as object).sort(), ["__proto__", "constructor"]);
    assert.equal(({} as Record<string, unknown>)["x"], undefined);
    cluster.calls.length = 0;
    await deploy(cluster, input);
    assert.deepEqual(cluster.writes, []);
  });

  it("keeps integers exact [T18]", async () => {
    const cluster = newCluster();
    await deploy(cluster, "{apiVersion: v1, kind: Service, metadata: {name: s}, spec: {big: 9223372036854775807}}");
    assert.equal(own(own(cluster.find("Service", "s"), "spec"), "big"), 9223372036854775807n);
  });

  it("with a nonce is updated by every deploy", async () => {
    const cluster = newCluster();
    await deploy(cluster, configMap("a", { nonce: "" }));
    cluster.clock.advance(1_000);
    const { rounds } = await deploy(cluster, configMap("a", { nonce: "" }));
    assert.deepEqual(rounds, [["update configmap/a"]]);
  });

  it("cannot forge whose it is [B103]", async () => {
    const cluster = newCluster();
    await deploy(
      cluster,
      "{apiVersion: v1, kind: ConfigMap, metadata: {name: a, labels: {kapp.k14s.io/app: '1'}, annotations: {kapp.k14s.io/identity: x, kapp.k14s.io/original: '{}'}}}",
    );
    const object = cluster.find("ConfigMap", "a") ?? {};
    assert.notEqual(labelsOf(object)["kapp.k14s.io/app"], "1");
    assert.equal(annotationsOf(object)["kapp.k14s.io/identity"], "v1;app//ConfigMap/a;v1");
    assert.equal(recordedStateHolds(object), true);
  });
});
