/** The functions as Lambda loads them, over emulators of DynamoDB, SQS and Secrets Manager, with an embedded run cluster and a real git server. */
import { createHmac, randomUUID } from "node:crypto";
import { Writable } from "node:stream";
import { type AwsApi, createAwsApi, openAwsStore, type SqsQueueName } from "../../../src/adapters/aws/index.ts";
import { systemClock } from "../../../src/base/index.ts";
import type { LambdaHttpEvent, LambdaHttpResult } from "../../../src/http/index.ts";
import { createHub } from "../../../src/hub/index.ts";
import type { Sandbox } from "../../../src/sandbox/index.ts";
import { startSandbox } from "../../../src/sandbox/index.ts";
import {
  createTable,
  type Emulator,
  emulatedCredentials,
  emulatedRegion,
  startDynamo,
  startSqs,
} from "../../support/aws-emulators.ts";
import { type GitServer, type ServedRepository, startGitServer } from "../../support/git-server.ts";
import { type SecretsManagerFake, startSecretsManagerFake } from "../../support/secrets-manager-fake.ts";

export const webhookSecret = "0123456789abcdef0123456789abcdef";

type FunctionName = "ingress" | "hub" | "byhand" | "tick" | "source" | "drift" | "runner";

export interface Context {
  readonly awsRequestId: string;
  getRemainingTimeInMillis(): number;
}

export interface Received {
  readonly messageId: string;
  readonly body: string;
  readonly receipt: string;
}

export interface LambdaWorld {
  readonly api: AwsApi;
  readonly secrets: SecretsManagerFake;
  readonly sandbox: Sandbox;
  readonly git: GitServer;
  readonly repository: ServedRepository;
  /** What the functions' environment says. */
  readonly environment: Readonly<Record<string, string>>;
  readonly queueUrls: ReadonlyMap<SqsQueueName, string>;
  readonly dynamo: Emulator;
  /** A token of the hub that may do everything. */
  readonly token: string;
  /** Loads an entry as Lambda does: its handler, with the environment set. */
  load(name: FunctionName): Promise<(event: unknown, ...rest: readonly unknown[]) => Promise<unknown>>;
  /** Invokes a function that answers HTTP events. */
  http(name: "ingress" | "hub", event: LambdaHttpEvent): Promise<LambdaHttpResult>;
  /** Messages that are visible now. */
  receive(queue: SqsQueueName): Promise<readonly Received[]>;
  /** Takes one message, hands it to the function and deletes it when it is settled; `false` without a message. */
  work(name: "tick" | "source" | "drift" | "runner"): Promise<boolean>;
  stop(): Promise<void>;
}

export function context(leftMs = 60_000): Context {
  const end = Date.now() + leftMs;
  return { awsRequestId: randomUUID(), getRemainingTimeInMillis: () => end - Date.now() };
}

const queuesOf = { tick: ["tick"], source: ["source"], drift: ["drift"], runner: ["app", "background"] } as const;
const queueNames = ["app", "background", "source", "drift", "tick"] as const;

export async function startLambdaWorld(environment: Readonly<Record<string, string>> = {}): Promise<LambdaWorld> {
  const [dynamo, sqs, secrets, sandbox, git] = await Promise.all([
    startDynamo(),
    startSqs(),
    startSecretsManagerFake(),
    startSandbox({ readyDelayMs: 50, reconcileDelayMs: 50 }),
    startGitServer(),
  ]);
  const api = createAwsApi({
    region: emulatedRegion,
    credentials: async () => emulatedCredentials,
    endpoints: { dynamodb: dynamo.endpoint, sqs: sqs.endpoint, secretsmanager: secrets.endpoint },
    clock: systemClock,
  });
  const table = await createTable(api);
  const queueUrls = new Map<SqsQueueName, string>();
  for (const queue of queueNames) {
    const answer = await api.call("sqs", "CreateQueue", { QueueName: `lateen-${queue}` });
    queueUrls.set(queue, String(Reflect.get(Object(answer), "QueueUrl")));
  }
  await api.call("secretsmanager", "CreateSecret", {
    Name: "lateen-hooks/github",
    SecretString: webhookSecret,
    ClientRequestToken: randomUUID(),
  });
  const variables: Readonly<Record<string, string>> = {
    AWS_REGION: emulatedRegion,
    AWS_ACCESS_KEY_ID: emulatedCredentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: emulatedCredentials.secretAccessKey,
    AWS_ENDPOINT_URL_DYNAMODB: dynamo.endpoint,
    AWS_ENDPOINT_URL_SQS: sqs.endpoint,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.endpoint,
    LATEEN_TABLE: table,
    LATEEN_QUEUE_APP: queueUrls.get("app") ?? "",
    LATEEN_QUEUE_BACKGROUND: queueUrls.get("background") ?? "",
    LATEEN_QUEUE_SOURCE: queueUrls.get("source") ?? "",
    LATEEN_QUEUE_DRIFT: queueUrls.get("drift") ?? "",
    LATEEN_QUEUE_TICK: queueUrls.get("tick") ?? "",
    LATEEN_ALLOWED_ADDRESSES: "loopback private",
    LATEEN_LOG_LEVEL: "error",
    ...environment,
  };
  Object.assign(process.env, variables);
  const { objects } = openAwsStore({ api, tableName: table, clock: systemClock });
  const operator = createHub({
    store: objects,
    secrets: { get: async () => undefined, put: async () => undefined, delete: async () => undefined },
    clock: systemClock,
  });
  const { token } = await operator.tokens.create({ scopes: ["admin"], namespaces: "*" });

  const world: LambdaWorld = {
    api,
    secrets,
    sandbox,
    git,
    environment: variables,
    queueUrls,
    dynamo,
    repository: await git.createRepository("shop"),
    token,
    load: async (name) => {
      const entry: unknown = await import(`../../../src/functions/aws/${name}.ts`);
      const handler: unknown = Reflect.get(Object(entry), "handler");
      if (typeof handler !== "function") throw new Error(`${name} exports no handler`);
      return (...given) => Promise.resolve(Reflect.apply(handler, undefined, given));
    },
    http: async (name, event) => {
      const handler = await world.load(name);
      // Handlers of HTTP events answer this shape.
      return (await handler(event, context(29_000))) as LambdaHttpResult;
    },
    receive: (queue) => receiveMessages(api, queueUrls.get(queue) ?? "", 60),
    work: async (name) => {
      for (const queue of queuesOf[name]) {
        const [message] = await world.receive(queue);
        if (message === undefined) continue;
        const handler = await world.load(name);
        const answer = await handler(sqsEvent(message), context());
        if (JSON.stringify(answer) === '{"batchItemFailures":[]}')
          await api.call("sqs", "DeleteMessage", { QueueUrl: queueUrls.get(queue), ReceiptHandle: message.receipt });
        return true;
      }
      return false;
    },
    stop: async () => {
      await Promise.all([dynamo.stop(), sqs.stop(), secrets.close(), sandbox.stop(), git.close()]);
    },
  };
  return world;
}

/** At most one message that is visible now; it stays hidden for `visibilityS`. */
export async function receiveMessages(
  api: AwsApi,
  queueUrl: string,
  visibilityS: number,
): Promise<readonly Received[]> {
  const answer = await api.call("sqs", "ReceiveMessage", {
    QueueUrl: queueUrl,
    MaxNumberOfMessages: 1,
    VisibilityTimeout: visibilityS,
    WaitTimeSeconds: 0,
  });
  const messages: unknown = Reflect.get(Object(answer), "Messages");
  return (Array.isArray(messages) ? messages : []).map((message: unknown) => ({
    messageId: String(Reflect.get(Object(message), "MessageId")),
    body: String(Reflect.get(Object(message), "Body")),
    receipt: String(Reflect.get(Object(message), "ReceiptHandle")),
  }));
}

/** A Secret in the namespace `default` that opens a run cluster. */
export function secretObject(name: string, kubeconfig: string): object {
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name, namespace: "default" },
    stringData: { value: kubeconfig },
  };
}

/** An App in the namespace `default` that deploys one folder of a repository. */
export function appObject(name: string, url: string, subPath: string, secret: string): object {
  return {
    apiVersion: "kappctrl.k14s.io/v1alpha1",
    kind: "App",
    metadata: { name, namespace: "default" },
    spec: {
      cluster: { namespace: "default", kubeconfigSecretRef: { name: secret } },
      fetch: [{ git: { url, ref: "origin/main", subPath } }],
      template: [{ ytt: {} }],
      deploy: [{ kapp: {} }],
    },
  };
}

/** What Lambda makes of received messages. */
export function sqsEvent(...messages: readonly { readonly messageId: string; readonly body: string }[]): object {
  return {
    Records: messages.map(({ messageId, body }) => ({
      messageId,
      receiptHandle: "AQEB",
      body,
      attributes: {
        ApproximateReceiveCount: "1",
        SentTimestamp: "1545082649183",
        SenderId: "AIDAIENQZJOLO23YVJ4VO",
        ApproximateFirstReceiveTimestamp: "1545082649185",
      },
      messageAttributes: {},
      md5OfBody: "e4e68fb7bd0e697a0ae8f1bb342846b3",
      eventSource: "aws:sqs",
      eventSourceARN: "arn:aws:sqs:eu-central-1:123456789012:lateen-app",
      awsRegion: "eu-central-1",
    })),
  };
}

/** An HTTP API event of payload 2.0, as API Gateway's guide shows it. */
export function httpEvent(
  method: string,
  path: string,
  request: {
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: string;
    readonly isBase64Encoded?: boolean;
    readonly query?: string;
  } = {},
): LambdaHttpEvent {
  const { headers = {}, body, isBase64Encoded = false, query = "" } = request;
  return {
    version: "2.0",
    routeKey: "$default",
    rawPath: path,
    rawQueryString: query,
    headers: { host: "id.execute-api.eu-central-1.amazonaws.com", "x-forwarded-proto": "https", ...headers },
    requestContext: {
      accountId: "123456789012",
      apiId: "id",
      domainName: "id.execute-api.eu-central-1.amazonaws.com",
      domainPrefix: "id",
      http: { method, path, protocol: "HTTP/1.1", sourceIp: "192.0.2.1", userAgent: "agent" },
      requestId: "JKJaXmPLvHcESHA=",
      routeKey: "$default",
      stage: "$default",
      timeEpoch: 1583348638390,
    },
    ...(body === undefined ? {} : { body }),
    isBase64Encoded,
  } as LambdaHttpEvent; // more fields than lateen reads
}

/** A GitHub delivery of a push to `main`, signed. */
export function pushEvent(
  repository: string,
  after: string,
  {
    base64 = false,
    headers = {},
  }: { readonly base64?: boolean; readonly headers?: Readonly<Record<string, string>> } = {},
): LambdaHttpEvent {
  const body = JSON.stringify({
    ref: "refs/heads/main",
    after,
    before: "0".repeat(40),
    repository: { full_name: "acme/shop", clone_url: repository },
    commits: [],
  });
  return httpEvent("POST", "/webhooks/github", {
    headers: {
      "content-type": "application/json",
      "x-github-event": "push",
      "x-github-delivery": randomUUID(),
      "x-hub-signature-256": `sha256=${createHmac("sha256", webhookSecret).update(body).digest("hex")}`,
      ...headers,
    },
    body: base64 ? Buffer.from(body).toString("base64") : body,
    isBase64Encoded: base64,
  });
}

/** What a streaming function has sent. */
export interface Streamed {
  readonly stream: Writable;
  readonly chunks: readonly string[];
  readonly metadata: () => unknown;
}

/** The part of Lambda's runtime that streaming functions need; as in the runtime, a global. */
export function installAwsLambda(): void {
  Object.assign(globalThis, {
    awslambda: {
      streamifyResponse: (handler: unknown): unknown => handler,
      HttpResponseStream: {
        from: (stream: Writable, metadata: unknown): Writable => Object.assign(stream, { metadata }),
      },
    },
  });
}

export function responseStream(): Streamed {
  const chunks: string[] = [];
  const stream = new Writable({
    write: (chunk: unknown, _encoding, done) => {
      chunks.push(String(chunk));
      done();
    },
  });
  return { stream, chunks, metadata: () => Reflect.get(stream, "metadata") };
}
