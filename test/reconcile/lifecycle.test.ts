import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type LocalServer, startLocal } from "../../src/functions/index.ts";
import { getApp } from "../../src/reconcile/index.ts";
import { annotationsOf, type KubeObject, own } from "../../src/resource/index.ts";
import { hasGitHttpBackend } from "../support/git-server.ts";
import {
  conditionOf,
  configMap,
  deliverPush,
  eventually,
  gitApp,
  secret,
  settled,
  startWorld,
  succeeded,
  textAt,
  type World,
} from "./world.ts";

const skip = (await hasGitHttpBackend()) ? false : "git http-backend is not installed";

function packageInstall(version: string): string {
  return JSON.stringify({
    apiVersion: "packaging.carvel.dev/v1alpha1",
    kind: "PackageInstall",
    metadata: { name: "contour" },
    spec: {
      serviceAccountName: "default",
      packageRef: { refName: "contour.example.com", versionSelection: { constraints: version } },
    },
  });
}

describe("a run that only waits", { skip }, () => {
  let world: World;
  before(async () => {
    world = await startWorld({ waitSliceMs: 50, reconcileDelayMs: 1_500 });
    await world.repository.commitFiles({ "app/pkgi.yml": packageInstall("1.17.1") });
    await world.apply(gitApp("shop", world.repository, "app"));
  });
  after(() => world.stop());

  it("gives the worker back, goes on later, and is one deploy for kapp", async () => {
    const status = await world.until("shop", succeeded(1));
    const runs = await runsOf(world);
    assert.ok(
      runs.some(({ outcome }) => outcome === "waiting"),
      JSON.stringify(runs),
    );
    const stdout = textAt(status, "deploy", "stdout");
    assert.equal(stdout.match(/applying complete/g)?.length, 1, stdout);
    assert.equal((await appChanges(world)).length, 1);
  });

  it("is taken over by a newer commit", async () => {
    const first = await world.repository.commitFiles({ "app/pkgi.yml": packageInstall("1.17.2") });
    await deliverPush(world, first);
    await world.until(
      "shop",
      (status) =>
        conditionOf(status) === "Reconciling" || textAt(status, "deploy", "stdout").includes("update packageinstall"),
    );
    const second = await world.repository.commitFiles({
      "app/pkgi.yml": packageInstall("1.18.0"),
      "app/a.yml": configMap("a", { v: "1" }),
    });
    await deliverPush(world, second);
    await eventually(async () => {
      assert.equal(
        textAt(await world.live("PackageInstall", "contour"), "spec", "packageRef", "versionSelection", "constraints"),
        "1.18.0",
      );
      assert.equal(textAt(await world.live("ConfigMap", "a"), "data", "v"), "1");
    });
  });
});

describe("the life of an App", { skip }, () => {
  let world: World;
  before(async () => {
    world = await startWorld();
    await world.repository.commitFiles({ "app/a.yml": configMap("a", { v: "1" }) });
  });
  after(() => world.stop());

  it("paused: nothing is written; un-paused: it runs", async () => {
    await world.apply(gitApp("shop", world.repository, "app", { paused: true }));
    await world.until("shop", (status) => textAt(status, "friendlyDescription") === "Canceled/paused");
    assert.equal(await world.live("ConfigMap", "a"), undefined);
    await world.apply(gitApp("shop", world.repository, "app", { paused: false }));
    await world.until("shop", succeeded(1));
  });

  it("labels and annotations of the App start no run", async () => {
    const before = (await runsOf(world)).length;
    const app = gitApp("shop", world.repository, "app", { paused: false });
    await world.apply({ ...app, metadata: { name: "shop", namespace: "ns1", annotations: { note: "x" } } });
    await settled(world);
    assert.equal((await runsOf(world)).length, before);
  });

  it("deletion: the resources leave the run cluster before the App goes", async () => {
    await world.lateen.hub.delete(gitApp("shop", world.repository, "app"));
    await eventually(async () => assert.equal(await world.lateen.hub.apps.get("ns1", "shop"), undefined));
    assert.equal(await world.live("ConfigMap", "a"), undefined);
    assert.equal(await world.live("ConfigMap", "shop.app"), undefined);
  });

  it("a dry run says what it would do, and does nothing", async () => {
    await world.repository.commitFiles({
      "app/a.yml": configMap("a", { v: "1" }),
      "dry/a.yml": configMap("dry", {}),
    });
    const deployStep = { deploy: [{ kapp: { rawOptions: ["--diff-run=true"] } }] };
    await world.apply(gitApp("dry", world.repository, "dry", deployStep));
    const status = await world.until("dry", succeeded(1));
    assert.match(textAt(status, "deploy", "stdout"), /Op: {6}1 create, [\s\S]*\nSucceeded$/);
    assert.equal(await world.live("ConfigMap", "dry"), undefined);
  });

  it("noopDelete leaves them", async () => {
    await world.apply(gitApp("kept", world.repository, "app", { noopDelete: true }));
    await world.until("kept", succeeded(1));
    await world.lateen.hub.delete(gitApp("kept", world.repository, "app"));
    await eventually(async () => assert.equal(await world.lateen.hub.apps.get("ns1", "kept"), undefined));
    assert.notEqual(await world.live("ConfigMap", "a"), undefined);
  });

  it("a Secret that an App reads starts a run when it changes", async () => {
    await world.apply(secret("files", { "b.yml": configMap("b", { v: "1" }) }));
    await world.apply(inlineApp("inline", "files"));
    await world.until("inline", succeeded(1));
    await world.apply(secret("files", { "b.yml": configMap("b", { v: "2" }) }));
    await eventually(async () => assert.equal(textAt(await world.live("ConfigMap", "b"), "data", "v"), "2"));
  });

  it("a kubeconfig under another key of the Secret is taken and the status says so", async () => {
    await world.apply(secret("guide", { "value.yaml": world.sandbox.kubeconfig }));
    await world.repository.commitFiles({ "guide/g.yml": configMap("g", { v: "1" }) });
    await world.apply(
      gitApp("guide", world.repository, "guide", {
        cluster: { namespace: "ns1", kubeconfigSecretRef: { name: "guide", key: "value" } },
      }),
    );
    const status = await world.until("guide", succeeded(1));
    assert.match(textAt(status, "deploy", "stderr"), /value\.yaml/);
  });

  it("a step that is not built yet fails the App by name and deploys nothing", async () => {
    const template = [{ helmTemplate: {} }];
    await world.apply(gitApp("helm", world.repository, "guide", { template }));
    const status = await world.until("helm", (now) => conditionOf(now) === "ReconcileFailed");
    assert.match(textAt(status, "usefulErrorMessage"), /helmTemplate is not supported/);
  });
});

describe("a restart", { skip }, () => {
  it("works on a webhook that was acknowledged before it", async () => {
    const world = await startWorld();
    try {
      await world.repository.commitFiles({ "app/a.yml": configMap("a", { v: "1" }) });
      await world.apply(gitApp("shop", world.repository, "app"));
      await world.until("shop", succeeded(1));
      const commit = await world.repository.commitFiles({ "app/a.yml": configMap("a", { v: "2" }) });
      assert.equal((await deliverPush(world, commit)).status, 202);
      await world.restart();
      await eventually(async () => assert.equal(textAt(await world.live("ConfigMap", "a"), "data", "v"), "2"));
    } finally {
      await world.stop();
    }
  });
});

describe("two processes on one data directory", { skip }, () => {
  it("are one writer and end at the newest commit", async () => {
    const world = await startWorld();
    let second: LocalServer | undefined;
    try {
      await world.repository.commitFiles({ "app/a.yml": configMap("a", { v: "0" }) });
      await world.apply(gitApp("shop", world.repository, "app"));
      await world.until("shop", succeeded(1));
      second = await startLocal(world.config, { write: () => undefined });
      for (let n = 1; n <= 8; n++) {
        const commit = await world.repository.commitFiles({ "app/a.yml": configMap("a", { v: String(n) }) });
        await Promise.all([deliverPush(world, commit), deliverPush(world, commit, "refs/heads/main", second)]);
      }
      await eventually(async () => assert.equal(textAt(await world.live("ConfigMap", "a"), "data", "v"), "8"));
      await settled(world);
      assert.equal(textAt(await world.live("ConfigMap", "a"), "data", "v"), "8");
      const epochs = (await runsOf(world)).map(({ epoch }) => epoch);
      assert.equal(new Set(epochs).size, epochs.length, "an epoch was used twice");
      const record = await world.live("ConfigMap", "shop.app");
      assert.ok(record !== undefined);
      assert.ok(epochs.includes(Number(annotationsOf(record)["lateen.dev/epoch"])));
    } finally {
      await second?.stop();
      await world.stop();
    }
  });
});

function inlineApp(name: string, secretName: string): KubeObject {
  return {
    apiVersion: "kappctrl.k14s.io/v1alpha1",
    kind: "App",
    metadata: { name, namespace: "ns1" },
    spec: {
      cluster: { namespace: "ns1", kubeconfigSecretRef: { name: "cluster" } },
      fetch: [{ inline: { pathsFrom: [{ secretRef: { name: secretName } }] } }],
      template: [{ ytt: {} }],
      deploy: [{ kapp: {} }],
    },
  };
}

async function runsOf(world: World) {
  return (await getApp("ns1", "shop", world.lateen.deps))?.runs ?? [];
}

async function appChanges(world: World): Promise<readonly KubeObject[]> {
  const { types } = await world.cluster.discover();
  const type = types.find(({ kind }) => kind === "ConfigMap");
  assert.ok(type);
  const all = await world.cluster.list(type, { namespace: "ns1", labelSelector: "kapp.k14s.io/is-app-change" });
  return all.filter((object) => own(object, "metadata") !== undefined);
}
