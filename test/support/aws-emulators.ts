import { randomUUID } from "node:crypto";
import type { AddressInfo } from "node:net";
import dynalite from "dynalite";
import { startFauxqs } from "fauxqs";
import { type AwsApi, createAwsApi } from "../../src/adapters/aws/index.ts";
import { systemClock } from "../../src/base/index.ts";

/** An endpoint that plays all of AWS (moto), named by the environment; suites then run on it beside the emulators of this process. */
export const sharedAwsEndpoint: string | undefined = process.env["LATEEN_TEST_AWS_ENDPOINT"];
export const emulatedRegion = "eu-central-1";
export const emulatedCredentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "example" };

export interface Emulator {
  readonly endpoint: string;
  stop(): Promise<void>;
}

/** DynamoDB by dynalite: in memory, on a free loopback port. */
export async function startDynamo(): Promise<Emulator> {
  const server = dynalite({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // A server that listens on TCP has an AddressInfo.
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** SQS by fauxqs: in memory, on a free loopback port. */
export async function startSqs(): Promise<Emulator> {
  const server = await startFauxqs({ port: 0, host: "127.0.0.1", logger: false, defaultRegion: emulatedRegion });
  return { endpoint: `http://127.0.0.1:${server.port}`, stop: () => server.stop() };
}

/** A caller of the emulator with made-up keys. */
export function emulatedApi(endpoint: string, options: Partial<Parameters<typeof createAwsApi>[0]> = {}): AwsApi {
  return createAwsApi({
    region: emulatedRegion,
    credentials: async () => emulatedCredentials,
    endpoint,
    clock: systemClock,
    ...options,
  });
}

/** Makes the table as the template has it, except its TTL, which no emulator obeys; answers its name. */
export async function createTable(api: AwsApi, tableName: string = `lateen-${randomUUID()}`): Promise<string> {
  const attribute = (name: string, type: "S" | "N"): object => ({ AttributeName: name, AttributeType: type });
  const keys = (hash: string, range: string): readonly object[] => [
    { AttributeName: hash, KeyType: "HASH" },
    { AttributeName: range, KeyType: "RANGE" },
  ];
  await api.call("dynamodb", "CreateTable", {
    TableName: tableName,
    AttributeDefinitions: [
      attribute("pk", "S"),
      attribute("sk", "S"),
      attribute("dirtyGroup", "S"),
      attribute("nextAt", "N"),
    ],
    KeySchema: keys("pk", "sk"),
    GlobalSecondaryIndexes: [
      { IndexName: "dirty", KeySchema: keys("dirtyGroup", "nextAt"), Projection: { ProjectionType: "KEYS_ONLY" } },
    ],
    BillingMode: "PAY_PER_REQUEST",
  });
  for (;;) {
    const answer = await api.call("dynamodb", "DescribeTable", { TableName: tableName });
    if (JSON.stringify(answer).includes('"TableStatus":"ACTIVE"')) return tableName;
    await systemClock.sleep(5);
  }
}

export async function deleteTable(api: AwsApi, tableName: string): Promise<void> {
  await api.call("dynamodb", "DeleteTable", { TableName: tableName });
}
