import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { context, httpEvent, type LambdaWorld, pushEvent, sqsEvent, startLambdaWorld } from "./lambda-world.ts";

describe("HTTP events at the ingress function", { concurrency: false }, () => {
  let world: LambdaWorld;
  before(async () => {
    world = await startLambdaWorld();
  });
  after(() => world.stop());
  const id = "a".repeat(40);

  test("are checked over the decoded bytes, plain or base64 (T1)", async () => {
    for (const base64 of [false, true]) {
      const answer = await world.http("ingress", pushEvent(world.repository.url, id, { base64 }));
      assert.equal(answer.statusCode, 202, answer.body);
      assert.match(answer.body, /"outcome":"unknown"/);
      assert.equal(answer.isBase64Encoded, false);
    }
  });

  test("are refused alike with a wrong, missing or doubled signature (B1)", async () => {
    const good = pushEvent(world.repository.url, id);
    const signature = good.headers?.["x-hub-signature-256"] ?? "";
    for (const header of [`sha256=${"0".repeat(64)}`, "", `${signature},${signature}`, `${signature}, sha256=00`]) {
      const answer = await world.http("ingress", {
        ...good,
        headers: { ...good.headers, "x-hub-signature-256": header },
      });
      assert.equal(answer.statusCode, 401, header);
    }
  });

  test("over 4 MiB are answered 413 before anything is decoded (L1, B3)", async () => {
    const body = "x".repeat(4 * 1024 * 1024 + 1);
    const plain = await world.http("ingress", httpEvent("POST", "/webhooks/github", { body }));
    assert.equal(plain.statusCode, 413);
    const encoded = Buffer.from(`${body}xxx`).toString("base64");
    const base64 = await world.http(
      "ingress",
      httpEvent("POST", "/webhooks/github", { body: encoded, isBase64Encoded: true }),
    );
    assert.equal(base64.statusCode, 413);
  });

  test("with more than 16 KiB of headers are answered 431 (L1)", async () => {
    const headers = { "x-much": "x".repeat(17 * 1024) };
    assert.equal((await world.http("ingress", httpEvent("POST", "/webhooks/github", { headers }))).statusCode, 431);
  });

  test("for other paths are answered 404, with other methods 405", async () => {
    assert.equal((await world.http("ingress", httpEvent("POST", "/webhooks/other"))).statusCode, 404);
    assert.equal((await world.http("ingress", httpEvent("GET", "/api/v1/secrets"))).statusCode, 404);
    assert.equal((await world.http("ingress", httpEvent("GET", "/webhooks/github"))).statusCode, 405);
  });

  test("carry Lambda's request id in their answer", async () => {
    const handler = await world.load("ingress");
    const invocation = context();
    const answer = await handler(httpEvent("GET", "/"), invocation);
    assert.equal(Reflect.get(Object(Reflect.get(Object(answer), "headers")), "x-request-id"), invocation.awsRequestId);
  });

  test("messages that lateen did not write are settled, one that comes when time is over goes back", async () => {
    const runner = await world.load("runner");
    const poison = { messageId: "1", body: "{" };
    const unknown = { messageId: "2", body: JSON.stringify({ key: "app/none/none", dueAt: 1 }) };
    assert.deepEqual(await runner(sqsEvent(poison, unknown), context()), { batchItemFailures: [] });
    let left = 60_000;
    const late = { awsRequestId: "r", getRemainingTimeInMillis: () => (left -= 20_000) };
    assert.deepEqual(await runner(sqsEvent(poison, unknown), late), {
      batchItemFailures: [{ itemIdentifier: "1" }, { itemIdentifier: "2" }].slice(1),
    });
  });
});
