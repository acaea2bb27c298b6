import { createSecureServer, type Http2SecureServer } from "node:http2";
import type { AddressInfo, Socket } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import { generate } from "selfsigned";

export interface RunningServer {
  /** `https://127.0.0.1:PORT` */
  readonly url: string;
  /** PEM of its certificate, which only it and its clients know. */
  readonly certificate: string;
  stop(): Promise<void>;
}

/** Serves on the loopback interface over TLS, HTTP/2 or 1.1: as a real API server, and kubectl sends tokens over TLS only. */
export async function startServer(
  handle: (request: Request) => Promise<Response>,
  options: { readonly port: number; readonly now: number },
): Promise<RunningServer> {
  const { private: key, cert } = await generate([{ name: "commonName", value: "sandbox" }], {
    keyType: "ec",
    algorithm: "sha256",
    notBeforeDate: new Date(options.now - 3_600_000),
    extensions: [
      { name: "basicConstraints", cA: true, critical: true },
      {
        name: "subjectAltName",
        altNames: [
          { type: 7, ip: "127.0.0.1" },
          { type: 2, value: "localhost" },
        ],
      },
    ],
  });
  const server = createAdaptorServer({
    fetch: handle,
    createServer: createSecureServer,
    serverOptions: { key, cert, allowHTTP1: true },
    overrideGlobalObjects: false,
  }) as Http2SecureServer; // What createSecureServer makes.
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  // Clients that do not trust the certificate, or leave during the handshake.
  server.on("tlsClientError", () => undefined);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, "127.0.0.1", resolve);
  });
  // A TCP server has an address with a port.
  const { port } = server.address() as AddressInfo;
  return {
    url: `https://127.0.0.1:${port}`,
    certificate: cert,
    stop: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
