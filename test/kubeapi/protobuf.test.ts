import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isList, isMap, type Json, type KubeObject, own, uidOf } from "../../src/resource/index.ts";
import { type Answer, at, configMaps, message } from "./harness.ts";
import { create, createApi, prepare, recorded } from "./protobuf-api.ts";
import { body, configMap, entry, named, number, part, varint } from "./protobuf-bytes.ts";

/** Absent and null mean the same to built-in kinds. */
function withoutNulls(value: Json): Json {
  if (isList(value)) return value.map(withoutNulls);
  if (!isMap(value)) return value;
  const kept = Object.entries(value).filter(([, member]) => member !== null && member !== undefined);
  return Object.fromEntries(kept.map(([key, member]) => [key, withoutNulls(member ?? null)]));
}

describe("a protobuf body that kubectl sends", () => {
  for (const { command, path, body: base64, json } of recorded) {
    it(`of "${command}" does what its JSON does`, async () => {
      const bytes = Buffer.from(base64, "base64");
      const [sent, wanted] = [createApi(), createApi()];
      for (const api of [sent, wanted]) await prepare(path, api);
      const answer = await sent.call("POST", path, bytes);
      assert.equal(answer.status, 201, message(answer));
      assert.equal(answer.headers.get("content-type"), "application/json");
      const asJson = await wanted.call("POST", path, JSON.stringify(withoutNulls(json)));
      assert.deepEqual(answer.body, asJson.body);
      assert.deepEqual(answer.headers.get("warning"), asJson.headers.get("warning"));
    });
  }
});

describe("a protobuf body", () => {
  it("keeps zeros that are meant and drops those that mean nothing", async () => {
    // Deployment.spec.replicas (a pointer) and .minReadySeconds (none).
    const spec = part(2, number(1, 0), number(5, 0));
    const { body: created } = await create(
      "/apis/apps/v1/namespaces/ns/deployments",
      body("apps/v1", "Deployment", named("web"), spec),
    );
    assert.equal(at(created, "spec", "replicas"), 0);
    assert.equal(own(own(created, "spec"), "minReadySeconds"), undefined);
  });

  const numbers: readonly { readonly name: string; readonly sent: bigint; readonly want: Json }[] = [
    { name: "beyond a double", sent: 9_007_199_254_740_993n, want: 9_007_199_254_740_993n },
    { name: "the largest", sent: 2n ** 63n - 1n, want: 2n ** 63n - 1n },
    { name: "negative", sent: -5n, want: -5 },
  ];
  for (const { name, sent, want } of numbers)
    it(`keeps every digit of a number: ${name}`, async () => {
      // Pod.spec.activeDeadlineSeconds
      const pod = body("v1", "Pod", named("pod"), part(2, number(5, sent)));
      const { body: created } = await create("/api/v1/namespaces/ns/pods", pod);
      assert.equal(at(created, "spec", "activeDeadlineSeconds"), want);
    });

  it("holds times, also in microseconds, and never those that are not set", async () => {
    // Lease.spec: leaseTransitions, acquireTime, renewTime (empty).
    const spec = part(2, number(5, 0), part(3, number(1, 1_700_000_000), number(2, 1_234_567)), part(4));
    const { body: created } = await create(
      "/apis/coordination.k8s.io/v1/namespaces/ns/leases",
      body("coordination.k8s.io/v1", "Lease", named("lease"), spec),
    );
    assert.deepEqual(own(created, "spec"), { leaseTransitions: 0, acquireTime: "2023-11-14T22:13:20.001234Z" });
  });

  it("may hold keys that are names of JavaScript's own", async () => {
    const { body: created } = await create(
      configMaps,
      configMap(entry(2, "__proto__", "a"), entry(2, "constructor", "b")),
    );
    assert.deepEqual(Object.entries(own(created, "data") as object), [
      ["__proto__", "a"],
      ["constructor", "b"],
    ]);
  });

  it("may come with fields of a newer Kubernetes, which are passed over", async () => {
    const group = Buffer.concat([varint(900 * 8 + 3), number(1, 7), part(2, "x"), varint(900 * 8 + 4)]);
    const fixed = [
      Buffer.concat([varint(901 * 8 + 1), Buffer.alloc(8)]),
      Buffer.concat([varint(902 * 8 + 5), Buffer.alloc(4)]),
    ];
    const answer = await create(
      configMaps,
      configMap(group, ...fixed, number(903, 1), part(904, "new"), entry(2, "a", "1")),
    );
    assert.equal(answer.status, 201, message(answer));
    assert.deepEqual(own(answer.body, "data"), { a: "1" });
  });

  it("may bring a message in several pieces", async () => {
    const { body: created } = await create(
      configMaps,
      configMap(part(1, entry(11, "app", "web")), part(1, entry(12, "note", "n"))),
    );
    assert.deepEqual(at(created, "metadata", "labels"), { app: "web" });
    assert.deepEqual(at(created, "metadata", "annotations"), { note: "n" });
    assert.equal(at(created, "metadata", "name"), "cm");
  });

  it("replaces an object", async () => {
    const api = createApi();
    await api.call("POST", configMaps, configMap(entry(2, "a", "1")));
    const answer = await api.call("PUT", `${configMaps}/cm`, configMap(entry(2, "a", "2")));
    assert.equal(answer.status, 200, message(answer));
    assert.deepEqual(own(answer.body, "data"), { a: "2" });
  });

  it("gives the options of a deletion", async () => {
    const api = createApi();
    await api.call("POST", configMaps, configMap());
    const remove = (uid: string): Promise<Answer> =>
      // Clients send them under the API version of what they delete.
      api.call("DELETE", `${configMaps}/cm`, body("v1", "DeleteOptions", part(2, part(1, uid))));
    assert.equal((await remove("another")).status, 409);
    const { body: current } = await api.call("GET", `${configMaps}/cm`);
    assert.equal((await remove(uidOf(current as KubeObject))).status, 200);
  });
});
