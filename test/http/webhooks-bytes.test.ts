import assert from "node:assert/strict";
import { connect, type Socket } from "node:net";
import { after, before, test } from "node:test";
import fc from "fast-check";
import { createHttp, type HttpServer, serveHttp } from "../../src/http/index.ts";
import { silentLog } from "../../src/base/index.ts";
import { deliver, recorded, sign, startWebhooks } from "./deliveries.ts";

const maxBodyBytes = 64 * 1024;
const { app: webhooks, accepted } = startWebhooks({
  limits: { maxBodyBytes, bodyTimeoutMs: 300, refusedPerSecond: 1e6 },
});
const nothing = { fetch: (): Response => new Response(null, { status: 404 }) };
let server: HttpServer;

before(async () => {
  const app = createHttp({
    webhooks,
    byHand: nothing,
    health: nothing,
    hub: async () => nothing.fetch(),
    log: silentLog,
  });
  server = await serveHttp(app, { port: 0 });
});
after(() => server.close({ graceMs: 100 }));

const body = Buffer.from(JSON.stringify(recorded("push-branch").payload));

function head(headers: Readonly<Record<string, string | readonly string[]>>): string {
  const all = { host: "lateen.test", "x-github-event": "push", "content-type": "application/json", ...headers };
  const lines = Object.entries(all).flatMap(([name, value]) => [value].flat().map((text) => `${name}: ${text}`));
  return ["POST /webhooks/github HTTP/1.1", ...lines, "", ""].join("\r\n");
}

function chunk(bytes: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from("\r\n")]);
}

/** Sends pieces as far as the server takes them; answers the status line's code, 0 when the connection just ended. */
async function exchange(pieces: readonly (Uint8Array | string)[], pauseMs = 0): Promise<number> {
  const socket: Socket = connect(server.port, "127.0.0.1");
  let received = "";
  const ended = new Promise<void>((resolve) => {
    socket.on("data", (data: Buffer) => {
      received += data.toString("latin1");
      if (received.includes("\r\n\r\n")) resolve();
    });
    socket.on("error", () => resolve());
    socket.on("close", () => resolve());
  });
  const send = async (): Promise<void> => {
    for (const piece of pieces) {
      if (socket.destroyed || received !== "") return;
      socket.write(piece);
      if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  };
  await Promise.all([send(), ended]);
  socket.destroy();
  return Number(/^HTTP\/1\.1 (\d+)/.exec(received)?.[1] ?? 0);
}

const big = Buffer.alloc(maxBodyBytes + 1, 0x20);
const fitting = Buffer.concat([body, Buffer.alloc(maxBodyBytes - body.length, 0x20)]);

const cases: readonly {
  readonly name: string;
  readonly pieces: readonly (Uint8Array | string)[];
  readonly want: number;
  readonly pauseMs?: number;
}[] = [
  {
    name: "a push over the wire",
    pieces: [head({ "content-length": String(body.length), "x-hub-signature-256": sign(body) }), body],
    want: 202,
  },
  {
    name: "a chunked push",
    pieces: [
      head({ "transfer-encoding": "chunked", "x-hub-signature-256": sign(body) }),
      chunk(body.subarray(0, 7)),
      chunk(body.subarray(7)),
      "0\r\n\r\n",
    ],
    want: 202,
  },
  {
    name: "L1: a body of exactly the limit",
    pieces: [head({ "content-length": String(fitting.length), "x-hub-signature-256": sign(fitting) }), fitting],
    want: 202,
  },
  {
    name: "B3 L1: a Content-Length one above the limit",
    pieces: [head({ "content-length": String(big.length), "x-hub-signature-256": sign(big) }), big],
    want: 413,
  },
  {
    name: "B3: a Content-Length of terabytes, before any byte came",
    pieces: [head({ "content-length": "9999999999999", "x-hub-signature-256": sign(body) })],
    want: 413,
  },
  {
    name: "B3: an endless chunked body",
    pieces: [
      head({ "transfer-encoding": "chunked", "x-hub-signature-256": sign(body) }),
      ...Array.from({ length: 100 }, () => chunk(Buffer.alloc(4_096))),
    ],
    want: 413,
    pauseMs: 1,
  },
  {
    name: "B3: Content-Length and chunked together",
    pieces: [
      head({ "content-length": "3", "transfer-encoding": "chunked", "x-hub-signature-256": sign(body) }),
      chunk(body),
      "0\r\n\r\n",
    ],
    want: 400,
  },
  {
    name: "B3: two different Content-Lengths",
    pieces: [head({ "content-length": ["3", String(body.length)], "x-hub-signature-256": sign(body) }), body],
    want: 400,
  },
  {
    name: "B3: a body that drips",
    pieces: [
      head({ "content-length": String(body.length), "x-hub-signature-256": sign(body) }),
      ...Array.from(body.subarray(0, 40), (byte) => Uint8Array.of(byte)),
    ],
    want: 408,
    pauseMs: 25,
  },
  {
    name: "B1: two signature headers, one of them right",
    pieces: [head({ "content-length": String(body.length), "x-hub-signature-256": [sign("x"), sign(body)] }), body],
    want: 401,
  },
  {
    name: "a missing signature is refused before the body came",
    pieces: [head({ "content-length": String(body.length) })],
    want: 401,
  },
  {
    name: "L1: 17 KiB of headers",
    pieces: [head({ "content-length": "0", "x-filler": "x".repeat(17 * 1024) })],
    want: 431,
  },
];
for (const { name, pieces, want, pauseMs } of cases) {
  test(`${name}: ${want}`, async () => {
    accepted.length = 0;
    assert.equal(await exchange(pieces, pauseMs), want);
    assert.equal(accepted.length, want === 202 ? 1 : 0);
  });
}

test("a sender that goes away in the middle harms nobody", async () => {
  accepted.length = 0;
  const socket = connect(server.port, "127.0.0.1");
  socket.on("error", () => undefined);
  socket.write(head({ "content-length": String(body.length), "x-hub-signature-256": sign(body) }));
  socket.write(body.subarray(0, 100));
  await new Promise((resolve) => setTimeout(resolve, 20));
  socket.destroy();
  const response = await fetch(`${server.url}/webhooks/github`, {
    method: "POST",
    body,
    headers: { "x-github-event": "push", "x-hub-signature-256": sign(body) },
  });
  assert.equal(response.status, 202);
  assert.equal(accepted.length, 1);
});

const garbage: readonly string[] = [
  "\0\0\0\0",
  "POST",
  "POST /webhooks/github HTTP/9.9\r\n\r\n",
  "POST /webhooks/github HTTP/1.1\r\n\r\n",
  "POST /webhooks/github HTTP/1.1\r\nhost: \r\n\r\n",
  "POST /webhooks/github HTTP/1.1\r\nhost: a b\r\ncontent-length: -1\r\n\r\n",
  "POST http://[::1 HTTP/1.1\r\nhost: x\r\n\r\n",
  "POST //%ff%00/../../webhooks/github HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n",
  "CONNECT x:1 HTTP/1.1\r\nhost: x\r\n\r\n",
  "TRACE /webhooks/github HTTP/1.1\r\nhost: x\r\n\r\n",
  "OPTIONS * HTTP/1.1\r\nhost: x\r\n\r\n",
  head({ "transfer-encoding": "chunked", "x-hub-signature-256": sign(body) }) + "fffffffffffffffff\r\n",
  head({ "transfer-encoding": "chunked", "x-hub-signature-256": sign(body) }) + "zz\r\n",
  head({ upgrade: "websocket", connection: "upgrade" }),
];

test("T3: no bytes on the wire end the process or are taken for a push", async () => {
  accepted.length = 0;
  const random = fc.sample(fc.uint8Array({ minLength: 1, maxLength: 2_000 }), { numRuns: 100, seed: 7 });
  for (const bytes of [...garbage, ...random]) {
    const socket = connect(server.port, "127.0.0.1");
    const closed = new Promise<void>((resolve) => socket.on("close", () => resolve()));
    socket.on("error", () => undefined);
    socket.resume();
    socket.end(bytes);
    socket.setTimeout(1_000, () => socket.destroy());
    await closed;
  }
  assert.deepEqual(accepted, []);
  const good = [head({ "content-length": String(body.length), "x-hub-signature-256": sign(body) }), body];
  assert.equal(await exchange(good), 202);
});

test("B3: a refused body costs memory for at most the limit and a chunk", async () => {
  const mebi = new Uint8Array(1024 * 1024);
  let pulled = 0;
  const endless = new ReadableStream<Uint8Array>({
    pull(controller) {
      pulled += mebi.length;
      controller.enqueue(mebi);
    },
  });
  const { app } = startWebhooks();
  const request = new Request("http://lateen.test/webhooks/github", {
    method: "POST",
    body: endless,
    duplex: "half",
    headers: deliver(body).headers,
  });
  assert.equal((await app.fetch(request)).status, 413);
  assert.ok(pulled <= 6 * mebi.length, `${pulled} bytes were taken`);
});
