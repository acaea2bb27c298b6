/** The deletion breaker through the doors: hub, push, by-hand API (docs/adr/0015). */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { isMap, own } from "../../src/resource/index.ts";
import { hasGitHttpBackend } from "../support/git-server.ts";
import {
  conditionOf,
  configMap,
  deliverPush,
  eventually,
  gitApp,
  settled,
  startWorld,
  succeeded,
  textAt,
  tickAgain,
  type World,
} from "./world.ts";

const skip = (await hasGitHttpBackend()) ? false : "git http-backend is not installed";

describe("a deploy that would delete more than the limit", { skip }, () => {
  let world: World;
  let token: string;
  const folder = (...names: readonly string[]): Record<string, string> =>
    Object.fromEntries(names.map((name) => [`app/${name}.yml`, configMap(name, { v: "1" })]));
  const push = async (...names: readonly string[]): Promise<void> => {
    await deliverPush(world, await world.repository.commitFiles(folder(...names)));
  };
  const failed = (): Promise<string> =>
    world
      .until("shop", (status) => conditionOf(status) === "ReconcileFailed")
      .then((status) => textAt(status, "usefulErrorMessage"));
  const annotate = async (annotations: Readonly<Record<string, string>>): Promise<void> => {
    const app = gitApp("shop", world.repository, "app");
    const metadata = own(app, "metadata");
    assert.ok(isMap(metadata));
    await world.apply({ ...app, metadata: { ...metadata, annotations } });
  };
  const ask = async (query: string): Promise<string> => {
    const url = `${world.lateen.url}/api/apps/ns1/shop/reconcile?${query}`;
    const response = await fetch(url, { method: "POST", headers: { authorization: `Bearer ${token}` } });
    return `${response.status} ${await response.text()}`;
  };
  const hold = async (finalizers: readonly string[] | null): Promise<void> => {
    const type = (await world.cluster.discover()).types.find(({ kind }) => kind === "ConfigMap");
    assert.ok(type);
    await world.cluster.patch(type, "ns1", "c", {
      contentType: "application/merge-patch+json",
      body: JSON.stringify({ metadata: { finalizers } }),
    });
  };
  before(async () => {
    world = await startWorld({ flags: { maxDeletions: "0" }, waitSliceMs: 100 });
    ({ token } = await world.lateen.hub.tokens.create({ scopes: ["admin"] }));
    await world.repository.commitFiles(folder("a", "b", "c", "d"));
    await annotate({});
    await world.until("shop", succeeded(1));
  });
  after(() => world.stop());

  it("stops before the first write, says so in the status, and is shown by a plan", async () => {
    world.sandbox.requests.clear();
    await push("a", "e");
    const text = await failed();
    assert.match(
      text,
      /^kapp: Error: Refusing to delete 3 of 4 objects, more than the limit of 0 objects \(configmap\/b/,
    );
    assert.equal(await world.live("ConfigMap", "e"), undefined);
    assert.notEqual(await world.live("ConfigMap", "b"), undefined);
    assert.equal(
      world.sandbox.requests.count(({ method }) => method !== "GET"),
      0,
    );
    const response = await fetch(`${world.lateen.url}/api/apps/ns1/shop/plan`, {
      headers: { authorization: `Bearer ${token}` },
    });
    assert.match(
      textAt((await response.json()) as Record<string, string>, "text"),
      /\nRefusing to delete 3 of 4 objects/,
    );
    const metrics = await (await fetch(`${world.lateen.url}/metrics`)).text();
    assert.match(metrics, /lateen_deletions_refused_total [1-9]/);
  });

  it("goes on with the approval of a run by hand, which is spent with it", async () => {
    const digest = /approves ([0-9a-f]{16})\./.exec(await failed())?.[1] ?? "";
    assert.match(await ask("approve=0123456789abcdef"), /Refusing to delete 3 of 4/);
    assert.match(await ask("approve=nonsense"), /^400 .*16 hex digits/);
    assert.match(await ask(`approve=${digest}`), /"outcome":"succeeded"/);
    assert.equal(await world.live("ConfigMap", "b"), undefined);
    await push("a", "b", "c", "d", "e");
    await world.until("shop", succeeded(2));
    await push("a", "e");
    assert.match(await failed(), /Refusing to delete 3 of 5 objects/);
  });

  it("goes on with the App's annotation that names it, also in later slices, which find less to delete", async () => {
    const digest = /approves ([0-9a-f]{16})\./.exec(await failed())?.[1] ?? "";
    await annotate({ "lateen.dev/approve-deletions": digest });
    await hold(["test.lateen.dev/hold"]);
    assert.match(await ask("wait=1"), /"outcome":"waiting"/);
    await eventually(async () => assert.equal(await world.live("ConfigMap", "b"), undefined));
    await hold(null);
    await eventually(async () => {
      await tickAgain(world);
      assert.ok(succeeded(1)(await world.until("shop", () => true)));
    });
    assert.equal(await world.live("ConfigMap", "c"), undefined);
  });

  it("follows the App's own limits, and the deletion of the App is none of it", async () => {
    await push("a", "b", "c", "e");
    await eventually(async () => assert.notEqual(await world.live("ConfigMap", "b"), undefined));
    await settled(world);
    await annotate({ "lateen.dev/max-deletions": "none", "lateen.dev/max-deleted-percent": "50" });
    await push("e");
    assert.match(await failed(), /Refusing to delete 3 of 4 objects, more than the limit of 50 percent/);
    await annotate({ "lateen.dev/max-deletions": "none" });
    assert.match(await ask("wait=true"), /"outcome":"succeeded"/);
    await annotate({ "lateen.dev/max-deletions": "many" });
    assert.match(await ask("wait=true"), /lateen\.dev\/max-deletions' value to be none or a whole number/);
    await annotate({ "lateen.dev/max-deletions": "0" });
    await world.lateen.hub.delete(gitApp("shop", world.repository, "app"));
    await world.until("shop", (status) => status === undefined);
    assert.equal(await world.live("ConfigMap", "e"), undefined);
  });
});
