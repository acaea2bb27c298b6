import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createMemoryObjectStore } from "../../src/kubeapi/index.ts";
import { type Json, parseJson } from "../../src/resource/index.ts";
import { at, configMap, configMaps, createHarness, type Harness } from "./harness.ts";

/** The events of a watch as `ADDED a`, until `count` have come or it ends. */
async function* watch(
  harness: Harness,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): AsyncGenerator<Json, void, void> {
  const response = await harness.api.handle(new Request(`http://api.test${path}`, { headers: { ...headers } }));
  assert.equal(response.status, 200);
  assert.ok(response.body !== null);
  let rest = "";
  const decoder = new TextDecoder();
  for await (const chunk of response.body) {
    rest += decoder.decode(chunk, { stream: true });
    const lines = rest.split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) yield parseJson(line);
  }
  assert.equal(rest, "", "every event ends its line");
}

async function take(events: AsyncGenerator<Json, void, void>, count: number): Promise<readonly string[]> {
  const seen: string[] = [];
  for (let index = 0; index < count; index++) {
    const next = await events.next();
    if (next.done === true) break;
    seen.push(`${String(at(next.value, "type"))} ${String(at(next.value, "object", "metadata", "name"))}`);
  }
  return seen;
}

const patch = (harness: Harness, name: string, body: Json): Promise<unknown> =>
  harness.call("PATCH", `${configMaps}/${name}`, { type: "application/merge-patch+json", body });

describe("a watch", () => {
  it("begins with what is there, then tells every change", async () => {
    const harness = createHarness();
    await harness.call("POST", configMaps, { body: configMap("a") });
    const events = watch(harness, `${configMaps}?watch=true`);
    assert.deepEqual(await take(events, 1), ["ADDED a"]);
    await harness.call("POST", configMaps, { body: configMap("b") });
    await patch(harness, "a", { data: { a: "2" } });
    await harness.call("DELETE", `${configMaps}/b`);
    await harness.call("POST", "/api/v1/namespaces/other/configmaps", { body: configMap("elsewhere") });
    await harness.call("POST", configMaps, { body: configMap("c") });
    assert.deepEqual(await take(events, 4), ["ADDED b", "MODIFIED a", "DELETED b", "ADDED c"]);
    await events.return();
  });

  it("continues behind the resourceVersion of a list, and a deletion has a newer one", async () => {
    const harness = createHarness();
    await harness.call("POST", configMaps, { body: configMap("a") });
    const list = await harness.call("GET", configMaps);
    const version = Number(at(list.body, "metadata", "resourceVersion"));
    await harness.call("DELETE", `${configMaps}/a`);
    const events = watch(harness, `${configMaps}?watch=1&resourceVersion=${version}`);
    const { value } = await events.next();
    assert.equal(at(value as Json, "type"), "DELETED");
    assert.ok(Number(at(value as Json, "object", "metadata", "resourceVersion")) > version);
    await events.return();
  });

  it("with a selector tells objects that come into it and leave it", async () => {
    const harness = createHarness();
    await harness.call("POST", configMaps, { body: configMap("a") });
    const events = watch(harness, `${configMaps}?watch=1&labelSelector=on%3Dyes`);
    const first = take(events, 3);
    await patch(harness, "a", { metadata: { labels: { on: "yes" } } });
    await patch(harness, "a", { data: { b: "2" } });
    await patch(harness, "a", { metadata: { labels: { on: "no" } } });
    assert.deepEqual(await first, ["ADDED a", "MODIFIED a", "DELETED a"]);
    await events.return();
  });

  it("of one object is a watch by name", async () => {
    const harness = createHarness();
    await harness.call("POST", configMaps, { body: configMap("a") });
    await harness.call("POST", configMaps, { body: configMap("b") });
    const events = watch(harness, `${configMaps}/b?watch=1`);
    assert.deepEqual(await take(events, 1), ["ADDED b"]);
    await events.return();
  });

  it("ends after timeoutSeconds, with a bookmark for those who allow it", async () => {
    const harness = createHarness();
    await harness.call("POST", configMaps, { body: configMap("a") });
    const events = watch(harness, `${configMaps}?watch=1&timeoutSeconds=5&allowWatchBookmarks=true`);
    assert.deepEqual(await take(events, 1), ["ADDED a"]);
    const last = take(events, 5);
    harness.now += 6_000;
    assert.deepEqual(await last, ["BOOKMARK undefined"]);
  });

  it("gives initial events and their end to clients that list by watching", async () => {
    const harness = createHarness();
    await harness.call("POST", configMaps, { body: configMap("a") });
    const events = watch(
      harness,
      `${configMaps}?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`,
    );
    assert.deepEqual(await take(events, 1), ["ADDED a"]);
    const { value } = await events.next();
    assert.equal(at(value as Json, "object", "metadata", "annotations", "k8s.io/initial-events-end"), "true");
    await events.return();
  });

  it("B121: from a forgotten or a future resourceVersion ends with 410 Expired", async () => {
    for (const version of ["1", "999"]) {
      const harness = createHarness([], createMemoryObjectStore({ maxChanges: 1 }));
      for (const name of ["a", "b", "c", "d"]) await harness.call("POST", configMaps, { body: configMap(name) });
      const events = watch(harness, `${configMaps}?watch=1&resourceVersion=${version}`);
      const { value } = await events.next();
      assert.equal(at(value as Json, "type"), "ERROR");
      assert.equal(at(value as Json, "object", "code"), 410);
      assert.equal(at(value as Json, "object", "reason"), "Expired");
      assert.equal((await events.next()).done, true);
    }
  });

  it("as a table sends the columns once", async () => {
    const harness = createHarness();
    for (const name of ["a", "b"]) await harness.call("POST", configMaps, { body: configMap(name) });
    const events = watch(harness, `${configMaps}?watch=1`, { accept: "application/json;as=Table;v=v1;g=meta.k8s.io" });
    const [first, second] = [await events.next(), await events.next()];
    assert.ok(at(first.value as Json, "object", "columnDefinitions") !== undefined);
    assert.equal(at(second.value as Json, "object", "columnDefinitions"), undefined);
    assert.deepEqual(at(second.value as Json, "object", "rows", 0, "cells"), ["b", 1, "0s"]);
    await events.return();
  });

  it("stops waiting when its client leaves", async () => {
    const harness = createHarness();
    const gone = new AbortController();
    const request = new Request(`http://api.test${configMaps}?watch=1`, { signal: gone.signal });
    const response = await harness.api.handle(request);
    const reader = response.body?.getReader();
    const next = reader?.read();
    gone.abort(new Error("left"));
    assert.deepEqual(await next, { done: true, value: undefined });
  });
});
