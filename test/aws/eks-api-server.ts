/**
 * An API server of EKS before a sandbox: it takes the tokens that AWS would take, signed for this cluster by these keys and younger than 15 minutes
 * (aws.md §9), and passes their calls on.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { mintEksToken } from "../../src/cluster/index.ts";
import type { Sandbox } from "../../src/sandbox/index.ts";
import { pem } from "../cluster/fault-server.ts";
import { emulatedCredentials, emulatedRegion } from "../support/aws-emulators.ts";

export interface EksApiServer {
  /** As `aws eks update-kubeconfig` writes it. */
  readonly kubeconfig: string;
  /** Every token that was taken. */
  readonly taken: ReadonlySet<string>;
  /** Calls that were answered 401. */
  readonly refused: () => number;
  /** Tokens that were ever taken are taken no more, as if their 15 minutes were over. */
  expireTokens(): void;
  stop(): Promise<void>;
}

const clusterName = "run-1";
const tokenLifeMs = 15 * 60_000;

export async function startEksApiServer(sandbox: Sandbox): Promise<EksApiServer> {
  const taken = new Set<string>();
  const expired = new Set<string>();
  let refused = 0;

  const isTaken = async (token: string): Promise<boolean> => {
    const signed = Buffer.from(token.slice("k8s-aws-v1.".length), "base64url").toString();
    const [, ...parts] = /[?&]X-Amz-Date=(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z&/.exec(signed)?.map(Number) ?? [];
    const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts;
    const at = Date.UTC(year, month - 1, day, hour, minute, second);
    if (!(Math.abs(Date.now() - at) < tokenLifeMs) || expired.has(token)) return false;
    const credentials = emulatedCredentials;
    return token === (await mintEksToken({ clusterName, region: emulatedRegion, credentials, now: at }));
  };
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const token = /^Bearer (\S+)$/.exec(request.headers.authorization ?? "")?.[1] ?? "";
    if (!(await isTaken(token))) {
      refused++;
      const status = { kind: "Status", apiVersion: "v1", status: "Failure", message: "Unauthorized", code: 401 };
      response.writeHead(401, { "content-type": "application/json" });
      response.end(JSON.stringify({ ...status, reason: "Unauthorized" }));
      return;
    }
    taken.add(token);
    const passed = await sandbox.handle(await asSandboxRequest(request, sandbox));
    response.writeHead(passed.status, Object.fromEntries(passed.headers));
    for await (const chunk of passed.body ?? []) response.write(chunk);
    response.end();
  };
  const server = createServer({ cert: pem("server"), key: pem("server-key") }, (request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // A server that listens on TCP has an AddressInfo.
  const { port } = server.address() as AddressInfo;
  return {
    kubeconfig: kubeconfigFor(`https://0123456789ABCDEF.gr7.${emulatedRegion}.eks.amazonaws.com:${port}`),
    taken,
    refused: () => refused,
    expireTokens() {
      for (const token of taken) expired.add(token);
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** The same call by the sandbox's administrator. */
async function asSandboxRequest(request: IncomingMessage, sandbox: Sandbox): Promise<Request> {
  const chunks: Buffer[] = [];
  // Bodies of requests without an encoding are Buffers.
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const { accept = "*/*", "content-type": type = "application/json", "user-agent": agent = "" } = request.headers;
  return new Request(`${sandbox.server}${request.url ?? "/"}`, {
    method: request.method ?? "GET",
    headers: { accept, "content-type": type, "user-agent": agent, authorization: `Bearer ${sandbox.token}` },
    ...(chunks.length === 0 ? {} : { body: Buffer.concat(chunks) }),
  });
}

function kubeconfigFor(server: string): string {
  const cluster = {
    server,
    "certificate-authority-data": Buffer.from(pem("authority")).toString("base64"),
    // The certificate of the tests is no EKS server's.
    "tls-server-name": "localhost",
  };
  const exec = {
    apiVersion: "client.authentication.k8s.io/v1beta1",
    command: "aws",
    args: ["--region", emulatedRegion, "eks", "get-token", "--cluster-name", clusterName, "--output", "json"],
  };
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": "a",
    clusters: [{ name: "a", cluster }],
    users: [{ name: "a", user: { exec } }],
    contexts: [{ name: "a", context: { cluster: "a", user: "a" } }],
  });
}
