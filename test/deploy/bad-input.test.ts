import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ApiType, ListOptions } from "../../src/deploy/index.ts";
import {
  annotationsOf,
  isMap,
  type KubeObject,
  type MutableJsonMap,
  own,
  resourceVersionOf,
} from "../../src/resource/index.ts";
import { configMap, deploy, ending, refusal, yaml } from "./support/deploy.ts";
import { ManualClock, MemoryCluster } from "./support/memory-cluster.ts";

const newCluster = (): MemoryCluster => new MemoryCluster(new ManualClock());
const original = "kapp.k14s.io/original";

describe("B104 the copy of what was applied last", () => {
  const corrupt: readonly (readonly [string, string])[] = [
    ["no JSON", "{"],
    ["another kind of JSON", "[1]"],
    ["of something else", '{"data":{"v":"forged"}}'],
    ["half a surrogate pair", '"\\ud800"'],
  ];
  for (const [name, text] of corrupt) {
    it(`that is ${name} is as good as none`, async () => {
      const cluster = newCluster();
      await deploy(cluster, configMap("a", {}, { v: "1" }));
      cluster.edit("ConfigMap", "a", (object) => {
        const metadata = object["metadata"] as { annotations: MutableJsonMap };
        metadata.annotations[original] = text;
      });
      const result = await deploy(cluster, configMap("a", {}, { v: "2" }));
      assert.equal(ending(result), "Succeeded");
      assert.deepEqual(own(cluster.find("ConfigMap", "a"), "data"), { v: "2" });
      assert.notEqual(annotationsOf(cluster.find("ConfigMap", "a") ?? {})[original], text);
    });
  }

  /** Refuses what a real API server refuses. */
  const strict = (): MemoryCluster => {
    const cluster = newCluster();
    cluster.admit = (object) => {
      const sizes = Object.entries(annotationsOf(object)).map(([key, value]) => Buffer.byteLength(key + value));
      if (sizes.reduce((sum, size) => sum + size, 0) > 262_144) throw new Error("annotations are too long");
    };
    return cluster;
  };
  for (const length of [1_000, 261_500, 261_950, 262_000, 262_144, 300_000]) {
    it(`of ${length} bytes never makes the annotations too long`, async () => {
      const cluster = strict();
      const frame = '{"apiVersion":"v1","data":{"v":""},"kind":"ConfigMap","metadata":{"labels":{}}}'.length;
      const result = await deploy(cluster, configMap("a", { note: "x".repeat(20) }, { v: "x".repeat(length - frame) }));
      assert.equal(ending(result), "Succeeded");
      const kept = annotationsOf(cluster.find("ConfigMap", "a") ?? {})[original];
      if (length <= 1_000) assert.notEqual(kept, undefined);
      if (length >= 262_000) assert.equal(kept, undefined);
      cluster.calls.length = 0;
      await deploy(cluster, configMap("a", { note: "x".repeat(20) }, { v: "x".repeat(length - frame) }));
      assert.deepEqual(cluster.writes, []);
    });
  }
});

describe("B106 L15 an object's size", () => {
  const sized = (bytes: number): string => {
    const empty = Buffer.byteLength(JSON.stringify(object("")));
    return JSON.stringify(object("x".repeat(bytes - empty)));
  };
  const object = (v: string): KubeObject => ({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: {
      name: "large",
      namespace: "app",
      labels: { "kapp.k14s.io/app": "0".repeat(19), "kapp.k14s.io/association": `v1.${"0".repeat(32)}` },
    },
    data: { v },
  });
  it("up to 1.5 MiB is sent", async () => {
    assert.equal(ending(await deploy(newCluster(), sized(1_572_864 - 200))), "Succeeded");
  });
  it("above it is refused by name and size before anything is written", async () => {
    const cluster = newCluster();
    const says = await refusal(deploy(cluster, yaml(configMap("first"), sized(1_573_064))));
    assert.match(
      says,
      /^Resource 'configmap\/large \(v1\) namespace: app' has 157\d{4} bytes as JSON, more than the 1572864/,
    );
    assert.deepEqual(cluster.writes, []);
  });
});

describe("B101 one resource in two API versions", () => {
  const version = (name: string): ApiType => ({
    group: "autoscaling",
    version: name,
    kind: "HorizontalPodAutoscaler",
    resource: "horizontalpodautoscalers",
    namespaced: true,
    verbs: ["create", "delete", "get", "list", "patch", "update"],
  });
  it("is refused before anything is written", async () => {
    const cluster = new MemoryCluster(new ManualClock(), [version("v1"), version("v2")]);
    const of = (name: string): string =>
      `{apiVersion: autoscaling/${name}, kind: HorizontalPodAutoscaler, metadata: {name: h}, spec: {maxReplicas: 2}}\n`;
    assert.match(
      await refusal(deploy(cluster, yaml(of("v1"), of("v2")))),
      /^Uniqueness errors:\n- Found resource 'horizontalpodautoscaler\/h \(autoscaling\/v2\)/,
    );
    assert.deepEqual(cluster.writes, []);
  });
});

describe("B108 what API servers answer to a list", () => {
  /** An aggregated API that ignores selectors and tells every object in each of its versions. */
  class Careless extends MemoryCluster {
    override async list(type: ApiType, options: ListOptions = {}): Promise<readonly KubeObject[]> {
      const { labelSelector: _ignored, ...rest } = options;
      return super.list(type, rest);
    }
  }
  it("is filtered again: nobody else's object is pruned", async () => {
    const cluster = new Careless(new ManualClock());
    cluster.put({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "foreign", namespace: "app" } });
    await deploy(cluster, yaml(configMap("a"), configMap("b")));
    const { rounds } = await deploy(cluster, configMap("a"));
    assert.deepEqual(rounds, [["delete configmap/b"]]);
    assert.notEqual(cluster.find("ConfigMap", "foreign"), undefined);
  });
  it("counts an object once although it is told twice, and one without UID is never pruned", async () => {
    class Stammering extends MemoryCluster {
      override async list(type: ApiType, options: ListOptions = {}): Promise<readonly KubeObject[]> {
        const found = await super.list(type, options);
        const ghosts = found.flatMap((one): KubeObject[] => {
          const { uid: _uid, ...metadata } = own(one, "metadata") as KubeObject & { readonly uid?: string };
          return [one, { ...one, metadata: { ...metadata, name: "ghost" } }];
        });
        return [...found, ...ghosts];
      }
    }
    const cluster = new Stammering(new ManualClock());
    await deploy(cluster, yaml(configMap("a"), configMap("b")));
    const { rounds } = await deploy(cluster, configMap("a"));
    assert.deepEqual(rounds, [["delete configmap/b"]]);
  });
});

describe("B113 what API servers say of an object", () => {
  it("a resourceVersion that is no number is passed on as it is", async () => {
    class Opaque extends MemoryCluster {
      override async get(type: ApiType, namespace: string, name: string): Promise<KubeObject | undefined> {
        const found = await super.get(type, namespace, name);
        return found === undefined ? undefined : veiled(found);
      }
      override async list(type: ApiType, options: ListOptions = {}): Promise<readonly KubeObject[]> {
        return (await super.list(type, options)).map(veiled);
      }
      override async create(type: ApiType, namespace: string, object: KubeObject): Promise<KubeObject> {
        return veiled(await super.create(type, namespace, object));
      }
      override async replace(type: ApiType, namespace: string, name: string, object: KubeObject): Promise<KubeObject> {
        return veiled(await super.replace(type, namespace, name, unveiled(object)));
      }
      override delete(
        type: ApiType,
        namespace: string,
        name: string,
        { uid, resourceVersion = "" }: { readonly uid?: string; readonly resourceVersion?: string },
      ): Promise<{ readonly gone: boolean }> {
        const plain = resourceVersion.replace(/^@/, "");
        return super.delete(type, namespace, name, { ...(uid === undefined ? {} : { uid }), resourceVersion: plain });
      }
    }
    const cluster = new Opaque(new ManualClock());
    await deploy(cluster, yaml(configMap("a", {}, { v: "1" }), configMap("b")));
    const { rounds } = await deploy(cluster, configMap("a", {}, { v: "2" }));
    assert.deepEqual(rounds.flat().sort(), ["delete configmap/b", "update configmap/a"]);
  });

  const odd: readonly (readonly [string, KubeObject])[] = [
    ["conditions that are a text", { observedGeneration: 1, conditions: "Available" }],
    ["conditions of odd types", { observedGeneration: 1, conditions: [null, 7, { type: 1, status: true }] }],
    ["counts that are texts", { observedGeneration: 1, replicas: "1", updatedReplicas: [], availableReplicas: {} }],
    [
      "an observedGeneration that is a text",
      { observedGeneration: "one", replicas: 1, updatedReplicas: 1, availableReplicas: 1 },
    ],
    [
      "an observedGeneration of an earlier spec",
      { observedGeneration: 0, replicas: 1, updatedReplicas: 1, availableReplicas: 1 },
    ],
  ];
  for (const [name, status] of odd) {
    it(`${name}: not ready`, async () => {
      const cluster = newCluster();
      cluster.admit = (object) => {
        if (object["kind"] !== "Deployment") return;
        (object["metadata"] as MutableJsonMap)["generation"] = 1;
        object["status"] = status as MutableJsonMap;
      };
      const input = "{apiVersion: apps/v1, kind: Deployment, metadata: {name: d}, spec: {replicas: 1}}\n";
      const result = await deploy(cluster, input, { rawOptions: ["--wait-timeout=10s"] });
      assert.match(ending(result), /^Timed out waiting after 10s for resources: \[deployment\/d/);
    });
  }
});

function veiled(object: KubeObject): KubeObject {
  return withVersion(object, `@${resourceVersionOf(object)}`);
}

function unveiled(object: KubeObject): KubeObject {
  return withVersion(object, resourceVersionOf(object).replace(/^@/, ""));
}

function withVersion(object: KubeObject, resourceVersion: string): KubeObject {
  const metadata = own(object, "metadata");
  return { ...object, metadata: { ...(isMap(metadata) ? metadata : {}), resourceVersion } };
}
