import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { own } from "../../src/resource/index.ts";
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
describe("an App that follows a folder of a repository", { skip }, () => {
  let world: World;
  before(async () => {
    world = await startWorld();
    await world.repository.commitFiles({
      "app/a.yml": configMap("a", { v: "1" }),
      "other/b.yml": configMap("b", { v: "1" }),
    });
    await world.apply(gitApp("shop", world.repository, "app"));
    await world.until("shop", succeeded(1));
  });
  after(() => world.stop());

  it("deploys the folder and nothing else", async () => {
    assert.equal(textAt(await world.live("ConfigMap", "a"), "data", "v"), "1");
    assert.equal(await world.live("ConfigMap", "b"), undefined);
  });

  it("deploys a push within the webhook's run", async () => {
    const commit = await world.repository.commitFiles({
      "app/a.yml": configMap("a", { v: "2" }),
      "other/b.yml": configMap("b", { v: "1" }),
    });
    const answer = await deliverPush(world, commit);
    assert.equal(answer.status, 202);
    await world.until("shop", succeeded(2));
    assert.equal(textAt(await world.live("ConfigMap", "a"), "data", "v"), "2");
  });

  it("does not run for a push that touches only another folder", async () => {
    const commit = await world.repository.commitFiles({
      "app/a.yml": configMap("a", { v: "2" }),
      "other/b.yml": configMap("b", { v: "9" }),
    });
    const before = own(await world.until("shop", () => true), "consecutiveReconcileSuccesses");
    await deliverPush(world, commit);
    await settled(world);
    assert.equal(own(await world.until("shop", () => true), "consecutiveReconcileSuccesses"), before);
  });

  it("answers a push that no App follows", async () => {
    const answer = await deliverPush(world, "1".repeat(40), "refs/heads/unrelated");
    assert.equal(answer.status, 202);
    assert.match(await answer.text(), /no App fetches this/);
  });

  it("finds a commit whose webhook was lost on the next tick", async () => {
    await world.repository.commitFiles({ "app/a.yml": configMap("a", { v: "3" }) });
    await tickAgain(world);
    await eventually(async () => assert.equal(textAt(await world.live("ConfigMap", "a"), "data", "v"), "3"));
  });

  it("changes nothing for a commit that does not parse, and says where", async () => {
    const commit = await world.repository.commitFiles({
      "app/a.yml": "a: [1,\n",
      "app/c.yml": configMap("c", { v: "1" }),
    });
    await deliverPush(world, commit);
    const status = await world.until("shop", (now) => conditionOf(now) === "ReconcileFailed");
    assert.match(textAt(status, "usefulErrorMessage"), /a\.yml/);
    assert.equal(textAt(await world.live("ConfigMap", "a"), "data", "v"), "3");
    assert.equal(await world.live("ConfigMap", "c"), undefined);
  });

  it("recovers with the next good commit and prunes what is gone", async () => {
    const commit = await world.repository.commitFiles({ "app/d.yml": configMap("d", { v: "1" }) });
    await deliverPush(world, commit);
    await world.until("shop", (now) => conditionOf(now) === "ReconcileSucceeded");
    assert.equal(await world.live("ConfigMap", "a"), undefined);
    assert.equal(textAt(await world.live("ConfigMap", "d"), "data", "v"), "1");
  });
});

describe("drift of a run cluster", { skip }, () => {
  let world: World;
  before(async () => {
    world = await startWorld();
    await world.repository.commitFiles({
      "app/a.yml": configMap("a", { v: "1" }),
      "app/b.yml": configMap("b", { v: "1" }),
    });
    await world.apply(gitApp("shop", world.repository, "app"));
    await world.until("shop", succeeded(1));
  });
  after(() => world.stop());

  const changes: readonly {
    readonly name: string;
    readonly make: () => Promise<unknown>;
    readonly check: () => Promise<void>;
  }[] = [
    {
      name: "a changed value",
      make: () => patch({ data: { v: "by hand" } }),
      check: async () => assert.equal(textAt(await world.live("ConfigMap", "a"), "data", "v"), "1"),
    },
    {
      name: "an added field",
      make: () => patch({ data: { extra: "by hand" } }),
      check: async () => assert.equal(textAt(await world.live("ConfigMap", "a"), "data", "extra"), ""),
    },
    {
      name: "an added label",
      make: () => patch({ metadata: { labels: { team: "x" } } }),
      check: async () => assert.equal(textAt(await world.live("ConfigMap", "a"), "metadata", "labels", "team"), ""),
    },
    {
      name: "a removed ownership label",
      make: () => patch({ metadata: { labels: { "kapp.k14s.io/app": null } } }),
      check: async () =>
        assert.notEqual(textAt(await world.live("ConfigMap", "a"), "metadata", "labels", "kapp.k14s.io/app"), ""),
    },
    {
      name: "a deleted object",
      make: async () => world.cluster.delete(await typeOf("ConfigMap"), "ns1", "b", {}),
      check: async () => assert.equal(textAt(await world.live("ConfigMap", "b"), "data", "v"), "1"),
    },
  ];
  for (const { name, make, check } of changes) {
    it(`is found and repaired: ${name}`, async () => {
      await make();
      await tickAgain(world);
      await eventually(check);
    });
  }

  it("is not seen where there is none: one metadata list and no write", async () => {
    await settled(world);
    world.sandbox.requests.clear();
    await tickAgain(world);
    await settled(world);
    assert.equal(
      world.sandbox.requests.count(({ method }) => method !== "GET"),
      0,
    );
    assert.equal(
      world.sandbox.requests.count(({ path }) => path.startsWith("/api/v1/configmaps")),
      1,
    );
  });

  async function typeOf(kind: string) {
    const { types } = await world.cluster.discover();
    const type = types.find((candidate) => candidate.kind === kind);
    assert.ok(type);
    return type;
  }

  async function patch(body: object): Promise<unknown> {
    return world.cluster.patch(await typeOf("ConfigMap"), "ns1", "a", {
      contentType: "application/merge-patch+json",
      body: JSON.stringify(body),
    });
  }
});
