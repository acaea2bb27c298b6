import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { Json } from "../../src/resource/index.ts";
import {
  at,
  type CallOptions,
  configMap,
  configMaps,
  createHarness,
  type Harness,
  message,
  widget,
  widgets,
} from "./harness.ts";

const merge = (body: Json): CallOptions => ({ type: "application/merge-patch+json", body });
const json = (body: Json): CallOptions => ({ type: "application/json-patch+json", body });
const strategic = (body: Json): CallOptions => ({ type: "application/strategic-merge-patch+json", body });
const deployments = "/apis/apps/v1/namespaces/ns/deployments";

describe("merge patch", () => {
  it("merges maps, replaces the rest, removes with null", async () => {
    const { call } = createHarness();
    await call("POST", widgets, {
      body: widget("a", { size: 1, note: "x", tags: ["a"], free: { a: { b: 1, c: 2 } } }),
    });
    const answer = await call(
      "PATCH",
      `${widgets}/a`,
      merge({ spec: { note: null, tags: ["b"], free: { a: { b: null } } } }),
    );
    assert.deepEqual(at(answer.body, "spec"), { size: 1, colour: "red", tags: ["b"], free: { a: { c: 2 } } });
  });

  it("with a stale resourceVersion is a conflict", async () => {
    const { call } = createHarness();
    await call("POST", configMaps, { body: configMap("a") });
    const answer = await call(
      "PATCH",
      `${configMaps}/a`,
      merge({ metadata: { resourceVersion: "999" }, data: { a: "2" } }),
    );
    assert.equal(answer.status, 409);
  });

  it("cannot rename", async () => {
    const { call } = createHarness();
    await call("POST", configMaps, { body: configMap("a") });
    const answer = await call("PATCH", `${configMaps}/a`, merge({ metadata: { name: "b" } }));
    assert.equal(answer.status, 422);
    assert.match(message(answer), /metadata.name: Invalid value: a patch may not change it/);
  });

  it("is validated as a whole object", async () => {
    const { call } = createHarness();
    await call("POST", widgets, { body: widget("a") });
    assert.equal((await call("PATCH", `${widgets}/a`, merge({ spec: null }))).status, 422);
    const strict = await call("PATCH", `${widgets}/a?fieldValidation=Strict`, merge({ spec: { sise: 1 } }));
    assert.match(message(strict), /unknown field "spec.sise"/);
  });

  it("keys such as __proto__ are plain data", async () => {
    const { call } = createHarness();
    await call("POST", widgets, { body: widget("a") });
    const answer = await call("PATCH", `${widgets}/a`, {
      type: "application/merge-patch+json",
      body: '{"spec":{"free":{"__proto__":{"polluted":1}}}}',
    });
    assert.equal(answer.status, 200);
    assert.ok(Object.hasOwn(at(answer.body, "spec", "free") as object, "__proto__"));
    assert.equal(({} as Record<string, unknown>)["polluted"], undefined);
  });
});

const jsonPatches: readonly {
  readonly name: string;
  readonly patch: Json;
  readonly status: number;
  readonly says?: RegExp;
  readonly data?: Json;
}[] = [
  {
    name: "adds, replaces and removes",
    patch: [
      { op: "add", path: "/data/b", value: "2" },
      { op: "replace", path: "/data/a", value: "9" },
    ],
    status: 200,
    data: { a: "9", b: "2" },
  },
  {
    name: "tests",
    patch: [
      { op: "test", path: "/data/a", value: "1" },
      { op: "remove", path: "/data/a" },
    ],
    status: 200,
    data: {},
  },
  {
    name: "names the operation that fails, without its value",
    patch: [{ op: "test", path: "/data/a", value: "guess" }],
    status: 422,
    says: /^(?!.*guess).*operation 0 \(test "\/data\/a"\): the value is another one/,
  },
  {
    name: "names a missing place",
    patch: [
      { op: "add", path: "/data/a", value: "1" },
      { op: "remove", path: "/data/zz" },
    ],
    status: 422,
    says: /operation 1 \(remove "\/data\/zz"\)/,
  },
  {
    name: "cannot step through a text",
    patch: [{ op: "add", path: "/data/a/b", value: "1" }],
    status: 422,
    says: /there is nothing at/,
  },
  {
    name: "cannot step into what is inherited",
    patch: [{ op: "add", path: "/toString/x", value: "1" }],
    status: 422,
    says: /there is nothing at/,
  },
  {
    name: "refuses __proto__",
    patch: [{ op: "add", path: "/__proto__/x", value: "1" }],
    status: 422,
    says: /operation 0 .*a path may not hold "__proto__"/,
  },
  {
    name: "refuses constructor behind from",
    patch: [{ op: "copy", from: "/constructor", path: "/data/x" }],
    status: 422,
    says: /"constructor"/,
  },
  {
    name: "cannot change identity",
    patch: [{ op: "replace", path: "/metadata/name", value: "b" }],
    status: 422,
    says: /metadata.name/,
  },
  {
    name: "cannot replace the object by a text",
    patch: [{ op: "replace", path: "", value: "b" }],
    status: 400,
    says: /does not leave an object/,
  },
  { name: "refuses a map of operations", patch: { op: "add" }, status: 400, says: /list of operations/ },
  { name: "refuses an unknown op", patch: [{ op: "append", path: "/data" }], status: 400, says: /unknown op "append"/ },
  {
    name: "refuses 10,001 operations",
    patch: Array.from({ length: 10_001 }, () => ({ op: "test", path: "/kind", value: "x" })),
    status: 413,
    says: /maximum operations in a JSON patch is 10000, got 10001/,
  },
  {
    name: "stops copies that double the object",
    patch: [
      { op: "add", path: "/data/x", value: "x".repeat(1000) },
      ...Array.from({ length: 200 }, (_, index) => ({ op: "copy", from: "/data", path: `/data/c${index}` })),
    ],
    status: 413,
    says: /operation \d+ \(copy\): the copies of this patch exceed/,
  },
];

describe("B119 JSON patch", () => {
  for (const { name, patch, status, says, data } of jsonPatches) {
    it(name, async () => {
      const { call } = createHarness();
      const before = await call("POST", configMaps, { body: configMap("a") });
      const answer = await call("PATCH", `${configMaps}/a`, json(patch));
      assert.equal(answer.status, status, JSON.stringify(answer.body).slice(0, 300));
      if (says !== undefined) assert.match(message(answer), says);
      if (data !== undefined) assert.deepEqual(at(answer.body, "data"), data);
      else assert.deepEqual((await call("GET", `${configMaps}/a`)).body, before.body, "nothing changed");
    });
  }
});

describe("strategic merge patch", () => {
  const container = (name: string, image: string, more: Json = {}): Json => ({ name, image, ...(more as object) });
  const deployment = (containers: Json): Json => ({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "d", finalizers: ["a.dev/a"] },
    spec: { template: { spec: { containers } } },
  });
  const patched = async (harness: Harness, patch: Json): Promise<Json | undefined> => {
    const answer = await harness.call("PATCH", `${deployments}/d`, strategic(patch));
    assert.equal(answer.status, 200, message(answer));
    return at(answer.body, "spec", "template", "spec", "containers");
  };
  const start = async (): Promise<Harness> => {
    const harness = createHarness();
    const ports = [{ containerPort: 80 }, { containerPort: 81, name: "b" }];
    await harness.call("POST", deployments, {
      body: deployment([container("a", "a:1", { env: [{ name: "X", value: "1" }], ports }), container("b", "b:1")]),
    });
    return harness;
  };
  const inPod = (containers: Json, more: Json = {}): Json => ({
    spec: { template: { spec: { containers, ...(more as object) } } },
  });

  it("merges list items by their key", async () => {
    const result = await patched(
      await start(),
      inPod([
        { name: "b", image: "b:2" },
        { name: "c", image: "c:1" },
      ]),
    );
    assert.deepEqual(
      (result as Json[]).map((one) => at(one, "image")),
      ["a:1", "b:2", "c:1"],
    );
    assert.deepEqual(at(result, 0, "env"), [{ name: "X", value: "1" }]);
  });

  it("merges nested lists: env by name, ports by containerPort", async () => {
    const result = await patched(
      await start(),
      inPod([{ name: "a", env: [{ name: "Y", value: "2" }], ports: [{ containerPort: 81, name: "c" }] }]),
    );
    assert.deepEqual(at(result, 0, "env"), [
      { name: "X", value: "1" },
      { name: "Y", value: "2" },
    ]);
    assert.deepEqual(at(result, 0, "ports"), [{ containerPort: 80 }, { containerPort: 81, name: "c" }]);
  });

  it("deletes and replaces by directive", async () => {
    assert.deepEqual(await patched(await start(), inPod([{ name: "a", $patch: "delete" }])), [container("b", "b:1")]);
    assert.deepEqual(await patched(await start(), inPod([{ $patch: "replace" }, { name: "z", image: "z:1" }])), [
      container("z", "z:1"),
    ]);
  });

  it("keeps the order that $setElementOrder gives", async () => {
    const patch = inPod([{ name: "c", image: "c:1" }], {
      "$setElementOrder/containers": [{ name: "c" }, { name: "b" }, { name: "a" }],
    });
    assert.deepEqual(
      ((await patched(await start(), patch)) as Json[]).map((one) => at(one, "name")),
      ["c", "b", "a"],
    );
  });

  it("merges finalizers as values, and takes them from primitive lists", async () => {
    const harness = await start();
    const added = await harness.call("PATCH", `${deployments}/d`, strategic({ metadata: { finalizers: ["b.dev/b"] } }));
    assert.deepEqual(at(added.body, "metadata", "finalizers"), ["a.dev/a", "b.dev/b"]);
    const removed = await harness.call(
      "PATCH",
      `${deployments}/d`,
      strategic({ metadata: { "$deleteFromPrimitiveList/finalizers": ["a.dev/a"] } }),
    );
    assert.deepEqual(at(removed.body, "metadata", "finalizers"), ["b.dev/b"]);
  });

  it("refuses an item without its key and an unknown directive", async () => {
    const harness = await start();
    assert.match(
      message(await harness.call("PATCH", `${deployments}/d`, strategic(inPod([{ image: "x" }])))),
      /does not contain declared merge key: name/,
    );
    assert.match(
      message(await harness.call("PATCH", `${deployments}/d`, strategic({ spec: { $patch: "explode" } }))),
      /unknown \$patch type: "explode"/,
    );
  });

  it("is not for custom kinds: clients then send a merge patch", async () => {
    const { call } = createHarness();
    await call("POST", widgets, { body: widget("a") });
    const answer = await call("PATCH", `${widgets}/a`, strategic({ spec: { size: 2 } }));
    assert.equal(answer.status, 415);
    assert.equal(
      message(answer),
      "the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml",
    );
  });
});

describe("any patch", () => {
  it("of any JSON never breaks the API", async () => {
    const harness = createHarness();
    await harness.call("POST", configMaps, { body: configMap("a") });
    await fc.assert(
      fc.asyncProperty(
        fc.jsonValue(),
        fc.constantFrom("merge-patch", "json-patch", "strategic-merge-patch"),
        async (patch, kind) => {
          const answer = await harness.call("PATCH", `${configMaps}/a`, {
            type: `application/${kind}+json`,
            body: JSON.stringify(patch),
          });
          assert.ok([200, 400, 409, 413, 415, 422].includes(answer.status), JSON.stringify(answer.body));
        },
      ),
      { numRuns: 300 },
    );
    assert.equal((await harness.call("GET", `${configMaps}/a`)).status, 200);
  });

  it("of many writers at once loses none", async () => {
    const { call } = createHarness();
    await call("POST", configMaps, { body: configMap("a") });
    const answers = await Promise.all(
      ["b", "c", "d", "e"].map((key) => call("PATCH", `${configMaps}/a`, merge({ data: { [key]: "1" } }))),
    );
    assert.deepEqual(
      answers.map((answer) => answer.status),
      [200, 200, 200, 200],
    );
    assert.deepEqual(at((await call("GET", `${configMaps}/a`)).body, "data"), {
      a: "1",
      b: "1",
      c: "1",
      d: "1",
      e: "1",
    });
  });
});
