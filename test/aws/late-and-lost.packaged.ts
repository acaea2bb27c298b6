/** Messages that come late, twice or never, and the packaged functions: the row decides, not the message. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type Json, own } from "../../src/resource/index.ts";
import { pushEvent, sqsEvent } from "../functions/aws/lambda-world.ts";
import { configMap, type PackagedWorld, startPackagedWorld } from "./packaged-world.ts";

const settled = { batchItemFailures: [] };

describe("late and lost messages", { concurrency: false }, () => {
  let started: PackagedWorld;
  before(async () => {
    started = await startPackagedWorld();
    await started.packaged.createSecret("cluster", started.world.sandbox.kubeconfig);
  });
  after(() => started.stop());

  const keyOf = (message: Json | undefined): string => String(own(message ?? null, "key"));
  const eventOf = (message: Json): object => sqsEvent({ messageId: "late", body: JSON.stringify(message) });
  /** Makes an App while no mapping runs; answers its message, which nobody has worked on. */
  const createApp = async (name: string): Promise<Json> => {
    await started.packaged.createApp(name, name);
    const [message, ...others] = await started.takeMessages("app");
    assert.ok(message !== undefined);
    assert.deepEqual(others, []);
    return message;
  };
  const send = (queue: "app" | "source", message: Json): Promise<unknown> =>
    started.world.api.call("sqs", "SendMessage", {
      QueueUrl: started.world.queueUrls.get(queue),
      MessageBody: JSON.stringify(message),
    });
  const tick = async (): Promise<void> => {
    await started.forgetTicks();
    const event = sqsEvent({ messageId: "1", body: '{"key":"tick"}' });
    assert.deepEqual(await started.packaged.functions.tick.invoke(event), settled);
  };
  /** What git servers and run clusters were asked since the last call. */
  const askedOutside = (): number => {
    const { git, sandbox } = started.world;
    const count = git.requests.length + sandbox.requests.count();
    git.clearRequests();
    sandbox.requests.clear();
    return count;
  };

  test("an App's message that comes when its row is done is settled without work (F11)", async () => {
    const { packaged } = started;
    const commit = await started.world.repository.commitFiles({ "late/a.yml": configMap("late", "1") });
    const message = await createApp("late");
    await send("app", message);
    packaged.startMappings();
    await started.deployed("late", commit);
    await started.drained("app");
    await packaged.stopMappings();
    const [rows, runs] = [await started.rows(), await started.runsOf("late")];
    askedOutside();
    assert.deepEqual(await packaged.functions.runner.invoke(eventOf(message)), settled);
    // Over the queue too: deleted, not delivered until it is a dead letter.
    await send("app", message);
    packaged.startMappings();
    await started.drained("app");
    await packaged.stopMappings();
    assert.equal(askedOutside(), 0);
    assert.deepEqual(await started.rows(), rows);
    assert.equal(await started.runsOf("late"), runs);
  });

  test("a push's message that comes when its row is done asks no git server", async () => {
    const { packaged, world } = started;
    const commit = await world.repository.commitFiles({ "late/a.yml": configMap("late", "2") });
    assert.equal((await packaged.ingress(pushEvent(world.repository.url, commit))).statusCode, 202);
    const [message] = await started.takeMessages("source");
    assert.ok(message !== undefined);
    assert.deepEqual(await packaged.functions.source.invoke(eventOf(message)), settled);
    assert.ok(askedOutside() > 0);
    const rows = await started.rows();
    assert.deepEqual(await packaged.functions.source.invoke(eventOf(message)), settled);
    assert.equal(askedOutside(), 0);
    assert.deepEqual(await started.rows(), rows);
    packaged.startMappings();
    await started.deployed("late", commit);
    await packaged.stopMappings();
  });

  test("a message that two functions get at once makes one run (F11, F16)", async () => {
    const { packaged, world } = started;
    const commit = await world.repository.commitFiles({ "twice/a.yml": configMap("twice", "1") });
    const message = await createApp("twice");
    const answers = await Promise.all(
      Array.from({ length: 3 }, () => packaged.functions.runner.invoke(eventOf(message))),
    );
    assert.deepEqual(answers, [settled, settled, settled]);
    await started.deployed("twice", commit);
    assert.equal(await started.runsOf("twice"), 1);
    assert.deepEqual(await started.takeMessages("app"), []);
  });

  test("an App whose message was lost is found by the tick's sweep (F15)", async () => {
    const commit = await started.world.repository.commitFiles({ "lost/a.yml": configMap("lost", "1") });
    const lost = await createApp("lost");
    await tick();
    const found = await started.takeMessages("app");
    assert.deepEqual(found.map(keyOf), [keyOf(lost)]);
    assert.equal(own(found[0] ?? null, "cause"), "retry");
    assert.deepEqual(await started.packaged.functions.runner.invoke(eventOf(found[0] ?? null)), settled);
    await started.deployed("lost", commit);
    await tick();
    assert.deepEqual(await started.takeMessages("app"), []);
  });

  test("a push whose message was lost is found by the tick's sweep (F14, F15)", async () => {
    const { packaged, world } = started;
    const commit = await world.repository.commitFiles({ "lost/a.yml": configMap("lost", "2") });
    await started.takeMessages("source");
    assert.equal((await packaged.ingress(pushEvent(world.repository.url, commit))).statusCode, 202);
    const lost = await started.takeMessages("source");
    assert.equal(lost.length, 1);
    await tick();
    const found = (await started.takeMessages("source")).find((message) => keyOf(message) === keyOf(lost[0]));
    assert.equal(own(found ?? null, "cause"), "retry");
    assert.deepEqual(await packaged.functions.source.invoke(eventOf(found ?? null)), settled);
    packaged.startMappings();
    await started.deployed("lost", commit);
    await packaged.stopMappings();
  });
});
