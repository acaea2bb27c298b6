import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createSecureServer, type Http2SecureServer } from "node:http2";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { Clock } from "../../src/base/index.ts";
import type { ClusterAccess } from "../../src/cluster/index.ts";

export const pem = (name: string): string => readFileSync(new URL(`fixtures/${name}.pem`, import.meta.url), "utf8");

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

/** One scripted answer of the server. */
export type Answer =
  | { readonly status?: number; readonly headers?: Record<string, string | string[]>; readonly body: unknown }
  /** Sends this much of a body that was announced as longer, then cuts the connection. */
  | { readonly cutAfter: string }
  /** Cuts the connection without an answer. */
  | "reset"
  /** Never answers. */
  | "silence";

export interface FaultServer {
  readonly access: ClusterAccess;
  readonly requests: SeenRequest[];
  /** Connections that were ever opened. */
  readonly connections: () => number;
  stop(): Promise<void>;
}

export interface FaultServerOptions {
  readonly protocol?: "http" | "https" | "h2";
  readonly requestCert?: boolean;
}

/** A server that answers the n-th request by `script(request, n)`; n counts from 0. */
export async function startFaultServer(
  script: (request: SeenRequest, index: number) => Answer | Promise<Answer>,
  options: FaultServerOptions = {},
): Promise<FaultServer> {
  const { protocol = "http", requestCert = false } = options;
  const requests: SeenRequest[] = [];
  const sockets = new Set<Socket>();
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    let body = "";
    for await (const chunk of request.setEncoding("utf8")) body += String(chunk);
    const seen = { method: request.method ?? "", path: request.url ?? "", headers: request.headers, body };
    requests.push(seen);
    reply(await script(seen, requests.length - 1), request, response);
  };
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    // A connection that the client cut ends the reading of its body; that is what some tests do.
    handle(request, response).catch(() => response.destroy());
  };
  const tls = {
    cert: pem("server"),
    key: pem("server-key"),
    ca: pem("authority"),
    requestCert,
    rejectUnauthorized: requestCert,
  };
  const server: Server | Http2SecureServer =
    protocol === "http"
      ? createServer(listener)
      : protocol === "https"
        ? createTlsServer(tls, listener)
        : // The compatible request and response of HTTP/2 have all members that are used above.
          createSecureServer(tls, listener as unknown as Parameters<typeof createSecureServer>[1]);
  let opened = 0;
  server.on(protocol === "http" ? "connection" : "secureConnection", (socket: Socket) => {
    opened++;
    sockets.add(socket);
    socket.on("error", () => undefined);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  // A listening TCP server has an AddressInfo; only pipes have a string.
  const { port } = server.address() as AddressInfo;
  return {
    access: {
      server: `${protocol === "http" ? "http" : "https"}://127.0.0.1:${port}`,
      skipTlsVerify: false,
      token: "secret-token",
      ...(protocol === "http" ? {} : { ca: pem("authority") }),
    },
    requests,
    connections: () => opened,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function reply(answer: Answer, request: IncomingMessage, response: ServerResponse): void {
  if (answer === "silence") return;
  if (answer === "reset") {
    request.socket.destroy();
    return;
  }
  if ("cutAfter" in answer) {
    response.writeHead(200, {
      "content-type": "application/json",
      "content-length": String(answer.cutAfter.length + 100),
    });
    response.write(answer.cutAfter, () => setTimeout(() => request.socket.destroy(), 5));
    return;
  }
  const isText = typeof answer.body === "string";
  response.writeHead(answer.status ?? 200, {
    "content-type": isText ? "text/plain" : "application/json",
    ...answer.headers,
  });
  response.end(isText ? answer.body : JSON.stringify(answer.body));
}

/** A clock whose sleeps end at once and move it on. */
export function createTestClock(): Clock & { readonly slept: readonly number[] } {
  let now = 1_800_000_000_000;
  const slept: number[] = [];
  return {
    slept,
    now: () => now,
    sleep(ms, signal) {
      signal?.throwIfAborted();
      slept.push(ms);
      now += ms;
      return Promise.resolve();
    },
  };
}
