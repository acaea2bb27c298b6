import assert from "node:assert/strict";
import { createHash, createHmac } from "node:crypto";
import { test } from "node:test";
import { type AwsApi, AwsError, createAwsApi, environmentCredentials } from "../../../src/adapters/aws/index.ts";
import { emulatedApi } from "../../support/aws-emulators.ts";
import { type SecretsManagerFake, startSecretsManagerFake } from "../../support/secrets-manager-fake.ts";

const canary = "hunter2-canary";

test("a request is one POST with target, signed as AWS describes Signature Version 4", async () => {
  let seen: { readonly url: URL; readonly headers: Headers; readonly body: string } | undefined;
  const api = createAwsApi({
    region: "eu-west-1",
    credentials: environmentCredentials({
      AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
      AWS_SECRET_ACCESS_KEY: "not-a-real-key",
      AWS_SESSION_TOKEN: "token",
    }),
    clock: quick(() => Date.UTC(2026, 10, 21, 7, 35, 25)),
    fetch: async (url, init) => {
      seen = { url: new URL(String(url)), headers: new Headers(init?.headers), body: String(init?.body) };
      return Response.json({ ok: true });
    },
  });
  assert.deepEqual(await api.call("dynamodb", "GetItem", { TableName: "ä" }), { ok: true });
  assert.ok(seen !== undefined);
  const { url, headers, body } = seen;
  assert.equal(url.href, "https://dynamodb.eu-west-1.amazonaws.com/");
  assert.equal(headers.get("x-amz-target"), "DynamoDB_20120810.GetItem");
  assert.equal(headers.get("content-type"), "application/x-amz-json-1.0");
  assert.equal(headers.get("x-amz-security-token"), "token");
  const [, signedHeaders = "", signature] =
    /SignedHeaders=([^,]+), Signature=(\w+)$/.exec(headers.get("authorization") ?? "") ?? [];
  for (const name of ["host", "x-amz-date", "x-amz-security-token", "x-amz-target"]) {
    assert.ok(signedHeaders.split(";").includes(name), name);
  }
  const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
  const canonical = [
    "POST",
    "/",
    "",
    ...signedHeaders.split(";").map((name) => `${name}:${name === "host" ? url.host : headers.get(name)}`),
    "",
    signedHeaders,
    sha256(body),
  ].join("\n");
  const toSign = `AWS4-HMAC-SHA256\n20261121T073525Z\n20261121/eu-west-1/dynamodb/aws4_request\n${sha256(canonical)}`;
  const hmac = (key: string | Buffer, text: string): Buffer => createHmac("sha256", key).update(text).digest();
  const dated = hmac("AWS4not-a-real-key", "20261121");
  const key = hmac(hmac(hmac(dated, "eu-west-1"), "dynamodb"), "aws4_request");
  assert.equal(signature, hmac(key, toSign).toString("hex"));
});

test("each try asks for credentials, so that renewed ones are used", async () => {
  const env: Record<string, string> = { AWS_ACCESS_KEY_ID: "OLD", AWS_SECRET_ACCESS_KEY: "x" };
  const used: (string | null)[] = [];
  const api = createAwsApi({
    region: "eu-west-1",
    credentials: environmentCredentials(env),
    clock: quick(Date.now),
    fetch: async (_url, init) => {
      used.push(new Headers(init?.headers).get("authorization"));
      env["AWS_ACCESS_KEY_ID"] = "NEW";
      return Response.json({}, { status: used.length === 1 ? 500 : 200 });
    },
  });
  await api.call("sqs", "SendMessage", {});
  assert.match(used[0] ?? "", /Credential=OLD\//);
  assert.match(used[1] ?? "", /Credential=NEW\//);
  delete env["AWS_ACCESS_KEY_ID"];
  await assert.rejects(api.call("sqs", "SendMessage", {}), /AWS_ACCESS_KEY_ID is not set/);
});

test("a service can have an endpoint of its own", async () => {
  const urls: string[] = [];
  const api = emulatedApi("http://all.example:4566", {
    endpoints: { sqs: "http://sqs.example:1234" },
    fetch: async (url) => {
      urls.push(String(url));
      return Response.json({});
    },
  });
  await api.call("sqs", "SendMessage", {});
  await api.call("dynamodb", "GetItem", {});
  assert.deepEqual(urls, ["http://sqs.example:1234/", "http://all.example:4566/"]);
});

test("a process that was frozen during a call does not try it again a minute later", async () => {
  let time = 1_000_000;
  let calls = 0;
  const api = emulatedApi("http://127.0.0.1:1", {
    clock: quick(() => time),
    fetch: async () => {
      calls++;
      time += 61_000;
      throw new TypeError("fetch failed");
    },
  });
  await assert.rejects(api.call("dynamodb", "PutItem", {}), AwsError);
  assert.equal(calls, 1);
});

test("calls are tried again when throttled, cut off or refused by a server in trouble (L30)", () =>
  withFake(async ({ fake, api, put }) => {
    await put("h", "a");
    const faults = [{ type: "ThrottlingException", status: 400 }, { type: "x", status: 503 }, "reset"] as const;
    fake.fault = ({ attempt }) => faults[attempt - 1];
    const answer = await api.call("secretsmanager", "GetSecretValue", { SecretId: "h" });
    assert.equal(Reflect.get(Object(answer), "SecretString"), "a");
    assert.equal(fake.calls.get("GetSecretValue"), 4);
  }));

test("an error that stays names service, operation and code after five tries, and no value (T14)", () =>
  withFake(async ({ fake, api }) => {
    const call = (): Promise<unknown> =>
      api.call("secretsmanager", "PutSecretValue", { SecretId: "h", SecretString: canary });
    for (const [fault, text] of [
      [
        { type: "ValidationException", status: 400, message: `Value '${canary}'` },
        /PutSecretValue failed: ValidationException \(status 400\)$/,
      ],
      [{ type: "InternalFailure", status: 500, message: canary }, /InternalFailure \(status 500, 5 tries\)$/],
      ["reset", /no connection: \w+/],
    ] as const) {
      fake.fault = () => fault;
      await assert.rejects(call(), (error) => {
        assert.ok(error instanceof AwsError);
        assert.match(error.message, text);
        assert.ok(!`${error.stack} ${String(error.cause)} ${JSON.stringify(error)}`.includes(canary));
        return true;
      });
    }
  }));

test("a server that does not answer is given up after the time limit", async () => {
  const silent: typeof fetch = (_url, init) =>
    new Promise((_resolve, reject) => init?.signal?.addEventListener("abort", () => reject(init.signal?.reason)));
  const api = emulatedApi("http://127.0.0.1:1", { fetch: silent, timeoutMs: 5, clock: quick(Date.now) });
  await assert.rejects(api.call("sqs", "SendMessage", {}), (error) => {
    assert.ok(error instanceof AwsError);
    assert.deepEqual([error.code, error.retryable, error.tries], ["TimeoutError", true, 5]);
    return true;
  });
});

test("an aborted call ends with the caller's reason, without another try", async () => {
  const stop = new AbortController();
  let calls = 0;
  const hanging: typeof fetch = (_url, init) => {
    calls++;
    return new Promise((_resolve, reject) =>
      init?.signal?.addEventListener("abort", () => reject(init.signal?.reason)),
    );
  };
  const api = emulatedApi("http://127.0.0.1:1", { fetch: hanging });
  const call = api.call("sqs", "SendMessage", {}, { signal: stop.signal });
  setTimeout(() => stop.abort(new Error("enough")), 5);
  await assert.rejects(call, /enough/);
  assert.equal(calls, 1);
});

async function withFake(
  use: (setting: {
    readonly fake: SecretsManagerFake;
    readonly api: AwsApi;
    put(name: string, text: string): Promise<void>;
  }) => Promise<void>,
): Promise<void> {
  const fake = await startSecretsManagerFake();
  const api = emulatedApi(fake.endpoint, { clock: quick(Date.now) });
  try {
    await use({
      fake,
      api,
      put: async (name, text) => {
        await api.call("secretsmanager", "CreateSecret", { Name: name, SecretString: text });
      },
    });
  } finally {
    await fake.close();
  }
}

/** Back-off without waiting. */
function quick(now: () => number): { now(): number; sleep(): Promise<void> } {
  return { now, sleep: async () => undefined };
}
