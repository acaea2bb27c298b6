import assert from "node:assert/strict";
import { after, beforeEach, test } from "node:test";
import { createStsCredentials, StsError } from "../../../src/adapters/aws/index.ts";
import { startStsFake, stsError } from "../../support/sts-fake.ts";

const sts = await startStsFake();
after(() => sts.close());

let now = Date.parse("2030-01-01T00:00:00Z");
sts.now = () => now;
const clock = { now: () => now, sleep: () => Promise.resolve() };
const base = { accessKeyId: "AKIDBASE", secretAccessKey: "base-secret", sessionToken: "base-session" };
const role = "arn:aws:iam::111122223333:role/lateen/lateen-run-1";
const create = (): ReturnType<typeof createStsCredentials> =>
  createStsCredentials({ base: () => Promise.resolve(base), clock, endpoint: sts.endpoint, random: () => 0 });
let before = 0;
const calls = (): number => sts.calls.length - before;

beforeEach(() => {
  before = sts.calls.length;
  sts.fault = undefined;
});

test("without a role the process' own keys are given and STS is not called", async () => {
  assert.deepEqual(await create()({ sessionName: "lateen-a", region: "eu-west-1" }), base);
  assert.equal(calls(), 0);
});

test("a role is assumed with a call signed for the region by the process' own keys", async () => {
  const keys = await create()({ roleArn: role, sessionName: "lateen-a", region: "eu-west-1" });
  assert.deepEqual(sts.calls.at(-1), {
    action: "AssumeRole",
    roleArn: role,
    sessionName: "lateen-a",
    externalId: undefined,
    region: "eu-west-1",
    accessKeyId: "AKIDBASE",
    sessionToken: "base-session",
  });
  assert.match(keys.accessKeyId, /^ASIAEXAMPLE\d+$/);
  assert.match(keys.secretAccessKey, /^assumed-secret-\d+\/\+a$/);
  assert.match(keys.sessionToken ?? "", /^assumed-session-\d+==$/);
  assert.equal(keys.expiresAt, now + 3_600_000);
});

test("keys are kept until five minutes before they end, one call for many callers (F38)", async () => {
  const credentials = create();
  const first = await Promise.all(
    Array.from({ length: 20 }, () => credentials({ roleArn: role, sessionName: "lateen-a", region: "eu-west-1" })),
  );
  assert.equal(calls(), 1);
  now += 54 * 60_000;
  assert.deepEqual(await credentials({ roleArn: role, sessionName: "lateen-a", region: "eu-west-1" }), first[0]);
  assert.equal(calls(), 1);
  now += 2 * 60_000;
  assert.notDeepEqual(await credentials({ roleArn: role, sessionName: "lateen-a", region: "eu-west-1" }), first[0]);
  assert.equal(calls(), 2);
});

test("roles and session names have keys of their own", async () => {
  const credentials = create();
  await credentials({ roleArn: role, sessionName: "lateen-a", region: "eu-west-1" });
  await credentials({ roleArn: `${role}b`, sessionName: "lateen-a", region: "eu-west-1" });
  await credentials({ roleArn: role, sessionName: "lateen-b", region: "eu-west-1" });
  assert.equal(calls(), 3);
});

test("for whom a role is assumed reaches its trust policy as the external id, and nobody gets another one's keys (T13)", async () => {
  const credentials = create();
  const identity = { roleArn: role, sessionName: "lateen-a", region: "eu-west-1" };
  const first = await credentials({ ...identity, externalId: "lateen/team-a" });
  assert.equal(sts.calls.at(-1)?.externalId, "lateen/team-a");
  sts.fault = ({ externalId }) =>
    externalId === "lateen/team-a" ? undefined : stsError(403, "AccessDenied", "not authorized");
  await assert.rejects(
    credentials({ ...identity, externalId: "lateen/team-b" }),
    /if it asks for sts:ExternalId, with 'lateen\/team-b' among the values\)$/,
  );
  assert.deepEqual(await credentials({ ...identity, externalId: "lateen/team-a" }), first);
});

test("a refusal names role, action and AWS' reason, is not tried again and not remembered", async () => {
  const credentials = create();
  sts.fault = () =>
    stsError(
      403,
      "AccessDenied",
      "User: arn:aws:sts::1:assumed-role/a/b is not authorized to perform: sts:AssumeRole &amp; more",
    );
  await assert.rejects(
    credentials({ roleArn: role, sessionName: "lateen-a", region: "eu-west-1" }),
    (error: unknown) => {
      assert.ok(error instanceof StsError);
      assert.equal(error.code, "AccessDenied");
      assert.equal(error.retryable, false);
      assert.match(error.message, /^sts:AssumeRole of arn:aws:iam::111122223333:role\/lateen\/lateen-run-1 at 127/);
      assert.match(error.message, /not authorized to perform: sts:AssumeRole & more \(hint: .*trust policy/);
      assert.doesNotMatch(error.message, /base-secret|base-session/);
      return true;
    },
  );
  assert.equal(calls(), 1);
  sts.fault = undefined;
  await credentials({ roleArn: role, sessionName: "lateen-a", region: "eu-west-1" });
});

for (const { name, fault, code } of [
  { name: "throttling", fault: stsError(400, "Throttling", "Rate exceeded"), code: "Throttling" },
  { name: "a server error", fault: { status: 503, body: "<html>" }, code: "HTTP503" },
  { name: "a cut connection", fault: "reset", code: "NetworkError" },
  { name: "an answer without keys", fault: { status: 200, body: "<a></a>" }, code: "BadAnswer" },
] as const) {
  test(`${name} is tried three times, and passes when it ends before that`, async () => {
    const credentials = create();
    sts.fault = () => fault;
    await assert.rejects(
      credentials({ roleArn: role, sessionName: "lateen-a", region: "eu-west-1" }),
      (error: unknown) => error instanceof StsError && error.code === code && error.retryable,
    );
    assert.equal(calls(), 3);
    sts.fault = () => (calls() < 5 ? fault : undefined);
    await credentials({ roleArn: role, sessionName: "lateen-a", region: "eu-west-1" });
    assert.equal(calls(), 5);
  });
}
