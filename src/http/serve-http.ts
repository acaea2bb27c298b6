import { createServer as createPlainServer, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { getRequestListener } from "@hono/node-server";
import type { RequestAnswerer } from "./create-http.ts";

export interface ServeOptions {
  /** Default `127.0.0.1`. */
  readonly host?: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** PEM texts; without them plain HTTP. */
  readonly tls?: { readonly cert: string; readonly key: string };
}

/** A server that listens. */
export interface HttpServer {
  /** `http://127.0.0.1:8080`. */
  readonly url: string;
  readonly port: number;
  /** Takes no new requests and resolves when those in hand are answered; after `graceMs` (default 5 000) they are cut. */
  close(options?: { readonly graceMs?: number }): Promise<void>;
}

const maxHeaderBytes = 16 * 1024;
const headersTimeoutMs = 10_000;
/** For a whole request; bodies have tighter bounds of their own. */
const requestTimeoutMs = 60_000;
const keepAliveTimeoutMs = 65_000;

/**
 * Serves an app on Node's own HTTP server, with bounds on what a connection may cost before the app sees it (reliability.md L1, B3).
 * @throws Error of the system when the address cannot be listened on.
 */
export async function serveHttp(app: RequestAnswerer, options: ServeOptions): Promise<HttpServer> {
  const { host = "127.0.0.1", port, tls } = options;
  const listener = getRequestListener((request, env) => app.fetch(request, env), { overrideGlobalObjects: false });
  const limits = {
    maxHeaderSize: maxHeaderBytes,
    headersTimeout: headersTimeoutMs,
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: keepAliveTimeoutMs,
  };
  const onRequest = (...[incoming, outgoing]: Parameters<typeof listener>): void => {
    // A connection that breaks while it is answered must not become an unhandled rejection, which ends the process.
    listener(incoming, outgoing).catch(() => outgoing.destroy());
  };
  const server =
    tls === undefined ? createPlainServer(limits, onRequest) : createTlsServer({ ...limits, ...tls }, onRequest);
  await listen(server, port, host);
  const address = server.address();
  const actualPort = typeof address === "object" && address !== null ? address.port : port;
  const shownHost = host.includes(":") ? `[${host}]` : host;
  return {
    url: `${tls === undefined ? "http" : "https"}://${shownHost}:${actualPort}`,
    port: actualPort,
    async close({ graceMs = 5_000 } = {}) {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      const cut = setTimeout(() => server.closeAllConnections(), graceMs);
      await closed;
      clearTimeout(cut);
    },
  };
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
}
