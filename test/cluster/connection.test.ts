import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import { constants, createSecureServer } from "node:http2";
import { type AddressInfo, connect as connectTcp } from "node:net";
import { after, describe, it } from "node:test";
import {
  type ApiType,
  type Cluster,
  type ClusterAccess,
  ClusterError,
  connectCluster,
  createCallGate,
  type ConnectOptions,
} from "../../src/cluster/index.ts";
import {
  type Answer,
  createTestClock,
  type FaultServer,
  type FaultServerOptions,
  pem,
  startFaultServer,
} from "./fault-server.ts";

const secret: ApiType = { group: "", version: "v1", kind: "Secret", resource: "secrets", namespaced: true, verbs: [] };
const ok: Answer = { body: { kind: "Secret", apiVersion: "v1", metadata: { name: "a" } } };
const get = (cluster: Cluster): Promise<unknown> => cluster.get(secret, "team", "a");

const toClose: (() => Promise<void>)[] = [];
after(async () => {
  for (const close of toClose.reverse()) await close();
});

async function serve(
  options: FaultServerOptions,
  script: Parameters<typeof startFaultServer>[0] = () => ok,
): Promise<FaultServer> {
  const server = await startFaultServer(script, options);
  toClose.push(() => server.stop());
  return server;
}

function open(access: ClusterAccess, options: ConnectOptions = {}): Cluster {
  const cluster = connectCluster(access, { clock: createTestClock(), random: () => 0, ...options });
  toClose.push(() => cluster.close());
  return cluster;
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return "no error";
  } catch (error) {
    assert.ok(error instanceof ClusterError, String(error));
    return error.code;
  }
}

describe("many calls at once", () => {
  for (const { protocol, connections } of [
    { protocol: "h2", connections: (opened: number) => opened === 1 },
    { protocol: "https", connections: (opened: number) => opened > 4 && opened <= 17 },
    { protocol: "http", connections: (opened: number) => opened > 4 && opened <= 16 },
  ] as const) {
    it(`run side by side over ${protocol}`, async () => {
      let inFlight = 0;
      let most = 0;
      const server = await serve({ protocol }, async () => {
        most = Math.max(most, ++inFlight);
        await new Promise((resolve) => setTimeout(resolve, 20));
        inFlight--;
        return ok;
      });
      const cluster = open(server.access);
      await Promise.all(Array.from({ length: 40 }, () => get(cluster)));
      assert.ok(most > 4, `${most} at once`);
      assert.ok(connections(server.connections()), `${server.connections()} connections`);
    });
  }

  it("are bounded", async () => {
    let inFlight = 0;
    let most = 0;
    const server = await serve({ protocol: "h2" }, async () => {
      most = Math.max(most, ++inFlight);
      await new Promise((resolve) => setTimeout(resolve, 5));
      inFlight--;
      return ok;
    });
    const cluster = open(server.access, { gate: createCallGate({ maxInFlight: 3 }) });
    await Promise.all(Array.from({ length: 20 }, () => get(cluster)));
    assert.equal(most, 3);
  });
});

it("sends a write again that the server has refused to look at", async () => {
  let refused = 0;
  let served = 0;
  const server = createSecureServer({ cert: pem("server"), key: pem("server-key") });
  server.on("stream", (stream) => {
    stream.on("error", () => undefined);
    if (refused < 4) {
      refused++;
      stream.close(constants.NGHTTP2_REFUSED_STREAM);
      return;
    }
    served++;
    stream.respond({ ":status": 201, "content-type": "application/json" });
    stream.end('{"kind":"Secret","apiVersion":"v1","metadata":{"name":"a"}}');
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  // A listening TCP server has an AddressInfo; only pipes have a string.
  const { port } = server.address() as AddressInfo;
  const cluster = open({ server: `https://127.0.0.1:${port}`, skipTlsVerify: false, ca: pem("authority") });
  await cluster.create(secret, "team", { metadata: { name: "a" } });
  await cluster.close();
  server.close();
  assert.deepEqual([refused, served], [4, 1]);
});

describe("whom to trust", () => {
  it("T8 refuses a certificate that the authority did not sign", async () => {
    const { access } = await serve({ protocol: "h2" });
    const { ca: _, ...withoutCa } = access;
    assert.equal(await codeOf(get(open(withoutCa))), "CLUSTER_TLS");
  });
  it("refuses a certificate of another name", async () => {
    const { access } = await serve({ protocol: "h2" });
    assert.equal(await codeOf(get(open({ ...access, tlsServerName: "other.example.com" }))), "CLUSTER_TLS");
    assert.equal(await codeOf(get(open({ ...access, tlsServerName: "localhost" }))), "no error");
  });
  it("takes any certificate where the operator allowed it", async () => {
    const { access } = await serve({ protocol: "h2" });
    const { ca: _, ...withoutCa } = access;
    assert.equal(await codeOf(get(open({ ...withoutCa, skipTlsVerify: true }))), "no error");
  });
  it("shows a client certificate", async () => {
    const { access } = await serve({ protocol: "h2", requestCert: true });
    const clientCertificate = { certificate: pem("client"), key: pem("client-key") };
    assert.equal(await codeOf(get(open({ ...access, clientCertificate }))), "no error");
    assert.equal(await codeOf(get(open(access))), "CLUSTER_TLS");
  });
  it("B86 T5 connects to no address that the operator forbids", async () => {
    const server = await serve({ protocol: "http" });
    const allowAddress = (address: string): string => `${address} is this machine`;
    for (const host of ["127.0.0.1", "localhost", "[::1]"]) {
      const access = { ...server.access, server: server.access.server.replace("127.0.0.1", host) };
      assert.equal(await codeOf(get(open(access, { allowAddress }))), "CLUSTER_SERVER_REFUSED", host);
    }
    assert.equal(server.connections(), 0);
  });
  it("says when nobody listens", async () => {
    const server = await startFaultServer(() => ok);
    await server.stop();
    const cluster = open(server.access);
    await assert.rejects(cluster.create(secret, "team", { metadata: { name: "a" } }), (error: unknown) => {
      assert.ok(error instanceof ClusterError);
      assert.equal(error.code, "CLUSTER_UNREACHABLE");
      assert.equal(error.outcomeUnknown, false);
      assert.match(
        error.message,
        /^Creating resource secret\/a \(v1\) namespace: team: http:.* cannot be reached: .*ECONNREFUSED/,
      );
      return true;
    });
  });
});

it("logs in by name and password, and acts as another user", async () => {
  const server = await serve({ protocol: "http" });
  const { token: _, ...access } = server.access;
  await get(
    open({
      ...access,
      basic: { username: "admin", password: "pass" },
      impersonate: { user: "jane", uid: "1", groups: ["a", "b"], extra: [["Scopes/x", "y"]] },
    }),
  );
  const headers = server.requests[0]?.headers ?? {};
  assert.equal(headers.authorization, `Basic ${Buffer.from("admin:pass").toString("base64")}`);
  assert.equal(headers["impersonate-user"], "jane");
  assert.equal(headers["impersonate-uid"], "1");
  assert.equal(headers["impersonate-group"], "a, b");
  assert.equal(headers["impersonate-extra-scopes%2fx"], "y");
});

it("goes through a proxy", async () => {
  const server = await serve({ protocol: "https" });
  const tunnels: string[] = [];
  const proxy: Server = createServer().on("connect", (request, socket) => {
    tunnels.push(request.url ?? "");
    const upstream = connectTcp(Number(new URL(server.access.server).port), "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
      upstream.pipe(socket).pipe(upstream);
    });
    for (const side of [socket, upstream]) side.on("error", () => undefined);
  });
  await new Promise<void>((resolve) => {
    proxy.listen(0, "127.0.0.1", resolve);
  });
  // A listening TCP server has an AddressInfo; only pipes have a string.
  const { port } = proxy.address() as AddressInfo;
  toClose.push(async () => void proxy.close());
  const cluster = open({ ...server.access, proxyUrl: `http://127.0.0.1:${port}` });
  await get(cluster);
  assert.deepEqual(tunnels, [new URL(server.access.server).host]);
});

describe("acting as a ServiceAccount", () => {
  /** A server that gives tokens token-1, token-2… of this life, and refuses the tokens in `refused`. */
  async function tokenServer(lifeSeconds: number): Promise<{
    server: FaultServer;
    clock: ReturnType<typeof createTestClock>;
    refused: Set<string>;
    asked: () => number;
    used: () => (string | undefined)[];
    failTokens: (fail: boolean) => void;
  }> {
    const clock = createTestClock();
    const refused = new Set<string>();
    let asked = 0;
    let isFailing = false;
    const server = await serve({ protocol: "http" }, ({ path, headers }) => {
      if (path.endsWith("/token")) {
        if (isFailing)
          return { status: 403, body: { kind: "Status", apiVersion: "v1", reason: "Forbidden", message: "no tokens" } };
        const expirationTimestamp = new Date(clock.now() + lifeSeconds * 1000).toISOString();
        return {
          status: 201,
          body: {
            kind: "TokenRequest",
            apiVersion: "authentication.k8s.io/v1",
            status: { token: `token-${++asked}`, expirationTimestamp },
          },
        };
      }
      return refused.has(headers.authorization ?? "") ? { status: 401, body: "" } : ok;
    });
    return {
      server,
      clock,
      refused,
      asked: () => asked,
      used: () =>
        server.requests.filter(({ path }) => !path.endsWith("/token")).map(({ headers }) => headers.authorization),
      failTokens: (fail) => {
        isFailing = fail;
      },
    };
  }

  it("asks for one token for many calls, with the caller's own login", async () => {
    const { server, clock, asked, used } = await tokenServer(7200);
    const account = open(server.access, { clock }).actAs("team", "deployer");
    toClose.push(() => account.close());
    await Promise.all(Array.from({ length: 10 }, () => get(account)));
    assert.equal(asked(), 1);
    assert.deepEqual(new Set(used()), new Set(["Bearer token-1"]));
    const [request] = server.requests;
    assert.equal(request?.path, "/api/v1/namespaces/team/serviceaccounts/deployer/token");
    assert.equal(request?.headers.authorization, "Bearer secret-token");
    assert.deepEqual(JSON.parse(request?.body ?? ""), {
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenRequest",
      spec: { expirationSeconds: 7200 },
    });
    assert.equal(account.namespace, "team");
  });

  it("renews a token at half of its life, and uses the old one while that fails", async () => {
    const { server, clock, used, failTokens } = await tokenServer(7200);
    const account = open(server.access, { clock }).actAs("team", "deployer");
    toClose.push(() => account.close());
    await get(account);
    await clock.sleep(3_500_000);
    await get(account);
    await clock.sleep(200_000);
    failTokens(true);
    await get(account);
    failTokens(false);
    await get(account);
    assert.deepEqual(used(), ["Bearer token-1", "Bearer token-1", "Bearer token-1", "Bearer token-2"]);
    await clock.sleep(8_000_000);
    failTokens(true);
    assert.equal(await codeOf(get(account)), "CLUSTER_API");
  });

  it("renews a token that the server refuses, once", async () => {
    const { server, clock, used, refused } = await tokenServer(7200);
    const account = open(server.access, { clock }).actAs("team", "deployer");
    toClose.push(() => account.close());
    await get(account);
    refused.add("Bearer token-1");
    await get(account);
    assert.deepEqual(used(), ["Bearer token-1", "Bearer token-1", "Bearer token-2"]);
    refused.add("Bearer token-2").add("Bearer token-3");
    await assert.rejects(get(account), /API server says: the server has asked for the client to provide credentials/);
  });
});
