import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type Json, type KubeObject, own } from "../../src/resource/index.ts";
import { conditionOf, configMap, startWorld, succeeded, textAt, type World } from "./world.ts";

function inlineApp(kapp: KubeObject, manifests: readonly string[], spec: KubeObject = {}): KubeObject {
  return {
    apiVersion: "kappctrl.k14s.io/v1alpha1",
    kind: "App",
    metadata: { name: "shop", namespace: "ns1" },
    spec: {
      cluster: { namespace: "ns1", kubeconfigSecretRef: { name: "cluster" } },
      fetch: [{ inline: { paths: { "all.yml": manifests.map((text) => `---\n${text}\n`).join("") } } }],
      template: [{ ytt: {} }],
      deploy: [{ kapp }],
      ...spec,
    },
  };
}

const ended = (status: Json | undefined): boolean =>
  conditionOf(status) === "ReconcileFailed" || conditionOf(status) === "ReconcileSucceeded";

describe("an App that asks for an inspection", () => {
  let world: World;
  before(async () => {
    world = await startWorld();
  });
  after(() => world.stop());

  /** Applies the App and waits until a run has seen it in full. */
  async function run(app: KubeObject): Promise<Json | undefined> {
    await world.apply(app);
    const stored = await world.lateen.hub.apps.get("ns1", "shop");
    const generation = textAt(stored, "metadata", "generation");
    return world.until("shop", (status) => ended(status) && textAt(status, "observedGeneration") === generation);
  }

  it("has kapp's table of its objects in the status after a deploy", async () => {
    const status = await run(inlineApp({ inspect: {} }, [configMap("a", {}), configMap("b", {})]));
    assert.equal(conditionOf(status), "ReconcileSucceeded");
    const { exitCode, stdout } = own(status, "inspect") as { exitCode: number; stdout: string };
    assert.equal(exitCode, 0);
    const [target, ...lines] = stdout
      .split("\n")
      .map((line) => line.replace(/\d+s$/, "AGE").replaceAll(/ {2,}/g, "  "));
    assert.match(target ?? "", /^Target cluster 'http/);
    assert.deepEqual(lines, [
      "Resources in app 'shop.app'",
      "Namespace  Name  Kind  Owner  Rs  Ri  Age",
      "ns1  a  ConfigMap  kapp  ok  -  AGE",
      "^  b  ConfigMap  kapp  ok  -  AGE",
      "Rs: Reconcile state",
      "Ri: Reconcile information",
      "2 resources",
      "Succeeded",
    ]);
  });

  it("is inspected after a failed deploy too, which stays what the condition tells", async () => {
    const orphan = JSON.stringify({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "c", namespace: "nowhere" },
    });
    const status = await run(inlineApp({ inspect: {} }, [configMap("a", {}), orphan]));
    assert.equal(conditionOf(status), "ReconcileFailed");
    assert.equal(textAt(status, "consecutiveReconcileFailures"), "1");
    assert.match(textAt(status, "inspect", "stdout"), /ns1 +a +ConfigMap +kapp/);
    assert.match(textAt(status, "usefulErrorMessage"), /nowhere/);
  });

  it("keeps its success when only the inspection fails", async () => {
    const status = await run(inlineApp({ inspect: { rawOptions: ["--json=true"] } }, [configMap("a", {})]));
    assert.equal(conditionOf(status), "ReconcileSucceeded");
    assert.equal(textAt(status, "usefulErrorMessage"), "");
    assert.equal(textAt(status, "inspect", "error"), "--json is not supported by lateen yet");
    assert.equal(textAt(status, "inspect", "exitCode"), "-1");
  });

  it("says what kept the inspection from the cluster", async () => {
    const away = world.sandbox.kubeconfig.replace(/(server: https?:\/\/[^:\s]+):\d+/, "$1:1");
    assert.notEqual(away, world.sandbox.kubeconfig);
    await world.apply({
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "away", namespace: "ns1" },
      stringData: { value: away },
    });
    const cluster = { namespace: "ns1", kubeconfigSecretRef: { name: "away" } };
    const status = await run(inlineApp({ inspect: {} }, [configMap("a", {})], { cluster }));
    assert.match(textAt(status, "deploy", "error"), /^Deploying: /);
    assert.match(textAt(status, "inspect", "error"), /^Inspecting: /);
    assert.equal(textAt(status, "inspect", "exitCode"), "1");
  });

  it("loses the block when it no longer asks", async () => {
    const status = await run(inlineApp({}, [configMap("a", {})]));
    assert.ok(succeeded(1)(status));
    assert.equal(own(status, "inspect"), undefined);
  });
});
