import assert from "node:assert/strict";
import type { Items } from "../../src/reconcile/index.ts";
import { type Make, runContract } from "./contract.ts";

/** The meaning of items (aws.md §7), on whichever store. */
export function itemsContract(name: string, make: Make<Items>): void {
  runContract(`${name}: items`, make, {
    "what was put is got, with a rising version": async (items) => {
      assert.equal(await items.put({ pk: "p", sk: "s", value: '{"a":1}' }, 1), 1);
      assert.equal(await items.put({ pk: "p", sk: "s", value: '{"a":2}' }, 1), 2);
      assert.deepEqual(await items.get("p", "s", 1), { pk: "p", sk: "s", value: '{"a":2}', version: 2 });
      assert.equal(await items.get("p", "other", 1), undefined);
    },

    "ifVersion 0 creates once": async (items) => {
      const claims = await Promise.all(
        Array.from({ length: 5 }, (_, index) => items.put({ pk: "TICK#1", sk: "T", value: `"${index}"` }, 1, 0)),
      );
      assert.deepEqual(
        claims.filter((version) => version !== undefined),
        [1],
      );
    },

    "ifVersion n replaces exactly version n": async (items) => {
      assert.equal(await items.put({ pk: "p", sk: "s", value: "1" }, 1, 3), undefined);
      assert.equal(await items.get("p", "s", 1), undefined);
      await items.put({ pk: "p", sk: "s", value: "1" }, 1);
      assert.equal(await items.put({ pk: "p", sk: "s", value: "2" }, 1, 1), 2);
      assert.equal(await items.put({ pk: "p", sk: "s", value: "3" }, 1, 1), undefined);
      assert.equal((await items.get("p", "s", 1))?.value, "2");
    },

    "an expired item is absent from get, query and conditions": async (items) => {
      await items.put({ pk: "p", sk: "s", value: "1", expiresAt: 100 }, 1);
      assert.equal((await items.get("p", "s", 99))?.expiresAt, 100);
      assert.equal(await items.get("p", "s", 100), undefined);
      assert.deepEqual(await items.query("p", 100), []);
      assert.equal(await items.put({ pk: "p", sk: "s", value: "2" }, 99, 0), undefined);
      assert.equal(await items.put({ pk: "p", sk: "s", value: "2" }, 100, 1), undefined);
      assert.notEqual(await items.put({ pk: "p", sk: "s", value: "2" }, 100, 0), undefined);
      assert.equal((await items.get("p", "s", 1_000))?.value, "2");
    },

    "a put without expiry takes the expiry away": async (items) => {
      await items.put({ pk: "p", sk: "s", value: "1", expiresAt: 100 }, 1);
      await items.put({ pk: "p", sk: "s", value: "2" }, 1);
      assert.equal((await items.get("p", "s", 1_000))?.expiresAt, undefined);
    },

    "query answers one partition in byte order": async (items) => {
      // UTF-16 order would put 😀 (U+1F600) before ﬀ (U+FB00).
      const order = ["A", "RUN#1", "RUN#2", "RUN#20", "a", "ä", "ﬀ", "😀"];
      for (const sk of [...order].reverse()) await items.put({ pk: "p", sk, value: "0" }, 1);
      await items.put({ pk: "q", sk: "A", value: "0" }, 1);
      const keys = async (options?: Parameters<Items["query"]>[2]) =>
        (await items.query("p", 1, options)).map((item) => item.sk);
      assert.deepEqual(await keys(), order);
      assert.deepEqual(await keys({ descending: true }), [...order].reverse());
      assert.deepEqual(await keys({ prefix: "RUN#" }), ["RUN#1", "RUN#2", "RUN#20"]);
      assert.deepEqual(await keys({ prefix: "RUN#2" }), ["RUN#2", "RUN#20"]);
      assert.deepEqual(await keys({ prefix: "RUN#", limit: 2, descending: true }), ["RUN#20", "RUN#2"]);
      assert.deepEqual(await keys({ prefix: "😀" }), ["😀"]);
      assert.deepEqual(await keys({ prefix: "%" }), []);
    },

    "delete removes, also twice": async (items) => {
      await items.put({ pk: "p", sk: "s", value: "1" }, 1);
      await items.delete("p", "s");
      await items.delete("p", "s");
      assert.equal(await items.get("p", "s", 1), undefined);
      assert.equal(await items.put({ pk: "p", sk: "s", value: "1" }, 1, 0), 1);
    },

    "values of 300 KB are kept, larger ones are refused": async (items) => {
      const full = `"${"x".repeat(300 * 1024 - 2)}"`;
      await items.put({ pk: "p", sk: "s", value: full }, 1);
      assert.equal((await items.get("p", "s", 1))?.value, full);
      await assert.rejects(items.put({ pk: "p", sk: "s", value: `${full} ` }, 1), /307201 bytes, the limit is 307200/);
      assert.equal((await items.get("p", "s", 1))?.version, 1);
    },

    "text of any kind comes back as it was": async (items) => {
      for (const value of ['"\\u0000"', '"😀 ä ﬀ"', "'; DROP TABLE items; --", ""]) {
        await items.put({ pk: "p", sk: "s", value }, 1);
        assert.equal((await items.get("p", "s", 1))?.value, value);
      }
    },
  });
}
