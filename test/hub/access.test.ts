import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { kubeconfigFor, type Scope, scopes } from "../../src/hub/index.ts";
import { parseYamlStream } from "../../src/resource/index.ts";
import { app, apps, at, createHubHarness, message, secret, secrets } from "./harness.ts";

describe("B115 T22 tokens", () => {
  it("are stored as hashes only, and carry 256 random bits", async () => {
    const harness = createHubHarness();
    const token = await harness.token(["admin"]);
    assert.match(token, /^lateen_[\w-]{43}$/);
    const stored = JSON.stringify(await harness.store.list("tokens.lateen.dev"));
    assert.ok(!stored.includes(token) && !stored.includes(token.slice(7)));
    assert.equal((await harness.call(token, "GET", apps)).status, 200);
  });

  const refused: readonly (readonly [string, (token: string) => Readonly<Record<string, string>>])[] = [
    ["no token", () => ({})],
    ["a basic password", (token) => ({ authorization: `Basic ${btoa(`user:${token}`)}` })],
    ["another token", () => ({ authorization: `Bearer lateen_${"A".repeat(43)}` })],
    [
      "a token with one letter changed",
      (token) => ({ authorization: `Bearer ${token.slice(0, -2)}${token.endsWith("AA") ? "BB" : "AA"}` }),
    ],
    ["the hash itself", () => ({ authorization: `Bearer ${"0".repeat(64)}` })],
    ["two tokens", (token) => ({ authorization: `Bearer ${token} ${token}` })],
    [
      "headers of a proxy",
      () => ({ "x-remote-user": "system:admin", "x-remote-group": "system:masters", "impersonate-user": "admin" }),
    ],
  ];
  for (const [name, headers] of refused) {
    it(`${name} is 401 with a Status`, async () => {
      const harness = createHubHarness();
      const token = await harness.token(["admin"]);
      const answer = await harness.call(undefined, "GET", `${apps}?access_token=${token}&token=${token}`, undefined, {
        headers: headers(token),
      });
      assert.equal(answer.status, 401);
      assert.equal(at(answer.body, "reason"), "Unauthorized");
      assert.equal(answer.headers.get("www-authenticate"), "Bearer");
    });
  }

  it("end by expiry and by revocation", async () => {
    const harness = createHubHarness();
    const { token } = await harness.hub.tokens.create({ scopes: ["admin"], lifeMs: 1000 });
    assert.equal((await harness.call(token, "GET", apps)).status, 200);
    harness.now += 1001;
    assert.equal((await harness.call(token, "GET", apps)).status, 401);
    const other = await harness.hub.tokens.create({ scopes: ["admin"], description: "ci" });
    assert.equal(await harness.hub.tokens.revoke(other.record.id), true);
    assert.equal(await harness.hub.tokens.revoke("nobody"), false);
    assert.equal((await harness.call(other.token, "GET", apps)).status, 401);
    assert.deepEqual(
      (await harness.hub.tokens.list()).map((record) => record.revoked).toSorted((a, b) => Number(a) - Number(b)),
      [false, true],
    );
  });

  it("live a year at most and know their scopes", async () => {
    const { hub } = createHubHarness();
    await assert.rejects(hub.tokens.create({ scopes: ["admin"], lifeMs: 366 * 86_400_000 }), /at most 365 days/);
    await assert.rejects(hub.tokens.create({ scopes: [] }), /at least one scope/);
    await assert.rejects(
      hub.tokens.create({ scopes: ["apps:everything" as Scope] }),
      /unknown scope "apps:everything"/,
    );
  });

  it("impersonation is ignored: the token decides", async () => {
    const harness = createHubHarness();
    const token = await harness.token(["apps:read"]);
    const answer = await harness.call(token, "POST", apps, app("a"), {
      headers: { "impersonate-user": "admin", "impersonate-group": "system:masters" },
    });
    assert.equal(answer.status, 403);
  });

  it("may make 500 requests at once and 50 a second after that", async () => {
    const harness = createHubHarness();
    const token = await harness.token(["apps:read"]);
    for (let index = 0; index < 500; index++)
      await harness.hub.handle(
        new Request("http://hub.test/version", { headers: { authorization: `Bearer ${token}` } }),
      );
    const refusedAnswer = await harness.call(token, "GET", apps);
    assert.equal(refusedAnswer.status, 429);
    assert.equal(refusedAnswer.headers.get("retry-after"), "1");
    harness.now += 1000;
    assert.equal((await harness.call(token, "GET", apps)).status, 200);
  });

  it("may have 20 open watches", async () => {
    const harness = createHubHarness();
    const token = await harness.token(["apps:read"]);
    const open = (): Promise<Response> =>
      harness.hub.handle(
        new Request(`http://hub.test${apps}?watch=1`, { headers: { authorization: `Bearer ${token}` } }),
      );
    const watches = await Promise.all(Array.from({ length: 20 }, open));
    assert.ok(watches.every((watch) => watch.status === 200));
    assert.equal((await open()).status, 429);
    await watches[0]?.body?.cancel();
    const again = await open();
    assert.equal(again.status, 200);
    for (const watch of [again, ...watches.slice(1)]) await watch.body?.cancel();
  });
});

type Row = readonly [method: string, path: string, needed: readonly Scope[] | "any"];
const rbac = "/apis/rbac.authorization.k8s.io/v1";
const read: readonly Scope[] = ["apps:read", "apps:write", "admin"];
const write: readonly Scope[] = ["apps:write", "admin"];
const rowsOf = (path: string, readers: readonly Scope[], writers: readonly Scope[]): Row[] => [
  ["GET", path, readers],
  ["GET", `${path}?watch=1&timeoutSeconds=1`, readers],
  ["GET", `${path}/x`, readers],
  ["POST", path, writers],
  ["PUT", `${path}/x`, writers],
  ["PATCH", `${path}/x`, writers],
  ["DELETE", `${path}/x`, writers],
  ["DELETE", path, writers],
];
const routes: readonly Row[] = [
  ["GET", "/api", "any"],
  ["GET", "/apis", "any"],
  ["GET", "/version", "any"],
  ["GET", "/openapi/v3", "any"],
  ["POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", "any"],
  ...[apps, "/api/v1/namespaces/ns/configmaps"].flatMap((path) => rowsOf(path, read, write)),
  ...[
    "/api/v1/namespaces/ns/serviceaccounts",
    `${rbac}/namespaces/ns/roles`,
    `${rbac}/namespaces/ns/rolebindings`,
    `${rbac}/clusterroles`,
  ].flatMap((path) => rowsOf(path, [...read, "identities:write"], [...write, "identities:write"])),
  ["GET", `${apps}/x/status`, read],
  ["PUT", `${apps}/x/status`, ["admin"]],
  ["PATCH", `${apps}/x/status`, ["admin"]],
  ["GET", secrets, ["secrets:read", "secrets:write", "admin"]],
  ["GET", `${secrets}/x`, ["secrets:read", "secrets:write", "admin"]],
  ["POST", secrets, ["secrets:write", "admin"]],
  ["PUT", `${secrets}/x`, ["secrets:write", "admin"]],
  ["PATCH", `${secrets}/x`, ["secrets:write", "admin"]],
  ["DELETE", `${secrets}/x`, ["secrets:write", "admin"]],
  ["GET", "/api/v1/namespaces", read],
  ["DELETE", "/api/v1/namespaces/ns", write],
  ["GET", "/api/v1/namespaces/ns/pods", ["admin"]],
  ["GET", "/apis/lateen.dev/v1/tokens", ["admin"]],
  ["POST", "/api/v1/namespaces/ns/serviceaccounts/x/token", ["admin"]],
];

describe("B115 T21 scopes", () => {
  for (const [method, path, needed] of routes) {
    it(`${method} ${path}`, async () => {
      for (const scope of scopes) {
        const harness = createHubHarness();
        const token = await harness.token([scope]);
        const allowed = needed === "any" || needed.includes(scope);
        for (const exists of [false, true]) {
          if (exists) {
            const admin = await harness.token(["admin"]);
            await harness.call(admin, "POST", apps, app("x"));
            await harness.call(admin, "POST", secrets, secret("x", { a: "b" }));
          }
          const response = await harness.hub.handle(
            new Request(`http://hub.test${path}`, {
              method,
              headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
              ...(method !== "GET" && { body: "{}" }),
            }),
          );
          await response.body?.cancel();
          assert.equal(response.status !== 403, allowed, `${scope}: ${response.status}`);
          assert.notEqual(response.status, 401);
        }
      }
    });
  }

  it("B122 T21: a refusal says the same whether or not the name exists", async () => {
    const harness = createHubHarness();
    const admin = await harness.token(["admin"]);
    await harness.call(admin, "POST", secrets, secret("there", { a: "b" }));
    const reader = await harness.token(["apps:read"]);
    const there = await harness.call(reader, "GET", `${secrets}/there`);
    const missing = await harness.call(reader, "GET", `${secrets}/gone`);
    assert.equal(there.status, 403);
    assert.equal(there.text.replaceAll("there", "gone"), missing.text);
  });

  it("are limited to the token's namespaces", async () => {
    const harness = createHubHarness();
    const token = await harness.token(["admin"], ["ns"]);
    const statuses: readonly (readonly [string, string, number])[] = [
      ["GET", apps, 200],
      ["GET", apps.replace("/ns/", "/other/"), 403],
      ["GET", "/apis/kappctrl.k14s.io/v1alpha1/apps", 403],
      ["GET", "/api/v1/namespaces", 403],
      ["GET", "/api/v1/namespaces/other", 403],
      ["GET", "/api/v1/namespaces/ns", 404],
      ["GET", `${rbac}/clusterroles`, 403],
    ];
    for (const [method, path, status] of statuses)
      assert.equal((await harness.call(token, method, path)).status, status, path);
  });

  it("are what kubectl auth can-i answers", async () => {
    const harness = createHubHarness();
    const token = await harness.token(["apps:write"]);
    const review = (resource: string, verb: string) =>
      harness.call(token, "POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", {
        apiVersion: "authorization.k8s.io/v1",
        kind: "SelfSubjectAccessReview",
        spec: {
          resourceAttributes: { namespace: "ns", verb, group: resource === "apps" ? "kappctrl.k14s.io" : "", resource },
        },
      });
    assert.equal(at((await review("apps", "create")).body, "status", "allowed"), true);
    assert.equal(at((await review("secrets", "get")).body, "status", "allowed"), false);
    const rules = await harness.call(token, "POST", "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews", {
      spec: { namespace: "ns" },
    });
    assert.deepEqual(at(rules.body, "status", "resourceRules", 0, "resources"), ["apps"]);
  });
});

it("a kubeconfig holds server, authority and token", () => {
  const text = kubeconfigFor({
    server: "https://hub.example:8443/hub",
    token: "lateen_x",
    ca: "PEM",
    namespace: "build",
  });
  const [document] = parseYamlStream(text, { file: "kubeconfig" }).documents;
  assert.deepEqual(at(document?.value, "clusters", 0, "cluster"), {
    server: "https://hub.example:8443/hub",
    "certificate-authority-data": Buffer.from("PEM").toString("base64"),
  });
  assert.deepEqual(at(document?.value, "users", 0, "user"), { token: "lateen_x" });
  assert.equal(at(document?.value, "contexts", 0, "context", "namespace"), "build");
});

describe("identities and permissions", () => {
  const role = { apiVersion: "rbac.authorization.k8s.io/v1", kind: "Role", metadata: { name: "r" }, rules: [] };

  it("are kept, with a hint that they grant nothing here", async () => {
    const harness = createHubHarness();
    const answer = await harness.call(await harness.token(["apps:write"]), "POST", `${rbac}/namespaces/ns/roles`, role);
    assert.equal(answer.status, 201);
    assert.match(answer.headers.get("warning") ?? "", /Role \\"r\\" is stored in the hub and grants nothing/);
  });

  it("go to the home cluster for administrators, where the operator wants that, without the hub's token", async () => {
    const seen: { readonly line: string; readonly authorization: string | null; readonly body: string }[] = [];
    const harness = createHubHarness({
      basePath: "/hub",
      forward: async (request) => {
        seen.push({
          line: `${request.method} ${new URL(request.url).pathname}${new URL(request.url).search}`,
          authorization: request.headers.get("authorization"),
          body: await request.text(),
        });
        return new Response("{}", { status: 201, headers: { "content-type": "application/json" } });
      },
    });
    const path = `/hub${rbac}/namespaces/ns/roles`;
    const answer = await harness.call(await harness.token(["admin"]), "POST", `${path}?fieldManager=x`, role, {
      headers: { "impersonate-user": "root" },
    });
    assert.equal(answer.status, 201);
    assert.deepEqual(seen, [
      { line: `POST ${rbac}/namespaces/ns/roles?fieldManager=x`, authorization: null, body: JSON.stringify(role) },
    ]);
    const writer = await harness.token(["apps:write"]);
    const refusedAnswer = await harness.call(writer, "POST", path, role);
    assert.equal(refusedAnswer.status, 403);
    assert.match(message(refusedAnswer), /needs a token with the scope admin/);
    assert.equal((await harness.call(undefined, "POST", path, role)).status, 401);
    const token = await harness.call(
      await harness.token(["admin"]),
      "POST",
      "/hub/api/v1/namespaces/ns/serviceaccounts/x/token",
      {},
    );
    assert.equal(token.status, 403);
    assert.equal(seen.length, 1);
    assert.equal(
      (await harness.call(await harness.token(["admin"]), "POST", `/hub${apps}`, app("a"))).status,
      201,
      "the rest stays here",
    );
  });
});
