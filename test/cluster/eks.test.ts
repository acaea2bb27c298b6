import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { createStsCredentials } from "../../src/adapters/aws/index.ts";
import { createRedactor, silentLog } from "../../src/base/index.ts";
import {
  type ApiType,
  type ClusterAccess,
  ClusterError,
  connectCluster,
  createForwarder,
  mintEksToken,
  parseKubeconfig,
  roleSessionName,
} from "../../src/cluster/index.ts";
import { createClusters } from "../../src/functions/clusters.ts";
import type { AwsCredentials } from "../../src/signing/index.ts";
import { startStsFake } from "../support/sts-fake.ts";
import { type FaultServer, startFaultServer } from "./fault-server.ts";

const keys = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "not-a-real-key" };
const date = Date.parse("2026-11-21T07:35:25Z");
const urlOf = (token: string): URL => new URL(Buffer.from(token.slice("k8s-aws-v1.".length), "base64url").toString());

describe("an EKS token", () => {
  it("is that of `aws eks get-token` to the byte (golden vector of aws.md §9)", async () => {
    const token = await mintEksToken({ clusterName: "run-1", region: "eu-west-1", credentials: keys, now: date });
    assert.match(token, /^k8s-aws-v1\.[\w-]+$/);
    assert.equal(
      urlOf(token).href,
      "https://sts.eu-west-1.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15" +
        "&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE%2F20261121%2Feu-west-1%2Fsts%2Faws4_request" +
        "&X-Amz-Date=20261121T073525Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host%3Bx-k8s-aws-id" +
        "&X-Amz-Signature=0eee6ec2d9dde34d9a19ed1c52147dad6bd7f55627f393935a4f80740709e564",
    );
  });
  it("carries the session token inside the signed query", async () => {
    const make = (sessionToken: string): Promise<string> =>
      mintEksToken({ clusterName: "run-1", region: "eu-west-1", credentials: { ...keys, sessionToken }, now: date });
    const { searchParams } = urlOf(await make("a/b+c=="));
    assert.equal(searchParams.get("X-Amz-Security-Token"), "a/b+c==");
    assert.equal(searchParams.get("X-Amz-SignedHeaders"), "host;x-k8s-aws-id");
    assert.notEqual(
      searchParams.get("X-Amz-Signature"),
      urlOf(await make("other")).searchParams.get("X-Amz-Signature"),
    );
  });
  it("asks the STS of its partition", async () => {
    for (const [region, host] of [
      ["cn-north-1", "sts.cn-north-1.amazonaws.com.cn"],
      ["us-gov-west-1", "sts.us-gov-west-1.amazonaws.com"],
    ] as const) {
      assert.equal(urlOf(await mintEksToken({ clusterName: "a", region, credentials: keys, now: date })).host, host);
    }
  });
  it("belongs to a session whose name AWS takes", () => {
    assert.equal(roleSessionName("team-a/shop web"), "team-a.shop-web");
    assert.equal(roleSessionName("x"), "x-");
    assert.equal(roleSessionName("a".repeat(100)).length, 64);
  });
});

const eksServer = "https://0123456789ABCDEF.gr7.eu-west-1.eks.amazonaws.com";
const stanza = (exec: unknown, server = eksServer, user: object = {}): string =>
  JSON.stringify({
    "current-context": "a",
    clusters: [{ name: "a", cluster: { server } }],
    users: [{ name: "a", user: { ...user, exec } }],
    contexts: [{ name: "a", context: { cluster: "a", user: "a" } }],
  });
const parse = (text: string): ClusterAccess => parseKubeconfig(text, { now: date, allowEks: true });
const role = "arn:aws:iam::111122223333:role/lateen-run-1";
const aws = (...args: string[]): object => ({ command: "aws", args });

describe("EKS stanzas are read as data", () => {
  const cases: { name: string; exec: object; server?: string; want: object }[] = [
    {
      name: "aws eks update-kubeconfig",
      exec: {
        apiVersion: "client.authentication.k8s.io/v1beta1",
        ...aws("--region", "eu-west-1", "eks", "get-token", "--cluster-name", "run-1", "--output", "json"),
      },
      want: { clusterName: "run-1", region: "eu-west-1" },
    },
    {
      name: "aws eks update-kubeconfig with a role",
      exec: {
        apiVersion: "client.authentication.k8s.io/v1beta1",
        ...aws(
          "--region",
          "eu-west-1",
          "eks",
          "get-token",
          "--cluster-name",
          "run-1",
          "--output",
          "json",
          "--role",
          role,
        ),
        env: null,
        interactiveMode: "IfAvailable",
        provideClusterInfo: false,
      },
      want: { clusterName: "run-1", region: "eu-west-1", roleArn: role },
    },
    {
      name: "eksctl with the AWS CLI",
      exec: {
        apiVersion: "client.authentication.k8s.io/v1beta1",
        ...aws("eks", "get-token", "--output", "json", "--cluster-name", "run-1", "--region", "us-east-2"),
        env: [{ name: "AWS_STS_REGIONAL_ENDPOINTS", value: "regional" }],
        provideClusterInfo: false,
      },
      want: { clusterName: "run-1", region: "us-east-2" },
    },
    {
      name: "eksctl with aws-iam-authenticator",
      exec: {
        apiVersion: "client.authentication.k8s.io/v1alpha1",
        command: "aws-iam-authenticator",
        args: ["token", "-i", "run-1", "-r", role],
        env: [
          { name: "AWS_STS_REGIONAL_ENDPOINTS", value: "regional" },
          { name: "AWS_DEFAULT_REGION", value: "eu-central-1" },
        ],
      },
      want: { clusterName: "run-1", region: "eu-central-1", roleArn: role },
    },
    {
      name: "aws-iam-authenticator with long options",
      exec: { command: "aws-iam-authenticator", args: ["token", "--cluster-id", "run-1", "--role", role, "--cache"] },
      want: { clusterName: "run-1", region: "eu-west-1", roleArn: role },
    },
    {
      name: "a path to the program, and = between option and value",
      exec: {
        apiVersion: "client.authentication.k8s.io/v1",
        command: "/usr/local/bin/aws",
        args: ["--region=ap-southeast-2", "eks", "get-token", "--cluster-name=run-1", `--role-arn=${role}`],
      },
      want: { clusterName: "run-1", region: "ap-southeast-2", roleArn: role },
    },
    {
      name: "the id of a local cluster",
      exec: aws("eks", "get-token", "--cluster-id", "0b5ba2e5-6c2b-4d2a-9a4d-111111111111"),
      want: { clusterName: "0b5ba2e5-6c2b-4d2a-9a4d-111111111111", region: "eu-west-1" },
    },
    {
      name: "AWS_REGION before AWS_DEFAULT_REGION before the server's name",
      exec: {
        ...aws("eks", "get-token", "--cluster-name", "run-1"),
        env: [
          { name: "AWS_DEFAULT_REGION", value: "us-west-1" },
          { name: "AWS_REGION", value: "us-west-2" },
        ],
      },
      want: { clusterName: "run-1", region: "us-west-2" },
    },
    {
      name: "the region in the server's name, China",
      exec: aws("eks", "get-token", "--cluster-name", "run-1"),
      server: "https://0123456789ABCDEF.yl4.cn-north-1.eks.amazonaws.com.cn",
      want: { clusterName: "run-1", region: "cn-north-1" },
    },
    {
      name: "the region in the server's name, IPv6 clusters",
      exec: aws("eks", "get-token", "--cluster-name", "run-1"),
      server: "https://0123456789ABCDEF.gr7.eks-cluster.eu-west-1.api.aws",
      want: { clusterName: "run-1", region: "eu-west-1" },
    },
  ];
  for (const { name, exec, server, want } of cases) {
    it(name, () => assert.deepEqual(parse(stanza(exec, server)).eks, want));
  }
});

describe("a stanza that cannot be read is refused by name (B84)", () => {
  const token = ["eks", "get-token", "--cluster-name", "run-1"];
  const cases: { name: string; exec: unknown; server?: string; message: RegExp }[] = [
    {
      name: "another program",
      exec: { command: "sh", args: ["-c", "aws eks get-token"] },
      message: /ServiceAccount token$/,
    },
    { name: "a program that ends alike", exec: { command: "not-aws", args: token }, message: /ServiceAccount token$/ },
    { name: "another verb", exec: aws("s3", "ls"), message: /ServiceAccount token$/ },
    { name: "gcloud", exec: { command: "gke-gcloud-auth-plugin" }, message: /ServiceAccount token$/ },
    {
      name: "a profile",
      exec: aws(...token, "--profile", "prod"),
      message: /has --profile, and lateen reads no AWS profile: name a role/,
    },
    {
      name: "a profile in the environment",
      exec: { ...aws(...token), env: [{ name: "AWS_PROFILE", value: "prod" }] },
      message: /sets AWS_PROFILE, and lateen reads no AWS profile/,
    },
    { name: "another STS", exec: aws(...token, "--endpoint-url", "http://evil"), message: /option --endpoint-url/ },
    {
      name: "keys in the environment",
      exec: { ...aws(...token), env: [{ name: "AWS_SECRET_ACCESS_KEY", value: "s3cret" }] },
      message: /sets the variable AWS_SECRET_ACCESS_KEY, which/,
    },
    { name: "an argument too many", exec: aws(...token, "more"), message: /has the argument more/ },
    { name: "no cluster", exec: aws("eks", "get-token"), message: /names no cluster/ },
    { name: "two clusters", exec: aws(...token, "--cluster-id", "b"), message: /--cluster-id twice/ },
    {
      name: "an option without its value",
      exec: aws("eks", "get-token", "--cluster-name"),
      message: /without a value/,
    },
    {
      name: "a cluster name with a line break",
      exec: aws("eks", "get-token", "--cluster-name", "a\r\nx: y"),
      message: /cluster name/,
    },
    {
      name: "a region that is a host",
      exec: aws(...token, "--region", "evil.example.com/"),
      message: /region that is none/,
    },
    { name: "a role that is none", exec: aws(...token, "--role", "admin"), message: /not arn:aws:iam::ACCOUNT:role/ },
    { name: "args that are no list", exec: { command: "aws", args: "eks get-token" }, message: /no list of texts/ },
    {
      name: "a server of somebody's own",
      exec: aws(...token, "--region", "eu-west-1"),
      server: "https://evil.example.com",
      message: /only to servers named by EKS/,
    },
    {
      name: "a server named alike",
      exec: aws(...token, "--region", "eu-west-1"),
      server: "https://a.gr7.eu-west-1.eks.amazonaws.com.evil.example.com",
      message: /only to servers named by EKS/,
    },
  ];
  for (const { name, exec, server, message } of cases) {
    it(name, () =>
      assert.throws(
        () => parse(stanza(exec, server)),
        (error: unknown) => {
          assert.ok(error instanceof ClusterError);
          assert.equal(error.code, "KUBECONFIG_REFUSED");
          assert.equal(error.field, "users[a].user.exec");
          assert.match(error.message, message);
          assert.doesNotMatch(error.message, /s3cret/);
          return true;
        },
      ),
    );
  }
  it("beside another login", () =>
    assert.throws(() => parse(stanza(aws(...token), eksServer, { token: "t0ken" })), /only one way to log in/));
  it("in a process without AWS credentials", () =>
    assert.throws(
      () => parseKubeconfig(stanza(aws(...token)), { now: date }),
      /makes itself only where it has AWS cred/,
    ));
});

const secret: ApiType = { group: "", version: "v1", kind: "Secret", resource: "secrets", namespaced: true, verbs: [] };
const ok = { body: { kind: "Secret", apiVersion: "v1", metadata: { name: "a" } } };
const toClose: (() => Promise<void>)[] = [];
after(async () => {
  for (const close of toClose.reverse()) await close();
});

/** A server, and what logs in to it, on a clock that the test moves. */
async function start(
  answer: (count: number) => { readonly status?: number; readonly body: object } = () => ok,
): Promise<{
  server: FaultServer;
  access: ClusterAccess;
  asked: (string | undefined)[][];
  tokens: string[];
  time: { now: number };
  options: Parameters<typeof connectCluster>[1] & object;
  credentials: { value: AwsCredentials | Error };
}> {
  let count = 0;
  const server = await startFaultServer(() => answer(++count), { protocol: "http" });
  toClose.push(() => server.stop());
  const time = { now: date };
  const asked: (string | undefined)[][] = [];
  const tokens: string[] = [];
  const credentials: { value: AwsCredentials | Error } = { value: keys };
  const { token: _, ...access } = server.access;
  return {
    server,
    access: { ...access, eks: { clusterName: "run-1", region: "eu-west-1", roleArn: role } },
    asked,
    tokens,
    time,
    credentials,
    options: {
      clock: { now: () => time.now, sleep: () => Promise.resolve() },
      random: () => 0,
      onToken: (token) => void tokens.push(token),
      awsCredentials: async ({ roleArn, sessionName, region }) => {
        asked.push([roleArn, sessionName, region]);
        if (credentials.value instanceof Error) throw credentials.value;
        return credentials.value;
      },
    },
  };
}

describe("calls to an EKS cluster", () => {
  it("share one token for 12 minutes, made for the role (F38)", async () => {
    const { access, options, asked, tokens, time } = await start();
    const cluster = connectCluster(access, options);
    toClose.push(() => cluster.close());
    await Promise.all(Array.from({ length: 10 }, () => cluster.get(secret, "team", "a")));
    time.now += 11 * 60_000;
    await cluster.get(secret, "team", "a");
    assert.deepEqual(asked, [[role, "lateen-run-1", "eu-west-1"]]);
    time.now += 2 * 60_000;
    await cluster.get(secret, "team", "a");
    assert.equal(tokens.length, 2);
    assert.equal(new Set(tokens).size, 2);
  });
  it("come with a new token after the process was frozen for hours, and after the clock was set back", async () => {
    const { access, options, tokens, time } = await start();
    const cluster = connectCluster(access, options);
    toClose.push(() => cluster.close());
    await cluster.get(secret, "team", "a");
    time.now += 5 * 3_600_000;
    await cluster.get(secret, "team", "a");
    time.now -= 3_600_000;
    await cluster.get(secret, "team", "a");
    assert.equal(tokens.length, 3);
  });
  it("come with a new token two minutes before the keys end", async () => {
    const { access, options, tokens, time, credentials } = await start();
    credentials.value = { ...keys, expiresAt: date + 6 * 60_000 };
    const cluster = connectCluster(access, options);
    toClose.push(() => cluster.close());
    await cluster.get(secret, "team", "a");
    time.now += 3 * 60_000;
    await cluster.get(secret, "team", "a");
    assert.equal(tokens.length, 1);
    time.now += 90_000;
    await cluster.get(secret, "team", "a");
    assert.equal(tokens.length, 2);
  });
  it("are sent once more with a new token after 401, then fail (F37, F38)", async () => {
    const unauthorized = {
      status: 401,
      body: { kind: "Status", message: "Unauthorized", reason: "Unauthorized", code: 401 },
    };
    const once = await start((count) => (count === 1 ? unauthorized : ok));
    const cluster = connectCluster(once.access, once.options);
    toClose.push(() => cluster.close());
    await cluster.create(secret, "team", { metadata: { name: "a" } });
    assert.equal(once.tokens.length, 2);
    const always = await start(() => unauthorized);
    const refused = connectCluster(always.access, always.options);
    toClose.push(() => refused.close());
    await assert.rejects(
      refused.get(secret, "team", "a"),
      (error: unknown) => error instanceof ClusterError && error.status === 401,
    );
    assert.equal(always.tokens.length, 2);
  });
  it("fail by name when no keys can be had, and nothing is sent", async () => {
    const { access, options, credentials, server } = await start();
    credentials.value = new Error("sts:AssumeRole of it failed: AccessDenied");
    const cluster = connectCluster(access, options);
    toClose.push(() => cluster.close());
    await assert.rejects(cluster.get(secret, "team", "a"), (error: unknown) => {
      assert.ok(error instanceof ClusterError);
      assert.equal(error.code, "CLUSTER_LOGIN");
      assert.match(
        error.message,
        /no token for the EKS cluster run-1 as arn:.*role\/lateen-run-1: sts:AssumeRole of it failed/,
      );
      return true;
    });
    assert.equal(server.connections(), 0);
    credentials.value = { ...keys, expiresAt: date - 1 };
    await assert.rejects(cluster.get(secret, "team", "a"), /the AWS credentials have expired/);
  });
  it("are passed on by a forwarder with a new token after 401", async () => {
    const { access, options, tokens } = await start((count) => (count === 1 ? { status: 401, body: {} } : ok));
    const forwarder = createForwarder(access, options);
    toClose.push(() => forwarder.close());
    const answer = await forwarder.forward(new Request("http://hub/api/v1/namespaces/team/secrets/a"));
    assert.equal(answer.status, 200);
    assert.equal(tokens.length, 2);
  });
  it("of another account carry a token made with the keys of the assumed role", async () => {
    const sts = await startStsFake();
    toClose.push(() => sts.close());
    const { server, time } = await start();
    sts.now = () => time.now;
    const clock = { now: () => time.now, sleep: () => Promise.resolve() };
    const seen: string[] = [];
    const counted: string[] = [];
    const redactor = createRedactor({ witness: { add: (value) => void seen.push(value) } });
    const clusters = createClusters({
      clock,
      redactor,
      allowAddress: () => true,
      log: silentLog,
      metrics: { count: (name, labels) => void counted.push(`${name} ${labels?.["host"]}`), observe: () => undefined },
      awsCredentials: createStsCredentials({ base: () => Promise.resolve(keys), clock, endpoint: sts.endpoint }),
      allowEksServer: () => true,
    });
    toClose.push(() => clusters.close());
    const exec = aws("eks", "get-token", "--cluster-name", "run-1", "--region", "eu-west-1", "--role-arn", role);
    const { cluster } = await clusters.fromKubeconfig(stanza(exec, server.access.server), {
      namespace: "team",
      signal: AbortSignal.timeout(5_000),
    });
    await cluster.get(secret, "team", "a");
    const { host } = new URL(server.access.server);
    assert.ok(counted.includes(`lateen_requests_total ${host}`), counted.join());
    time.now += 13 * 60_000;
    await cluster.get(secret, "team", "a");
    assert.deepEqual(
      sts.calls.map(({ roleArn, sessionName, externalId, accessKeyId }) => [
        roleArn,
        sessionName,
        externalId,
        accessKeyId,
      ]),
      [[role, "lateen-run-1", "lateen/team", "AKIDEXAMPLE"]],
    );
    const tokens = seen.filter((value) => value.startsWith("k8s-aws-v1."));
    assert.equal(tokens.length, 2);
    for (const token of tokens) {
      const { searchParams } = urlOf(token);
      assert.match(searchParams.get("X-Amz-Credential") ?? "", /^ASIAEXAMPLE1\/20261121\/eu-west-1\/sts/);
      assert.equal(searchParams.get("X-Amz-Security-Token"), "assumed-session-1==");
    }
  });
  it("hide keys and tokens in every text of the process (T12)", async () => {
    const { server, options } = await start();
    const redactor = createRedactor();
    const seen: string[] = [];
    const watching = { ...redactor, add: (value: string) => (seen.push(value), redactor.add(value)) };
    const clusters = createClusters({
      clock: { now: () => date, sleep: () => Promise.resolve() },
      redactor: watching,
      allowAddress: () => true,
      log: silentLog,
      metrics: { count: () => undefined, observe: () => undefined },
      awsCredentials: () => Promise.resolve({ ...keys, sessionToken: "a-session-token" }),
      allowEksServer: ({ hostname }) => hostname === "127.0.0.1",
    });
    toClose.push(() => clusters.close());
    assert.ok(options.awsCredentials !== undefined);
    const { cluster } = await clusters.fromKubeconfig(
      stanza(aws("eks", "get-token", "--cluster-name", "run-1", "--region", "eu-west-1"), server.access.server),
      { namespace: "team", signal: AbortSignal.timeout(5_000) },
    );
    await cluster.get(secret, "team", "a");
    const token = seen.find((value) => value.startsWith("k8s-aws-v1."));
    assert.ok(token !== undefined);
    assert.equal(redactor.redact(`a ${token} b not-a-real-key c a-session-token`).includes("k8s-aws"), false);
    assert.deepEqual(
      ["not-a-real-key", "a-session-token"].filter((value) => !seen.includes(value)),
      [],
    );
  });
});
