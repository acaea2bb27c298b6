import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { applyPlan, DeployError, type DeployProgress } from "../../src/deploy/index.ts";
import { annotationsOf, own } from "../../src/resource/index.ts";
import { carryOut, configMap, deploy, ending, plan, refusal, remove, yaml } from "./support/deploy.ts";
import { failure, ManualClock, MemoryCluster } from "./support/memory-cluster.ts";

const newCluster = (): MemoryCluster => new MemoryCluster(new ManualClock());
const data = (cluster: MemoryCluster, name: string): unknown => own(cluster.find("ConfigMap", name), "data");

/** a, then b, then c. */
const chain = (version: string): string =>
  yaml(
    configMap("a", { "change-group": "a" }, { version }),
    configMap("b", { "change-group": "b", "change-rule": "upsert after upserting a" }, { version }),
    configMap("c", { "change-rule": "upsert after upserting b" }, { version }),
  );

describe("the fence [F57 I1]", () => {
  it("writes the epoch into the record, and nothing without one", async () => {
    const cluster = newCluster();
    await deploy(cluster, configMap("a"));
    assert.equal(annotationsOf(cluster.find("ConfigMap", "test.app") ?? {})["lateen.dev/epoch"], undefined);
    await deploy(cluster, configMap("a", {}, { v: "2" }), { fence: { epoch: 7 } });
    assert.equal(annotationsOf(cluster.find("ConfigMap", "test.app") ?? {})["lateen.dev/epoch"], "7");
  });

  it("stops an earlier writer before its next group", async () => {
    const cluster = newCluster();
    await deploy(cluster, chain("1"), { fence: { epoch: 1 } });
    const planned = await plan(cluster, chain("2"));
    cluster.before = ({ verb, target }) => {
      if (verb !== "replace" || target !== "ConfigMap app/b") return;
      cluster.before = () => undefined;
      // The later writer takes the record while b is being written.
      cluster.edit("ConfigMap", "test.app", (record) => {
        const metadata = record["metadata"] as Record<string, Record<string, string>>;
        (metadata["annotations"] ??= {})["lateen.dev/epoch"] = "5";
      });
    };
    assert.equal(
      await refusal(carryOut(planned, cluster, { fence: { epoch: 4 } })),
      "Another run took over this app (its epoch is 5, ours 4): stopped before the next write",
    );
    assert.deepEqual(
      ["a", "b", "c"].map((name) => data(cluster, name)),
      [{ version: "2" }, { version: "2" }, { version: "1" }],
    );
    assert.equal(annotationsOf(cluster.find("ConfigMap", "test.app") ?? {})["lateen.dev/epoch"], "5");
  });

  it("lets kapp or a person touch the record meanwhile", async () => {
    const cluster = newCluster();
    await deploy(cluster, chain("1"), { fence: { epoch: 1 } });
    const planned = await plan(cluster, chain("2"));
    cluster.edit("ConfigMap", "test.app", (record) => {
      const metadata = record["metadata"] as Record<string, Record<string, string>>;
      (metadata["labels"] ??= {})["hand"] = "x";
    });
    assert.equal(ending(await carryOut(planned, cluster, { fence: { epoch: 2 } })), "Succeeded");
  });

  it("writes the record anew when somebody deleted it [F55]", async () => {
    const cluster = newCluster();
    await deploy(cluster, chain("1"));
    const planned = await plan(cluster, chain("2"));
    cluster.remove("ConfigMap", "test.app");
    assert.equal(ending(await carryOut(planned, cluster, { fence: { epoch: 2 } })), "Succeeded");
    assert.deepEqual((await plan(cluster, chain("2"))).changes, []);
  });
});

describe("conflicts [F40 F54]", () => {
  it("are tried again when the change still comes to the same", async () => {
    const cluster = newCluster();
    await deploy(cluster, configMap("a", {}, { v: "1" }));
    const planned = await plan(cluster, configMap("a", {}, { v: "2" }));
    cluster.edit("ConfigMap", "a", (object) => {
      object["status"] = { touched: "yes" };
    });
    assert.equal(ending(await carryOut(planned, cluster)), "Succeeded");
    assert.deepEqual(data(cluster, "a"), { v: "2" });
  });

  it("end the deploy when the approved difference is another now", async () => {
    const cluster = newCluster();
    await deploy(cluster, configMap("a", {}, { v: "1" }));
    const planned = await plan(cluster, configMap("a", {}, { v: "2" }));
    cluster.edit("ConfigMap", "a", (object) => {
      object["data"] = { v: "1", hand: "x" };
    });
    const says = ending(await carryOut(planned, cluster));
    assert.match(says, /Failed to update due to resource conflict \(approved diff no longer matches\)/);
    assert.match(says, / {2}2, {4}- {3}hand: x/);
    assert.deepEqual(data(cluster, "a"), { v: "1", hand: "x" });
  });
});

it("a create of an earlier run that arrives late is its own, and is brought up to date [F57 I1]", async () => {
  const cluster = newCluster();
  await deploy(cluster, configMap("b"));
  const planned = await plan(cluster, yaml(configMap("a", {}, { v: "2" }), configMap("b")));
  await deploy(cluster, yaml(configMap("a", {}, { v: "1" }), configMap("b")));
  assert.equal(ending(await carryOut(planned, cluster)), "Succeeded");
  assert.deepEqual(data(cluster, "a"), { v: "2" });
});

describe("a run that is ended from outside", () => {
  it("stops between calls on abort, and throws the reason", async () => {
    const cluster = newCluster();
    const abort = new AbortController();
    cluster.before = ({ verb, target }) => {
      if (verb === "create" && target === "ConfigMap app/b") abort.abort(new Error("enough"));
    };
    await assert.rejects(deploy(cluster, chain("1"), { signal: abort.signal }), /enough/);
    assert.equal(cluster.find("ConfigMap", "c"), undefined);
  });

  it("is ended by whoever no longer wants its events", async () => {
    const cluster = newCluster();
    const planned = await plan(cluster, chain("1"));
    const settings = { signal: new AbortController().signal };
    for await (const event of applyPlan(planned, cluster, { clock: cluster.clock, random: Math.random }, settings)) {
      if (event.type === "applied") break;
    }
    const calls = cluster.calls.length;
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(cluster.calls.length, calls);
    assert.equal(cluster.find("ConfigMap", "c"), undefined);
  });
});

describe("something newer", () => {
  it("takes over between two groups", async () => {
    const cluster = newCluster();
    let asked = 0;
    const { outcome } = await deploy(cluster, chain("1"), { isSuperseded: () => Promise.resolve(++asked > 1) });
    assert.deepEqual(outcome, { state: "superseded" });
    assert.notEqual(cluster.find("ConfigMap", "a"), undefined);
    assert.equal(cluster.find("ConfigMap", "b"), undefined);
  });
});

describe("waiting in slices [F56]", () => {
  const web = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, generation: 1, annotations: { kapp.k14s.io/change-group: web } }
spec: { replicas: 1 }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: after, annotations: { kapp.k14s.io/change-rule: upsert after upserting web } }
`;
  const ready = (cluster: MemoryCluster): void =>
    cluster.edit("Deployment", "web", (object) => {
      object["status"] = { observedGeneration: 1, readyReplicas: 1 };
    });

  async function firstSlice(cluster: MemoryCluster): Promise<DeployProgress> {
    const { outcome, log } = await deploy(cluster, web, { handOverAt: cluster.clock.now() + 5_000 });
    assert.ok(outcome.state === "waiting", JSON.stringify(outcome));
    assert.ok(log.includes(" ^ Waiting for generation 1 to be observed"));
    assert.deepEqual(outcome.progress.waitingFor, ["deployment/web (apps/v1) namespace: app"]);
    return JSON.parse(JSON.stringify(outcome.progress)) as DeployProgress;
  }

  it("goes on with the same app change and the same counts", async () => {
    const cluster = newCluster();
    const progress = await firstSlice(cluster);
    cluster.clock.after(2_000, () => ready(cluster));
    const { log, outcome } = await deploy(cluster, web, { resume: progress });
    assert.equal(outcome.state, "succeeded");
    assert.deepEqual(
      log.filter((line) => line.startsWith("----")),
      [
        "---- waiting on 1 changes [0/2 done] ----",
        "---- applying 1 changes [1/2 done] ----",
        "---- waiting on 1 changes [1/2 done] ----",
        "---- applying complete [2/2 done] ----",
        "---- waiting complete [2/2 done] ----",
      ],
    );
    const changes = cluster
      .objects("ConfigMap")
      .filter((object) => (own(own(object, "metadata"), "generateName") ?? "") !== "");
    assert.equal(changes.length, 1);
    assert.equal(own(own(changes[0], "metadata"), "name"), progress.changeName);
    assert.match(String(own(own(changes[0], "data"), "spec")), /"successful":true,"description":"update: Op: 2 create/);
  });

  it("tells what got ready in between", async () => {
    const cluster = newCluster();
    const progress = await firstSlice(cluster);
    ready(cluster);
    const { log } = await deploy(cluster, web, { resume: progress });
    assert.equal(log[0], "ok: reconcile deployment/web (apps/v1) namespace: app");
    assert.equal(log.at(-1), "---- waiting complete [2/2 done] ----");
  });

  it("counts the time-out over all slices", async () => {
    const cluster = newCluster();
    let progress = await firstSlice(cluster);
    for (let slice = 0; ; slice++) {
      assert.ok(slice < 10);
      const result = await deploy(cluster, web, {
        resume: progress,
        handOverAt: cluster.clock.now() + 5_000,
        rawOptions: ["--wait-timeout=20s"],
      });
      if (result.outcome.state === "waiting") {
        progress = result.outcome.progress;
        continue;
      }
      assert.equal(
        ending(result),
        "Timed out waiting after 20s for resources: [deployment/web (apps/v1) namespace: app]",
      );
      return;
    }
  });

  it("applies what can be applied before it hands over", async () => {
    const cluster = newCluster();
    const { outcome } = await deploy(cluster, chain("1"), { handOverAt: cluster.clock.now() - 1 });
    assert.equal(outcome.state, "succeeded");
  });

  it("works for deletes", async () => {
    const cluster = newCluster();
    await deploy(cluster, configMap("a"));
    cluster.edit("ConfigMap", "a", (object) => {
      (object["metadata"] as Record<string, unknown>)["finalizers"] = ["example.com/hold"];
    });
    const first = await remove(cluster, { handOverAt: cluster.clock.now() + 1_000 });
    assert.ok(first.outcome.state === "waiting");
    const second = await remove(cluster, { handOverAt: cluster.clock.now() + 1_000, resume: first.outcome.progress });
    assert.ok(second.outcome.state === "waiting");
    assert.ok(second.log.includes(" ^ Waiting on finalizers: example.com/hold"), second.log.join("\n"));
    cluster.remove("ConfigMap", "a");
    const third = await remove(cluster, { resume: second.outcome.progress });
    assert.equal(ending(third), "Succeeded");
    assert.equal(cluster.find("ConfigMap", "test.app"), undefined);
  });
});

describe("waiting", () => {
  it("tells why, and fails where the object failed", async () => {
    const cluster = newCluster();
    cluster.admit = (object) => {
      if (object["kind"] === "Job")
        object["status"] = { conditions: [{ type: "Failed", status: "True", reason: "Backoff", message: "no luck" }] };
    };
    const result = await deploy(cluster, "{apiVersion: batch/v1, kind: Job, metadata: {name: j}}");
    assert.equal(
      ending(result),
      "waiting on reconcile job/j (batch/v1) namespace: app:\n  Finished unsuccessfully (Failed with reason Backoff: no luck)",
    );
    assert.ok(result.log.includes("fail: reconcile job/j (batch/v1) namespace: app"));
  });

  it("for something outside tries until it is there", async () => {
    const cluster = newCluster();
    cluster.clock.after(3_000, () =>
      cluster.put({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "ext", namespace: "app" } }),
    );
    const result = await deploy(cluster, configMap("ext", { exists: "" }));
    assert.equal(ending(result), "Succeeded");
    assert.ok(result.log.includes(" ^ Retryable error: External resource doesn't exists"));
    assert.equal(annotationsOf(cluster.find("ConfigMap", "ext") ?? {})["kapp.k14s.io/identity"], undefined);
  });

  it("for something outside ends at the apply time-out", async () => {
    const result = await deploy(newCluster(), configMap("ext", { exists: "" }), { rawOptions: ["--apply-timeout=4s"] });
    assert.equal(
      ending(result),
      "Timed out waiting after 4s:\n  Last error: exists configmap/ext (v1) namespace: app:\n    External resource doesn't exists",
    );
  });

  it("finds a kind that its CRD brought only after a while [F47]", async () => {
    const cluster = newCluster();
    const input = `
{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata: {name: widgets.example.com},
 spec: {group: example.com, scope: Namespaced, names: {kind: Widget, plural: widgets}, versions: [{name: v1}]},
 status: {conditions: [{type: Established, status: "True"}, {type: NamesAccepted, status: "True"}]}}
---
{apiVersion: example.com/v1, kind: Widget, metadata: {name: w}}
`;
    cluster.admit = (object) => {
      if (object["kind"] !== "CustomResourceDefinition") return;
      object["status"] = { conditions: ["Established", "NamesAccepted"].map((type) => ({ type, status: "True" })) };
    };
    const discover = cluster.discover.bind(cluster);
    const readyAt = cluster.clock.now() + 5_000;
    cluster.discover = async () => {
      const found = await discover();
      return { ...found, types: found.types.filter(({ kind }) => kind !== "Widget" || cluster.clock.now() > readyAt) };
    };
    assert.equal(ending(await deploy(cluster, input)), "Succeeded");
    assert.notEqual(cluster.find("Widget", "w"), undefined);
  });
});

describe("errors of one group", () => {
  const input = yaml(
    configMap("bad"),
    configMap("good"),
    configMap("after", { "change-rule": "upsert after upserting g" }),
    configMap("dep", { "change-group": "g" }),
  );
  const refuse = (cluster: MemoryCluster, ...names: string[]): void => {
    cluster.before = ({ verb, target }) => {
      if (verb === "create" && names.some((name) => target.endsWith(`/${name}`))) throw failure(422, "Invalid", "no");
    };
  };

  it("end the deploy at once by default", async () => {
    const cluster = newCluster();
    refuse(cluster, "bad");
    const result = await deploy(cluster, input);
    assert.equal(
      ending(result),
      "create configmap/bad (v1) namespace: app:\n  Creating resource configmap/bad (v1) namespace: app:\n    API server says: no (reason: Invalid)",
    );
    assert.equal(cluster.find("ConfigMap", "after"), undefined);
    assert.match(String(own(own(cluster.find("ConfigMap", "test.app"), "data"), "spec")), /"successful":false/);
  });

  it("let the rest go on where that is asked for, but not what depends on them", async () => {
    const cluster = newCluster();
    refuse(cluster, "bad", "dep");
    const result = await deploy(cluster, input, { rawOptions: ["--exit-early-on-apply-error=false"] });
    assert.ok(result.outcome.state === "failed" && result.outcome.failure.code === "DEPLOY_SEVERAL");
    assert.notEqual(cluster.find("ConfigMap", "good"), undefined);
    assert.equal(cluster.find("ConfigMap", "after"), undefined);
  });
});

it("a refused plan is a typed error", async () => {
  await assert.rejects(
    plan(newCluster(), ""),
    (error) => error instanceof DeployError && error.failure.code === "DEPLOY_EMPTY" && !error.retryable,
  );
});
