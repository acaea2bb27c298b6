import assert from "node:assert/strict";
import { test } from "node:test";
import { openLocalStore } from "../../../src/adapters/local/index.ts";
import type { ObjectStore, StoredObject } from "../../../src/kubeapi/index.ts";

test("many writes of one object come as one change; its former value is told only to who has seen it", () =>
  withObjects(async (objects) => {
    const first = await put(objects, "a", "1", 0);
    const second = await put(objects, "a", "2", first.version);
    const third = await put(objects, "a", "3", second.version);
    const late = await objects.changes("configmaps", first.version, 10);
    assert.deepEqual(late?.changes, [{ type: "put", object: third }]);
    const close = await objects.changes("configmaps", second.version, 10);
    assert.deepEqual(close?.changes, [{ type: "put", object: third, previous: "2" }]);
  }));

test("an object deleted and made again comes as both", () =>
  withObjects(async (objects) => {
    const first = await put(objects, "a", "1", 0);
    await objects.delete(first, first.version);
    await put(objects, "a", "2", 0);
    const result = await objects.changes("configmaps", first.version, 10);
    assert.deepEqual(
      result?.changes.map((change) => [change.type, change.object.value]),
      [
        ["delete", "1"],
        ["put", "2"],
      ],
    );
  }));

test("deletions are forgotten after a while, and a watch behind them has to list again", () =>
  withObjects(async (objects) => {
    const kept = await put(objects, "kept", "1", 0);
    for (let batch = 0; batch < 22; batch++) {
      const made = await Promise.all(Array.from({ length: 500 }, (_, index) => put(objects, `${index}`, "1", 0)));
      await Promise.all(made.map((object) => objects.delete(object, object.version)));
    }
    assert.equal(await objects.changes("configmaps", kept.version, 10), undefined);
    const { version } = await objects.list("configmaps");
    const since = (await objects.changes("configmaps", version - 100, 1_000))?.changes ?? [];
    assert.equal(since.length, 100);
  }));

async function put(objects: ObjectStore, name: string, value: string, ifVersion: number): Promise<StoredObject> {
  const stored = await objects.put({ type: "configmaps", namespace: "ns", name }, value, ifVersion);
  assert.ok(stored !== undefined);
  return stored;
}

async function withObjects(use: (objects: ObjectStore) => Promise<void>): Promise<void> {
  const store = openLocalStore(":memory:");
  try {
    await use(store.objects);
  } finally {
    store.close();
  }
}
