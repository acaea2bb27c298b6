import assert from "node:assert/strict";
import { test } from "node:test";
import type { Caller } from "../../src/http/index.ts";
import type { Scope } from "../../src/hub/index.ts";
import { bearer, startByHand } from "./by-hand-door.ts";

/** T21: the matrix of routes and scopes is made from the router; what a route needs stands in the served description. */

const scopes: readonly Scope[] = ["apps:read", "apps:write", "secrets:read", "secrets:write", "admin"];
const tokens: Record<string, Caller> = { none: { scopes: [], namespaces: "*" } };
for (const scope of scopes) {
  tokens[scope] = { scopes: [scope], namespaces: "*" };
  tokens[`${scope} in team-b`] = { scopes: [scope], namespaces: ["team-b"] };
}

interface Operation {
  readonly "x-lateen-scope"?: Scope;
  readonly security?: readonly unknown[];
}

const { app } = startByHand(tokens);
const document = (await (await app.request("/api/openapi.json")).json()) as {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
};
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
);

test("every route of the router is described, and nothing else", () => {
  const served = app.routes
    .filter(({ method, path }) => method !== "ALL" && path !== "/*")
    .map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, "{$1}")}`);
  const described = operations.map(({ method, path }) => `${method} ${path}`);
  assert.deepEqual(new Set(described), new Set(served));
  assert.ok(described.length >= 7);
});

for (const { path, method, operation } of operations) {
  const needed = operation["x-lateen-scope"];
  const concrete = path.replace("{namespace}", "team-a").replace("{name}", "contour").replace("{id}", "01JD7");
  const statusOf = async (token: string | undefined, aPath = concrete): Promise<number> => {
    const { app: fresh, called } = startByHand(tokens);
    const response = await fresh.request(aPath, { method, ...(token === undefined ? {} : bearer(token)) });
    await response.text();
    if ([400, 401, 403].includes(response.status)) assert.deepEqual(called, [], "refused after a look-up");
    return response.status;
  };

  if (needed === undefined) {
    test(`${method} ${path} is open to everybody`, async () => {
      assert.deepEqual(operation.security, []);
      assert.equal(await statusOf(undefined), 200);
    });
    continue;
  }

  test(`T21 B115: ${method} ${path} needs ${needed}`, async () => {
    assert.equal(await statusOf(undefined), 401);
    assert.equal(await statusOf("unknown"), 401);
    assert.equal(await statusOf(undefined, `${concrete}?access_token=admin`), 401);
    for (const token of ["none", ...scopes]) {
      const status = await statusOf(token);
      if (token === needed || token === "admin") assert.ok(status === 200 || status === 202, `${token}: ${status}`);
      else assert.equal(status, 403, token);
    }
  });

  if (!path.includes("{namespace}")) continue;

  test(`T21: ${method} ${path} of another namespace is refused alike, whether the App is there or not`, async () => {
    for (const scope of scopes) {
      const bodies = await Promise.all(
        [concrete, concrete.replace("contour", "nope")].map(async (aPath) => {
          const response = await startByHand(tokens).app.request(aPath, { method, ...bearer(`${scope} in team-b`) });
          assert.equal(response.status, 403, scope);
          return response.text();
        }),
      );
      assert.equal(bodies[0], bodies[1]);
      assert.equal(await statusOf(`${scope} in team-b`), 403);
    }
  });
}
