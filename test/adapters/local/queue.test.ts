import assert from "node:assert/strict";
import { test } from "node:test";
import { type LocalQueue, openLocalStore } from "../../../src/adapters/local/index.ts";

test("a send is told to listeners of this process at once, until they leave", () =>
  withQueue(async (queue) => {
    const heard: string[] = [];
    const leave = queue.onSend(({ key }) => heard.push(key));
    const startedAt = performance.now();
    await queue.send({ queue: "app", key: "a" });
    assert.deepEqual(heard, ["a"]);
    assert.ok(performance.now() - startedAt < 50);
    leave();
    await queue.send({ queue: "app", key: "b" });
    assert.deepEqual(heard, ["a"]);
  }));

test("nextVisibleAt tells when to look again", () =>
  withQueue(async (queue) => {
    assert.equal(await queue.nextVisibleAt("app", "tick"), undefined);
    await queue.send({ queue: "app", key: "a", delayMs: 5_000 });
    await queue.send({ queue: "tick", key: "t", delayMs: 30_000 });
    assert.equal(await queue.nextVisibleAt("app", "tick"), 5_000);
    assert.equal(await queue.nextVisibleAt("tick"), 30_000);
    await queue.receive("app", 1, 60_000, 5_000);
    assert.equal(await queue.nextVisibleAt("app"), 65_000);
  }));

test("a storm of sends for one key is one message (F11)", () =>
  withQueue(async (queue) => {
    for (let index = 0; index < 1_000; index++) await queue.send({ queue: "app", key: "a" });
    assert.equal(await queue.size("app"), 1);
    await queue.receive("app", 1, 60_000, 0);
    await queue.send({ queue: "app", key: "a" });
    assert.equal(await queue.size("app"), 2);
  }));

test("a stale message does not swallow a new send", () =>
  withQueue(async (queue, at) => {
    await queue.send({ queue: "source", key: "s" });
    at(120_000);
    await queue.send({ queue: "source", key: "s" });
    assert.equal((await queue.receive("source", 1, 1_000, 120_000)).length, 1);
  }));

test("groups take turns: one slow cluster does not starve the others (T25, I17)", () =>
  withQueue(async (queue) => {
    for (let index = 0; index < 50; index++) await queue.send({ queue: "app", key: `slow-${index}`, group: "slow" });
    await queue.send({ queue: "app", key: "fast-0", group: "fast" });
    await queue.send({ queue: "app", key: "alone" });
    const first = await queue.receive("app", 3, 60_000, 0);
    assert.deepEqual(new Set(first.map(({ key }) => key)), new Set(["slow-0", "fast-0", "alone"]));
    await queue.receive("app", 5, 60_000, 0);
    await queue.send({ queue: "app", key: "fast-1", group: "fast" });
    const [next] = await queue.receive("app", 1, 60_000, 0);
    assert.equal(next?.key, "fast-1");
  }));

test("a late ack of an earlier delivery does nothing", () =>
  withQueue(async (queue) => {
    await queue.send({ queue: "app", key: "a" });
    const [early] = await queue.receive("app", 1, 1_000, 0);
    const [late] = await queue.receive("app", 1, 1_000, 1_000);
    assert.ok(early !== undefined && late !== undefined);
    await queue.ack(early.id);
    await queue.changeVisibility(early.id, 0);
    assert.equal(await queue.size("app"), 1);
    assert.deepEqual(await queue.receive("app", 1, 1_000, 1_500), []);
    await queue.ack(late.id);
    assert.equal(await queue.size("app"), 0);
  }));

test("the cause travels with the wake-up", () =>
  withQueue(async (queue) => {
    await queue.send({ queue: "app", key: "a", cause: "push" });
    assert.equal((await queue.receive("app", 1, 1_000, 0))[0]?.cause, "push");
  }));

test("a push is taken before 500 drift wake-ups that came first, also when its message already waits as one of them (I17)", () =>
  withQueue(async (queue) => {
    for (let index = 0; index < 500; index++)
      await queue.send({ queue: "app", key: `drift-${index}`, group: `cluster-${index % 3}`, cause: "drift" });
    await queue.send({ queue: "app", key: "pushed", group: "cluster-0", cause: "push" });
    assert.equal((await queue.receive("app", 1, 60_000, 0))[0]?.key, "pushed");
    await queue.send({ queue: "app", key: "drift-499", group: "cluster-1", cause: "by hand" });
    const [next] = await queue.receive("app", 1, 60_000, 0);
    assert.equal(next?.key, "drift-499");
    assert.equal(next?.cause, "by hand");
  }));

test("one cluster holds at most its share of the workers; who waits for it is not polled (L24, I17)", () =>
  withQueue(async (queue) => {
    for (let index = 0; index < 40; index++) await queue.send({ queue: "app", key: `slow-${index}`, group: "slow" });
    const held = await queue.receive("app", 16, 60_000, 0);
    assert.equal(held.length, 12);
    assert.deepEqual(await queue.receive("app", 4, 60_000, 0), []);
    assert.equal(await queue.nextVisibleAt("app"), 60_000);
    await queue.send({ queue: "app", key: "fast", group: "fast" });
    assert.equal(await queue.nextVisibleAt("app"), 0);
    assert.deepEqual(
      (await queue.receive("app", 4, 60_000, 0)).map(({ key }) => key),
      ["fast"],
    );
    await queue.ack(held[0]?.id ?? "");
    assert.equal((await queue.receive("app", 4, 60_000, 0)).length, 1);
  }));

async function withQueue(use: (queue: LocalQueue, at: (now: number) => void) => Promise<void>): Promise<void> {
  let time = 0;
  const store = openLocalStore(":memory:", { clock: { now: () => time } });
  try {
    await use(store.queue, (now) => {
      time = now;
    });
  } finally {
    store.close();
  }
}
