import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { at, configMap, configMaps, createHarness, message, widget, widgets } from "./harness.ts";

describe("creating", () => {
  it("B120: gives identity, time and generation, and drops what only the server sets", async () => {
    const { call } = createHarness();
    const created = await call("POST", widgets, {
      body: widget(
        "a",
        { size: 2 },
        { metadata: { uid: "mine", generation: 7, creationTimestamp: "1999-01-01T00:00:00Z", resourceVersion: "" } },
      ),
    });
    assert.equal(created.status, 201);
    assert.match(String(at(created.body, "metadata", "uid")), /^[0-9a-f]{8}-[0-9a-f]{4}-4/);
    assert.equal(at(created.body, "metadata", "generation"), 1);
    assert.equal(at(created.body, "metadata", "creationTimestamp"), "2026-01-01T00:00:00Z");
    assert.equal(at(created.body, "metadata", "namespace"), "ns");
    assert.equal(at(created.body, "spec", "colour"), "red", "the default came");
    assert.deepEqual((await call("GET", `${widgets}/a`)).body, created.body);
  });

  it("takes YAML", async () => {
    const { call } = createHarness();
    const body = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: from-yaml\ndata: {key: 'yes'}\n";
    const created = await call("POST", configMaps, { body, type: "application/yaml" });
    assert.equal(created.status, 201);
    assert.deepEqual(at(created.body, "data"), { key: "yes" });
  });

  it("B123: makes up a name behind generateName", async () => {
    const { call } = createHarness();
    const body = { apiVersion: "v1", kind: "ConfigMap", metadata: { generateName: "run-" } };
    const names = await Promise.all(
      [1, 2, 3].map(async () => String(at((await call("POST", configMaps, { body })).body, "metadata", "name"))),
    );
    assert.equal(new Set(names).size, 3);
    for (const name of names) assert.match(name, /^run-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
  });

  it("B123: with dryRun writes nothing and answers what would be", async () => {
    const { call } = createHarness();
    const answer = await call("POST", `${configMaps}?dryRun=All`, { body: configMap("a") });
    assert.equal(answer.status, 201);
    assert.equal((await call("GET", `${configMaps}/a`)).status, 404);
  });

  it("twice is a conflict, worded as everywhere", async () => {
    const { call } = createHarness();
    await call("POST", widgets, { body: widget("a") });
    const again = await call("POST", widgets, { body: widget("a") });
    assert.deepEqual(again.body, {
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Failure",
      message: 'widgets.example.dev "a" already exists',
      reason: "AlreadyExists",
      details: { name: "a", group: "example.dev", kind: "widgets" },
      code: 409,
    });
  });
});

const refused: readonly {
  readonly name: string;
  readonly path?: string;
  readonly body: unknown;
  readonly type?: string;
  readonly status: number;
  readonly says: RegExp;
}[] = [
  { name: "no object", body: "[]", status: 400, says: /a ConfigMap was expected/ },
  { name: "an empty body", body: "", status: 400, says: /empty/ },
  {
    name: "broken JSON, without quoting it",
    body: '{"data":{"password":"hunter2"',
    status: 400,
    says: /^(?!.*hunter2).*json parse error/,
  },
  {
    name: "another kind",
    body: { apiVersion: "v1", kind: "Secret", metadata: { name: "a" } },
    status: 400,
    says: /kind in the data \(Secret\)/,
  },
  {
    name: "another version",
    body: { apiVersion: "v2", kind: "ConfigMap", metadata: { name: "a" } },
    status: 400,
    says: /API version in the data \(v2\)/,
  },
  {
    name: "another namespace",
    body: configMap("a", {}, { namespace: "other" }),
    status: 400,
    says: /namespace of the provided object does not match/,
  },
  {
    name: "no name",
    body: { metadata: {} },
    status: 422,
    says: /metadata.name: Required value: name or generateName is required/,
  },
  {
    name: "B123 an upper-case name",
    body: configMap("Aa"),
    status: 422,
    says: /a lowercase RFC 1123 subdomain must consist of/,
  },
  { name: "a long name", body: configMap("a".repeat(254)), status: 422, says: /no more than 253 characters/ },
  {
    name: "an impossible namespace",
    path: "/api/v1/namespaces/A_B/configmaps",
    body: configMap("a"),
    status: 422,
    says: /RFC 1123 label/,
  },
  {
    name: "an impossible label",
    body: configMap("a", {}, { labels: { "a b": "c" } }),
    status: 422,
    says: /metadata.labels: Invalid value: "a b": name part a qualified name/,
  },
  {
    name: "a long label value",
    body: configMap("a", {}, { labels: { a: "v".repeat(64) } }),
    status: 422,
    says: /no more than 63 characters/,
  },
  {
    name: "too many annotations",
    body: configMap("a", {}, { annotations: { a: "x".repeat(262_145) } }),
    status: 422,
    says: /metadata.annotations: Too long: may not be more than 262144 bytes/,
  },
  {
    name: "a resourceVersion",
    body: configMap("a", {}, { resourceVersion: "5" }),
    status: 400,
    says: /resourceVersion should not be set/,
  },
  {
    name: "a wrong type, without the value",
    body: configMap("a", { k: { hidden: "s3cret" } }),
    status: 422,
    says: /^(?!.*s3cret).*data.k in body must be of type string: "object"/,
  },
  {
    name: "B116 L29 a body of more than 3 MiB",
    body: configMap("a", { k: "x".repeat(3 * 1024 * 1024) }),
    status: 413,
    says: /3145728 bytes/,
  },
  {
    name: "B106 an object of more than 1.5 MiB",
    body: configMap("a", { k: "x".repeat(1_600_000) }),
    status: 413,
    says: /ConfigMap a: .*1572864 bytes/,
  },
  {
    name: "B116 deep nesting",
    body: `{"metadata":${'{"a":'.repeat(150)}1${"}".repeat(150)}}`,
    status: 400,
    says: /nested deeper than 100/,
  },
  {
    name: "B116 a YAML alias bomb",
    body: `a: &a [x,x,x,x,x,x,x,x,x]\n${"bcdefgh"
      .split("")
      .map((key, index) => `${key}: &${key} [${`*${"abcdefgh"[index]},`.repeat(9).slice(0, -1)}]`)
      .join("\n")}\n`,
    type: "application/yaml",
    status: 400,
    says: /line \d+|unknown|nodes|alias/i,
  },
  {
    name: "two YAML documents",
    body: "kind: ConfigMap\n---\nkind: ConfigMap\n",
    type: "application/yaml",
    status: 400,
    says: /more than one YAML document/,
  },
  {
    name: "B116 another media type",
    body: "<a/>",
    type: "text/xml",
    status: 415,
    says: /accepted media types include: application\/json, application\/yaml/,
  },
  {
    name: "an unknown dryRun",
    path: `${configMaps}?dryRun=Some`,
    body: configMap("a"),
    status: 422,
    says: /dryRun: Unsupported value: "Some"/,
  },
  {
    name: "an unknown fieldValidation",
    path: `${configMaps}?fieldValidation=Odd`,
    body: configMap("a"),
    status: 422,
    says: /fieldValidation: Unsupported value/,
  },
  {
    name: "a missing required field",
    path: widgets,
    body: { ...(widget("a") as object), spec: {} },
    status: 422,
    says: /Widget.example.dev "a" is invalid: spec.size: Required value/,
  },
  {
    name: "a value below the minimum",
    path: widgets,
    body: widget("a", { size: 0 }),
    status: 422,
    says: /spec.size: Invalid value: 0: spec.size in body should be greater than or equal to 1/,
  },
  {
    name: "a value outside the enum",
    path: widgets,
    body: widget("a", { size: 1, colour: "green" }),
    status: 422,
    says: /spec.colour: Unsupported value: "green": supported values: "red", "blue"/,
  },
];

describe("a creation is refused for", () => {
  for (const { name, path = configMaps, body, type, status, says } of refused) {
    it(name, async () => {
      const { call, store } = createHarness();
      const text = typeof body === "string" ? body : JSON.stringify(body);
      const answer = await call("POST", path, { body: text, ...(type !== undefined && { type }) });
      assert.equal(answer.status, status, message(answer));
      assert.match(message(answer), says);
      assert.equal(at(answer.body, "kind"), "Status");
      assert.equal(await store.version(), 0, "nothing is written");
    });
  }
});

describe("B117 field validation", () => {
  const odd =
    '{"apiVersion":"example.dev/v1","kind":"Widget","metadata":{"name":"a","nick":"b"},"spec":{"size":1,"sise":2,"size":3}}';

  it("Strict refuses unknown and duplicate fields by name", async () => {
    const { call } = createHarness();
    const answer = await call("POST", `${widgets}?fieldValidation=Strict`, { body: odd });
    assert.equal(answer.status, 400);
    assert.equal(
      message(answer),
      'Widget in version "v1" cannot be handled as a Widget: strict decoding error: unknown field "metadata.nick", unknown field "spec.sise", duplicate field "spec.size"',
    );
  });

  it("Warn, the default, drops them and says so; the last duplicate wins", async () => {
    const { call } = createHarness();
    const answer = await call("POST", widgets, { body: odd });
    assert.equal(answer.status, 201);
    assert.deepEqual(at(answer.body, "spec"), { size: 3, colour: "red" });
    assert.equal(
      answer.headers.get("warning"),
      String.raw`299 - "unknown field \"metadata.nick\"", 299 - "unknown field \"spec.sise\"", 299 - "duplicate field \"spec.size\""`,
    );
  });

  it("Ignore drops them silently", async () => {
    const { call } = createHarness();
    const answer = await call("POST", `${widgets}?fieldValidation=Ignore`, { body: odd });
    assert.equal(answer.headers.get("warning"), null);
  });

  it("keeps what is below a free map", async () => {
    const { call } = createHarness();
    const answer = await call("POST", `${widgets}?fieldValidation=Strict`, {
      body: widget("a", { size: 1, free: { any: { thing: 1 } } }),
    });
    assert.deepEqual(at(answer.body, "spec", "free"), { any: { thing: 1 } });
  });
});

describe("replacing", () => {
  it("raises the generation only when the spec changes", async () => {
    const { call } = createHarness();
    const { body } = await call("POST", widgets, { body: widget("a") });
    const labelled = await call("PUT", `${widgets}/a`, {
      body: { ...(body as object), metadata: { ...(at(body, "metadata") as object), labels: { x: "y" } } },
    });
    assert.equal(at(labelled.body, "metadata", "generation"), 1);
    const resized = await call("PUT", `${widgets}/a`, { body: { ...(labelled.body as object), spec: { size: 5 } } });
    assert.equal(at(resized.body, "metadata", "generation"), 2);
  });

  it("with nothing new writes nothing", async () => {
    const { call } = createHarness();
    const { body } = await call("POST", widgets, { body: widget("a") });
    const same = await call("PUT", `${widgets}/a`, { body });
    assert.equal(at(same.body, "metadata", "resourceVersion"), at(body, "metadata", "resourceVersion"));
  });

  it("B120: cannot touch status, uid, generation or times", async () => {
    const { call } = createHarness();
    const { body } = await call("POST", widgets, { body: widget("a") });
    const answer = await call("PUT", `${widgets}/a`, {
      body: {
        ...(body as object),
        metadata: {
          ...(at(body, "metadata") as object),
          generation: 9,
          creationTimestamp: "1999-01-01T00:00:00Z",
          deletionTimestamp: "1999-01-01T00:00:00Z",
        },
        status: { phase: "faked" },
      },
    });
    assert.deepEqual(answer.body, body);
  });

  it("B118: needs the newest resourceVersion", async () => {
    const { call } = createHarness();
    const { body } = await call("POST", widgets, { body: widget("a") });
    await call("PUT", `${widgets}/a`, { body: { ...(body as object), spec: { size: 2 } } });
    const stale = await call("PUT", `${widgets}/a`, { body: { ...(body as object), spec: { size: 3 } } });
    assert.equal(stale.status, 409);
    assert.equal(
      message(stale),
      'Operation cannot be fulfilled on widgets.example.dev "a": the object has been modified; please apply your changes to the latest version and try again',
    );
    assert.equal(at(stale.body, "reason"), "Conflict");
  });

  it("B118: of a custom object needs a resourceVersion, of a built-in one does not", async () => {
    const { call } = createHarness();
    await call("POST", widgets, { body: widget("a") });
    await call("POST", configMaps, { body: configMap("a") });
    const custom = await call("PUT", `${widgets}/a`, { body: widget("a", { size: 4 }) });
    assert.equal(custom.status, 422);
    assert.match(message(custom), /metadata.resourceVersion: Invalid value: 0: must be specified for an update/);
    assert.equal((await call("PUT", `${configMaps}/a`, { body: configMap("a", { a: "2" }) })).status, 200);
  });

  it("B118: refuses another object: name, uid", async () => {
    const { call } = createHarness();
    await call("POST", configMaps, { body: configMap("a") });
    const name = await call("PUT", `${configMaps}/a`, { body: configMap("b") });
    assert.equal(name.status, 400);
    assert.equal(message(name), "the name of the object (b) does not match the name on the URL (a)");
    const uid = await call("PUT", `${configMaps}/a`, { body: configMap("a", {}, { uid: "other" }) });
    assert.equal(uid.status, 409);
    assert.equal((await call("PUT", `${configMaps}/missing`, { body: configMap("missing") })).status, 404);
  });

  it("of the status changes nothing else", async () => {
    const { call } = createHarness();
    const { body } = await call("POST", widgets, { body: widget("a") });
    const answer = await call("PUT", `${widgets}/a/status`, {
      body: { ...(body as object), spec: { size: 99 }, status: { phase: "Done", odd: 1 } },
    });
    assert.equal(answer.status, 200);
    assert.deepEqual(at(answer.body, "spec"), { size: 1, colour: "red" });
    assert.deepEqual(at(answer.body, "status"), { phase: "Done" });
    assert.equal(at(answer.body, "metadata", "generation"), 1);
  });
});

describe("deleting", () => {
  it("answers a Status, then the object is gone", async () => {
    const { call } = createHarness();
    const { body } = await call("POST", widgets, { body: widget("a") });
    const gone = await call("DELETE", `${widgets}/a`);
    assert.deepEqual(gone.body, {
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Success",
      details: { name: "a", group: "example.dev", kind: "widgets", uid: at(body, "metadata", "uid") ?? null },
    });
    assert.equal((await call("DELETE", `${widgets}/a`)).status, 404);
  });

  it("waits for finalizers, and ends with the last one", async () => {
    const { call } = createHarness();
    await call("POST", widgets, { body: widget("a", { size: 1 }, { metadata: { finalizers: ["x.dev/y"] } }) });
    const marked = await call("DELETE", `${widgets}/a`);
    assert.equal(at(marked.body, "metadata", "deletionTimestamp"), "2026-01-01T00:00:00Z");
    assert.equal(at(marked.body, "metadata", "generation"), 2);
    const more = await call("PATCH", `${widgets}/a`, {
      type: "application/merge-patch+json",
      body: { metadata: { finalizers: ["x.dev/y", "z.dev/z"] } },
    });
    assert.equal(more.status, 422);
    assert.match(message(more), /no new finalizers can be added if the object is being deleted/);
    const last = await call("PATCH", `${widgets}/a`, {
      type: "application/merge-patch+json",
      body: { metadata: { finalizers: null } },
    });
    assert.equal(last.status, 200);
    assert.equal((await call("GET", `${widgets}/a`)).status, 404);
  });

  it("B118 B123: obeys preconditions and dryRun", async () => {
    const { call } = createHarness();
    await call("POST", widgets, { body: widget("a") });
    const uid = await call("DELETE", `${widgets}/a`, { body: { preconditions: { uid: "other" } } });
    assert.equal(uid.status, 409);
    assert.match(message(uid), /UID in precondition: other/);
    assert.equal(
      (await call("DELETE", `${widgets}/a`, { body: { preconditions: { resourceVersion: "77" } } })).status,
      409,
    );
    assert.equal((await call("DELETE", `${widgets}/a?dryRun=All`)).status, 200);
    assert.equal((await call("DELETE", `${widgets}/a`, { body: { dryRun: ["All"] } })).status, 200);
    assert.equal((await call("GET", `${widgets}/a`)).status, 200);
  });

  it("of a collection takes what the selector names", async () => {
    const { call } = createHarness();
    for (const name of ["a", "b", "c"])
      await call("POST", configMaps, { body: configMap(name, {}, { labels: { keep: name === "b" ? "yes" : "no" } }) });
    const answer = await call("DELETE", `${configMaps}?labelSelector=keep%3Dno`);
    assert.equal(answer.status, 200);
    const left = await call("GET", configMaps);
    assert.deepEqual(
      (at(left.body, "items") as []).map((item) => at(item, "metadata", "name")),
      ["b"],
    );
  });
});

const paths: readonly (readonly [string, string, number])[] = [
  ["GET", "/", 404],
  ["GET", "/apis/nope.dev", 404],
  ["GET", "/apis/example.dev/v9", 404],
  ["GET", "/apis/example.dev/v9/namespaces/ns/widgets", 404],
  ["GET", "/apis/example.dev/v1/namespaces/ns/gadgets/x", 404],
  ["GET", "/apis/example.dev/v1/namespaces/ns/widgets/a%2Fb", 404],
  ["GET", "/apis/example.dev/v1/namespaces/ns/widgets/%2e%2e", 404],
  ["GET", "/apis/example.dev/v1/namespaces/ns/widgets/%E0%A4%A", 400],
  ["GET", "/apis/example.dev/v1/namespaces/ns/widgets/a/logs", 404],
  ["GET", "/apis/example.dev/v1/namespaces/ns/widgets/a/status/more", 404],
  ["GET", "/api/v1/namespaces/ns/widgets", 404],
  ["GET", "/apis/example.dev/v1/widgets/a", 405],
  ["POST", "/apis/example.dev/v1/widgets", 405],
  ["DELETE", "/apis/example.dev/v1/widgets", 405],
  ["POST", "/apis/example.dev/v1/namespaces/ns/widgets/a", 405],
  ["OPTIONS", "/apis/example.dev/v1/namespaces/ns/widgets", 405],
  ["POST", "/version", 405],
  ["GET", "/apis/example.dev/v1/namespaces/ns/widgets/__proto__", 404],
  ["GET", "/healthz", 200],
];

describe("B122 paths", () => {
  for (const [method, path, status] of paths) {
    it(`${method} ${path} is ${status}`, async () => {
      const answer = await createHarness().call(method, path, method === "POST" ? { body: widget("a") } : {});
      assert.equal(answer.status, status, JSON.stringify(answer.body));
    });
  }

  it("of unserved kinds name what is served", async () => {
    const answer = await createHarness().call("GET", "/apis/example.dev/v1/namespaces/ns/gadgets");
    assert.match(message(answer), /could not find the requested resource: this API serves .*widgets\.example\.dev/);
  });
});
