import assert from "node:assert/strict";
import { test } from "node:test";
import { createLog, createRedactor, silentLog } from "../../src/base/index.ts";
import { createHttp, serveHttp } from "../../src/http/index.ts";

function part(name: string): { readonly fetch: (request: Request) => Response } {
  return { fetch: (request) => new Response(`${name} ${new URL(request.url).pathname}`) };
}

const http = createHttp({
  webhooks: part("webhooks"),
  byHand: part("by hand"),
  health: part("health"),
  metrics: part("metrics"),
  hub: (request) => Promise.resolve(part("hub").fetch(request)),
  log: silentLog,
});

const paths: Readonly<Record<string, string>> = {
  "/webhooks/github": "webhooks",
  "/api/apps": "by hand",
  "/api/apps/team-a/contour/plan": "by hand",
  "/api/sync": "by hand",
  "/api/openapi.json": "by hand",
  "/api": "hub",
  "/api/": "hub",
  "/api/v1/namespaces/team-a/secrets": "hub",
  "/api/appsx": "hub",
  "/apis": "hub",
  "/apis/kappctrl.k14s.io/v1alpha1/apps": "hub",
  "/version": "hub",
  "/openapi/v3": "hub",
  "/livez": "hub",
  "/healthz": "health",
  "/readyz": "health",
  "/metrics": "metrics",
};
for (const [path, want] of Object.entries(paths)) {
  test(`${path} is answered by ${want}`, async () => {
    const response = await http.request(path);
    assert.equal(await response.text(), `${want} ${path}`);
    assert.equal(response.headers.get("x-content-type-options"), "nosniff");
    assert.equal(response.headers.get("x-frame-options"), "DENY");
    assert.match(response.headers.get("content-security-policy") ?? "", /frame-ancestors 'none'/);
    assert.match(response.headers.get("x-request-id") ?? "", /^[0-9a-f-]{36}$/);
  });
}

for (const path of ["/", "/apisx", "/webhooks", "/.git/config"]) {
  test(`${path} is nobody's`, async () => {
    assert.equal((await http.request(path)).status, 404);
  });
}

test("T3: whatever a part throws is a 500 without details, and the log has them under the request's id", async () => {
  const lines: string[] = [];
  const log = createLog({ write: (line) => lines.push(line), now: () => 0, redactor: createRedactor() });
  for (const thrown of [new Error("the reason"), "the reason", null]) {
    lines.length = 0;
    const broken = createHttp({
      byHand: part("by hand"),
      health: part("health"),
      hub: () => {
        // oxlint-disable-next-line no-throw-literal, typescript/only-throw-error -- what is no Error must be caught as well
        throw thrown;
      },
      log,
    });
    const response = await broken.request("/api/v1");
    assert.equal(response.status, 500);
    assert.doesNotMatch(await response.text(), /the reason/);
    assert.equal(lines.length, 1);
    assert.ok(lines[0]?.includes(response.headers.get("x-request-id") ?? "none"));
  }
});

test("a server closes when its requests are answered, and cuts those that never end", async () => {
  const release = Promise.withResolvers<void>();
  const server = await serveHttp(
    {
      async fetch(request) {
        if (request.url.endsWith("/endless")) return new Response(new ReadableStream());
        await release.promise;
        return new Response("done");
      },
    },
    { port: 0 },
  );
  const slow = fetch(`${server.url}/slow`);
  const endless = await fetch(`${server.url}/endless`);
  const reading = assert.rejects(endless.text());
  await new Promise((resolve) => setTimeout(resolve, 20));
  const closed = server.close({ graceMs: 200 });
  release.resolve();
  assert.equal(await (await slow).text(), "done");
  await closed;
  await reading;
  await assert.rejects(fetch(server.url));
});

test("a port that is taken is an error of the start", async () => {
  const server = await serveHttp(part("x"), { port: 0 });
  await assert.rejects(serveHttp(part("y"), { port: server.port }), { code: "EADDRINUSE" });
  await server.close();
});
