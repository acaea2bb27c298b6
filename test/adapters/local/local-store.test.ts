import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type LocalStore, openLocalStore } from "../../../src/adapters/local/index.ts";
import { createMemoryObjectCache } from "../../../src/git/index.ts";
import type { Make } from "../../contract/contract.ts";
import { gitObjectCacheContract } from "../../contract/git-object-cache.ts";
import { itemsContract } from "../../contract/items.ts";
import { describeObjectStore } from "../../contract/object-store.ts";
import { queueContract, type QueueSubject } from "../../contract/queue.ts";
import { workRowsContract } from "../../contract/work-rows.ts";

type Opener = (clock: { readonly now: () => number }) => { readonly store: LocalStore; readonly close: () => void };

const variants: Readonly<Record<string, Opener>> = {
  "SQLite in memory": (clock) => {
    const store = openLocalStore(":memory:", { clock });
    return { store, close: () => store.close() };
  },
  "SQLite file": (clock) => {
    const directory = mkdtempSync(join(tmpdir(), "lateen-store-"));
    const store = openLocalStore(directory, { clock });
    return {
      store,
      close: () => {
        store.close();
        rmSync(directory, { recursive: true });
      },
    };
  },
  "two stores on one SQLite file": (clock) => {
    const directory = mkdtempSync(join(tmpdir(), "lateen-store-"));
    const stores = [openLocalStore(directory, { clock }), openLocalStore(directory, { clock })] as const;
    return {
      store: alternating(stores),
      close: () => {
        for (const store of stores) store.close();
        rmSync(directory, { recursive: true });
      },
    };
  },
};

gitObjectCacheContract("memory", (use) => use(createMemoryObjectCache({ maxBytes: 64 * 1024 })));

for (const [name, open] of Object.entries(variants)) {
  workRowsContract(
    name,
    using(open, (store) => store.rows),
  );
  itemsContract(
    name,
    using(open, (store) => store.items),
  );
  queueContract(
    name,
    using(open, (store, at): QueueSubject => ({ queue: store.queue, at })),
  );
  gitObjectCacheContract(
    name,
    using(open, (store) => store.gitObjects(64 * 1024)),
  );
  describeObjectStore(name, async () => {
    const { store, close } = open({ now: () => 0 });
    return { store: store.objects, close: async () => close() };
  });
}

function using<Subject>(open: Opener, pick: (store: LocalStore, at: (now: number) => void) => Subject): Make<Subject> {
  return async (use) => {
    let time = 0;
    const { store, close } = open({ now: () => time });
    try {
      await use(
        pick(store, (now) => {
          time = now;
        }),
      );
    } finally {
      close();
    }
  };
}

/** Sends each call to the next of the two stores, so that every step of a behaviour meets what the other connection wrote. */
function alternating(stores: readonly [LocalStore, LocalStore]): LocalStore {
  let turn = 0;
  const next = (): LocalStore => stores[turn++ % 2 === 0 ? 0 : 1];
  const room = <Name extends "rows" | "items" | "queue" | "objects">(name: Name): LocalStore[Name] =>
    new Proxy(stores[0][name], {
      // Listeners hear of their own process's writes only, and here every second write is the other store's.
      get: (_target, member) => (member === "onChange" ? undefined : (Reflect.get(next()[name], member) as unknown)),
    });
  return { ...stores[0], rows: room("rows"), items: room("items"), queue: room("queue"), objects: room("objects") };
}
