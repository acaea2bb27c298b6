import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ObjectChange, ObjectKey, ObjectStore, StoredObject } from "../../src/kubeapi/index.ts";

/** What every ObjectStore must do. `open` gives an empty store; `close` is called after each test. */
export function describeObjectStore(
  name: string,
  open: () => Promise<{ readonly store: ObjectStore; close(): Promise<void> }>,
): void {
  const withStore = async (body: (store: ObjectStore) => Promise<void>): Promise<void> => {
    const opened = await open();
    try {
      await body(opened.store);
    } finally {
      await opened.close();
    }
  };
  const test = (title: string, body: (store: ObjectStore) => Promise<void>): void => {
    it(title, () => withStore(body));
  };

  describe(`object store: ${name}`, () => {
    test("a missing object is undefined", async (store) => {
      assert.equal(await store.get(key("a")), undefined);
    });

    test("a created object is read back with its version", async (store) => {
      const put = await store.put(key("a"), '{"x":"é"}', 0);
      assert.ok(put !== undefined && put.version > 0);
      assert.equal(put.createdVersion, put.version);
      assert.deepEqual(plain(await store.get(key("a"))), plain(put));
      assert.equal(put.value, '{"x":"é"}');
      assert.ok((await store.version()) >= put.version);
    });

    test("a creation fails where an object is, and changes nothing", async (store) => {
      const first = await create(store, key("a"), "1");
      assert.equal(await store.put(key("a"), "2", 0), undefined);
      assert.deepEqual(plain(await store.get(key("a"))), plain(first));
    });

    test("a replacement needs the current version and keeps the version of creation", async (store) => {
      const first = await create(store, key("a"), "1");
      const second = await store.put(key("a"), "2", first.version);
      assert.ok(second !== undefined && second.version > first.version);
      assert.equal(second.createdVersion, first.version);
      assert.equal(await store.put(key("a"), "3", first.version), undefined);
      assert.equal((await store.get(key("a")))?.value, "2");
    });

    test("a replacement of a missing object fails", async (store) => {
      assert.equal(await store.put(key("a"), "1", 7), undefined);
      assert.equal(await store.get(key("a")), undefined);
    });

    test("a deletion needs the current version and gives a newer one", async (store) => {
      const first = await create(store, key("a"), "1");
      assert.equal(await store.delete(key("a"), first.version + 1), undefined);
      const gone = await store.delete(key("a"), first.version);
      assert.ok(gone !== undefined && gone > first.version);
      assert.equal(await store.get(key("a")), undefined);
      assert.equal(await store.delete(key("a"), first.version), undefined);
      assert.equal(await store.delete(key("never"), 1), undefined);
    });

    test("versions rise over deletions and new creations", async (store) => {
      const first = await create(store, key("a"), "1");
      const gone = await store.delete(key("a"), first.version);
      const second = await create(store, key("a"), "2");
      assert.ok(gone !== undefined && second.version > gone);
      assert.equal(second.createdVersion, second.version);
    });

    test("of many writers with one version exactly one wins", async (store) => {
      const first = await create(store, key("a"), "0");
      const results = await Promise.all(
        Array.from({ length: 10 }, (_, index) => store.put(key("a"), String(index), first.version)),
      );
      const won = results.filter((result) => result !== undefined);
      assert.equal(won.length, 1);
      assert.equal((await store.get(key("a")))?.value, won[0]?.value);
    });

    test("lists are in byte order of namespace and name, by type and namespace", async (store) => {
      for (const [namespace, objectName] of [
        ["b", "a"],
        ["a", "z"],
        ["a-b", "x"],
        ["a", "b"],
        ["", "c"],
        ["a", "a.b"],
        ["a", "a-b"],
      ] as const) {
        await create(store, { type: "configmaps", namespace, name: objectName }, "{}");
      }
      await create(store, { type: "apps.kappctrl.k14s.io", namespace: "a", name: "other" }, "{}");
      const all = await store.list("configmaps");
      assert.deepEqual(
        all.objects.map((object) => `${object.namespace}/${object.name}`),
        ["/c", "a/a-b", "a/a.b", "a/b", "a/z", "a-b/x", "b/a"],
      );
      assert.equal(all.more, false);
      const one = await store.list("configmaps", { namespace: "a" });
      assert.deepEqual(
        one.objects.map((object) => object.name),
        ["a-b", "a.b", "b", "z"],
      );
      assert.deepEqual((await store.list("nothing")).objects, []);
    });

    test("pages continue behind an identity, also one that is gone", async (store) => {
      for (const objectName of ["a", "b", "c", "d", "e"]) await create(store, key(objectName), "{}");
      const first = await store.list("configmaps", { limit: 2 });
      assert.deepEqual([first.objects.map((object) => object.name), first.more], [["a", "b"], true]);
      const removed = await store.get(key("b"));
      await store.delete(key("b"), removed?.version ?? 0);
      const second = await store.list("configmaps", { limit: 2, after: { namespace: "default", name: "b" } });
      assert.deepEqual([second.objects.map((object) => object.name), second.more], [["c", "d"], true]);
      const last = await store.list("configmaps", {
        namespace: "default",
        limit: 2,
        after: { namespace: "default", name: "d" },
      });
      assert.deepEqual([last.objects.map((object) => object.name), last.more], [["e"], false]);
    });

    test("a list is followed by exactly the changes after its version", async (store) => {
      await create(store, key("a"), "1");
      const { version } = await store.list("configmaps");
      const a = await store.get(key("a"));
      await store.put(key("a"), "2", a?.version ?? 0);
      const b = await create(store, key("b"), "1");
      await store.delete(key("b"), b.version);
      await create(store, { type: "secrets", namespace: "default", name: "a" }, "other type");
      const result = await store.changes("configmaps", version, 100);
      assert.ok(result !== undefined);
      assert.deepEqual(replay(new Map([["a", "1"]]), result.changes), new Map([["a", "2"]]));
      assert.ok(
        result.changes.every((change) => change.object.version > version && change.object.version <= result.version),
      );
      assert.deepEqual((await store.changes("configmaps", result.version, 100))?.changes, []);
    });

    test("changes come in pages, oldest first", async (store) => {
      const start = await store.version();
      for (const objectName of ["a", "b", "c"]) await create(store, key(objectName), "1");
      const first = await store.changes("configmaps", start, 2);
      assert.deepEqual(
        first?.changes.map((change) => change.object.name),
        ["a", "b"],
      );
      const rest = await store.changes("configmaps", first?.version ?? 0, 2);
      assert.deepEqual(
        rest?.changes.map((change) => change.object.name),
        ["c"],
      );
    });

    test("a change of an object tells what it was where the store knows it", async (store) => {
      const first = await create(store, key("a"), "1");
      await store.put(key("a"), "2", first.version);
      const result = await store.changes("configmaps", first.version, 10);
      const change = result?.changes[0];
      assert.ok(change?.type === "put");
      assert.ok(change.previous === undefined || change.previous === "1");
    });

    test("a deletion carries the last value and the version of the deletion", async (store) => {
      const first = await create(store, key("a"), "1");
      const gone = await store.delete(key("a"), first.version);
      const result = await store.changes("configmaps", first.version, 10);
      assert.deepEqual(
        result?.changes.map((change) => [change.type, change.object.value, change.object.version]),
        [["delete", "1", gone]],
      );
    });

    test("a version from the future is refused", async (store) => {
      await create(store, key("a"), "1");
      assert.equal(await store.changes("configmaps", (await store.version()) + 1, 10), undefined);
    });

    test("listeners hear of writes until they leave", async (store) => {
      if (store.onChange === undefined) return;
      const heard: string[] = [];
      const leave = store.onChange((type) => heard.push(type));
      const first = await create(store, key("a"), "1");
      await store.delete(key("a"), first.version);
      await new Promise((resolve) => setImmediate(resolve));
      leave();
      await create(store, key("b"), "1");
      assert.deepEqual(heard, ["configmaps", "configmaps"]);
    });

    test("names that look like inherited properties are plain data", async (store) => {
      for (const objectName of ["__proto__", "constructor"])
        await create(store, { type: objectName, namespace: objectName, name: objectName }, objectName);
      assert.equal(
        (await store.get({ type: "__proto__", namespace: "__proto__", name: "__proto__" }))?.value,
        "__proto__",
      );
      assert.equal((await store.list("constructor")).objects.length, 1);
    });
  });
}

const key = (name: string): ObjectKey => ({ type: "configmaps", namespace: "default", name });
/** SQLite rows have no prototype. */
const plain = (value: object | undefined): object | undefined => value && { ...value };

async function create(store: ObjectStore, at: ObjectKey, value: string): Promise<StoredObject> {
  const put = await store.put(at, value, 0);
  assert.ok(put !== undefined, `${at.name} must not exist yet`);
  return put;
}

function replay(state: ReadonlyMap<string, string>, changes: readonly ObjectChange[]): ReadonlyMap<string, string> {
  const next = new Map(state);
  for (const change of changes) {
    if (change.type === "put") next.set(change.object.name, change.object.value);
    else next.delete(change.object.name);
  }
  return next;
}
