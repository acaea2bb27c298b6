import assert from "node:assert/strict";
import { test } from "node:test";
import { type AwsApi, AwsError, createHookSecrets } from "../../../src/adapters/aws/index.ts";
import { emulatedApi } from "../../support/aws-emulators.ts";
import { type SecretsManagerFake, startSecretsManagerFake } from "../../support/secrets-manager-fake.ts";

for (const [title, entry, want] of [
  ["a line each", "one\n\n  two \r\nthree\n", ["one", "two", "three"]],
  ["a JSON secret", '{"secret":"one"}', ["one"]],
  ["a JSON list of secrets", '{"secrets":["one","two",7,""]}', ["one", "two"]],
  ["text that happens to be JSON", "12345", ["12345"]],
  ["text that starts like JSON", "{one", ["{one"]],
] as const) {
  test(`webhook secrets from ${title}`, () =>
    withFake(async ({ put, secretsOf }) => {
      await put("lateen-hooks/github", entry);
      assert.deepEqual(await secretsOf(["lateen-hooks/github"])(), want);
    }));
}

test("the secret before a rotation counts too, the one before that does not (F37)", () =>
  withFake(async ({ put, secretsOf }) => {
    for (const secret of ["old", "previous", "current"]) await put("lateen-hooks/github", secret);
    assert.deepEqual(await secretsOf(["lateen-hooks/github"])(), ["current", "previous"]);
  }));

test("several entries are read together, absent ones have no secrets", () =>
  withFake(async ({ put, secretsOf }) => {
    await put("lateen-hooks/github", "a");
    await put("lateen-hooks/github/team", '{"secrets":["b","a"]}');
    assert.deepEqual(await secretsOf(["lateen-hooks/github", "lateen-hooks/absent", "lateen-hooks/github/team"])(), [
      "a",
      "b",
    ]);
  }));

test("entries are read once until their time is over, also by many calls at once", () =>
  withFake(async ({ fake, put, secretsOf, clock }) => {
    await put("h", "a");
    const secrets = secretsOf(["h"]);
    await Promise.all(Array.from({ length: 20 }, () => secrets()));
    clock.time += 899_999;
    await secrets();
    assert.equal(fake.calls.get("GetSecretValue"), 2);
    await put("h", "b");
    clock.time += 1;
    assert.deepEqual(await secrets(), ["b", "a"]);
  }));

test("while Secrets Manager is down aged secrets count 15 minutes longer (F36)", () =>
  withFake(async ({ fake, put, secretsOf, clock }) => {
    await put("h", "a");
    const secrets = secretsOf(["h"]);
    await secrets();
    fake.fault = () => ({ type: "InternalServiceError", status: 500 });
    clock.time += 1_799_999;
    assert.deepEqual(await secrets(), ["a"]);
    clock.time += 1;
    await assert.rejects(secrets(), (error) => error instanceof AwsError && error.retryable && error.tries === 5);
    fake.fault = undefined;
    assert.deepEqual(await secrets(), ["a"]);
  }));

test("a refusal is an error that says what AWS says, aged secrets or not (F39)", () =>
  withFake(async ({ fake, put, secretsOf, clock }) => {
    await put("h", "a");
    const secrets = secretsOf(["h"]);
    await secrets();
    clock.time += 900_000;
    fake.fault = () => ({ type: "AccessDeniedException", status: 400, message: "User: x is not authorized" });
    await assert.rejects(
      secrets(),
      /secretsmanager GetSecretValue failed: AccessDeniedException .*: User: x is not authorized/,
    );
  }));

interface Setting {
  readonly fake: SecretsManagerFake;
  readonly api: AwsApi;
  readonly clock: { time: number };
  put(name: string, text: string): Promise<void>;
  secretsOf(names: readonly string[]): () => Promise<readonly string[]>;
}

async function withFake(use: (setting: Setting) => Promise<void>): Promise<void> {
  const fake = await startSecretsManagerFake();
  const clock = { time: 1_000_000 };
  const api = emulatedApi(fake.endpoint, { clock: quick(() => clock.time) });
  try {
    await use({
      fake,
      api,
      clock,
      async put(name, text) {
        const isNew = Object.keys(fake.stages(name)).length === 0;
        const input = isNew ? { Name: name, SecretString: text } : { SecretId: name, SecretString: text };
        await api.call("secretsmanager", isNew ? "CreateSecret" : "PutSecretValue", input);
      },
      secretsOf: (names) => createHookSecrets({ api, names, clock: { now: () => clock.time } }),
    });
  } finally {
    await fake.close();
  }
}

/** Back-off without waiting. */
function quick(now: () => number): { now(): number; sleep(): Promise<void> } {
  return { now, sleep: async () => undefined };
}
