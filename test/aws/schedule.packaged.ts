/** What EventBridge sends, from a schedule or a rule, to the queue or to the function itself: each starts the packaged tick. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { own } from "../../src/resource/index.ts";
import { sqsEvent } from "../functions/aws/lambda-world.ts";
import { eventually, type PackagedWorld, startPackagedWorld } from "./packaged-world.ts";
import { createFunction } from "./runtime-loop.ts";

/** The text that the template's schedule sends. */
const input = /^ +Input: '(.+)'$/m.exec(
  readFileSync(new URL("../../infra/schedule.yml", import.meta.url), "utf8"),
)?.[1];

const scheduled = {
  version: "0",
  id: "89d1a02d-5ec7-412e-82f5-13505f849b41",
  "detail-type": "Scheduled Event",
  account: "123456789012",
  time: "2026-11-27T15:04:00Z",
  region: "eu-central-1",
};
/** The scheduler's own event, where a schedule has no input. */
const ofScheduler = {
  ...scheduled,
  source: "aws.scheduler",
  resources: ["arn:aws:scheduler:eu-central-1:123456789012:schedule/default/lateen-prod-tick"],
  detail: "{}",
};
const ofRule = {
  ...scheduled,
  source: "aws.events",
  resources: ["arn:aws:events:eu-central-1:123456789012:rule/lateen-prod-tick"],
  detail: {},
};
const queued = (body: string): object => sqsEvent({ messageId: "1", body });

describe("the schedule's events and the packaged tick", { concurrency: false }, () => {
  let started: PackagedWorld;
  before(async () => {
    started = await startPackagedWorld();
    await started.packaged.createApp("one", "one");
    await started.takeMessages("app");
  });
  after(() => started.stop());

  const tick = (event: object): Promise<unknown> => started.packaged.functions.tick.invoke(event);
  const ticks = (): number => started.packaged.functions.tick.log().split('"Ticks":1').length - 1;

  const events: Readonly<Record<string, object>> = {
    "the schedule of the template, over the queue": queued(input ?? ""),
    "a schedule without input, over the queue": queued(JSON.stringify(ofScheduler)),
    "a rule, over the queue": queued(JSON.stringify(ofRule)),
    "a schedule that invokes the function": ofScheduler,
    "a rule that invokes the function": ofRule,
  };
  for (const [name, event] of Object.entries(events)) {
    test(`${name}, ticks once and sends what is due`, async () => {
      assert.equal(input, '{"key":"tick"}');
      await started.forgetTicks();
      const before = ticks();
      assert.deepEqual(await tick(event), { batchItemFailures: [] });
      await eventually("the tick stands in the log", async () => ticks() === before + 1);
      const [sweep, ...others] = await started.takeMessages("source");
      assert.match(String(own(sweep ?? null, "key")), /^sources\/[0-9a-f]{20}$/);
      assert.equal(own(sweep ?? null, "cause"), "schedule");
      assert.deepEqual(others, []);
    });
  }

  test("a period longer than a message can wait is left to the schedule", async () => {
    const { bundles, world } = started;
    // The longest period there is: for all but a quarter of an hour of a week the next slot is farther away than a message can wait.
    const environment = { ...world.environment, LATEEN_SYNC_PERIOD: "168h" };
    const tick = createFunction("tick", { bundles, environment, timeoutMs: 30_000 });
    try {
      await started.forgetTicks();
      assert.deepEqual(await tick.invoke(ofRule), { batchItemFailures: [] });
      await eventually("the tick stands in the log", async () => tick.log().includes('"Ticks":1'));
      assert.doesNotMatch(tick.log(), /"level":"(?:warn|error)"/);
    } finally {
      tick.kill();
      await started.takeMessages("source");
    }
  });

  test("all of them in one slot tick once", async () => {
    await started.forgetTicks();
    const before = ticks();
    const answers = await Promise.all(Object.values(events).map(tick));
    for (const answer of answers) assert.deepEqual(answer, { batchItemFailures: [] });
    await eventually("a tick stands in the log", async () => ticks() > before);
    assert.equal((await started.takeMessages("source")).length, 1);
    assert.equal(ticks(), before + 1);
  });
});
