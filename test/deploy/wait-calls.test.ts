import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type MutableJsonMap, nameOf } from "../../src/resource/index.ts";
import { deploy, ending, remove, yaml } from "./support/deploy.ts";
import { type Call, failure, ManualClock, MemoryCluster } from "./support/memory-cluster.ts";

const count = 60;
const readyAfterMs = 20_000;

const deployments = (): string =>
  yaml(
    ...Array.from({ length: count }, (_, index) => {
      const labels = { app: `web-${index}` };
      const template = { metadata: { labels }, spec: { containers: [{ name: "web", image: "web:1" }] } };
      const spec = { replicas: 1, selector: { matchLabels: labels }, template };
      return `${JSON.stringify({ apiVersion: "apps/v1", kind: "Deployment", metadata: { name: `web-${index}` }, spec })}\n`;
    }),
  );

/** Deployments get ready together after a while. `calls`: those since the last of them was created, but for the app's record. */
function slowCluster(): { readonly cluster: MemoryCluster; calls(verb: Call["verb"]): string[] } {
  const cluster = new MemoryCluster(new ManualClock());
  const status = (object: MutableJsonMap, numbers: MutableJsonMap): void => {
    object["status"] = { observedGeneration: 1, ...numbers };
  };
  cluster.admit = (object: MutableJsonMap) => {
    if (object["kind"] !== "Deployment" || object["status"] !== undefined) return;
    (object["metadata"] as MutableJsonMap)["generation"] = 1;
    status(object, { unavailableReplicas: 1 });
  };
  cluster.clock.after(readyAfterMs, () => {
    for (const one of cluster.objects("Deployment"))
      cluster.edit("Deployment", nameOf(one), (object) => status(object, { readyReplicas: 1 }));
  });
  return {
    cluster,
    calls(verb) {
      const created = cluster.calls.findLastIndex(
        (call) => call.verb === "create" && call.target.startsWith("Deployment"),
      );
      return cluster.calls
        .slice(created + 1)
        .filter((call) => call.verb === verb && !call.target.startsWith("ConfigMap"))
        .map(({ target }) => target);
    },
  };
}

describe("looks at many workloads", () => {
  it("list them and what belongs to them, and read none by itself", async () => {
    const { cluster, calls } = slowCluster();
    const { events, ...result } = await deploy(cluster, deployments());
    assert.equal(ending({ events, ...result }), "Succeeded");
    assert.deepEqual(calls("get"), []);
    const looks = events.filter((event) => event.type === "section" && event.phase === "waiting").length;
    assert.ok(looks > 5, `${looks} looks`);
    // Each look lists Deployments, ReplicaSets and Pods, for 50 of them at once.
    assert.ok(calls("list").length <= 6 * looks, `${calls("list").length} lists in ${looks} looks`);
  });

  it("read each where they may not be listed", async () => {
    const { cluster, calls } = slowCluster();
    let isPlanned = false;
    cluster.before = (call) => {
      if (call.verb === "create") isPlanned = true;
      if (isPlanned && call.verb === "list" && call.target.startsWith("Deployment"))
        throw failure(403, "Forbidden", "deployments is forbidden");
    };
    assert.equal(ending(await deploy(cluster, deployments())), "Succeeded");
    assert.ok(calls("get").length >= count);
  });

  it("do not take a lost label for a deletion", async () => {
    const { cluster } = slowCluster();
    await deploy(cluster, deployments());
    const edit = (change: (metadata: MutableJsonMap) => MutableJsonMap): void => {
      for (const one of cluster.objects("Deployment"))
        cluster.edit("Deployment", nameOf(one), (object) => {
          object["metadata"] = change(object["metadata"] as MutableJsonMap);
        });
    };
    edit((metadata) => ({ ...metadata, finalizers: ["example.com/hold"] }));
    let deletedAt: number | undefined;
    cluster.before = ({ verb }) => {
      if (verb !== "delete" || deletedAt !== undefined) return;
      deletedAt = cluster.clock.now();
      cluster.clock.after(1, () => edit((metadata) => ({ ...metadata, labels: {} })));
      cluster.clock.after(readyAfterMs, () => {
        for (const one of cluster.objects("Deployment")) cluster.remove("Deployment", nameOf(one));
      });
    };
    assert.equal(ending(await remove(cluster)), "Succeeded");
    assert.ok(deletedAt !== undefined && cluster.clock.now() >= deletedAt + readyAfterMs);
  });
});
