import assert from "node:assert/strict";
import { it } from "node:test";
import { createMemoryObjectStore } from "../../src/kubeapi/index.ts";
import { describeObjectStore } from "../contract/object-store.ts";

describeObjectStore("memory", async () => ({ store: createMemoryObjectStore(), close: async () => undefined }));

it("forgets the oldest changes beyond its bound and says so", async () => {
  const store = createMemoryObjectStore({ maxChanges: 2 });
  for (const name of ["a", "b", "c", "d", "e"]) await store.put({ type: "configmaps", namespace: "n", name }, "{}", 0);
  assert.equal(await store.changes("configmaps", 1, 10), undefined);
  assert.equal((await store.changes("configmaps", 3, 10))?.changes.length, 2);
});
