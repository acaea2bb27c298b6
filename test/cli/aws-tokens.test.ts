import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openAwsStore } from "../../src/adapters/aws/index.ts";
import { systemClock } from "../../src/base/index.ts";
import { createHub } from "../../src/hub/index.ts";
import {
  createTable,
  type Emulator,
  emulatedApi,
  emulatedCredentials,
  emulatedRegion,
  startDynamo,
} from "../support/aws-emulators.ts";
import { cli } from "./support/run-cli.ts";

let dynamo: Emulator;
let table: string;
let environment: Readonly<Record<string, string>>;
before(async () => {
  dynamo = await startDynamo();
  table = await createTable(emulatedApi(dynamo.endpoint));
  environment = {
    AWS_REGION: emulatedRegion,
    AWS_ACCESS_KEY_ID: emulatedCredentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: emulatedCredentials.secretAccessKey,
    AWS_ENDPOINT_URL_DYNAMODB: dynamo.endpoint,
  };
});
after(() => dynamo.stop());

const server = "https://abc123.execute-api.eu-central-1.amazonaws.com";

test("a kubeconfig for a lateen on AWS has a token that its hub takes, until it is revoked", async () => {
  const made = await cli(["kubeconfig", "--aws-table", table, "--server", server], environment);
  assert.equal(made.code, 0, made.err);
  assert.ok(made.out.includes(server));
  const token = /token: "?([^\s"]+)/.exec(made.out)?.[1];
  const { objects } = openAwsStore({ api: emulatedApi(dynamo.endpoint), tableName: table, clock: systemClock });
  const { tokens } = createHub({
    store: objects,
    secrets: { get: async () => undefined, put: async () => undefined, delete: async () => undefined },
    clock: systemClock,
  });
  const request = new Request(server, { headers: { authorization: `Bearer ${token}` } });
  const record = await tokens.authenticate(request);
  assert.ok(record !== undefined);
  const listed = await cli(["token", "list", "--aws-table", table], environment);
  assert.match(listed.out, new RegExp(record.id));
  assert.equal((await cli(["token", "revoke", "--aws-table", table, record.id], environment)).code, 0);
  assert.equal(await tokens.authenticate(request), undefined);
});

test("what is missing is named, with what to do", async () => {
  for (const [args, env, want] of [
    [["kubeconfig", "--aws-table", table], environment, /--server: the stack's output HubUrl/],
    [["kubeconfig", "--aws-table", table, "--data-dir", "x", "--server", server], environment, /exclude each other/],
    [["token", "list", "--aws-table", table], {}, /AWS_REGION is not set/],
    [["token", "list", "--aws-table", table], { AWS_REGION: emulatedRegion }, /AWS_ACCESS_KEY_ID/],
  ] as const) {
    const { code, err } = await cli(args, env);
    assert.notEqual(code, 0);
    assert.match(err, want);
    assert.doesNotMatch(err, /\n\s+at /, "no stack");
  }
});
