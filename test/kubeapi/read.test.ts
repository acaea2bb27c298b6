import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Json } from "../../src/resource/index.ts";
import { at, configMap, configMaps, createHarness, type Harness, message, widget, widgets } from "./harness.ts";

const names = (body: Json | undefined): readonly unknown[] =>
  (at(body, "items") as Json[]).map((item) => at(item, "metadata", "name"));

async function filled(): Promise<Harness> {
  const harness = createHarness();
  for (const name of ["a", "b", "c", "d", "e"])
    await harness.call("POST", configMaps, {
      body: configMap(name, {}, { labels: { parity: "ace".includes(name) ? "odd" : "even" } }),
    });
  await harness.call("POST", "/api/v1/namespaces/other/configmaps", { body: configMap("x") });
  return harness;
}

describe("lists", () => {
  it("are of a namespace or of all", async () => {
    const { call } = await filled();
    const one = await call("GET", configMaps);
    assert.equal(at(one.body, "kind"), "ConfigMapList");
    assert.deepEqual(names(one.body), ["a", "b", "c", "d", "e"]);
    assert.deepEqual(names((await call("GET", "/api/v1/configmaps")).body), ["a", "b", "c", "d", "e", "x"]);
  });

  const selectors: readonly (readonly [string, readonly string[]])[] = [
    ["labelSelector=parity%3Deven", ["b", "d"]],
    ["labelSelector=parity%20in%20(odd)", ["a", "c", "e"]],
    ["labelSelector=!parity", []],
    ["fieldSelector=metadata.name%3Db", ["b"]],
    ["fieldSelector=metadata.name!%3Db,metadata.namespace%3Dns", ["a", "c", "d", "e"]],
    ["labelSelector=parity%3Dodd&fieldSelector=metadata.name%3D%3Dc", ["c"]],
  ];
  for (const [query, wanted] of selectors) {
    it(`select by ${decodeURIComponent(query)}`, async () => {
      assert.deepEqual(names((await (await filled()).call("GET", `${configMaps}?${query}`)).body), wanted);
    });
  }

  it("come in pages, each object once, also behind a selector", async () => {
    const { call } = await filled();
    const seen: unknown[] = [];
    let query = "limit=2&labelSelector=parity%3Dodd";
    for (;;) {
      const page = await call("GET", `${configMaps}?${query}`);
      seen.push(...names(page.body));
      const next = at(page.body, "metadata", "continue");
      if (typeof next !== "string") break;
      query = `limit=2&labelSelector=parity%3Dodd&continue=${encodeURIComponent(next)}`;
    }
    assert.deepEqual(seen, ["a", "c", "e"]);
  });

  it("give no more than the server's page, whatever is asked", async () => {
    const page = await (await filled()).call("GET", `${configMaps}?limit=100000`);
    assert.equal(names(page.body).length, 3);
    assert.equal(typeof at(page.body, "metadata", "continue"), "string");
  });

  const bad: readonly (readonly [string, number, RegExp])[] = [
    ["limit=-1", 400, /limit must not be negative/],
    ["limit=many", 400, /limit "many" is no number/],
    ["continue=forged", 400, /continue key is not valid/],
    [
      `continue=${Buffer.from('{"v":1,"t":0,"q":"x","ns":"ns","name":"a"}').toString("base64url")}`,
      400,
      /belongs to another list/,
    ],
    ["labelSelector=a%3D%3D%3Db", 400, /unable to parse requirement/],
    ["fieldSelector=spec.size%3D1", 400, /field label not supported: spec.size/],
    [`labelSelector=${"a".repeat(70_000)}`, 400, /longer than 65536 characters/],
    ["resourceVersion=abc", 422, /resourceVersion: Invalid value: "abc"/],
    ["resourceVersion=99999&resourceVersionMatch=NotOlderThan", 504, /Too large resource version: 99999, current: 6/],
    ["resourceVersion=1&resourceVersionMatch=Exact", 410, /too old/],
  ];
  for (const [query, status, says] of bad) {
    it(`B121 B123: refuse ${query.slice(0, 60)}`, async () => {
      const answer = await (await filled()).call("GET", `${configMaps}?${query}`);
      assert.equal(answer.status, status);
      assert.match(message(answer), says);
    });
  }

  it("B121: forget a continue token after five minutes", async () => {
    const harness = await filled();
    const page = await harness.call("GET", `${configMaps}?limit=2`);
    harness.now += 6 * 60_000;
    const late = await harness.call(
      "GET",
      `${configMaps}?limit=2&continue=${String(at(page.body, "metadata", "continue"))}`,
    );
    assert.equal(late.status, 410);
    assert.equal(at(late.body, "reason"), "Expired");
  });
});

const table = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";

describe("forms", () => {
  it("a table has the type's columns and ages as kubectl shows them", async () => {
    const harness = createHarness();
    await harness.call("POST", widgets, { body: widget("a") });
    await harness.call("PATCH", `${widgets}/a/status`, {
      type: "application/merge-patch+json",
      body: { status: { phase: "Done" } },
    });
    const ages: readonly (readonly [number, string])[] = [
      [0, "0s"],
      [119, "119s"],
      [121, "2m1s"],
      [600, "10m"],
      [10_800, "3h"],
      [12_000, "3h20m"],
      [172_800, "2d"],
      [777_600, "9d"],
    ];
    const start = harness.now;
    for (const [seconds, text] of ages) {
      harness.now = start + seconds * 1000;
      const answer = await harness.call("GET", widgets, { headers: { accept: table } });
      assert.equal(at(answer.body, "kind"), "Table");
      assert.deepEqual(at(answer.body, "rows", 0, "cells"), ["a", "Done", text]);
    }
    const one = await harness.call("GET", `${widgets}/a?includeObject=None`, { headers: { accept: table } });
    assert.deepEqual(
      (at(one.body, "columnDefinitions") as Json[]).map((column) => at(column, "name")),
      ["Name", "Phase", "Age"],
    );
    assert.equal(at(one.body, "rows", 0, "object"), null);
  });

  it("metadata alone is enough for drift checks", async () => {
    const { call } = await filled();
    const list = await call("GET", configMaps, {
      headers: { accept: "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io" },
    });
    assert.equal(at(list.body, "kind"), "PartialObjectMetadataList");
    assert.deepEqual(Object.keys(at(list.body, "items", 0) as object), ["kind", "apiVersion", "metadata"]);
    const one = await call("GET", `${configMaps}/a`, {
      headers: { accept: "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io" },
    });
    assert.equal(at(one.body, "kind"), "PartialObjectMetadata");
  });

  it("B116: protobuf alone cannot be answered; JSON beside it can", async () => {
    const { call } = await filled();
    assert.equal(
      (await call("GET", configMaps, { headers: { accept: "application/vnd.kubernetes.protobuf" } })).status,
      406,
    );
    assert.equal(
      (await call("GET", configMaps, { headers: { accept: "application/vnd.kubernetes.protobuf, */*" } })).status,
      200,
    );
  });
});

describe("discovery", () => {
  it("lists groups, resources and subresources", async () => {
    const { call } = createHarness();
    assert.deepEqual(at((await call("GET", "/api")).body, "versions"), ["v1"]);
    const groups = (await call("GET", "/apis")).body;
    assert.deepEqual(
      (at(groups, "groups") as Json[]).map((group) => at(group, "preferredVersion", "groupVersion")),
      ["apps/v1", "example.dev/v1"],
    );
    const resources = at((await call("GET", "/apis/example.dev/v1")).body, "resources") as Json[];
    assert.deepEqual(
      resources.map((resource) => at(resource, "name")),
      ["widgets", "widgets/status"],
    );
    assert.deepEqual(at(resources[0], "shortNames"), ["wd"]);
    assert.equal(at((await call("GET", "/version")).body, "major"), "1");
  });

  it("gives everything at once to clients that ask so, and 304 to those that have it", async () => {
    const { call } = createHarness();
    const accept =
      "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json";
    const all = await call("GET", "/apis", { headers: { accept } });
    assert.equal(
      all.headers.get("content-type"),
      "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList",
    );
    const item = (at(all.body, "items") as Json[]).find((one) => at(one, "metadata", "name") === "example.dev");
    assert.deepEqual(at(item, "versions", 0, "resources", 0, "responseKind"), {
      group: "example.dev",
      version: "v1",
      kind: "Widget",
    });
    const etag = all.headers.get("etag") ?? "";
    assert.equal((await call("GET", "/apis", { headers: { accept, "if-none-match": etag } })).status, 304);
    const core = await call("GET", "/api", { headers: { accept } });
    assert.equal(at(core.body, "items", 0, "metadata", "name"), "");
  });

  it("serves OpenAPI with the parameters that kubectl looks for", async () => {
    const { call } = createHarness();
    const root = (await call("GET", "/openapi/v3")).body;
    const url = at(root, "paths", "apis/example.dev/v1", "serverRelativeURL");
    const document = (await call("GET", String(url))).body;
    const patch = at(document, "paths", "/apis/example.dev/v1/namespaces/{namespace}/widgets/{name}", "patch");
    assert.deepEqual(at(patch, "x-kubernetes-group-version-kind"), {
      group: "example.dev",
      version: "v1",
      kind: "Widget",
    });
    assert.ok((at(patch, "parameters") as Json[]).some((parameter) => at(parameter, "name") === "fieldValidation"));
    assert.equal(
      at(
        document,
        "components",
        "schemas",
        "dev.example.v1.Widget",
        "properties",
        "spec",
        "properties",
        "size",
        "type",
      ),
      "integer",
    );
    const v2 = (await call("GET", "/openapi/v2")).body;
    assert.equal(
      at(v2, "definitions", "dev.example.v1.Widget", "properties", "metadata", "$ref"),
      "#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta",
    );
  });

  it("serves OpenAPI v2 as protobuf to old clients that know nothing else", async () => {
    const type = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf";
    const { api } = createHarness();
    const response = await api.handle(new Request("http://api.test/openapi/v2", { headers: { accept: type } }));
    assert.equal(response.headers.get("content-type"), type.replace("@", "."));
    const bytes = Buffer.from(await response.arrayBuffer());
    assert.deepEqual([...bytes.subarray(0, 5)], [0x0a, 3, ...Buffer.from("2.0")]);
    for (const part of [
      "fieldValidation",
      "dev.example.v1.Widget",
      '{"group":"example.dev","version":"v1","kind":"Widget"}',
    ])
      assert.ok(bytes.includes(part), part);
  });
});
