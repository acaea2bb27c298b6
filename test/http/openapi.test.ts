import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import type { ProgressLine } from "../../src/http/index.ts";
import { bearer, everything, startByHand } from "./by-hand-door.ts";

type JsonSchema = Parameters<typeof z.fromJSONSchema>[0];
interface Answer {
  readonly content: Readonly<Record<string, { readonly schema: object }>>;
}
interface Operation {
  readonly operationId: string;
  readonly parameters: readonly { readonly name: string; readonly in: string; readonly required: boolean }[];
  readonly responses: Readonly<Record<string, Answer>>;
}
interface Document {
  readonly openapi: string;
  readonly info: { readonly version: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
}

const { app } = startByHand({ root: everything, blind: { scopes: [], namespaces: "*" } });
const document = (await (await app.request("/api/openapi.json")).json()) as Document;

/** A validator made from the served document alone, as a client's generator would. */
function validator(schema: object): z.ZodType {
  const text = JSON.stringify({ ...schema, $defs: document.components.schemas }).replaceAll(
    "#/components/schemas/",
    "#/$defs/",
  );
  return z.fromJSONSchema(JSON.parse(text) as JsonSchema);
}

test("the document names its version, and every reference in it leads somewhere", () => {
  assert.equal(document.openapi, "3.1.0");
  assert.equal(document.info.version, "1.2.3");
  const references = JSON.stringify(document).match(/"#\/[^"]*"/g) ?? [];
  assert.ok(references.length > 0);
  for (const reference of references) {
    const [, , , name = ""] = (JSON.parse(reference) as string).split("/");
    assert.ok(Object.hasOwn(document.components.schemas, name), reference);
  }
});

test("every operation has an id of its own and all its path parameters", () => {
  const ids = new Set<string>();
  for (const [path, operations] of Object.entries(document.paths)) {
    for (const { operationId, parameters } of Object.values(operations)) {
      assert.ok(!ids.has(operationId), operationId);
      ids.add(operationId);
      const inPath = parameters.filter((parameter) => parameter.in === "path");
      assert.deepEqual(
        inPath.map(({ name }) => `{${name}}`),
        path.match(/\{\w+\}/g) ?? [],
      );
      assert.ok(inPath.every(({ required }) => required));
      assert.ok(parameters.filter((parameter) => parameter.in === "query").every(({ required }) => !required));
    }
  }
});

const requests: readonly {
  readonly method: string;
  readonly path: string;
  readonly token?: string;
  readonly want: number;
}[] = [
  { method: "GET", path: "/api/apps", want: 200 },
  { method: "GET", path: "/api/apps", token: "blind", want: 403 },
  { method: "GET", path: "/api/apps", token: "unknown", want: 401 },
  { method: "GET", path: "/api/apps?x=1", want: 400 },
  { method: "GET", path: "/api/apps/team-a/contour", want: 200 },
  { method: "GET", path: "/api/apps/team-a/nope", want: 404 },
  { method: "GET", path: "/api/apps/team-a/contour/plan", want: 200 },
  { method: "GET", path: "/api/apps/team-a/contour/runs/01JD7", want: 200 },
  { method: "GET", path: "/api/apps/team-a/contour/runs/nope", want: 404 },
  { method: "POST", path: "/api/apps/team-a/contour/reconcile", want: 200 },
  { method: "POST", path: "/api/apps/team-a/contour/reconcile?wait=false", want: 202 },
  { method: "POST", path: "/api/apps/team-a/contour/reconcile?ref=develop", want: 422 },
  { method: "POST", path: "/api/sync?ref=main", want: 202 },
  { method: "GET", path: "/api/openapi.json", want: 200 },
];

for (const { method, path, token = "root", want } of requests) {
  test(`${method} ${path} as ${token} answers ${want} as described`, async () => {
    const response = await app.request(path, { method, ...bearer(token) });
    assert.equal(response.status, want);
    const described = operationOf(method, path).responses[want];
    const type = response.headers.get("content-type")?.split(";")[0] ?? "";
    const schema = described?.content[type]?.schema;
    assert.ok(schema !== undefined, `${want} ${type} is not described`);
    const text = await response.text();
    const values = type === "application/x-ndjson" ? text.trimEnd().split("\n") : [text];
    for (const value of values) validator(schema).parse(JSON.parse(value));
  });
}

test("every operation was answered well at least once", () => {
  const tried = new Set(
    requests.filter(({ want }) => want < 300).map(({ method, path }) => operationOf(method, path).operationId),
  );
  const described = Object.values(document.paths).flatMap((operations) => Object.values(operations));
  assert.deepEqual(new Set(described.map(({ operationId }) => operationId)), tried);
});

test("the description tells right from wrong", () => {
  const line = validator(document.components.schemas["ProgressLine"] ?? {});
  const good: ProgressLine = { type: "note", at: 1, text: "x" };
  assert.ok(line.safeParse(good).success);
  assert.ok(!line.safeParse({ type: "note", at: "now", text: "x" }).success);
  assert.ok(!line.safeParse({ type: "unheard of", at: 1 }).success);
});

function operationOf(method: string, path: string): Operation {
  const plain = path.split("?")[0] ?? "";
  const found = Object.entries(document.paths).find(([template]) =>
    new RegExp(`^${template.replace(/\{\w+\}/g, "[^/]+")}$`).test(plain),
  );
  const operation = found?.[1][method.toLowerCase()];
  assert.ok(operation !== undefined, `${method} ${path} is not described`);
  return operation;
}
