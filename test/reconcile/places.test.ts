/** Apps that get in one another's way, move, contain themselves or are held: nothing is deleted that nobody asked to delete. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { RunRecord } from "../../src/reconcile/index.ts";
import type { KubeObject } from "../../src/resource/index.ts";
import { type Sandbox, startSandbox } from "../../src/sandbox/index.ts";
import { hasGitHttpBackend } from "../support/git-server.ts";
import {
  conditionOf,
  configMap,
  eventually,
  gitApp,
  secret,
  settled,
  startWorld,
  succeeded,
  tickAgain,
  textAt,
  type World,
} from "./world.ts";

const skip = (await hasGitHttpBackend()) ? false : "git http-backend is not installed";

describe("where Apps live", { skip }, () => {
  let world: World;
  let other: Sandbox;
  before(async () => {
    world = await startWorld();
    other = await startSandbox({ name: "other" });
    await world.repository.commitFiles({
      "a/a.yml": configMap("a", { v: "1" }),
      "b/b.yml": configMap("b", { v: "1" }),
      "c/c.yml": configMap("c", { v: "1" }),
      "self/self.yml": JSON.stringify(selfApp()),
    });
    await world.apply(secret("other", { value: other.kubeconfig }));
  });
  after(async () => {
    await world.stop();
    await other.stop();
  });

  it("B94: an App of the same name may not take over another one's record", async () => {
    await world.apply(gitApp("a", world.repository, "a"));
    await world.until("a", succeeded(1));
    await world.apply({
      ...secret("cluster", { value: world.sandbox.kubeconfig }),
      metadata: { name: "cluster", namespace: "ns2" },
    });
    const thief = gitApp("a", world.repository, "b");
    await world.apply({ ...thief, metadata: { name: "a", namespace: "ns2" } });
    await eventually(async () => {
      const status = (await world.lateen.hub.apps.get("ns2", "a"))?.["status"];
      assert.match(
        textAt(status, "usefulErrorMessage"),
        /App 'ns1\/a' already owns the app record 'a\.app' in namespace 'ns1'/,
      );
    });
    assert.notEqual(await world.live("ConfigMap", "a"), undefined);
    assert.equal(await world.live("ConfigMap", "b"), undefined);
    assert.equal((await plan("ns2", "a")).status, 422);

    // The record is free once its owner is gone.
    await world.lateen.hub.delete(gitApp("a", world.repository, "a"));
    await eventually(async () => assert.equal(await world.lateen.hub.apps.get("ns1", "a"), undefined));
    await world.lateen.hub.apply(
      {
        ...thief,
        metadata: { name: "a", namespace: "ns2", annotations: {} },
        spec: { ...(thief["spec"] as KubeObject), syncPeriod: "2h" },
      },
      { fieldManager: "test" },
    );
    await eventually(async () => assert.notEqual(await world.live("ConfigMap", "b"), undefined));
    assert.equal(await world.live("ConfigMap", "a"), undefined);
  });

  it("B95: an App that moves to another cluster says what it left behind, and deletes nothing there", async () => {
    await world.apply(gitApp("c", world.repository, "c"));
    await world.until("c", succeeded(1));
    await world.apply(
      gitApp("c", world.repository, "c", { cluster: { namespace: "default", kubeconfigSecretRef: { name: "other" } } }),
    );
    await world.until("c", succeeded(2));
    const told = await notesOf("c");
    assert.match(
      told,
      /^this App was deployed to https:\/\/127\.0\.0\.1:\d+ \(app record in namespace 'ns1'\) before, and left there: configmap\/c namespace: ns1$/,
    );
    assert.ok(told.includes(world.sandbox.server));
    assert.notEqual(await world.live("ConfigMap", "c"), undefined);

    // What is left elsewhere is no drift.
    await settled(world);
    const runs = await runsOf("c");
    await tickAgain(world);
    await settled(world);
    assert.equal(await runsOf("c"), runs);

    // Moving back finds everything again.
    await world.apply(gitApp("c", world.repository, "c"));
    await world.until("c", succeeded(3));
    const back = await notesOf("c");
    assert.doesNotMatch(back, new RegExp(world.sandbox.server));
    assert.match(back, new RegExp(other.server));
  });

  it("B96: an App that contains itself runs once and is at rest", async () => {
    const token = await world.lateen.hub.tokens.create({ scopes: ["admin"] });
    await world.apply(secret("hub", { value: hubKubeconfig(token.token) }));
    await world.apply(selfApp());
    await world.until("self", succeeded(1));
    await settled(world);
    const runs = await runsOf("self");
    await tickAgain(world);
    await settled(world);
    assert.ok((await runsOf("self")) <= runs + 1);
    await world.lateen.hub.delete(selfApp());
    await eventually(async () => assert.equal(await world.lateen.hub.apps.get("ns1", "self"), undefined));
  });

  const held: readonly (readonly [string, KubeObject])[] = [
    ["paused", { paused: true }],
    ["canceled", { canceled: true }],
    ["paused and canceled", { paused: true, canceled: true }],
    ["paused with noopDelete", { paused: true, noopDelete: true }],
    ["canceled with noopDelete", { canceled: true, noopDelete: true }],
  ];
  for (const [index, [name, spec]] of held.entries()) {
    it(`B97: ${name}: nothing is written`, async () => {
      const app = `held-${index}`;
      world.sandbox.requests.clear();
      await world.apply(gitApp(app, world.repository, "c", spec));
      await world.until(app, (status) => textAt(status, "friendlyDescription") === "Canceled/paused");
      assert.equal(
        world.sandbox.requests.count(({ method }) => method !== "GET"),
        0,
      );
    });
  }

  it("B97: a canceled App is not deleted, an un-canceled one with noopDelete leaves its objects", async () => {
    await world.lateen.hub.delete(gitApp("c", world.repository, "c"));
    await eventually(async () => assert.equal(await world.lateen.hub.apps.get("ns1", "c"), undefined));
    const spec = { canceled: false, noopDelete: true };
    await world.apply(gitApp("held-4", world.repository, "c", spec));
    await world.until("held-4", succeeded(1));
    await world.apply(gitApp("held-4", world.repository, "c", { ...spec, canceled: true, noopDelete: false }));
    await world.lateen.hub.delete(gitApp("held-4", world.repository, "c"));
    const status = await world.until("held-4", (now) => conditionOf(now) === "DeleteFailed");
    assert.match(textAt(status, "usefulErrorMessage"), /Already canceled/);
    await world.apply(gitApp("held-4", world.repository, "c", spec));
    await eventually(async () => assert.equal(await world.lateen.hub.apps.get("ns1", "held-4"), undefined));
    assert.notEqual(await world.live("ConfigMap", "c"), undefined);
  });

  function selfApp(): KubeObject {
    return gitApp("self", world.repository, "self", {
      cluster: { namespace: "ns1", kubeconfigSecretRef: { name: "hub" } },
    });
  }

  function hubKubeconfig(token: string): string {
    const named = (name: string, rest: object): object => ({ name, ...rest });
    return JSON.stringify({
      "current-context": "hub",
      clusters: [named("hub", { cluster: { server: world.lateen.url } })],
      users: [named("hub", { user: { token } })],
      contexts: [named("hub", { context: { cluster: "hub", user: "hub" } })],
    });
  }

  async function plan(namespace: string, name: string): Promise<Response> {
    const { token } = await world.lateen.hub.tokens.create({ scopes: ["apps:read"] });
    return fetch(`${world.lateen.url}/api/apps/${namespace}/${name}/plan`, {
      headers: { authorization: `Bearer ${token}` },
    });
  }

  async function runsOf(name: string): Promise<number> {
    return (await listRunsOf(name)).length;
  }

  /** What the App's newest run noted. */
  async function notesOf(name: string): Promise<string> {
    const runs = await listRunsOf(name);
    const notes = runs.at(-1)?.events.flatMap((event) => (event.type === "note" ? [event.text] : [])) ?? [];
    return notes.join("\n");
  }

  async function listRunsOf(name: string): Promise<readonly RunRecord[]> {
    const items = await world.lateen.deps.items.query(`APP#ns1/${name}`, Date.now(), { prefix: "RUN#" });
    // Written by the recorder of runs.
    return items.map((item) => JSON.parse(item.value) as RunRecord);
  }
});
