import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, it } from "node:test";
import fc from "fast-check";
import { annotationsOf, isMap, labelsOf, own, stringifyJson } from "../../src/resource/index.ts";
import { recordedStateHolds } from "../../src/deploy/index.ts";
import { configMap, deploy, ending, plan, refusal, remove, tableOf, yaml } from "./support/deploy.ts";
import { failure, ManualClock, MemoryCluster } from "./support/memory-cluster.ts";
import { withServerDefaults } from "./support/server-defaults.ts";

const newCluster = (): MemoryCluster => new MemoryCluster(new ManualClock());
const spec = (cluster: MemoryCluster, record = "test.app"): Record<string, unknown> => {
  const found = own(own(cluster.find("ConfigMap", record), "data"), "spec");
  return JSON.parse(typeof found === "string" ? found : "{}") as Record<string, unknown>;
};

describe("a deploy", () => {
  it("creates, leaves alone, updates, prunes", async () => {
    const cluster = newCluster();
    const first = await deploy(cluster, yaml(configMap("a", {}, { v: "1" }), configMap("b")));
    assert.deepEqual(first.log, [
      "---- applying 2 changes [0/2 done] ----",
      "create configmap/a (v1) namespace: app",
      "create configmap/b (v1) namespace: app",
      "---- waiting on 2 changes [0/2 done] ----",
      "ok: reconcile configmap/a (v1) namespace: app",
      "ok: reconcile configmap/b (v1) namespace: app",
      "---- applying complete [2/2 done] ----",
      "---- waiting complete [2/2 done] ----",
    ]);
    const second = await deploy(cluster, yaml(configMap("a", {}, { v: "2" }), configMap("c")));
    assert.deepEqual(tableOf(second.plan), [
      "Namespace  Name  Kind       Age  Op      Op st.  Wait to    Rs  Ri",
      "app        a     ConfigMap  0s   update  -       reconcile  ok  -",
      "^          b     ConfigMap  0s   delete  -       delete     ok  -",
      "^          c     ConfigMap  -    create  -       reconcile  -   -",
      "Op:      1 create, 1 delete, 1 update, 0 noop, 0 exists",
      "Wait to: 2 reconcile, 1 delete, 0 noop",
    ]);
    assert.deepEqual(second.rounds.flat().sort(), ["create configmap/c", "delete configmap/b", "update configmap/a"]);
    assert.equal(cluster.find("ConfigMap", "b"), undefined);
  });

  it("writes nothing the second time [I9]", async () => {
    const cluster = newCluster();
    cluster.admit = withServerDefaults;
    const input = yaml(
      configMap("a", { "change-group": "x" }, { v: "1" }),
      "{apiVersion: v1, kind: Service, metadata: {name: s}, spec: {ports: [{port: 80}]}}\n",
      "{apiVersion: v1, kind: Secret, metadata: {name: t}, stringData: {password: hunter2}}\n",
      "{apiVersion: v1, kind: ServiceAccount, metadata: {name: sa}}\n",
    );
    await deploy(cluster, input);
    cluster.calls.length = 0;
    const { outcome, plan: planned } = await deploy(cluster, input);
    assert.equal(outcome.state, "succeeded");
    assert.deepEqual(cluster.writes, []);
    assert.deepEqual(planned.changes, []);
  });

  it("writes nothing with --diff-run, nor deletes", async () => {
    const cluster = newCluster();
    const dry = await deploy(cluster, yaml(configMap("a")), { rawOptions: ["--diff-run=true"] });
    assert.deepEqual([dry.outcome.state, dry.log, cluster.writes], ["succeeded", [], []]);
    await deploy(cluster, yaml(configMap("a")));
    cluster.calls.length = 0;
    const kept = await remove(cluster, { rawOptions: ["--diff-run=true"] });
    assert.deepEqual([kept.outcome.state, kept.plan.changes.length, cluster.writes], ["succeeded", 1, []]);
  });

  it("writes an object once where the server adds nothing, twice where it does", async () => {
    const cluster = newCluster();
    cluster.admit = withServerDefaults;
    await deploy(cluster, yaml(configMap("a"), "{apiVersion: v1, kind: Service, metadata: {name: s}}\n"));
    const writesOf = (target: string): string[] =>
      cluster.writes.filter((call) => call.target === target).map(({ verb }) => verb);
    assert.deepEqual(writesOf("ConfigMap app/a"), ["create"]);
    assert.deepEqual(writesOf("Service app/s"), ["create", "replace"]);
    assert.equal(recordedStateHolds(cluster.find("Service", "s") ?? {}), true);
    assert.equal(recordedStateHolds(cluster.find("ConfigMap", "a") ?? {}), true);
  });

  it("keeps kapp's labels, identity and history on its objects", async () => {
    const cluster = newCluster();
    await deploy(cluster, configMap("cfg", {}, { v: "1" }));
    const object = cluster.find("ConfigMap", "cfg") ?? {};
    const value = String(spec(cluster)["labelValue"]);
    assert.match(value, /^\d{19}$/);
    assert.deepEqual(
      { ...labelsOf(object) },
      {
        "kapp.k14s.io/app": value,
        "kapp.k14s.io/association": `v1.${createHash("md5").update("app//ConfigMap/cfg").digest("hex")}`,
      },
    );
    assert.equal(annotationsOf(object)["kapp.k14s.io/identity"], "v1;app//ConfigMap/cfg;v1");
    assert.equal(annotationsOf(object)["kapp.k14s.io/original-diff-md5"], "58e0494c51d30eb3494f7c9198986bb9");
  });

  it("records what it did as kapp does", async () => {
    const cluster = newCluster();
    await deploy(cluster, configMap("a"));
    const record = spec(cluster);
    assert.deepEqual(record["usedGKs"], [{ Group: "", Kind: "ConfigMap" }]);
    assert.deepEqual(record["usedGVs"], [{ Group: "", Version: "v1" }]);
    const change = spec(cluster, String(record["lastChangeName"]));
    assert.deepEqual(change, record["lastChange"]);
    assert.equal(change["successful"], true);
    assert.equal(
      change["description"],
      "update: Op: 1 create, 0 delete, 0 update, 0 noop, 0 exists / Wait to: 1 reconcile, 0 delete, 0 noop",
    );
    assert.deepEqual(change["namespaces"], ["app"]);
  });

  it("keeps the newest app changes", async () => {
    const cluster = newCluster();
    for (let v = 0; v < 8; v++) {
      await deploy(cluster, configMap("a", {}, { v: String(v) }), { rawOptions: ["--app-changes-max-to-keep=3"] });
      cluster.clock.advance(10);
    }
    const changes = cluster
      .objects("ConfigMap")
      .filter((object) => labelsOf(object)["kapp.k14s.io/is-app-change"] !== undefined);
    assert.equal(changes.length, 3);
    assert.ok(changes.some((change) => own(own(change, "metadata"), "name") === spec(cluster)["lastChangeName"]));
  });

  it("takes over the record of an older name", async () => {
    const cluster = newCluster();
    await deploy(cluster, configMap("a"), { app: "test-ctrl" });
    const value = spec(cluster, "test-ctrl")["labelValue"];
    const { plan: planned } = await deploy(cluster, configMap("a"), { prevName: "test-ctrl" });
    assert.deepEqual(planned.changes, []);
    assert.equal(spec(cluster)["labelValue"], value);
    assert.equal(cluster.find("ConfigMap", "test-ctrl"), undefined);
  });

  it("puts back what somebody changed, removed or added", async () => {
    const cluster = newCluster();
    const input = yaml(configMap("a", {}, { v: "1" }), configMap("b"));
    await deploy(cluster, input);
    cluster.edit("ConfigMap", "a", (object) => {
      object["data"] = { v: "hand", more: "x" };
    });
    cluster.remove("ConfigMap", "b");
    const { plan: planned } = await deploy(cluster, input);
    assert.deepEqual(
      planned.changes.map(({ op, diff }) => ({ op, diff })),
      [
        { op: "update", diff: ['- /data/more: "x"', '~ /data/v: "hand" → "1"'] },
        { op: "create", diff: [] },
      ],
    );
    assert.deepEqual(own(cluster.find("ConfigMap", "a"), "data"), { v: "1" });
  });
});

describe("Secrets", () => {
  const secret = (data: string): string => `{apiVersion: v1, kind: Secret, metadata: {name: s}, ${data}}\n`;

  it("never have a copy of their data in annotations, and no value in plan or output [T14 I8]", async () => {
    const cluster = newCluster();
    cluster.admit = withServerDefaults;
    await deploy(cluster, secret("stringData: {password: canary-value-1}"));
    const { plan: planned, events } = await deploy(cluster, secret("stringData: {password: canary-value-2}"), {
      rawOptions: ["--diff-changes=true"],
    });
    const seen = stringifyJson({
      events: JSON.stringify(events),
      changes: JSON.stringify(planned.changes),
      table: tableOf(planned).join(),
    });
    for (const value of ["canary-value-1", "canary-value-2"]) {
      assert.ok(!seen.includes(value) && !seen.includes(Buffer.from(value).toString("base64")));
    }
    assert.deepEqual(Object.keys(annotationsOf(cluster.find("Secret", "s") ?? {})), ["kapp.k14s.io/identity"]);
    assert.deepEqual(own(cluster.find("Secret", "s"), "data"), {
      password: Buffer.from("canary-value-2").toString("base64"),
    });
  });

  it("keep their values out of errors [B110]", async () => {
    const cluster = newCluster();
    cluster.before = ({ verb, target }) => {
      if (verb === "create" && target.startsWith("Secret"))
        throw failure(422, "Invalid", 'Secret "s" is invalid: data[x]: Invalid value: "canary-value"');
    };
    const says = ending(await deploy(cluster, secret("stringData: {x: canary-value}")));
    assert.match(says, /data\[x\]/);
    assert.ok(!says.includes("canary-value"), says);
  });

  it("of a ServiceAccount keep the token that a controller wrote", async () => {
    const cluster = newCluster();
    cluster.admit = withServerDefaults;
    const input = `{apiVersion: v1, kind: Secret, type: kubernetes.io/service-account-token, metadata: {name: s, annotations: {kubernetes.io/service-account.name: sa}}}\n`;
    await deploy(cluster, input);
    cluster.edit("Secret", "s", (object) => {
      object["data"] = { token: "dG9rZW4=", namespace: "YXBw", "ca.crt": "Y2E=" };
      const metadata = object["metadata"] as Record<string, Record<string, string>>;
      (metadata["annotations"] ??= {})["kubernetes.io/service-account.uid"] = "1";
    });
    const { plan: planned } = await deploy(cluster, input);
    assert.deepEqual(planned.changes, []);
  });
});

describe("owning and pruning", () => {
  it("refuses objects of another app and names it [B102]", async () => {
    const cluster = newCluster();
    await deploy(cluster, configMap("a"), { app: "one.app" });
    cluster.calls.length = 0;
    const value = String(spec(cluster, "one.app")["labelValue"]);
    assert.equal(
      await refusal(deploy(cluster, configMap("a"), { app: "two.app" })),
      `Ownership errors:\n- Resource 'configmap/a (v1) namespace: app' is already associated with a different app 'one.app' namespace: app (label 'kapp.k14s.io/app=${value}')`,
    );
    assert.deepEqual(cluster.writes, []);
    const { outcome } = await deploy(cluster, configMap("a"), {
      app: "two.app",
      rawOptions: ["--dangerous-override-ownership-of-existing-resources=true"],
    });
    assert.equal(outcome.state, "succeeded");
  });

  it("adopts what nobody owns", async () => {
    const cluster = newCluster();
    cluster.put({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "a", namespace: "app" },
      data: { hand: "x" },
    });
    const { rounds } = await deploy(cluster, configMap("a", {}, { v: "1" }));
    assert.deepEqual(rounds, [["update configmap/a"]]);
    assert.deepEqual(own(cluster.find("ConfigMap", "a"), "data"), { v: "1" });
  });

  it("finds many foreign objects by one list of names", async () => {
    const cluster = newCluster();
    cluster.put({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "c7", namespace: "app" } });
    const input = yaml(...Array.from({ length: 60 }, (_, index) => configMap(`c${index}`)));
    const { plan: planned } = await deploy(cluster, input);
    assert.equal(planned.changes.filter(({ op }) => op === "update").length, 1);
    assert.deepEqual(
      cluster.calls.filter(({ verb, target }) => verb === "get" && target.startsWith("ConfigMap app/c")),
      [{ verb: "get", target: "ConfigMap app/c7" }],
    );
  });

  it("never prunes copies that others made of its labels and annotations [I2 T20]", async () => {
    const cluster = newCluster();
    await deploy(cluster, yaml(configMap("a"), configMap("b")));
    const original = cluster.find("ConfigMap", "a");
    const metadata = own(original, "metadata");
    assert.ok(original !== undefined && isMap(metadata));
    cluster.put({ ...original, metadata: { ...metadata, name: "copy", uid: "" } });
    const { rounds } = await deploy(cluster, configMap("a"));
    assert.deepEqual(rounds, [["delete configmap/b"]]);
    assert.notEqual(cluster.find("ConfigMap", "copy"), undefined);
  });

  it("refuses an empty input unless told otherwise [B81]", async () => {
    const cluster = newCluster();
    await deploy(cluster, configMap("a"));
    cluster.calls.length = 0;
    assert.match(await refusal(deploy(cluster, "")), /^Trying to apply empty set of resources/);
    assert.deepEqual(cluster.writes, []);
    const { rounds } = await deploy(cluster, "", { rawOptions: ["--dangerous-allow-empty-list-of-resources=true"] });
    assert.deepEqual(rounds, [["delete configmap/a"]]);
  });

  it("does not prune when a kind that it uses cannot be listed [B109 I2]", async () => {
    const cluster = newCluster();
    await deploy(cluster, yaml(configMap("a"), "{apiVersion: v1, kind: Service, metadata: {name: s}}\n"));
    cluster.calls.length = 0;
    cluster.before = ({ verb, target }) => {
      if (verb === "list" && target.startsWith("Service")) throw failure(403, "Forbidden", "services is forbidden");
    };
    assert.match(await refusal(deploy(cluster, configMap("a"))), /^Listing Service \(v1\): services is forbidden/);
    assert.deepEqual(cluster.writes, []);
  });

  describe("asks anew for kinds that an older discovery does not know", () => {
    const crd =
      "{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata: {name: widgets.example.com}, spec: {group: example.com, scope: Namespaced, names: {kind: Widget, plural: widgets}, versions: [{name: v1}]}}\n";
    const widget = "{apiVersion: example.com/v1, kind: Widget, metadata: {name: w}}\n";
    const withOldDiscovery = async (): Promise<MemoryCluster> => {
      const cluster = newCluster();
      cluster.admit = withServerDefaults;
      const ask = cluster.discover.bind(cluster);
      const old = await ask();
      cluster.discover = (options) => (options?.fresh === true ? ask() : Promise.resolve(old));
      await deploy(cluster, yaml(crd, widget));
      return cluster;
    };

    it("so that what is there is found and pruned [I2]", async () => {
      const cluster = await withOldDiscovery();
      assert.deepEqual((await plan(cluster, yaml(crd, widget))).changes, []);
      const { rounds } = await deploy(cluster, crd);
      assert.deepEqual(rounds, [["delete widget/w"]]);
    });

    it("so that it is deleted with its app", async () => {
      const cluster = await withOldDiscovery();
      cluster.edit("CustomResourceDefinition", "widgets.example.com", (object) => {
        delete (object["metadata"] as Record<string, unknown>)["labels"];
      });
      assert.equal(ending(await remove(cluster)), "Succeeded");
      assert.equal(cluster.find("Widget", "w"), undefined);
    });

    it("and finds its own object when even a new one does not know the kind yet", async () => {
      const cluster = await withOldDiscovery();
      const fresh = cluster.discover.bind(cluster);
      let asked = 0;
      cluster.discover = (options) => fresh({ ...options, fresh: options?.fresh === true && ++asked > 1 });
      const { outcome } = await deploy(cluster, yaml(crd, widget));
      assert.equal(outcome.state, "succeeded");
    });
  });

  it("does not take a proxy's 404 for a list without objects [B109 I2]", async () => {
    const cluster = newCluster();
    await deploy(cluster, yaml(configMap("a"), configMap("b")));
    cluster.before = ({ verb, target }) => {
      if (verb === "list" && target.startsWith("ConfigMap")) throw failure(404, "Unknown", "no such page");
    };
    assert.match(await refusal(remove(cluster)), /^Listing ConfigMap \(v1\): no such page/);
    assert.notEqual(cluster.find("ConfigMap", "a"), undefined);
  });

  it("does not prune when discovery of a group that it uses failed [B109]", async () => {
    const cluster = newCluster();
    await deploy(cluster, yaml(configMap("a"), "{apiVersion: apps/v1, kind: Deployment, metadata: {name: d}}\n"), {
      rawOptions: ["--wait=false"],
    });
    cluster.failedDiscovery = [
      { groupVersion: "apps/v1", message: "the server is currently unable to handle the request" },
    ];
    assert.match(await refusal(deploy(cluster, configMap("a"))), /^Listing API group version apps\/v1/);
    cluster.failedDiscovery = [{ groupVersion: "metrics.k8s.io/v1beta1", message: "unable" }];
    assert.equal((await deploy(cluster, configMap("a"))).outcome.state, "succeeded");
  });

  it("looks into single namespaces where the whole cluster may not be listed", async () => {
    const cluster = newCluster();
    cluster.before = ({ verb, target }) => {
      if (verb === "list" && !target.includes(" app")) throw failure(403, "Forbidden", `${target} is forbidden`);
    };
    await deploy(cluster, yaml(configMap("a"), configMap("b")));
    const { rounds } = await deploy(cluster, configMap("a"));
    assert.deepEqual(rounds, [["delete configmap/b"]]);
  });

  it("deletes only the version that it looked at, or one that is still its own", async () => {
    const cluster = newCluster();
    await deploy(cluster, yaml(configMap("a"), configMap("b"), configMap("c")));
    let edited = false;
    cluster.before = ({ verb }) => {
      if (verb !== "delete" || edited) return;
      edited = true;
      cluster.edit("ConfigMap", "b", (object) => {
        object["data"] = { hand: "x" };
      });
      cluster.edit("ConfigMap", "c", (object) => {
        const metadata = object["metadata"] as Record<string, Record<string, string>>;
        delete metadata["labels"]?.["kapp.k14s.io/app"];
      });
    };
    assert.match(
      ending(await deploy(cluster, configMap("a"))),
      /Refusing to delete: the object no longer belongs to this app/,
    );
    assert.equal(cluster.find("ConfigMap", "b"), undefined);
    assert.notEqual(cluster.find("ConfigMap", "c"), undefined);
  });

  it("lets go of what is annotated orphan", async () => {
    const cluster = newCluster();
    await deploy(cluster, yaml(configMap("a"), configMap("b", { "delete-strategy": "orphan" })));
    await deploy(cluster, configMap("a"));
    assert.deepEqual(Object.keys(labelsOf(cluster.find("ConfigMap", "b") ?? {})).sort(), [
      "kapp.k14s.io/association",
      "kapp.k14s.io/orphaned",
    ]);
  });
});

describe("deleting an app", () => {
  it("deletes everything, also kinds that the record does not name, and the record last", async () => {
    const cluster = newCluster();
    await deploy(cluster, yaml(configMap("a"), "{apiVersion: v1, kind: Service, metadata: {name: s}}\n"));
    cluster.edit("ConfigMap", "test.app", (object) => {
      const data = object["data"] as Record<string, string>;
      data["spec"] = (data["spec"] ?? "").replace(/"usedGKs":\[[^\]]*\]/, '"usedGKs":[]');
    });
    const result = await remove(cluster);
    assert.equal(ending(result), "Succeeded");
    assert.deepEqual(cluster.objects("ConfigMap"), []);
    assert.deepEqual(cluster.objects("Service"), []);
    assert.equal(cluster.writes.at(-1)?.target, "ConfigMap app/test.app");
  });

  it("has nothing to do without a record", async () => {
    const cluster = newCluster();
    const result = await remove(cluster);
    assert.equal(ending(result), "Succeeded");
    assert.deepEqual(cluster.writes, []);
  });

  it("keeps the record when something is left", async () => {
    const cluster = newCluster();
    await deploy(cluster, configMap("a"));
    const copy = cluster.find("ConfigMap", "a") ?? {};
    const metadata = own(copy, "metadata");
    cluster.put({ ...copy, metadata: { ...(isMap(metadata) ? metadata : {}), name: "copy" } });
    const result = await remove(cluster, { rawOptions: ["--wait-timeout=2s"] });
    assert.equal(ending(result), "Timed out waiting after 2s for resources: [configmap/copy (v1) namespace: app]");
    assert.equal((spec(cluster)["lastChange"] as Record<string, unknown>)["successful"], false);
  });
});

describe("any change of data", () => {
  const data = fc.dictionary(fc.stringMatching(/^[a-z]{1,3}$/), fc.string(), { maxKeys: 4 });

  it("brings the cluster to the target, and a second run writes nothing", async () => {
    await fc.assert(
      fc.asyncProperty(data, data, async (before, after) => {
        const cluster = newCluster();
        await deploy(cluster, configMap("a", {}, before));
        await deploy(cluster, configMap("a", {}, after));
        assert.deepEqual({ ...(own(cluster.find("ConfigMap", "a"), "data") as object) }, { ...after });
        cluster.calls.length = 0;
        await plan(cluster, configMap("a", {}, after));
        await deploy(cluster, configMap("a", {}, after));
        assert.deepEqual(cluster.writes, []);
      }),
      { numRuns: 50 },
    );
  });
});
