import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { own, parseJson } from "../../../src/resource/index.ts";
import {
  appObject,
  context,
  httpEvent,
  installAwsLambda,
  type LambdaWorld,
  pushEvent,
  responseStream,
  secretObject,
  startLambdaWorld,
} from "./lambda-world.ts";

installAwsLambda();

async function eventually(check: () => Promise<boolean>, what: string): Promise<void> {
  const end = Date.now() + 10_000;
  while (!(await check())) {
    assert.ok(Date.now() < end, what);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe("the functions on AWS", { concurrency: false }, () => {
  let world: LambdaWorld;
  before(async () => {
    world = await startLambdaWorld({ LATEEN_SYNC_PERIOD: "2s" });
  });
  after(() => world.stop());

  const configMap = (data: Readonly<Record<string, string>>): string =>
    JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "colours" }, data });

  const apply = async (path: string, object: object): Promise<void> => {
    const answer = await world.http(
      "hub",
      httpEvent("POST", path, {
        headers: { authorization: `Bearer ${world.token}`, "content-type": "application/json" },
        body: JSON.stringify(object),
      }),
    );
    assert.equal(answer.statusCode, 201, answer.body);
  };

  const statusOf = async (name: string): Promise<string> => {
    const answer = await world.http(
      "hub",
      httpEvent("GET", `/apis/kappctrl.k14s.io/v1alpha1/namespaces/default/apps/${name}`, {
        headers: { authorization: `Bearer ${world.token}` },
      }),
    );
    assert.equal(answer.statusCode, 200, answer.body);
    return JSON.stringify(own(parseJson(answer.body), "status"));
  };

  test("a push goes from the webhook over SQS to the run cluster (F14, I6)", async () => {
    await world.repository.commitFiles({ "app/colours.yml": configMap({ wall: "red" }) });
    await apply("/api/v1/namespaces/default/secrets", secretObject("cluster", world.sandbox.kubeconfig));
    await apply(
      "/apis/kappctrl.k14s.io/v1alpha1/namespaces/default/apps",
      appObject("shop", world.repository.url, "app", "cluster"),
    );
    while (await world.work("runner"));
    assert.match(await statusOf("shop"), /"type":"ReconcileSucceeded"/);

    const after = await world.repository.commitFiles({ "app/colours.yml": configMap({ wall: "blue" }) });
    const accepted = await world.http("ingress", pushEvent(world.repository.url, after));
    assert.equal(accepted.statusCode, 202, accepted.body);
    assert.match(accepted.body, /"outcome":"accepted"/);
    assert.ok(await world.work("source"), "the push sent a wake-up");
    assert.ok(await world.work("runner"), "the source run sent a wake-up");
    while (await world.work("runner"));
    assert.match(await statusOf("shop"), new RegExp(after));
  });

  test("a run by hand streams its progress, with the token beside the signature of IAM", async () => {
    const byhand = await world.load("byhand");
    const { stream, chunks, metadata } = responseStream();
    const running = byhand(
      httpEvent("POST", "/api/apps/default/shop/reconcile", {
        headers: { authorization: "AWS4-HMAC-SHA256 Credential=…", "x-lateen-token": world.token },
      }),
      stream,
      context(60_000),
    );
    const end = Date.now() + 10_000;
    while (!(await world.work("runner")) && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 20));
    while (await world.work("runner"));
    await running;
    assert.equal(Reflect.get(Object(metadata()), "statusCode"), 200);
    const lines = chunks.join("").trim().split("\n").map(parseJson);
    assert.equal(own(lines[0], "type"), "accepted");
    assert.equal(own(lines.at(-1), "type"), "finished");
    assert.ok(stream.writableFinished);
  });

  test("a signature of IAM alone is no token of the hub", async () => {
    const byhand = await world.load("byhand");
    const { stream, metadata } = responseStream();
    await byhand(
      httpEvent("GET", "/api/apps", { headers: { authorization: "AWS4-HMAC-SHA256 Credential=…" } }),
      stream,
      context(),
    );
    assert.equal(Reflect.get(Object(metadata()), "statusCode"), 401);
  });

  test("the winner of a slot wakes sources and clusters and sends the next slot's message (aws.md §6)", async () => {
    const tick = await world.load("tick");
    assert.deepEqual(await tick({}, context(30_000)), { batchItemFailures: [] });
    await eventually(() => world.work("source"), "a source is woken");
    await eventually(() => world.work("drift"), "a cluster is woken");
    await eventually(() => world.work("tick"), "the next slot is woken");
  });

  test("health says that the store can be read", async () => {
    const answer = await world.http("hub", httpEvent("GET", "/readyz"));
    assert.equal(answer.statusCode, 200, answer.body);
  });
});
