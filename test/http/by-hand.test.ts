import assert from "node:assert/strict";
import { test } from "node:test";
import { createRedactor } from "../../src/base/index.ts";
import { bearer, events, everything, run, startByHand, view } from "./by-hand-door.ts";

const tokens = {
  root: everything,
  reader: { scopes: ["apps:read"], namespaces: ["team-a"] },
  writer: { scopes: ["apps:write"], namespaces: ["team-a"] },
} as const;

test("Apps are listed, those of the token's namespaces only", async () => {
  const { app } = startByHand(tokens);
  const namespaces = async (path: string, token: string): Promise<readonly string[]> => {
    const { apps } = (await (await app.request(path, bearer(token))).json()) as { apps: { namespace: string }[] };
    return apps.map(({ namespace }) => namespace);
  };
  assert.deepEqual(await namespaces("/api/apps", "root"), ["team-a", "team-b"]);
  assert.deepEqual(await namespaces("/api/apps?namespace=team-b", "root"), ["team-b"]);
  assert.deepEqual(await namespaces("/api/apps", "reader"), ["team-a"]);
});

test("one App is shown with its status, integers exact", async () => {
  const { app } = startByHand(tokens);
  const text = await (await app.request("/api/apps/team-a/contour", bearer("reader"))).text();
  assert.match(text, /"observedGeneration":9007199254740993/);
  assert.equal((JSON.parse(text) as typeof view).runs[0]?.runId, run.runId);
});

test("a run is shown with its events; an unknown one is a problem", async () => {
  const { app } = startByHand(tokens);
  assert.deepEqual(await (await app.request("/api/apps/team-a/contour/runs/01JD7", bearer("reader"))).json(), run);
  const missing = await app.request("/api/apps/team-a/contour/runs/nope", bearer("reader"));
  assert.equal(missing.status, 404);
  assert.equal(missing.headers.get("content-type"), "application/problem+json");
  assert.deepEqual(await missing.json(), {
    type: "about:blank",
    title: "Not Found",
    status: 404,
    code: "RUN_NOT_FOUND",
    message: "App team-a/contour has no run nope",
    hint: "runs are kept for 30 days",
  });
});

test("the plan comes as JSON, or as kapp's table for people", async () => {
  const { app } = startByHand(tokens);
  const json = await app.request("/api/apps/team-a/contour/plan", bearer("reader"));
  assert.deepEqual(Object.keys((await json.json()) as object), ["cluster", "text", "changes"]);
  const text = await app.request("/api/apps/team-a/contour/plan", bearer("reader", { accept: "text/plain" }));
  assert.equal(await text.text(), "Changes\n");
});

test("a plan that cannot be made says at which stage and why", async () => {
  const { app } = startByHand(tokens, {
    planApp: () =>
      Promise.resolve({ error: "Templating dir: …", stage: "template", usefulErrorMessage: "a.yml:3: bad" }),
  });
  const response = await app.request("/api/apps/team-a/contour/plan", bearer("reader"));
  assert.equal(response.status, 422);
  const { code, message, hint } = (await response.json()) as Record<string, string>;
  assert.deepEqual([code, message, hint], ["PLAN_FAILED", "template: Templating dir: …", "a.yml:3: bad"]);
});

test("T14: a plan passes the redactor", async () => {
  const redactor = createRedactor();
  redactor.add("hunter2");
  const { app } = startByHand(tokens, {
    redactor,
    planApp: () => Promise.resolve({ cluster: "https://u:p4ss@prod", text: "hunter2", changes: [] }),
  });
  const text = await (await app.request("/api/apps/team-a/contour/plan", bearer("reader"))).text();
  assert.doesNotMatch(text, /hunter2|p4ss/);
});

test("a plan that takes too long is given up, and told so", async () => {
  let aborted = false;
  const { app } = startByHand(tokens, {
    maxWaitMs: 30,
    planApp: (_namespace, _name, { signal }) =>
      new Promise(() => {
        signal.addEventListener("abort", () => {
          aborted = true;
        });
      }),
  });
  assert.equal((await app.request("/api/apps/team-a/contour/plan", bearer("reader"))).status, 504);
  assert.ok(aborted);
});

const reconcile = "/api/apps/team-a/contour/reconcile";

test("a reconcile streams one JSON object per line, accepted first", async () => {
  const { app } = startByHand(tokens);
  const response = await app.request(reconcile, { method: "POST", ...bearer("writer") });
  assert.equal(response.headers.get("content-type"), "application/x-ndjson");
  const lines = (await response.text()).split("\n");
  assert.equal(lines.pop(), "");
  const [accepted, ...rest] = lines.map((line) => JSON.parse(line) as { type: string; app?: string; wanted?: number });
  assert.deepEqual([accepted?.type, accepted?.app, accepted?.wanted], ["accepted", "team-a/contour", 7]);
  assert.deepEqual(rest, events);
});

test("B125: lines for people show times, details and no control characters", async () => {
  const { app } = startByHand(tokens);
  const headers = { accept: "text/plain" };
  const response = await app.request(reconcile, { method: "POST", ...bearer("writer", headers) });
  const text = (await response.text()).split("\n").slice(1).join("\n");
  assert.equal(
    text,
    `09:40:03.120  started    team-a/contour, push, run 01JD7
09:40:03.160  fetched    1 file, 12345 bytes in 3 requests, 40 ms
                         https://github.com/Contoso/delivery-config origin/main 9b2d7e31c05f /packages/contour contour: 1.17.1 -> 1.17.2
                         the server has no filters: a plain depth-1 fetch
09:40:03.163  templated  2 documents, 3 ms
09:40:03.180  planned    1 update, 1 noop on https://prod.example:6443, 20 ms
                         update configmap/cfg (v1) namespace: web
09:40:03.190  drifted    changed deployment/x (apps/v1) namespace: web
                           /spec/replicas: 2 → 5, by kubectl (Update scale) at 2025-11-21T09:39:58Z
                         missing service/x (v1) namespace: web
09:40:03.200  applied    update configmap/cfg (v1) namespace: web
09:40:03.210  waited     ongoing: deployment/x (apps/v1) namespace: web
                         1 of 2 ready
09:40:03.215  note       Warning: \\u001b[31mred\\u001b[0m
                         second line
09:40:03.232  finished   succeeded: Reconcile succeeded (112 ms)
`,
  );
});

test("wait=false answers at once", async () => {
  const { app, called } = startByHand(tokens);
  const response = await app.request(`${reconcile}?wait=false`, { method: "POST", ...bearer("writer") });
  assert.equal(response.status, 202);
  const { type, app: name, wanted } = (await response.json()) as Record<string, unknown>;
  assert.deepEqual([type, name, wanted], ["accepted", "team-a/contour", 7]);
  assert.deepEqual(called, ["requestReconcile"]);
});

test("?approve= goes with the run, and is no other word than a digest", async () => {
  const { app, called } = startByHand(tokens);
  const ask = (approve: string) =>
    app.request(`${reconcile}?wait=false&approve=${approve}`, { method: "POST", ...bearer("writer") });
  assert.equal((await ask("0123456789abcdef")).status, 202);
  assert.deepEqual(called, ["requestReconcile 0123456789abcdef"]);
  for (const approve of ["", "all", "0123456789ABCDEF", "0123456789abcdef0"])
    assert.equal((await ask(approve)).status, 400, approve);
  assert.equal(called.length, 1);
});

for (const ref of ["main", "origin/main", "refs/heads/main"]) {
  test(`?ref=${ref} runs an App that follows origin/main`, async () => {
    const { app, called } = startByHand(tokens);
    await app.request(`${reconcile}?wait=false&ref=${encodeURIComponent(ref)}`, {
      method: "POST",
      ...bearer("writer"),
    });
    assert.deepEqual(called, ["getApp", "requestReconcile"]);
  });
}

for (const ref of ["develop", "refs/heads/develop", "9b2d7e31c05f48a6bd1e2c3f4a5b6c7d8e9f0a1b"]) {
  test(`?ref=${ref} is refused: the App does not follow it, nothing is run`, async () => {
    const { app, called } = startByHand(tokens);
    const response = await app.request(`${reconcile}?ref=${ref}`, { method: "POST", ...bearer("writer") });
    assert.equal(response.status, 422);
    const { code, message } = (await response.json()) as Record<string, string>;
    assert.deepEqual([code, message], ["REF_NOT_FOLLOWED", `App team-a/contour follows origin/main, not ${ref}`]);
    assert.deepEqual(called, ["getApp"]);
  });
}

test("an App that is not there is 404 where the token may look", async () => {
  const { app } = startByHand(tokens);
  for (const [method, path] of [
    ["GET", "/api/apps/team-a/nope"],
    ["GET", "/api/apps/team-a/nope/plan"],
    ["POST", "/api/apps/team-a/nope/reconcile"],
    ["POST", "/api/apps/team-a/nope/reconcile?ref=main"],
  ] as const) {
    const response = await app.request(path, { method, ...bearer("root") });
    assert.equal(response.status, 404, path);
    assert.equal(((await response.json()) as { code: string }).code, "APP_NOT_FOUND");
  }
});

test("a sync passes the full ref on and names the Apps that the token may see", async () => {
  const { app, called } = startByHand(tokens);
  const all = await app.request("/api/sync?repo=git@github.com:a/b&ref=main", { method: "POST", ...bearer("root") });
  assert.equal(all.status, 202);
  assert.deepEqual(await all.json(), { sources: 2, apps: ["team-a/contour", "team-b/contour"] });
  const some = await app.request("/api/sync", { method: "POST", ...bearer("writer") });
  assert.deepEqual(await some.json(), { apps: ["team-a/contour"] });
  assert.deepEqual(called, ["requestSync git@github.com:a/b refs/heads/main", "requestSync undefined undefined"]);
});

const invalid: readonly { readonly method?: string; readonly path: string; readonly says: RegExp }[] = [
  { path: "/api/apps?namspace=team-a", says: /^query: Unrecognized key: "namspace"$/ },
  { path: "/api/apps?namespace=Team", says: /^query: namespace: must be a namespace's name$/ },
  { path: "/api/apps?namespace=a&namespace=b", says: /^query: namespace: / },
  { path: "/api/apps?__proto__=x", says: /^query: Unrecognized key: "__proto__"$/ },
  { path: "/api/apps/team-a/..%2Fx", says: /^path: name: must be an App's name$/ },
  { path: "/api/apps/team-a/%00", says: /^path: name: must be an App's name$/ },
  { path: "/api/apps/team-a/%ff%ff", says: /^path: name: must be an App's name$/ },
  { path: "/api/apps/team-a/x/runs/a%2Fb", says: /^path: id: must be a run's id$/ },
  { method: "POST", path: `${reconcile}?wait=maybe`, says: /^query: wait: must be true, false or seconds up to 900$/ },
  { method: "POST", path: `${reconcile}?wait=0`, says: /^query: wait: must be true, false or seconds up to 900$/ },
  { method: "POST", path: `${reconcile}?wait=901`, says: /^query: wait: must not be above 900 seconds$/ },
  { method: "POST", path: `${reconcile}?ref=`, says: /^query: ref: / },
];
for (const { method = "GET", path, says } of invalid) {
  test(`an invalid request is refused by name: ${method} ${path}`, async () => {
    const { app, called } = startByHand(tokens);
    const response = await app.request(path, { method, ...bearer("root") });
    assert.equal(response.status, 400);
    const { code, message } = (await response.json()) as Record<string, string>;
    assert.equal(code, "INVALID_REQUEST");
    assert.match(message ?? "", says);
    assert.deepEqual(called, []);
  });
}

test("a wrong method names the right one", async () => {
  const { app } = startByHand(tokens);
  const response = await app.request("/api/sync", bearer("root"));
  assert.equal(response.status, 405);
  assert.equal(response.headers.get("allow"), "POST");
});

test("F9: an action that throws is a 500 without details", async () => {
  for (const thrown of [new Error("password=hunter2"), "hunter2", undefined]) {
    // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- what is no Error must be caught as well
    const { app } = startByHand(tokens, { getApp: () => Promise.reject(thrown) });
    const response = await app.request("/api/apps/team-a/contour", bearer("root"));
    assert.equal(response.status, 500);
    const { hint = "", code } = (await response.json()) as Record<string, string>;
    assert.equal(code, "INTERNAL");
    assert.doesNotMatch(hint, /hunter2/);
    assert.ok(hint.includes(response.headers.get("x-request-id") ?? "none"));
  }
});
