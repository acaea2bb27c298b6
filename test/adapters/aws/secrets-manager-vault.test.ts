import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { PutSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import {
  createAwsApi,
  createSecretsManagerVault,
  SecretsError,
  sdkSecretsCall,
  type SecretsManagerVaultOptions,
  signedSecretsCall,
} from "../../../src/adapters/aws/index.ts";
import type { SecretVault } from "../../../src/reconcile/index.ts";
import { secretVaultContract } from "../../contract/secret-vault.ts";
import { type SecretsManagerFake, startSecretsManagerFake } from "../../support/secrets-manager-fake.ts";

const canary = "hunter2-canary";
const content = (value: string) => ({ data: new Map([["a", new TextEncoder().encode(value)]]), type: "Opaque" });

type Kit = "SDK" | "signed calls";
const kits = ["SDK", "signed calls"] as const;

for (const kit of kits) {
  for (const recoveryDays of [7, 0]) {
    const name = recoveryDays === 0 ? "deletes for good" : "deletes with a recovery window";
    secretVaultContract(`AWS Secrets Manager by ${kit}, ${name}`, (use) =>
      withFakeBy(kit, ({ vaultWith }) =>
        use({ vault: vaultWith({ recoveryDays }), other: vaultWith({ recoveryDays }) }),
      ),
    );
  }
  describe(`Secrets Manager vault by ${kit}`, () => vaultTests(kit));
}

function vaultTests(kit: Kit): void {
  const withFake = (use: (setting: Setting) => Promise<void>): Promise<void> => withFakeBy(kit, use);
  const kubeconfig = "apiVersion: v1\nkind: Config\nclusters: []\n";
  const entries: readonly {
    readonly name: string;
    readonly entry: { readonly SecretString: string } | { readonly SecretBinary: Uint8Array };
    readonly want: Readonly<Record<string, string>>;
    readonly type?: string;
  }[] = [
    {
      name: "a JSON object of keys",
      entry: { SecretString: '{"username":"me","password":"p\\u00e4"}' },
      want: { username: "me", password: "pä" },
    },
    {
      name: "numbers and booleans as AWS's own rotation writes them",
      entry: { SecretString: '{"port":5432,"big":12345678901234567890,"tls":true}' },
      want: { port: "5432", big: "12345678901234567890", tls: "true" },
    },
    { name: "bytes in base64", entry: { SecretString: '{"key":{"base64":"AGE="}}' }, want: { key: "\0a" } },
    {
      name: "a type",
      entry: { SecretString: '{"/type":"kubernetes.io/tls","tls.key":"k"}' },
      want: { "tls.key": "k" },
      type: "kubernetes.io/tls",
    },
    { name: "a bare kubeconfig", entry: { SecretString: kubeconfig }, want: { value: kubeconfig } },
    {
      name: "a bare kubeconfig in JSON",
      entry: { SecretString: '{"kind":"Config","clusters":[]}' },
      want: { value: '{"kind":"Config","clusters":[]}' },
    },
    {
      name: "a bare kubeconfig in flow style",
      entry: { SecretString: "{kind: Config}" },
      want: { value: "{kind: Config}" },
    },
    { name: "binary", entry: { SecretBinary: new TextEncoder().encode(kubeconfig) }, want: { value: kubeconfig } },
  ];
  for (const { name, entry, want, type = "Opaque" } of entries) {
    test(`reads an entry made by hand: ${name}`, () =>
      withFake(async ({ client, vaultWith }) => {
        const vault = vaultWith({});
        await vault.put("ns", "s", content("first"));
        await client.send(new PutSecretValueCommand({ SecretId: "lateen/ns/s", ...entry }));
        const secret = await vault.get("ns", "s");
        assert.deepEqual(
          new Map([...(secret?.data ?? [])].map(([key, value]) => [key, new TextDecoder().decode(value)])),
          new Map(Object.entries(want)),
        );
        assert.equal(secret?.type, type);
      }));
  }

  test("writes readable JSON under PREFIX/NAMESPACE/NAME, tagged, the value before kept as AWSPREVIOUS", () =>
    withFake(async ({ fake, vaultWith }) => {
      const vault = vaultWith({ prefix: "team/lateen" });
      await vault.put("ns", "s", {
        data: new Map([
          ["a", Buffer.from("1")],
          ["b", Buffer.of(0xff)],
        ]),
        type: "kubernetes.io/tls",
      });
      await vault.put("ns", "s", content("2"));
      assert.deepEqual(fake.stages("team/lateen/ns/s"), {
        AWSPREVIOUS: '{"a":"1","b":{"base64":"/w=="},"/type":"kubernetes.io/tls"}',
        AWSCURRENT: '{"a":"2"}',
      });
      assert.deepEqual(fake.tags("team/lateen/ns/s"), { lateen: "true" });
    }));

  test("a value is read once until its time is over, fresh reads ask again", () =>
    withFake(async ({ fake, vaultWith, clock }) => {
      const vault = vaultWith({ cacheMs: 1_000 });
      await vault.put("ns", "s", content("1"));
      const reads = (): number => fake.calls.get("GetSecretValue") ?? 0;
      await vault.get("ns", "s");
      clock.time += 999;
      await vault.get("ns", "s");
      assert.equal(reads(), 1);
      clock.time += 1;
      await vault.get("ns", "s");
      assert.equal(reads(), 2);
      await vault.get("ns", "s", { fresh: true });
      assert.equal(reads(), 3);
    }));

  test("many reads at the same time are one call (F10)", () =>
    withFake(async ({ fake, vaultWith }) => {
      const vault = vaultWith({});
      await vault.put("ns", "s", content("1"));
      await Promise.all(Array.from({ length: 50 }, () => vault.get("ns", "s")));
      assert.equal(fake.calls.get("GetSecretValue"), 1);
    }));

  test("reads of many secrets at the same time are few calls; each has its own answer", () =>
    withFake(async ({ fake, vaultWith, client }) => {
      const names = Array.from({ length: 100 }, (_, index) => `s-${index}`);
      const writer = vaultWith({});
      for (const name of names) if (name !== "s-50") await writer.put("ns", name, content(name));
      const wrong = { SecretId: "lateen/ns/s-60", SecretString: '{"a": ["neither text nor bytes"]}' };
      await client.send(new PutSecretValueCommand(wrong));
      const vault = vaultWith({});
      const found = await Promise.allSettled(names.map((name) => vault.get("ns", name)));
      const shown = found.map((each) =>
        each.status === "rejected"
          ? String(each.reason).replace(/.*(has a value for "a").*/, "$1")
          : each.value && new TextDecoder().decode(each.value.data.get("a")),
      );
      const wanted = names.map((name) =>
        name === "s-50" ? undefined : name === "s-60" ? 'has a value for "a"' : name,
      );
      assert.deepEqual(shown, wanted);
      // Four at once, what came meanwhile in batches of twenty, and the one that no batch had.
      assert.deepEqual([fake.calls.get("GetSecretValue"), fake.calls.get("BatchGetSecretValue")], [5, 5]);
    }));

  test("a role that may not read in batches reads one by one", () =>
    withFake(async ({ fake, vaultWith }) => {
      const names = Array.from({ length: 30 }, (_, index) => `s-${index}`);
      const vault = vaultWith({});
      for (const name of names) await vault.put("ns", name, content(name));
      fake.fault = ({ action }) =>
        action === "BatchGetSecretValue" ? { type: "AccessDeniedException", status: 400 } : undefined;
      const found = await Promise.all(names.map((name) => vault.get("ns", name)));
      assert.deepEqual(
        found.map((secret) => new TextDecoder().decode(secret?.data.get("a"))),
        names,
      );
      await Promise.all(names.map((name) => vault.get("ns", name, { fresh: true })));
      assert.ok((fake.calls.get("BatchGetSecretValue") ?? 0) <= 4);
    }));

  test("a batch that is throttled for long fails each of its reads by name (F36)", () =>
    withFake(async ({ fake, vaultWith }) => {
      const names = Array.from({ length: 10 }, (_, index) => `s-${index}`);
      const vault = vaultWith({});
      for (const name of names) await vault.put("ns", name, content(name));
      fake.fault = ({ action }) =>
        action === "BatchGetSecretValue" ? { type: "ThrottlingException", status: 400 } : undefined;
      const found = await Promise.allSettled(names.map((name) => vault.get("ns", name)));
      const failed = found.filter(({ status }) => status === "rejected");
      assert.equal(failed.length, 6);
      for (const each of failed) assert.ok(each.status === "rejected" && unavailable(each.reason));
    }));

  test("absence is not kept", () =>
    withFake(async ({ vaultWith }) => {
      const vault = vaultWith({});
      assert.equal(await vault.get("ns", "s"), undefined);
      await vaultWith({}).put("ns", "s", content("1"));
      assert.notEqual(await vault.get("ns", "s"), undefined);
    }));

  test("a read that was under way during a put is not kept", () =>
    withFake(async ({ vaultWith }) => {
      const vault = vaultWith({});
      await vault.put("ns", "s", content("old"));
      const reading = vault.get("ns", "s");
      await Promise.all([reading, vault.put("ns", "s", content("new"))]);
      assert.equal(new TextDecoder().decode((await vault.get("ns", "s"))?.data.get("a")), "new");
    }));

  test("throttling and server errors are retried (F36)", () =>
    withFake(async ({ fake, vaultWith }) => {
      const vault = vaultWith({});
      await vault.put("ns", "s", content("1"));
      const faults = [
        { type: "ThrottlingException", status: 400 },
        { type: "InternalServiceError", status: 500 },
        "reset",
      ] as const;
      fake.fault = ({ attempt }) => faults[attempt - 1];
      assert.notEqual(await vault.get("ns", "s"), undefined);
      assert.equal(fake.calls.get("GetSecretValue"), 4);
    }));

  test("while it is out of reach an aged value serves 15 minutes longer, but not a fresh read (F36)", () =>
    withFake(async ({ fake, vaultWith, clock }) => {
      const vault = vaultWith({ cacheMs: 1_000 });
      await vault.put("ns", "s", content("1"));
      await vault.get("ns", "s");
      fake.fault = () => ({ type: "InternalServiceError", status: 500 });
      clock.time += 900_999;
      assert.notEqual(await vault.get("ns", "s"), undefined);
      await assert.rejects(vault.get("ns", "s", { fresh: true }), unavailable);
      clock.time += 1;
      await assert.rejects(vault.get("ns", "s"), unavailable);
    }));

  test("no server at all is out of reach too", () =>
    withFake(async ({ fake, vaultWith }) => {
      const vault = vaultWith({});
      await fake.close();
      await assert.rejects(vault.get("ns", "s"), (error) => {
        assert.ok(unavailable(error));
        assert.match(String(error), /GetSecretValue on "lateen\/ns\/s" failed for now: .*ECONNREFUSED/);
        return true;
      });
    }));

  test("a refusal names action, secret and what AWS says, and an aged value does not serve (F39)", () =>
    withFake(async ({ fake, vaultWith, clock }) => {
      const vault = vaultWith({ cacheMs: 1_000 });
      await vault.put("ns", "s", content("1"));
      await vault.get("ns", "s");
      clock.time += 1_000;
      fake.fault = ({ action }) => ({
        type: "AccessDeniedException",
        status: 400,
        message: `User: x is not authorized to perform: secretsmanager:${action}`,
      });
      await assert.rejects(vault.get("ns", "s"), (error) => {
        assert.ok(error instanceof SecretsError);
        assert.deepEqual(error.failure, { code: "SECRETS_DENIED", action: "GetSecretValue", secret: "lateen/ns/s" });
        assert.equal(error.retryable, false);
        assert.match(error.message, /User: x is not authorized to perform: secretsmanager:GetSecretValue/);
        return true;
      });
    }));

  test("no error shows a value, not even what AWS quotes (T14)", () =>
    withFake(async ({ fake, client, vaultWith }) => {
      const vault = vaultWith({});
      const shows = (error: unknown): boolean => {
        assert.ok(error instanceof SecretsError);
        assert.ok(!`${error.stack} ${JSON.stringify(error.failure)} ${String(error.cause)}`.includes(canary));
        return true;
      };
      await assert.rejects(vault.put("ns", "s", content(canary.repeat(5_000))), (error) => {
        assert.match(String(error), /would have \d+ bytes as JSON, AWS Secrets Manager takes 65536/);
        return shows(error);
      });
      fake.fault = () => ({ type: "ValidationException", status: 400, message: `Value '${canary}' at 'secretString'` });
      await assert.rejects(vault.put("ns", "s", content(canary)), shows);
      fake.fault = undefined;
      await vault.put("ns", "s", content("1"));
      await client.send(
        new PutSecretValueCommand({ SecretId: "lateen/ns/s", SecretString: `{"a":{"b":"${canary}"}}` }),
      );
      await assert.rejects(vault.get("ns", "s"), (error) => {
        assert.match(String(error), /secret "lateen\/ns\/s" has a value for "a" that is neither text nor/);
        return shows(error);
      });
    }));

  test("the largest Secret fits", () =>
    withFake(async ({ vaultWith }) => {
      const vault = vaultWith({});
      const value = "x".repeat(65_536 - '{"a":""}'.length);
      await vault.put("ns", "s", content(value));
      assert.equal((await vault.get("ns", "s"))?.data.get("a")?.length, value.length);
      await assert.rejects(vault.put("ns", "s", content(`${value}x`)), /would have 65537 bytes/);
    }));

  test("a name whose deletion is still going on is tried again", () =>
    withFake(async ({ fake, vaultWith }) => {
      const vault = vaultWith({ recoveryDays: 0 });
      await vault.put("ns", "s", content("1"));
      fake.lingeringCalls = 3;
      await vault.delete("ns", "s");
      await vault.put("ns", "s", content("2"));
      assert.equal(new TextDecoder().decode((await vault.get("ns", "s"))?.data.get("a")), "2");
    }));

  test("a put whose reply was lost does not push out the value before", () =>
    withFake(async ({ fake, vaultWith }) => {
      const vault = vaultWith({});
      await vault.put("ns", "s", content("1"));
      const before = fake.calls.get("PutSecretValue") ?? 0;
      fake.fault = ({ action, attempt }) =>
        action === "PutSecretValue" && attempt === before + 1 ? "lost reply" : undefined;
      await vault.put("ns", "s", content("2"));
      assert.deepEqual(fake.stages("lateen/ns/s"), { AWSPREVIOUS: '{"a":"1"}', AWSCURRENT: '{"a":"2"}' });
    }));

  test("two writers of a new secret both succeed", () =>
    withFake(async ({ fake, vaultWith }) => {
      await Promise.all([vaultWith({}).put("ns", "s", content("1")), vaultWith({}).put("ns", "s", content("2"))]);
      assert.match(String(fake.stages("lateen/ns/s")["AWSCURRENT"]), /^\{"a":"[12]"\}$/);
    }));

  test("a caller that gives up does not end the read of the others", () =>
    withFake(async ({ fake, vaultWith }) => {
      const vault = vaultWith({});
      await vault.put("ns", "s", content("1"));
      const stop = new AbortController();
      const first = vault.get("ns", "s", { signal: stop.signal });
      const second = vault.get("ns", "s");
      stop.abort(new Error("enough"));
      await assert.rejects(first, /enough/);
      assert.notEqual(await second, undefined);
      assert.equal(fake.calls.get("GetSecretValue"), 1);
    }));

  test("without a client one is made for region and endpoint from the environment's credentials", () =>
    withFake(async ({ fake }) => {
      const vault = createSecretsManagerVault({
        prefix: "lateen",
        call: sdkSecretsCall({ region: "eu-central-1", endpoint: fake.endpoint }),
      });
      assert.equal(await vault.get("ns", "s"), undefined);
      assert.equal(fake.calls.get("GetSecretValue"), 1);
    }));
}

const environment = { AWS_ACCESS_KEY_ID: "AKIDEXAMPLE", AWS_SECRET_ACCESS_KEY: "example" };
const saved = new Map<string, string | undefined>();
before(() => {
  for (const [name, value] of Object.entries(environment)) {
    saved.set(name, process.env[name]);
    process.env[name] = value;
  }
});
after(() => {
  for (const [name, value] of saved) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
});

const unavailable = (error: unknown): boolean =>
  error instanceof SecretsError && error.failure.code === "SECRETS_UNAVAILABLE" && error.retryable;

interface Setting {
  readonly fake: SecretsManagerFake;
  readonly client: SecretsManagerClient;
  readonly clock: { time: number };
  readonly vaultWith: (options: Partial<SecretsManagerVaultOptions>) => SecretVault;
}

async function withFakeBy(kit: Kit, use: (setting: Setting) => Promise<void>): Promise<void> {
  const fake = await startSecretsManagerFake();
  const client = new SecretsManagerClient({
    region: "eu-central-1",
    endpoint: fake.endpoint,
    credentials: { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "example" },
    maxAttempts: 5,
  });
  const clock = { time: 1_000_000 };
  const testClock = { now: () => clock.time, sleep: async () => undefined };
  const api = createAwsApi({
    region: "eu-central-1",
    credentials: async () => ({ accessKeyId: "AKIDEXAMPLE", secretAccessKey: "example" }),
    endpoint: fake.endpoint,
    clock: testClock,
  });
  const call = kit === "SDK" ? sdkSecretsCall({ client }) : signedSecretsCall(api);
  try {
    await use({
      fake,
      client,
      clock,
      vaultWith: (options) =>
        createSecretsManagerVault({
          prefix: "lateen",
          call,
          clock: testClock,
          ...options,
        }),
    });
  } finally {
    client.destroy();
    await fake.close();
  }
}
