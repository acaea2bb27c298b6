import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import { systemClock } from "../../src/base/index.ts";
import {
  createGitClient,
  createGitTransport,
  type GitFailureCode,
  type GitLimits,
  type GitSnapshot,
  localAddressPolicy,
} from "../../src/git/index.ts";
import { encodePacket, flushPacket } from "../../src/git/wire/pkt-line.ts";
import { type GitServerOptions, type ServedRepository, startGitServer } from "../support/git-server.ts";
import { call, gitError, testClient, texts, withoutGit } from "./support.ts";

const pem = (name: string): string => readFileSync(new URL(`fixtures/${name}.pem`, import.meta.url), "utf8");
const advertisement = Buffer.concat([
  encodePacket("version 2\n"),
  encodePacket("ls-refs\n"),
  encodePacket("fetch=shallow filter\n"),
  flushPacket,
]);
const refsLine = Buffer.concat([encodePacket(`${"1".repeat(40)} refs/heads/main\n`), flushPacket]);

describe("statuses and bodies of a server", () => {
  const cases: readonly {
    readonly name: string;
    readonly answer: Answer;
    readonly code: GitFailureCode;
    readonly message: RegExp;
  }[] = [
    {
      name: "B29: 401 without credentials",
      answer: status(401),
      code: "GIT_AUTH",
      message: /could not read Username for 'http:\/\/127/,
    },
    { name: "B29: 403", answer: status(403), code: "GIT_AUTH", message: /HTTP 403/ },
    {
      name: "B29: 404 with long HTML",
      answer: status(404, "<p>".repeat(100_000)),
      code: "GIT_NOT_FOUND",
      message:
        /^repository 'http:\/\/127.0.0.1:\d+\/r\/' not found \(HTTP 404; if it is private, credentials are needed\)$/,
    },
    {
      name: "B29, F30: 429 with a long wait",
      answer: status(429, "", { "retry-after": "120" }),
      code: "GIT_BUSY",
      message: /is busy \(HTTP 429\), asks to come back in 120 s/,
    },
    {
      name: "B29: 403 with a wait",
      answer: status(403, "", { "retry-after": "30" }),
      code: "GIT_BUSY",
      message: /is busy \(HTTP 403\), asks to come back in 30 s/,
    },
    { name: "B29: 500", answer: status(500), code: "GIT_HTTP", message: /HTTP 500/ },
    { name: "B29: 418", answer: status(418), code: "GIT_HTTP", message: /HTTP 418/ },
    {
      name: "B19: HTML with status 200",
      answer: status(200, "<html>", { "content-type": "text/html" }),
      code: "GIT_PROTOCOL",
      message: /content type "text\/html"/,
    },
    {
      name: "B19: dumb HTTP",
      answer: status(200, `${"1".repeat(40)}\trefs/heads/main\n`, { "content-type": "text/plain" }),
      code: "GIT_PROTOCOL",
      message: /git protocol v2/,
    },
    {
      name: "B19: version 0",
      answer: status(200, Buffer.concat([encodePacket(`${"1".repeat(40)} HEAD\0agent=git/1\n`), flushPacket]), {
        "content-type": "application/x-git-upload-pack-advertisement",
      }),
      code: "GIT_PROTOCOL",
      message: /git protocol v2/,
    },
  ];
  for (const { name, answer, code, message } of cases) {
    test(`${name} is ${code}`, async () => {
      await using server = await serve(answer);
      await using client = testClient();
      const error = await gitError(client.git.listRefs({ url: `${server.url}/r` }, {}, call()), code);
      assert.match(error.message, message);
    });
  }

  test("F30: what may pass is tried three times, a long wait is left to the caller", async () => {
    for (const [answer, tries] of [
      [status(503), 3],
      [status(429, "", { "retry-after": "60" }), 1],
      [status(404), 1],
    ] as const) {
      await using server = await serve(answer);
      await using client = testClient();
      await assert.rejects(client.git.listRefs({ url: `${server.url}/r` }, {}, call()));
      assert.equal(server.count(), tries);
    }
  });

  test("F30: a server that recovers is read", async () => {
    let requests = 0;
    await using server = await serve((request, response) => (++requests < 3 ? status(500) : v2)(request, response));
    await using client = testClient();
    assert.equal((await client.git.listRefs({ url: `${server.url}/r` }, {}, call())).refs.length, 1);
  });

  test("a warm client asks for capabilities once, and again when the server has changed", async () => {
    const seen: string[] = [];
    let moved = false;
    await using server = await serve((request, response) => {
      seen.push(request.method ?? "");
      if (moved && request.method === "POST" && seen.length < 5) status(404)(request, response);
      else v2(request, response);
    });
    await using client = testClient();
    for (let round = 0; round < 2; round++) await client.git.listRefs({ url: `${server.url}/r` }, {}, call());
    assert.deepEqual(seen, ["GET", "POST", "POST"]);
    moved = true;
    await client.git.listRefs({ url: `${server.url}/r` }, {}, call());
    assert.deepEqual(seen.slice(3), ["POST", "GET", "POST"]);
  });
});

describe("slow and endless servers", () => {
  const read = async (answer: Answer, limits: Partial<GitLimits>): Promise<string> => {
    await using server = await serve(answer);
    await using client = testClient({ limits });
    const error = await client.git.listRefs({ url: `${server.url}/r` }, {}, call()).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    return error instanceof Error ? error.message : "";
  };
  const drip: Answer = (_, response) => {
    response.writeHead(200, { "content-type": "application/x-git-upload-pack-advertisement" });
    const timer = setInterval(() => response.write("0"), 20);
    response.on("close", () => clearInterval(timer));
  };
  const silence: Answer = (_, response) => {
    response.writeHead(200, { "content-type": "application/x-git-upload-pack-advertisement" });
    response.write("0");
  };

  test("B30: no answer at all ends at the idle limit", async () => {
    assert.match(await read(() => undefined, { idleMs: 50 }), /limit idleMs = 50/);
  });
  test("B30: a stall in the body ends at the idle limit", async () => {
    assert.match(await read(silence, { idleMs: 50 }), /limit idleMs = 50/);
  });
  test("B30: a byte now and then ends at the rate limit", async () => {
    const slow: Answer = (_, response) => {
      response.writeHead(200, { "content-type": "application/x-git-upload-pack-advertisement" });
      const timer = setInterval(() => response.write(encodePacket("#")), 20);
      response.on("close", () => clearInterval(timer));
    };
    assert.match(await read(slow, { idleMs: 150 }), /limit minBytesPerSecond = 1,024|git protocol v2/);
    assert.match(await read(drip, { idleMs: 150 }), /limit minBytesPerSecond|bad packet|git protocol v2/);
  });
  test("L9: an operation ends at its total time, with all its tries", async () => {
    assert.match(await read(silence, { totalMs: 100 }), /limit totalMs = 100/);
  });
  test("B30: a gzip bomb ends at the decoded size", async () => {
    const zeros = gzipSync(
      Buffer.concat([
        encodePacket("version 2\n"),
        ...new Array<Uint8Array>(2000).fill(encodePacket("x".repeat(60_000))),
      ]),
    );
    const bomb: Answer = status(200, zeros, {
      "content-type": "application/x-git-upload-pack-advertisement",
      "content-encoding": "gzip",
    });
    assert.match(await read(bomb, {}), /more than 200 capabilities|git protocol v2/);
  });
  test("abort ends a call at once with the caller's reason", async () => {
    await using server = await serve(() => undefined);
    await using client = testClient();
    const controller = new AbortController();
    setTimeout(() => controller.abort(new Error("enough")), 30);
    await assert.rejects(client.git.listRefs({ url: `${server.url}/r` }, {}, { signal: controller.signal }), /enough/);
  });
});

describe("redirects", () => {
  const target = async (
    location: (server: string, request: IncomingMessage) => string,
    url: (server: string) => string = (server) => `${server}/old`,
  ): Promise<{ seen: string[]; error: unknown; refs: number }> => {
    const seen: string[] = [];
    await using other = await serve((request, response) => {
      seen.push(`other ${request.headers.authorization ?? "-"}`);
      v2(request, response);
    });
    await using server = await serve((request, response) => {
      seen.push(`${request.method} ${request.url} ${request.headers.authorization === undefined ? "-" : "auth"}`);
      if (request.url?.startsWith("/new")) return v2(request, response);
      response.writeHead(301, { location: location(other.url, request) }).end();
    });
    await using client = testClient();
    const result = await client.git
      .listRefs({ url: url(server.url), credentials: { username: "ada", password: "s3cret" } }, {}, call())
      .then(
        ({ refs }) => ({ refs: refs.length, error: undefined }),
        (error: unknown) => ({ refs: 0, error }),
      );
    return { seen, ...result };
  };

  test("a renamed repository on the same origin is followed, commands go to the new place", async () => {
    const { seen, refs } = await target(() => "/new/info/refs?service=git-upload-pack");
    assert.equal(refs, 1);
    assert.deepEqual(seen, [
      "GET /old/info/refs?service=git-upload-pack auth",
      "GET /new/info/refs?service=git-upload-pack auth",
      "POST /new/git-upload-pack auth",
    ]);
  });

  const refused = [
    {
      name: "B17, T6: another origin",
      location: (other: string) => `${other}/new/info/refs?service=git-upload-pack`,
      error: /redirects to another origin: use http:\/\/127.0.0.1:\d+ in the App/,
    },
    {
      name: "B17: another host by name",
      location: () => "http://localhost:1/new/info/refs?service=git-upload-pack",
      error: /another origin.*localhost/,
    },
    {
      name: "B17: itself",
      location: (_: string, request: IncomingMessage) => request.url ?? "",
      error: /redirects to itself/,
    },
    {
      name: "B17: four hops",
      location: (_: string, request: IncomingMessage) => `/x${request.url}`,
      error: /more than 3 times/,
    },
    { name: "B17: no repository", location: () => "/login", error: /no git repository/ },
    { name: "B17: no location", location: () => "http://", error: /no valid address/ },
    {
      name: "B17: a scheme that is none of HTTP's",
      location: () => "file:///etc/passwd/info/refs?service=git-upload-pack",
      error: /another origin/,
    },
    {
      name: "B17: credentials in the location",
      location: (_: string, request: IncomingMessage) =>
        `http://a:b@${request.headers.host}/new/info/refs?service=git-upload-pack`,
      error: /no git repository/,
    },
  ];
  for (const { name, location, error } of refused) {
    test(`${name} is refused and gets no credentials`, async () => {
      const { seen, error: thrown } = await target(location);
      assert.match(String(thrown), error);
      assert.doesNotMatch(String(thrown), /s3cret|a:b@/);
      assert.deepEqual(
        seen.filter((line) => line.startsWith("other")),
        [],
      );
    });
  }

  test("B17: a redirected command is refused", async () => {
    await using server = await serve((request, response) => {
      if (request.method === "GET") v2(request, response);
      else response.writeHead(307, { location: "/elsewhere/git-upload-pack" }).end();
    });
    await using client = testClient();
    await gitError(client.git.listRefs({ url: `${server.url}/r` }, {}, call()), "GIT_REDIRECT");
  });
});

describe("addresses and TLS", () => {
  test("T5, B18: a denied address is not connected to, however its host is spelled", async () => {
    let connections = 0;
    await using server = await serve((request, response) => {
      connections++;
      v2(request, response);
    });
    const port = new URL(server.url).port;
    const transport = createGitTransport({
      allowAddress: (addressClass) => addressClass === "public",
      resolve: async (host) =>
        host === "rebind.example.com"
          ? [
              { address: "1.1.1.1", family: 4 },
              { address: "127.0.0.1", family: 4 },
            ]
          : [{ address: "127.0.0.1", family: 4 }],
    });
    const git = createGitClient({ fetch: transport.fetch, clock: systemClock, random: () => 0 });
    const spellings = [
      "127.0.0.1",
      "127.1",
      "2130706433",
      "0x7f000001",
      "0177.0.0.1",
      "[::ffff:127.0.0.1]",
      "[::1]",
      "localhost",
      "localhost.",
      "127.0.0.1.nip.io",
      "１２７.0.0.1",
      "rebind.example.com",
      "0.0.0.0",
    ];
    for (const host of spellings) {
      const error = await gitError(git.listRefs({ url: `http://${host}:${port}/r` }, {}, call()), "GIT_ADDRESS");
      assert.match(error.message, /is a (loopback|unspecified) address, which may not be connected to/);
    }
    await transport.close();
    assert.equal(connections, 0);
  });

  test("T5: the connection goes to the address that was tested", async () => {
    await using server = await serve(v2);
    let lookups = 0;
    const transport = createGitTransport({
      allowAddress: localAddressPolicy,
      resolve: async () => {
        lookups++;
        return [{ address: "127.0.0.1", family: 4 }];
      },
    });
    const git = createGitClient({ fetch: transport.fetch, clock: systemClock, random: () => 0 });
    assert.equal(
      (await git.listRefs({ url: `http://git.invalid:${new URL(server.url).port}/r` }, {}, call())).refs.length,
      1,
    );
    await transport.close();
    assert.equal(lookups, 1);
  });

  test("F35: a name that does not resolve, and a port where nobody listens, name the host and may be tried again", async () => {
    const transport = createGitTransport({
      allowAddress: localAddressPolicy,
      resolve: () => Promise.reject(Object.assign(new Error("getaddrinfo ENOTFOUND"), { code: "ENOTFOUND" })),
    });
    const git = createGitClient({ fetch: transport.fetch, clock: systemClock, random: () => 0 });
    const unknown = await gitError(git.listRefs({ url: "https://git.invalid/r" }, {}, call()), "GIT_UNREACHABLE");
    assert.match(unknown.message, /unable to access 'https:\/\/git.invalid\/r\/': ENOTFOUND \(host git.invalid\)/);
    assert.equal(unknown.retryable, true);
    await transport.close();
    const server = await serve(v2);
    await server[Symbol.asyncDispose]();
    await using client = testClient();
    assert.match(
      (await gitError(client.git.listRefs({ url: `${server.url}/r` }, {}, call()), "GIT_UNREACHABLE")).message,
      /ECONNREFUSED/,
    );
  });

  describe("with git behind https", { skip: withoutGit }, () => {
    const read = async (
      certificate: string,
      options: { readonly caCerts?: readonly string[]; readonly insecure?: boolean },
    ): Promise<unknown> => {
      await using server = await startGitServer({ tls: { key: pem(`${certificate}-key`), cert: pem(certificate) } });
      const repo = await server.createRepository("r");
      await repo.commitFiles({ a: "1" });
      const transport = createGitTransport({
        allowAddress: localAddressPolicy,
        ...(options.caCerts === undefined ? {} : { caCerts: options.caCerts }),
        ...(options.insecure === true ? { insecureHosts: ["127.0.0.1"] } : {}),
      });
      const git = createGitClient({ fetch: transport.fetch, clock: systemClock, random: () => 0 });
      try {
        return (await git.listRefs({ url: repo.url }, { prefixes: ["refs/heads/"] }, call())).refs.length;
      } finally {
        await transport.close();
      }
    };

    test("a given authority is trusted", async () => {
      assert.equal(await read("server", { caCerts: [pem("authority")] }), 1);
    });
    test("a host listed as insecure is read whatever its certificate", async () => {
      assert.equal(await read("wrong-name", { insecure: true }), 1);
    });
    const bad = [
      {
        name: "an unknown authority",
        certificate: "server",
        caCerts: [],
        reason: /server certificate verification failed: (UNABLE_TO_VERIFY_LEAF_SIGNATURE|SELF_SIGNED)/,
      },
      {
        name: "another host's certificate",
        certificate: "wrong-name",
        caCerts: [pem("authority")],
        reason: /ERR_TLS_CERT_ALTNAME_INVALID/,
      },
      {
        name: "an expired certificate",
        certificate: "expired",
        caCerts: [pem("authority")],
        reason: /CERT_HAS_EXPIRED/,
      },
    ];
    for (const { name, certificate, caCerts, reason } of bad) {
      test(`B28: ${name} names host and reason and is not tried again`, async () => {
        const error = await gitError(read(certificate, { caCerts }), "GIT_TLS");
        assert.match(error.message, /unable to access 'https:\/\/127.0.0.1:\d+\/r.git\/': /);
        assert.match(error.message, reason);
        assert.equal(error.retryable, false);
      });
    }
  });
});

describe("credentials", { skip: withoutGit }, () => {
  const auth = { username: "ada", password: "opensesame" };
  const start = async (
    options: GitServerOptions,
  ): Promise<{ server: Awaited<ReturnType<typeof startGitServer>>; repo: ServedRepository; commit: string }> => {
    const server = await startGitServer(options);
    const repo = await server.createRepository("private");
    return { server, repo, commit: await repo.commitFiles({ "s/a.yml": "x" }) };
  };

  test("a user and password, given or inside the URL, read a private repository", async () => {
    const { server, repo, commit } = await start({ auth });
    await using _ = server;
    await using client = testClient();
    const inside = repo.url.replace("://", "://ada:opensesame@");
    for (const repository of [{ url: repo.url, credentials: auth }, { url: inside }]) {
      const snapshot = await client.git.fetchSubPaths(repository, { commit, subPaths: ["s"] }, call());
      assert.deepEqual(texts(snapshot.files("s")), { "a.yml": "x" });
    }
  });

  test("B16, B29: a wrong password says so and shows nowhere", async () => {
    const { server, repo } = await start({ auth });
    await using _ = server;
    await using client = testClient();
    for (const repository of [
      { url: repo.url, credentials: { username: "ada", password: "wrong-password" } },
      { url: repo.url.replace("://", "://ada:wrong-password@") },
    ]) {
      const error = await gitError(client.git.resolveRef(repository, { ref: "main" }, call()), "GIT_AUTH");
      assert.match(error.message, /^Authentication failed for 'http:\/\/127.0.0.1:\d+\/private.git\/'/);
      assert.doesNotMatch(`${error.message}${error.stack}${JSON.stringify(error.failure)}`, /wrong-password/);
    }
  });

  test("an open repository is read although the server refuses the credentials, unless they are forced", async () => {
    const { server, repo } = await start({
      intercept: (request, response) => {
        if (request.headers.authorization === undefined) return false;
        response.writeHead(401).end();
        return true;
      },
    });
    await using _ = server;
    await using client = testClient();
    assert.equal(
      (await client.git.resolveRef({ url: repo.url, credentials: auth }, { ref: "main" }, call())).isTip,
      true,
    );
    await gitError(
      client.git.resolveRef({ url: repo.url, credentials: { ...auth, force: true } }, { ref: "main" }, call()),
      "GIT_AUTH",
    );
  });

  test("a repository made private is refused although its capabilities are remembered", async () => {
    let isPrivate = false;
    const { server, repo } = await start({
      intercept: (_, response) => {
        if (isPrivate) response.writeHead(404).end();
        return isPrivate;
      },
    });
    await using _ = server;
    await using client = testClient();
    await client.git.resolveRef({ url: repo.url }, { ref: "main" }, call());
    isPrivate = true;
    await gitError(client.git.resolveRef({ url: repo.url }, { ref: "main" }, call()), "GIT_NOT_FOUND");
  });
});

describe("a pack that is damaged on the way", { skip: withoutGit }, () => {
  const files = { "s/a.yml": "a: 1\n", "s/b.yml": "b: 2\n" };

  test("F31: cut at any byte it is an error, then a clean retry reads all", async () => {
    let damaged: { readonly body: Buffer; readonly end: number } | undefined;
    await using server = await startGitServer({
      intercept: (_, response, body) => {
        if (damaged === undefined || !body.includes("command=fetch")) return false;
        const { body: whole, end } = damaged;
        response.writeHead(200, {
          "content-type": "application/x-git-upload-pack-result",
          "content-length": String(whole.length),
        });
        response.write(whole.subarray(0, end), () => response.destroy());
        return true;
      },
    });
    const repo = await server.createRepository("r");
    const commit = await repo.commitFiles(files);
    const body = await rawFetch(repo.url, commit);
    await using client = testClient();
    const read = (): Promise<GitSnapshot> =>
      client.git.fetchSubPaths({ url: repo.url }, { commit, subPaths: [""] }, call());
    for (let end = 0; end < body.length; end += 13) {
      damaged = { body, end };
      const error = await gitError(read(), "GIT_UNREACHABLE");
      assert.equal(error.retryable, true);
    }
    damaged = undefined;
    assert.deepEqual(texts((await read()).files("")), files);
  });

  test("B34: a pack of other objects than asked for is an error naming the id", async () => {
    let answer: Buffer | undefined;
    await using server = await startGitServer({
      intercept: (_, response, body) => {
        if (answer === undefined || !body.includes("command=fetch")) return false;
        response.writeHead(200, { "content-type": "application/x-git-upload-pack-result" }).end(answer);
        return true;
      },
    });
    const repo = await server.createRepository("r");
    const evil = await repo.commitFiles({ "s/a.yml": "evil" });
    const commit = await repo.commitFiles(files);
    answer = await rawFetch(repo.url, evil);
    await using client = testClient();
    const error = await gitError(
      client.git.fetchSubPaths({ url: repo.url }, { commit, subPaths: ["s"] }, call()),
      "GIT_MISSING_OBJECT",
    );
    assert.match(error.message, new RegExp(commit));
  });

  test("B36: a blob that the server leaves out is asked for once more, then named by its path", async () => {
    let fetches = 0;
    let withoutBlobs: Buffer | undefined;
    await using server = await startGitServer({
      intercept: (_, response, body) => {
        if (!body.includes("command=fetch")) return false;
        fetches++;
        if (withoutBlobs === undefined) return false;
        response.writeHead(200, { "content-type": "application/x-git-upload-pack-result" }).end(withoutBlobs);
        return true;
      },
    });
    const repo = await server.createRepository("r");
    const commit = await repo.commitFiles(files);
    const trees = await rawFetch(repo.url, commit, "blob:none");
    fetches = 0;
    withoutBlobs = trees;
    await using client = testClient();
    const error = await gitError(
      client.git.fetchSubPaths({ url: repo.url }, { commit, subPaths: ["s"] }, call()),
      "GIT_MISSING_OBJECT",
    );
    assert.match(error.message, /of "s\/a.yml"/);
    assert.ok(fetches <= 4, `${fetches} fetches`);
  });
});

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

function status(code: number, body: string | Buffer = "", headers: Record<string, string> = {}): Answer {
  return (_, response) => {
    response.writeHead(code, headers).end(body);
  };
}

/** A server of protocol v2 with one branch. */
function v2(request: IncomingMessage, response: ServerResponse): void {
  const isGet = request.method === "GET";
  response.writeHead(200, { "content-type": `application/x-git-upload-pack-${isGet ? "advertisement" : "result"}` });
  response.end(isGet ? advertisement : refsLine);
}

async function serve(answer: Answer): Promise<{ readonly url: string; count(): number } & AsyncDisposable> {
  let count = 0;
  const server: Server = createServer((request, response) => {
    count++;
    request.resume();
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // Listening on a TCP port: the address is an AddressInfo.
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    count: () => count,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** The raw answer of the real server to one fetch. */
async function rawFetch(url: string, commit: string, filter?: string): Promise<Buffer> {
  const { encodeFetch } = await import("../../src/git/wire/fetch.ts");
  const response = await fetch(`${url}/git-upload-pack`, {
    method: "POST",
    headers: { "content-type": "application/x-git-upload-pack-request", "git-protocol": "version=2" },
    body: new Uint8Array(encodeFetch({ wants: [commit], depth: 1, ...(filter === undefined ? {} : { filter }) })),
  });
  return Buffer.from(await response.arrayBuffer());
}
