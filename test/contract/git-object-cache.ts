import assert from "node:assert/strict";
import { type GitObject, objectId, type ObjectCache } from "../../src/git/index.ts";
import { type Make, runContract } from "./contract.ts";

/** What every cache of git objects must do; `maxBytes` of the subject is 64 KiB. */
export function gitObjectCacheContract(name: string, make: Make<ObjectCache>): void {
  runContract(`${name}: git object cache`, make, {
    "what was put is got, by repository and id": async (cache) => {
      const object = blob("hello\0 ä");
      const oid = objectId(object);
      assert.equal(await cache.get("https://a", oid), undefined);
      await cache.put("https://a", oid, object);
      const got = await cache.get("https://a", oid);
      assert.ok(got !== undefined);
      assert.equal(objectId(got), oid);
      assert.equal(got.type, "blob");
      assert.equal(await cache.get("https://b", oid), undefined);
    },

    "an object put twice, or empty, is kept once": async (cache) => {
      for (const object of [blob("x"), blob(""), { type: "tree", bytes: new Uint8Array() } as const]) {
        const oid = objectId(object);
        await Promise.all([cache.put("s", oid, object), cache.put("s", oid, object)]);
        assert.equal((await cache.get("s", oid))?.type, object.type);
      }
    },

    "what it keeps does not change with the caller's buffer": async (cache) => {
      const object = blob("before");
      const oid = objectId(object);
      await cache.put("s", oid, object);
      object.bytes.fill(0);
      const got = await cache.get("s", oid);
      assert.ok(got !== undefined);
      assert.equal(objectId(got), oid);
    },

    "it stays under its bound, newest kept": async (cache) => {
      const objects = Array.from({ length: 100 }, (_, index) => blob(`${index}`.padEnd(4_000, ".")));
      for (const object of objects) await cache.put("s", objectId(object), object);
      const kept = await Promise.all(
        objects.map(async (object) => (await cache.get("s", objectId(object))) !== undefined),
      );
      const count = kept.filter(Boolean).length;
      assert.ok(count >= 8 && count <= 18, `${count} of 100 objects of 4,000 bytes in 64 KiB`);
      assert.equal(kept.at(-1), true);
      assert.equal(kept[0], false);
    },

    "an object larger than the bound is passed over": async (cache) => {
      const object = blob("x".repeat(70_000));
      await cache.put("s", objectId(object), object);
      assert.equal(await cache.get("s", objectId(object)), undefined);
    },
  });
}

const blob = (text: string): GitObject => ({ type: "blob", bytes: new TextEncoder().encode(text) });
