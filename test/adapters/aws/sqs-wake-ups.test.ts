import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, mock, test } from "node:test";
import {
  type AwsApi,
  AwsError,
  createSqsWakeUps,
  readSqsMessage,
  type SqsQueueName,
} from "../../../src/adapters/aws/index.ts";
import { type QueueSubject, queueContract, type TestQueue } from "../../contract/queue.ts";
import { type Emulator, emulatedApi, sharedAwsEndpoint, startSqs } from "../../support/aws-emulators.ts";

const queueNames: readonly SqsQueueName[] = ["app", "background", "source", "drift", "tick"];

let sqs: Emulator;
before(async () => {
  sqs = await startSqs();
});
after(() => sqs.stop());

const noRetention = "the emulators keep messages for ever; the retention periods are in the template";

queueContract(
  "SQS by fauxqs",
  async (use) => {
    // The emulator lives in this process and reads the time from Date alone.
    mock.timers.enable({ apis: ["Date"], now: 0 });
    try {
      const setTime = (now: number): void => mock.timers.setTime(now);
      await use(await subject(sqs.endpoint, setTime));
    } finally {
      mock.timers.reset();
    }
  },
  { "stale sweeps drop themselves, App wake-ups stay (aws.md §14)": noRetention },
);

if (sharedAwsEndpoint !== undefined) {
  const endpoint = sharedAwsEndpoint;
  const ownTime = "its clock cannot be set from here; the time-bound behaviours are seen on fauxqs";
  queueContract("SQS by the shared endpoint", async (use) => use(await subject(endpoint, () => undefined)), {
    "a sent wake-up is received once until its visibility ends, and not after the ack": ownTime,
    "a delayed wake-up comes when its delay is over": ownTime,
    "changeVisibility gives a message back early or keeps it longer": ownTime,
    "after five deliveries without an ack a message is a dead letter (L22, I28)": ownTime,
    "stale sweeps drop themselves, App wake-ups stay (aws.md §14)": noRetention,
    "of receivers at the same time each message goes to one":
      "a standard queue may deliver twice, and moto's threads do; rows and leases bear it (F16)",
  });
}

test("a message says key, cause and when it was sent; its group is a hash of ASCII letters and digits", async () => {
  const bodies: string[] = [];
  const listening: typeof fetch = (url, init) => {
    bodies.push(String(init?.body));
    return fetch(url, init);
  };
  const queues = await createQueues(emulatedApi(sqs.endpoint));
  const wakeUps = createSqsWakeUps({
    api: emulatedApi(sqs.endpoint, { fetch: listening }),
    queueUrls: queues,
    clock: { now: () => 1_700_000_000_123 },
  });
  const sent = { key: "sources/a,b", cause: "push", dueAt: 1_700_000_000_123 } as const;
  await wakeUps.send({ queue: "source", key: "sources/a,b", group: "git.example/ä", cause: "push" });
  const [message] = await receive(emulatedApi(sqs.endpoint), queues.source, 1, 30);
  assert.deepEqual(JSON.parse(message?.body ?? ""), sent);
  assert.deepEqual(readSqsMessage(message?.body ?? ""), sent);
  assert.match(bodies[0] ?? "", /"MessageGroupId":"[A-Za-z0-9]{32}"/);
});

test("a delay is rounded up to SQS' seconds", async () => {
  const seconds: unknown[] = [];
  const api: AwsApi = {
    call: async (_service, _operation, input) => {
      seconds.push(Reflect.get(input, "DelaySeconds"));
      return {};
    },
  };
  const wakeUps = createSqsWakeUps({ api, queueUrls: { app: "http://queue" }, clock: { now: () => 0 } });
  for (const delayMs of [0, 1, 1_000, 1_001, 900_000]) await wakeUps.send({ queue: "app", key: "k", delayMs });
  assert.deepEqual(seconds, [0, 1, 1, 2, 900]);
});

test("a queue without URL is named", async () => {
  const wakeUps = createSqsWakeUps({ api: emulatedApi(sqs.endpoint), queueUrls: {}, clock: { now: () => 0 } });
  await assert.rejects(wakeUps.send({ queue: "drift", key: "k" }), /no URL of the queue "drift"/);
});

test("a queue that does not exist is an error with SQS' own code", async () => {
  const queueUrls = { app: `${sqs.endpoint}/000000000000/absent` };
  const wakeUps = createSqsWakeUps({ api: emulatedApi(sqs.endpoint), queueUrls, clock: { now: () => 0 } });
  await assert.rejects(wakeUps.send({ queue: "app", key: "k" }), (error) => {
    assert.ok(error instanceof AwsError);
    assert.deepEqual([error.service, error.operation, error.retryable, error.tries], ["sqs", "SendMessage", false, 1]);
    assert.match(error.code, /QueueDoesNotExist/);
    return true;
  });
});

for (const [body, want] of [
  ['{"key":"app/ns/a","dueAt":5}', { key: "app/ns/a", dueAt: 5 }],
  ['{"key":"k","dueAt":5,"cause":"wait","more":1}', { key: "k", dueAt: 5, cause: "wait" }],
  ['{"key":"k","dueAt":5,"cause":"of a newer lateen"}', { key: "k", dueAt: 5 }],
  ['{"key":"","dueAt":5}', undefined],
  ['{"key":7,"dueAt":5}', undefined],
  ['{"key":"k"}', undefined],
  ['{"key":"k","dueAt":"5"}', undefined],
  ["null", undefined],
  ["[]", undefined],
  ["", undefined],
  ["not json", undefined],
] as const) {
  test(`reads a message: ${body}`, () => assert.deepEqual(readSqsMessage(body), want));
}

interface Received {
  readonly receipt: string;
  readonly body: string;
  readonly receives: number;
}

/** The consumer's side over raw calls, as the event source mapping does it. */
async function subject(endpoint: string, setTime: (now: number) => void): Promise<QueueSubject> {
  const api = emulatedApi(endpoint);
  const urls = await createQueues(api);
  const wakeUps = createSqsWakeUps({ api, queueUrls: urls, clock: { now: () => Date.now() } });
  /** Receipt handles belong to a queue; the contract's ids do not say which. */
  const urlOf = new Map<string, string>();
  const queue: TestQueue = {
    send: (wakeUp) => wakeUps.send(wakeUp),
    async receive(name, max, visibilityMs, now) {
      setTime(now);
      const take = async (url: string, most: number): ReturnType<TestQueue["receive"]> => {
        const messages = await receive(api, url, most, visibilityMs / 1_000);
        return messages.map(({ receipt, body, receives }) => {
          urlOf.set(receipt, url);
          return { id: receipt, key: readSqsMessage(body)?.key ?? "", receives };
        });
      };
      const taken = await take(urls[name], max);
      if (name !== "app" || taken.length >= max) return taken;
      // The runner's other mapping.
      return [...taken, ...(await take(urls.background, max - taken.length))];
    },
    async ack(id) {
      await api.call("sqs", "DeleteMessage", { QueueUrl: urlOf.get(id), ReceiptHandle: id });
    },
    async changeVisibility(id, visibleAt) {
      const VisibilityTimeout = Math.max(0, Math.ceil((visibleAt - Date.now()) / 1_000));
      await api.call("sqs", "ChangeMessageVisibility", {
        QueueUrl: urlOf.get(id),
        ReceiptHandle: id,
        VisibilityTimeout,
      });
    },
    async deadLetters(limit) {
      const messages = await receive(api, urls.dead, limit, 30);
      return messages.map(({ body }) => ({ key: readSqsMessage(body)?.key ?? "" }));
    },
  };
  return {
    queue,
    at: setTime,
    // fauxqs takes the group of a standard queue's message and forgets it; what is sent is tested below.
    shownGroup: () => undefined,
  };
}

async function createQueues(api: AwsApi): Promise<Readonly<Record<SqsQueueName | "dead", string>>> {
  const run = randomUUID().slice(0, 8);
  const create = async (name: string, attributes: Readonly<Record<string, string>>): Promise<string> => {
    const answer = await api.call("sqs", "CreateQueue", { QueueName: `${name}-${run}`, Attributes: attributes });
    return text(answer, "QueueUrl");
  };
  const dead = await create("dead", {});
  const answer = await api.call("sqs", "GetQueueAttributes", { QueueUrl: dead, AttributeNames: ["QueueArn"] });
  const redrive = JSON.stringify({
    deadLetterTargetArn: text(Reflect.get(Object(answer), "Attributes"), "QueueArn"),
    maxReceiveCount: 5,
  });
  const urls = await Promise.all(queueNames.map((name) => create(name, { RedrivePolicy: redrive })));
  const [app = "", background = "", source = "", drift = "", tick = ""] = urls;
  return { app, background, source, drift, tick, dead };
}

async function receive(api: AwsApi, url: string, max: number, visibilitySeconds: number): Promise<readonly Received[]> {
  const answer = await api.call("sqs", "ReceiveMessage", {
    QueueUrl: url,
    MaxNumberOfMessages: max,
    VisibilityTimeout: visibilitySeconds,
    WaitTimeSeconds: 0,
    MessageSystemAttributeNames: ["All"],
  });
  const messages: unknown = Reflect.get(Object(answer), "Messages");
  return (Array.isArray(messages) ? messages : []).map((message: unknown) => {
    const attributes: unknown = Reflect.get(Object(message), "Attributes");
    return {
      receipt: text(message, "ReceiptHandle"),
      body: text(message, "Body"),
      receives: Number(text(attributes, "ApproximateReceiveCount")),
    };
  });
}

function text(value: unknown, member: string): string {
  const found: unknown = Reflect.get(Object(value), member);
  assert.ok(typeof found === "string", `the answer has ${member}`);
  return found;
}
