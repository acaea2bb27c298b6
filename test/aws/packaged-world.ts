/** The packaged functions with everything around them, and what tests look at: statuses, rows, messages. */
import assert from "node:assert/strict";
import type { SqsQueueName } from "../../src/adapters/aws/index.ts";
import { isList, type Json, own, parseJson } from "../../src/resource/index.ts";
import { type LambdaWorld, startLambdaWorld } from "../functions/aws/lambda-world.ts";
import { buildBundles, isDeployedAt, type PackagedFunctions, startPackagedFunctions } from "./packaged-functions.ts";

/** What a work row says about its progress. */
export interface Row {
  readonly wanted: number;
  readonly done: number;
  /** Who holds its lease. */
  readonly holder: string | undefined;
}

export interface PackagedWorld {
  readonly bundles: string;
  readonly world: LambdaWorld;
  readonly packaged: PackagedFunctions;
  /** Waits until the status of an App says that it was deployed at this commit. */
  deployed(name: string, commit: string): Promise<void>;
  /** How many runs of an App are known. */
  runsOf(name: string): Promise<number>;
  /** Work rows by key: `app/NAMESPACE/NAME`, `source/ID`. */
  rows(): Promise<ReadonlyMap<string, Row>>;
  /** Takes all messages that are visible now, for good; answers their bodies. */
  takeMessages(queue: SqsQueueName): Promise<readonly Json[]>;
  /** Waits until a queue has no message, also none that is held or delayed. */
  drained(queue: SqsQueueName): Promise<void>;
  /** Forgets which slots have had their tick: the next one wins whatever the time. */
  forgetTicks(): Promise<void>;
  /** Everything that the table holds. */
  tableText(): Promise<string>;
  stop(): Promise<void>;
}

/** Long enough that what a living function holds never comes twice within a test. */
const visibilityS = 60;

export async function startPackagedWorld(
  environment: Readonly<Record<string, string>> = {},
  options: Partial<Parameters<typeof startPackagedFunctions>[2]> = {},
): Promise<PackagedWorld> {
  const { bundles, remove } = buildBundles();
  const world = await startLambdaWorld({ LATEEN_SYNC_PERIOD: "10m", LATEEN_LOG_LEVEL: "info", ...environment });
  const packaged = startPackagedFunctions(world, bundles, { visibilityS, maxConcurrency: 2, ...options });
  const { api } = world;
  const TableName = world.environment["LATEEN_TABLE"];

  const items = async (prefix: string): Promise<readonly Json[]> => {
    const found = own(asJson(await api.call("dynamodb", "Scan", { TableName, ConsistentRead: true })), "Items");
    return (isList(found) ? found : []).filter((item) => textIn(item, "pk", "S").startsWith(prefix));
  };
  const messageCount = async (queue: SqsQueueName): Promise<number> => {
    const answer = await api.call("sqs", "GetQueueAttributes", {
      QueueUrl: world.queueUrls.get(queue),
      AttributeNames: ["All"],
    });
    const names = ["", "NotVisible", "Delayed"].map((state) => `ApproximateNumberOfMessages${state}`);
    return names.reduce((sum, name) => sum + Number(own(own(asJson(answer), "Attributes"), name) ?? 0), 0);
  };

  return {
    bundles,
    world,
    packaged,
    async deployed(name, commit) {
      let status = "";
      await eventually(
        () => `${name} is deployed at ${commit}: ${status}`,
        async () => {
          status = await packaged.statusOf(name);
          return isDeployedAt(status, commit);
        },
      );
    },
    async runsOf(name) {
      const { statusCode, body } = await packaged.hub("GET", `/api/apps/default/${name}`);
      assert.equal(statusCode, 200, body);
      const runs = own(parseJson(body), "runs");
      return isList(runs) ? runs.length : 0;
    },
    async rows() {
      const rows = await items("ROW#");
      return new Map(
        rows.map((row) => [
          textIn(row, "pk", "S").slice("ROW#".length),
          {
            wanted: Number(textIn(row, "wanted", "N")),
            done: Number(textIn(row, "done", "N")),
            holder: textIn(row, "holder", "S") || undefined,
          },
        ]),
      );
    },
    async takeMessages(queue) {
      const bodies: Json[] = [];
      for (let [message] = await world.receive(queue); message !== undefined; [message] = await world.receive(queue)) {
        bodies.push(parseJson(message.body));
        const QueueUrl = world.queueUrls.get(queue);
        await api.call("sqs", "DeleteMessage", { QueueUrl, ReceiptHandle: message.receipt });
      }
      return bodies;
    },
    drained: (queue) =>
      eventually(
        () => `the queue ${queue} is empty`,
        async () => (await messageCount(queue)) === 0,
      ),
    async forgetTicks() {
      for (const item of await items("ITEM#TICK#"))
        await api.call("dynamodb", "DeleteItem", {
          TableName,
          Key: { pk: own(item, "pk"), sk: own(item, "sk") },
        });
    },
    tableText: async () => JSON.stringify(await api.call("dynamodb", "Scan", { TableName })),
    async stop() {
      await packaged.stop();
      await world.stop();
      remove();
    },
  };
}

/** Looks again until `check` holds. @param what says what was waited for. */
export async function eventually(what: string | (() => string), check: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + 20_000;
  while (!(await check())) {
    if (Date.now() > end) assert.fail(typeof what === "string" ? what : what());
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** A ConfigMap with one value, as a file of a repository. */
export function configMap(name: string, value: string): string {
  return JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data: { value } });
}

function textIn(item: Json, attribute: string, type: "S" | "N"): string {
  const text = own(own(item, attribute), type);
  return typeof text === "string" ? text : "";
}

function asJson(answer: unknown): Json {
  return parseJson(JSON.stringify(answer));
}
