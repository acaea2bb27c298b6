import assert from "node:assert/strict";
import type { WakeUps } from "../../src/reconcile/index.ts";
import { type Behaviours, type Exceptions, type Make, runContract } from "./contract.ts";

type QueueName = Parameters<WakeUps["send"]>[0]["queue"];

/** The consumer's side, as far as every queue has it. */
export interface TestQueue extends WakeUps {
  receive(
    queue: QueueName,
    max: number,
    visibilityMs: number,
    now: number,
  ): Promise<
    readonly { readonly id: string; readonly key: string; readonly group?: string; readonly receives: number }[]
  >;
  ack(id: string): Promise<void>;
  changeVisibility(id: string, visibleAt: number): Promise<void>;
  deadLetters(limit: number): Promise<readonly { readonly key: string }[]>;
}

/** A queue whose `send` happens at the time that `at` sets. */
export interface QueueSubject {
  readonly queue: TestQueue;
  readonly at: (now: number) => void;
  /** How a receiver sees a group, `undefined` if not at all. Default: as it was sent. */
  readonly shownGroup?: (group: string) => string | undefined;
}

/** The meaning of a standard queue with delays (aws.md §5), as far as lateen leans on it. */
export function queueContract(name: string, make: Make<QueueSubject>, exceptions: Exceptions = {}): void {
  const behaviours: Behaviours<QueueSubject> = {
    "a sent wake-up is received once until its visibility ends, and not after the ack": async ({
      queue,
      shownGroup = (group) => group,
    }) => {
      await queue.send({ queue: "app", key: "k", group: "g" });
      const [message] = await queue.receive("app", 10, 1_000, 0);
      assert.ok(message !== undefined);
      assert.deepEqual([message.key, message.group, message.receives], ["k", shownGroup("g"), 1]);
      assert.deepEqual(await queue.receive("app", 10, 1_000, 999), []);
      const [again] = await queue.receive("app", 10, 1_000, 1_000);
      assert.ok(again !== undefined);
      assert.deepEqual([again.key, again.receives], ["k", 2]);
      await queue.ack(again.id);
      assert.deepEqual(await queue.receive("app", 10, 1_000, 1_000_000), []);
    },

    "queues do not mix": async ({ queue }) => {
      await queue.send({ queue: "app", key: "a" });
      await queue.send({ queue: "drift", key: "d" });
      assert.deepEqual(await keys(queue, "drift", 0), ["d"]);
      assert.deepEqual(await keys(queue, "source", 0), []);
      assert.deepEqual(await keys(queue, "app", 0), ["a"]);
    },

    "a delayed wake-up comes when its delay is over": async ({ queue, at }) => {
      at(1_000);
      await queue.send({ queue: "app", key: "k", delayMs: 5_000 });
      assert.deepEqual(await keys(queue, "app", 5_999), []);
      assert.deepEqual(await keys(queue, "app", 6_000), ["k"]);
    },

    "a delayed wake-up does not swallow an earlier one": async ({ queue }) => {
      await queue.send({ queue: "app", key: "k", delayMs: 60_000 });
      await queue.send({ queue: "app", key: "k" });
      assert.deepEqual(await keys(queue, "app", 0), ["k"]);
    },

    "a send after the receive is delivered, whatever is in hand": async ({ queue }) => {
      await queue.send({ queue: "app", key: "k" });
      assert.deepEqual(await keys(queue, "app", 0), ["k"]);
      await queue.send({ queue: "app", key: "k" });
      assert.deepEqual(await keys(queue, "app", 0), ["k"]);
    },

    "delays outside 0 to 900 s are refused": async ({ queue }) => {
      for (const delayMs of [-1, 900_001, Number.NaN]) {
        await assert.rejects(queue.send({ queue: "app", key: "k", delayMs }), RangeError);
      }
      await queue.send({ queue: "app", key: "k", delayMs: 900_000 });
    },

    "changeVisibility gives a message back early or keeps it longer": async ({ queue }) => {
      await queue.send({ queue: "app", key: "k" });
      const [first] = await queue.receive("app", 1, 5_000, 0);
      assert.ok(first !== undefined);
      await queue.changeVisibility(first.id, 1_000);
      const [second] = await queue.receive("app", 1, 5_000, 1_000);
      assert.ok(second !== undefined);
      await queue.changeVisibility(second.id, 9_000);
      assert.deepEqual(await queue.receive("app", 1, 1_000, 8_999), []);
    },

    "after five deliveries without an ack a message is a dead letter (L22, I28)": async ({ queue }) => {
      await queue.send({ queue: "app", key: "poison" });
      for (let delivery = 1; delivery <= 5; delivery++) {
        const [message] = await queue.receive("app", 1, 1_000, delivery * 1_000);
        assert.equal(message?.receives, delivery);
      }
      assert.deepEqual(await queue.receive("app", 1, 1_000, 6_000), []);
      assert.deepEqual(
        (await queue.deadLetters(10)).map((letter) => letter.key),
        ["poison"],
      );
    },

    "stale sweeps drop themselves, App wake-ups stay (aws.md §14)": async ({ queue }) => {
      for (const name of ["app", "source", "drift", "tick"] as const) await queue.send({ queue: name, key: "k" });
      assert.deepEqual(await keys(queue, "source", 120_000), []);
      assert.deepEqual(await keys(queue, "drift", 120_000), []);
      assert.deepEqual(await keys(queue, "tick", 300_000), []);
      assert.deepEqual(await keys(queue, "app", 86_400_000), ["k"]);
    },

    "what somebody waits for is taken before what only the schedule asked for (I17)": async ({ queue }) => {
      for (const [index, cause] of (["drift", "full comparison", "schedule", "drift"] as const).entries())
        await queue.send({ queue: "app", key: `later-${index}`, group: "g", cause });
      await queue.send({ queue: "app", key: "pushed", group: "g", cause: "push" });
      await queue.send({ queue: "app", key: "edited", group: "g", cause: "app changed" });
      const [first, second, ...later] = [...(await keys(queue, "app", 0, 2)), ...(await keys(queue, "app", 0))];
      assert.deepEqual([first, second], ["pushed", "edited"]);
      assert.deepEqual(later.sort(), ["later-0", "later-1", "later-2", "later-3"]);
    },

    "of receivers at the same time each message goes to one": async ({ queue }) => {
      for (let index = 0; index < 20; index++) await queue.send({ queue: "app", key: `k${index}` });
      const batches = await Promise.all(Array.from({ length: 10 }, () => queue.receive("app", 3, 1_000, 0)));
      const received = batches.flat().map((message) => message.key);
      assert.equal(received.length, 20);
      assert.equal(new Set(received).size, 20);
    },
  };
  runContract(`${name}: queue`, make, behaviours, exceptions);
}

async function keys(queue: TestQueue, name: QueueName, now: number, max = 10): Promise<string[]> {
  return (await queue.receive(name, max, 600_000, now)).map((message) => message.key);
}
