/** A proxy in front of a real API server that answers badly when it is told to. Plain HTTP on this side. */
import { createServer, type IncomingMessage, request as plainRequest, type ServerResponse } from "node:http";
import { Agent, request as tlsRequest } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

export interface ProxiedRequest {
  readonly method: string;
  /** Path and query as the client sent them. */
  readonly url: string;
  /** Counts from 0. */
  readonly index: number;
}

/** What happens to one request; `undefined` is an honest answer. */
export type Fault =
  /** Another answer; the API server is not asked. */
  | { readonly answer: { readonly status: number; readonly headers?: Record<string, string>; readonly body: string } }
  /** The connection breaks before the API server is asked. */
  | "reset before"
  /** The API server is asked, and the connection breaks before its answer. */
  | "reset after"
  /** The same, in the middle of its answer. */
  | "reset within"
  /** The first half of its answer, as if that were all. */
  | "truncated"
  /** The API server is asked; the gateway says that it waited in vain. */
  | "gateway timeout"
  /** Nothing is sent for as long as the client waits. */
  | "silence"
  /** The answer takes its time. */
  | { readonly delayMs: number };

export interface FaultProxy {
  /** `http://127.0.0.1:PORT` */
  readonly server: string;
  /** All requests so far. */
  readonly requests: ProxiedRequest[];
  /** Asked for each request. */
  fault: (request: ProxiedRequest) => Fault | undefined;
  stop(): Promise<void>;
}

/**
 * @param pageSize Lists are asked for in pages of so many objects, whatever the client asked: few objects make many pages.
 * @param token Credential of clients that send none over plain HTTP, as client-go.
 */
export async function startFaultProxy(
  target: { readonly server: string; readonly ca: string | undefined },
  { pageSize, token }: { readonly pageSize?: number; readonly token?: string } = {},
): Promise<FaultProxy> {
  const isTls = target.server.startsWith("https:");
  const agent = isTls ? new Agent({ keepAlive: true, maxSockets: 64, ca: target.ca }) : undefined;
  const sockets = new Set<Socket>();
  const forward = (incoming: IncomingMessage, body: Buffer): Promise<{ answer: IncomingMessage; bytes: Buffer }> =>
    new Promise((resolve, reject) => {
      const path = pageSize === undefined ? incoming.url : incoming.url?.replace(/([?&]limit=)\d+/, `$1${pageSize}`);
      const { host: _, "accept-encoding": _encoding, ...sent } = incoming.headers;
      const headers = token === undefined ? sent : { authorization: `Bearer ${token}`, ...sent };
      const outgoing = (isTls ? tlsRequest : plainRequest)(
        `${target.server}${path ?? ""}`,
        { method: incoming.method ?? "GET", headers, ...(agent === undefined ? {} : { agent }) },
        (answer) => {
          const chunks: Buffer[] = [];
          answer.on("data", (chunk: Buffer) => chunks.push(chunk));
          answer.on("end", () => resolve({ answer, bytes: Buffer.concat(chunks) }));
          answer.on("error", reject);
        },
      );
      outgoing.on("error", reject);
      outgoing.end(body);
    });
  const handle = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const seen = { method: incoming.method ?? "", url: incoming.url ?? "", index: proxy.requests.length };
    proxy.requests.push(seen);
    const fault = proxy.fault(seen);
    if (fault === "silence") return;
    if (fault === "reset before") {
      incoming.socket.destroy();
      return;
    }
    if (typeof fault === "object" && "answer" in fault) {
      response.writeHead(fault.answer.status, fault.answer.headers ?? {});
      response.end(fault.answer.body);
      return;
    }
    if (typeof fault === "object") await sleep(fault.delayMs);
    const { answer, bytes } = await forward(incoming, Buffer.concat(chunks));
    if (fault === "reset after") {
      incoming.socket.destroy();
      return;
    }
    if (fault === "gateway timeout") {
      response.writeHead(504, { "content-type": "text/html" });
      response.end("<html>504 Gateway Time-out</html>");
      return;
    }
    const { "transfer-encoding": _, connection: _connection, ...headers } = answer.headers;
    const half = bytes.subarray(0, bytes.length >> 1);
    const length = String(fault === "truncated" ? half.length : bytes.length);
    response.writeHead(answer.statusCode ?? 500, { ...headers, "content-length": length });
    if (fault === "reset within") response.write(half, () => incoming.socket.destroy());
    else response.end(fault === "truncated" ? half : bytes);
  };
  const server = createServer((incoming, response) => {
    // A client that no longer waits ends the reading of its body; an API server that is gone has no answer.
    handle(incoming, response).catch(() => response.destroy());
  });
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  // A listening TCP server has an AddressInfo; only pipes have a string.
  const { port } = server.address() as AddressInfo;
  const proxy: FaultProxy = {
    server: `http://127.0.0.1:${port}`,
    requests: [],
    fault: () => undefined,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
        agent?.destroy();
      }),
  };
  return proxy;
}
