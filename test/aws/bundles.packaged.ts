/** The packaged functions under Lambda's Runtime API, over emulated AWS, with a real git server and an embedded run cluster. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { systemClock } from "../../src/base/index.ts";
import { type ApiType, connectCluster, parseKubeconfig } from "../../src/cluster/index.ts";
import { own } from "../../src/resource/index.ts";
import { startSandbox } from "../../src/sandbox/index.ts";
import {
  type LambdaWorld,
  pushEvent,
  type Received,
  receiveMessages,
  sqsEvent,
  webhookSecret,
} from "../functions/aws/lambda-world.ts";
import { InvocationError } from "./invocation-error.ts";
import type { PackagedFunctions } from "./packaged-functions.ts";
import { configMap, eventually, type PackagedWorld, startPackagedWorld } from "./packaged-world.ts";
import { createFunction } from "./runtime-loop.ts";
import { type Mapping, startMapping } from "./sqs-mapping.ts";

/** Short, so that what a dead function held comes back within the test. */
const visibilityS = 2;

const configMaps: ApiType = {
  group: "",
  version: "v1",
  kind: "ConfigMap",
  resource: "configmaps",
  namespaced: true,
  verbs: ["get"],
};

describe("the packaged functions", { concurrency: false }, () => {
  let started: PackagedWorld;
  let world: LambdaWorld;
  let packaged: PackagedFunctions;
  before(async () => {
    started = await startPackagedWorld({}, { visibilityS });
    ({ world, packaged } = started);
    packaged.startMappings();
    await packaged.createSecret("cluster", world.sandbox.kubeconfig);
  });
  after(() => started.stop());
  const deployed = (name: string, commit: string): Promise<void> => started.deployed(name, commit);

  /** The lease of an App ends as if its minute were over: nobody waits for it here. */
  const endLease = async (name: string): Promise<void> => {
    await world.api.call("dynamodb", "UpdateItem", {
      TableName: world.environment["LATEEN_TABLE"],
      Key: { pk: { S: `ROW#app/default/${name}` }, sk: { S: "ROW" } },
      UpdateExpression: "SET #until = :past",
      ExpressionAttributeNames: { "#until": "leaseUntil" },
      ExpressionAttributeValues: { ":past": { N: "1" } },
    });
  };

  /** The message of an App, in hand while no mapping runs, for a runner that has not been started yet. */
  const messageForNewRunner = async (): Promise<Received> => {
    const [message] = await receiveMessages(world.api, world.queueUrls.get("app") ?? "", visibilityS);
    assert.ok(message !== undefined);
    packaged.functions.runner.kill();
    return message;
  };

  test("a push is applied: webhook, queue, source, queue, runner, run cluster (I6)", async () => {
    const first = await world.repository.commitFiles({ "one/a.yml": configMap("one", "red") });
    await packaged.createApp("one", "one");
    await deployed("one", first);
    const second = await world.repository.commitFiles({ "one/a.yml": configMap("one", "blue") });
    const answer = await packaged.ingress(pushEvent(world.repository.url, second, { base64: true }));
    assert.equal(answer.statusCode, 202, answer.body);
    await deployed("one", second);
  });

  test("doubled and reordered pushes end at the newest commit (F11, F13)", async () => {
    const older = await world.repository.commitFiles({ "one/a.yml": configMap("one", "1") });
    const newer = await world.repository.commitFiles({ "one/a.yml": configMap("one", "2") });
    const pushes = [newer, older, older, newer, older].map((commit) => pushEvent(world.repository.url, commit));
    for (const { statusCode } of await Promise.all(pushes.map(packaged.ingress))) assert.equal(statusCode, 202);
    await deployed("one", newer);
  });

  test("a push whose webhook never came is found by the tick (F12)", async () => {
    const commit = await world.repository.commitFiles({ "one/a.yml": configMap("one", "found") });
    const event = sqsEvent({ messageId: "1", body: '{"key":"tick"}' });
    assert.deepEqual(await packaged.functions.tick.invoke(event), { batchItemFailures: [] });
    await deployed("one", commit);
  });

  test("a runner that is killed with the lease in hand is taken over when the lease has ended (F1, F16)", async () => {
    await packaged.stopMappings();
    const commit = await world.repository.commitFiles({ "two/a.yml": configMap("two", "1") });
    await packaged.createApp("two", "two");
    const message = await messageForNewRunner();
    const running = packaged.functions.runner.invoke(sqsEvent(message));
    running.catch(() => undefined);
    await eventually("the lease is taken", async () => {
      return (await started.rows()).get("app/default/two")?.holder !== undefined;
    });
    packaged.functions.runner.kill();
    await assert.rejects(running, InvocationError);
    await endLease("two");
    packaged.startMappings();
    await deployed("two", commit);
  });

  test("a runner at its timeout is killed by Lambda, and its message comes again (F3)", async () => {
    await packaged.stopMappings();
    const commit = await world.repository.commitFiles({ "three/a.yml": configMap("three", "1") });
    await packaged.createApp("three", "three");
    const message = await messageForNewRunner();
    await assert.rejects(packaged.functions.runner.invoke(sqsEvent(message), { timeoutMs: 150 }), /after 150 ms/);
    await endLease("three");
    packaged.startMappings();
    await deployed("three", commit);
  });

  test("a wait is handed over from one invocation to the next (F56)", async () => {
    const slow = await startSandbox({ readyDelayMs: 7_000 });
    try {
      await packaged.createSecret("slow", slow.kubeconfig);
      const labels = { app: "web" };
      const deployment = {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name: "web" },
        spec: {
          replicas: 1,
          selector: { matchLabels: labels },
          template: { metadata: { labels }, spec: { containers: [{ name: "web", image: "web" }] } },
        },
      };
      const commit = await world.repository.commitFiles({ "slow/a.yml": JSON.stringify(deployment) });
      await packaged.createApp("slow", "slow", "slow");
      await deployed("slow", commit);
      const runs = JSON.parse((await packaged.hub("GET", "/api/apps/default/slow")).body) as {
        readonly runs: readonly { readonly outcome: string }[];
      };
      const outcomes = runs.runs.map(({ outcome }) => outcome);
      assert.ok(outcomes.includes("waiting") && outcomes.includes("succeeded"), outcomes.join(" "));
    } finally {
      await slow.stop();
    }
  });

  test("a dead letter that is sent again is worked on like any message (F19, I28)", async () => {
    await packaged.stopMappings();
    const appQueue = world.queueUrls.get("app") ?? "";
    const made = await world.api.call("sqs", "CreateQueue", { QueueName: "lateen-app-dlq" });
    const deadLetters = String(Reflect.get(Object(made), "QueueUrl"));
    const arn = `arn:aws:sqs:${world.environment["AWS_REGION"]}:000000000000:lateen-app-dlq`;
    const redrive = (maxReceiveCount: number): Promise<unknown> =>
      world.api.call("sqs", "SetQueueAttributes", {
        QueueUrl: appQueue,
        Attributes: { RedrivePolicy: JSON.stringify({ deadLetterTargetArn: arn, maxReceiveCount }) },
      });
    await redrive(2);
    const commit = await world.repository.commitFiles({ "dead/a.yml": configMap("dead", "1") });
    await packaged.createApp("dead", "dead");
    let dead: Awaited<ReturnType<typeof receiveMessages>> = [];
    await eventually("the message is a dead letter", async () => {
      // Taken and never settled, as by a function that always dies.
      await receiveMessages(world.api, appQueue, 0);
      dead = await receiveMessages(world.api, deadLetters, 30);
      return dead.length > 0;
    });
    await redrive(5);
    await world.api.call("sqs", "SendMessage", { QueueUrl: appQueue, MessageBody: dead[0]?.body });
    packaged.startMappings();
    await deployed("dead", commit);
  });

  test("messages of the tick never become more than one chain, and the schedule revives a broken one (F21, aws.md §6)", async () => {
    const queueUrl = world.queueUrls.get("tick") ?? "";
    const environment = { ...world.environment, LATEEN_SYNC_PERIOD: "1s" };
    const tick = createFunction("tick", { bundles: started.bundles, environment, timeoutMs: 30_000 });
    const send = (): Promise<unknown> =>
      world.api.call("sqs", "SendMessage", { QueueUrl: queueUrl, MessageBody: '{"key":"tick"}' });
    const ticks = (): number => tick.log().split('"Ticks":1').length - 1;
    const mapping = (): Mapping => startMapping(world.api, queueUrl, tick, { visibilityS: 30, maxConcurrency: 2 });
    let running = mapping();
    // The schedule, whose minute is three seconds here: on a busy machine a message may come after its slot was taken.
    const schedule = setInterval(() => void send(), 3_000);
    try {
      const startedAt = Date.now();
      await Promise.all([send(), send(), send(), send()]);
      await eventually("the chain goes on by itself", async () => ticks() >= 3);
      const seconds = (Date.now() - startedAt) / 1_000;
      assert.ok(ticks() <= seconds + 2, `${ticks()} ticks in ${seconds} s`);
      await running.stop();
      await world.api.call("sqs", "PurgeQueue", { QueueUrl: queueUrl });
      const before = ticks();
      running = mapping();
      await send();
      await eventually("the chain is alive again", async () => ticks() >= before + 1);
    } finally {
      clearInterval(schedule);
      await running.stop();
      tick.kill();
    }
  });

  test("a message that cannot be read is settled, not thrown at the queue again (T25)", async () => {
    for (const body of ["", "{", '{"key":"app/default/none","dueAt":1}', '{"key":"../../x","dueAt":1}'])
      assert.deepEqual(await packaged.functions.runner.invoke(sqsEvent({ messageId: "m", body })), {
        batchItemFailures: [],
      });
  });

  /** The table once earlier messages have left their last trace in it. */
  async function settledTable(): Promise<string> {
    for (let before = await started.tableText(); ; ) {
      await new Promise((resolve) => setTimeout(resolve, 300));
      const now = await started.tableText();
      if (now === before) return now;
      before = now;
    }
  }

  test("forged and doubled signatures are refused, and nothing is stored (T1, B1)", async () => {
    const stored = await settledTable();
    const event = pushEvent(world.repository.url, "1".repeat(40));
    const signature = event.headers?.["x-hub-signature-256"] ?? "";
    for (const forged of ["sha256=00", `${signature}, ${signature}`, "", signature.replace(/.$/, "x")]) {
      const headers = { ...event.headers, "x-hub-signature-256": forged };
      assert.equal((await packaged.ingress({ ...event, headers })).statusCode, 401);
    }
    assert.equal(await started.tableText(), stored);
  });

  test("a request that is too large dies before any work (B3)", async () => {
    const stored = await settledTable();
    const event = pushEvent(world.repository.url, "1".repeat(40));
    assert.equal((await packaged.ingress({ ...event, body: "x".repeat(5 * 1024 * 1024) })).statusCode, 413);
    assert.equal(await started.tableText(), stored);
    // AWS itself refuses what is over 6 MB.
    await assert.rejects(packaged.ingress({ ...event, body: "x".repeat(6 * 1024 * 1024) }), /RequestTooLarge|bytes/);
  });

  test("a kubeconfig that was changed between two runs is used by the next one (F37)", async () => {
    const other = await startSandbox({});
    try {
      const patched = await packaged.hub("PATCH", "/api/v1/namespaces/default/secrets/cluster", {
        stringData: { value: other.kubeconfig },
      });
      assert.equal(patched.statusCode, 200, patched.body);
      const commit = await world.repository.commitFiles({ "one/a.yml": configMap("one", "moved") });
      await packaged.ingress(pushEvent(world.repository.url, commit));
      await deployed("one", commit);
      const client = connectCluster(parseKubeconfig(other.kubeconfig, { now: Date.now() }), { clock: systemClock });
      try {
        const moved = await client.get(configMaps, "default", "one");
        assert.equal(JSON.stringify(own(moved, "data")), '{"value":"moved"}');
      } finally {
        await client.close();
      }
    } finally {
      await other.stop();
    }
  });

  test("no secret stands in a log or in the table (T14, T27, I8)", async () => {
    const token = /token"?: "?([^\s"]{8,})/.exec(world.sandbox.kubeconfig)?.[1];
    assert.ok(token !== undefined, "the kubeconfig has a token");
    const table = await started.tableText();
    for (const secret of [webhookSecret, token, world.token]) assert.ok(!table.includes(secret));
    for (const each of Object.values(packaged.functions)) {
      assert.ok(!each.log().includes(webhookSecret), `${each.name} logs the webhook secret`);
      assert.ok(!each.log().includes(token), `${each.name} logs a cluster's token`);
      assert.ok(!each.log().includes(world.token), `${each.name} logs the hub's token`);
    }
  });

  test("each invocation leaves its measurements in the log, without names of Apps", () => {
    const lines = packaged.functions.runner
      .log()
      .split("\n")
      .filter((line) => line.includes('"_aws"'));
    assert.ok(lines.length > 0);
    for (const line of lines) assert.doesNotMatch(line, /default\/one/);
  });

  test("while the store is down a push is answered 503, never 2xx (F23, I6)", async () => {
    await packaged.stopMappings();
    await world.dynamo.stop();
    const answer = await packaged.ingress(pushEvent(world.repository.url, "2".repeat(40)));
    assert.equal(answer.statusCode, 503, answer.body);
  });
});
