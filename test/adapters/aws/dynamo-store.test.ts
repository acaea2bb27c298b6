import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, test } from "node:test";
import { type AwsApi, type AwsStore, openAwsStore } from "../../../src/adapters/aws/index.ts";
import { systemClock } from "../../../src/base/index.ts";
import type { ObjectChange, ObjectKey, ObjectStore } from "../../../src/kubeapi/index.ts";
import type { Make } from "../../contract/contract.ts";
import { itemsContract } from "../../contract/items.ts";
import { leaseSimulation } from "../../contract/lease-simulation.ts";
import { describeObjectStore } from "../../contract/object-store.ts";
import { workRowsContract } from "../../contract/work-rows.ts";
import {
  createTable,
  deleteTable,
  type Emulator,
  emulatedApi,
  sharedAwsEndpoint,
  startDynamo,
} from "../../support/aws-emulators.ts";

let dynamo: Emulator;
before(async () => {
  dynamo = await startDynamo();
});
after(() => dynamo.stop());

const variants: (readonly [name: string, endpoint: () => string])[] = [["dynalite", () => dynamo.endpoint]];
if (sharedAwsEndpoint !== undefined) {
  const shared = sharedAwsEndpoint;
  variants.push(["the shared endpoint", () => shared]);
}

for (const [name, endpoint] of variants) {
  workRowsContract(
    `DynamoDB by ${name}`,
    using(endpoint, ({ rows }) => rows),
  );
  itemsContract(
    `DynamoDB by ${name}`,
    using(endpoint, ({ items }) => items),
  );
  describeObjectStore(`DynamoDB by ${name}`, async () => {
    const { open, close } = await setting(endpoint());
    return { store: open().objects, close };
  });
  describeObjectStore(`two processes on DynamoDB by ${name}`, async () => {
    const { open, close } = await setting(endpoint());
    return { store: alternating([open().objects, open().objects]), close };
  });
}
leaseSimulation(
  "DynamoDB by dynalite",
  using(
    () => dynamo.endpoint,
    ({ rows }) => rows,
  ),
  20,
);

test("a sweep passes over leased rows, however many, and pages the rest in order (F15, I6)", () =>
  withStore(async ({ rows }) => {
    const keys = Array.from({ length: 130 }, (_, index) => `app/ns/a${String(index).padStart(3, "0")}`);
    for (const [index, key] of keys.entries()) await rows.want(key, 100 + index);
    for (const key of keys.slice(0, 110)) await rows.acquire(key, "h", 1_000, 60_000);
    assert.deepEqual(await rows.due(1_000, 15), keys.slice(110, 125));
    assert.deepEqual(await rows.due(1_000, 1_000), keys.slice(110));
    assert.deepEqual(await rows.due(61_000, 3), keys.slice(0, 3));
  }));

test("want keeps the earlier due time against another want at the same moment", () =>
  withStore(async ({ rows }) => {
    for (let round = 0; round < 10; round++) {
      const key = `app/ns/${round}`;
      await Promise.all([30, 10, 20, 40].map((at) => rows.want(key, at)));
      assert.deepEqual(await rows.due(10, 100).then((due) => due.includes(key)), true);
      const row = await rows.get(key);
      assert.deepEqual([row?.wanted, row?.nextAt], [4, 10]);
    }
  }));

test("finish and defer against wants at the same moment lose no request", () =>
  withStore(async ({ rows }) => {
    for (let round = 0; round < 20; round++) {
      const key = `app/ns/${round}`;
      await rows.want(key, 1);
      const lease = await rows.acquire(key, "a", 10, 60_000);
      assert.ok(lease !== undefined);
      const end = round % 2 === 0 ? rows.finish(lease) : rows.defer(lease, 500, { keepTries: true });
      const [answer] = await Promise.all([end, rows.want(key, 20), rows.want(key, 21)]);
      const row = await rows.get(key);
      assert.equal(row?.wanted, 3);
      assert.ok(row.nextAt !== undefined && row.nextAt <= 20, `${answer}: ${row.nextAt}`);
      assert.equal(row.holder, undefined);
      assert.deepEqual(await rows.due(20, 100).then((due) => due.includes(key)), true);
    }
  }));

for (const lost of [1, 2]) {
  test(`writes whose reply is lost ${lost} times are recognised as done (F24)`, async () => {
    const { endpoint } = dynamo;
    const { open, close, tableName } = await setting(endpoint);
    const { rows, items, objects } = openAwsStore({
      api: emulatedApi(endpoint, { fetch: losingReplies(lost), clock: quickClock() }),
      tableName,
      clock: systemClock,
    });
    try {
      assert.ok((await rows.want("app/ns/a", 1)) >= 1);
      const lease = await rows.acquire("app/ns/a", "h", 10, 60_000);
      assert.ok(lease !== undefined);
      assert.equal(lease.tries, 1);
      assert.equal(await rows.renew(lease, 90_000), true);
      assert.equal(await rows.defer(lease, 50, { keepTries: false }), "deferred");
      const again = await rows.acquire("app/ns/a", "h2", 60, 60_000);
      assert.ok(again !== undefined);
      assert.equal(await rows.finish(again), "clean");
      assert.equal(await items.put({ pk: "TICK#1", sk: "T", value: "1" }, 1, 0), 1);
      assert.equal(await items.put({ pk: "TICK#1", sk: "T", value: "2" }, 1, 1), 2);
      assert.equal(await items.put({ pk: "TICK#1", sk: "T", value: "3" }, 1, 1), undefined);
      const put = await objects.put(key("a"), "1", 0);
      assert.ok(put !== undefined);
      assert.equal(await objects.put(key("a"), "2", 0), undefined);
      const gone = await objects.delete(key("a"), put.version);
      assert.equal(gone, put.version + 1);
      assert.equal((await open().objects.changes("configmaps", 0, 10))?.version, gone);
    } finally {
      await close();
    }
  });
}

test("objects of 1.5 MB are stored in parts, and an overwritten one is never a mix", async () => {
  const { open, close } = await setting(dynamo.endpoint);
  const [writer, reader] = [open().objects, open().objects];
  // Hex halves by compression: above one part of 350 KB still.
  const values = Array.from({ length: 4 }, () => randomBytes(750 * 1024).toString("hex"));
  try {
    let stop = false;
    let version = (await writer.put(key("big"), values[0] ?? "", 0))?.version ?? 0;
    const reads = (async () => {
      let count = 0;
      for (; !stop; count++) {
        const value = (await reader.get(key("big")))?.value ?? "";
        assert.ok(values.includes(value), `a value of ${value.length} characters that nobody wrote`);
      }
      return count;
    })();
    for (const value of values.slice(1)) version = (await writer.put(key("big"), value, version))?.version ?? 0;
    stop = true;
    assert.ok((await reads) > 0);
    assert.equal((await reader.list("configmaps")).objects[0]?.value, values[3]);
    const gone = await writer.delete(key("big"), version);
    const changes = await reader.changes("configmaps", version, 10);
    assert.deepEqual(
      changes?.changes.map(({ type, object }) => [type, object.value === values[3], object.version]),
      [["delete", true, gone]],
    );
  } finally {
    await close();
  }
});

test("watches see every write of many writers at once, in order, and none lands behind their position (I6)", async () => {
  const { open, close } = await setting(dynamo.endpoint);
  try {
    let writing = 6;
    const writers = Array.from({ length: writing }, async (_, index) => {
      const { objects } = open();
      for (let step = 0; step < 8; step++) {
        const at = key(`o${(index + step) % 4}`);
        for (;;) {
          const current = await objects.get(at);
          const isDeletion = current !== undefined && step % 5 === 4;
          const done = isDeletion
            ? await objects.delete(at, current.version)
            : await objects.put(at, `${index}.${step}`, current?.version ?? 0);
          if (done !== undefined) break;
        }
      }
      writing--;
    });
    const watch = async (pageSize: number): Promise<ReadonlyMap<string, string>> => {
      const { objects } = open();
      const first = await objects.list("configmaps");
      const state = new Map(first.objects.map((object) => [object.name, object.value]));
      let { version } = first;
      for (let idle = 0; writing > 0 || idle < 2; ) {
        const page = await objects.changes("configmaps", version, pageSize);
        assert.ok(page !== undefined);
        let last = version;
        for (const change of page.changes) {
          assert.ok(change.object.version > last, "versions rise");
          last = change.object.version;
          apply(state, change);
          // What a watch has told, a read shows.
          const read = await objects.get(change.object);
          assert.ok((read?.version ?? Number.MAX_SAFE_INTEGER) >= last || change.type === "delete");
        }
        if (page.changes.length === 0 && writing === 0) idle++;
        version = page.version;
      }
      return state;
    };
    const [one, many] = await Promise.all([watch(1), watch(100), ...writers]);
    const end = await open().objects.list("configmaps");
    const final = new Map(end.objects.map((object) => [object.name, object.value]));
    assert.deepEqual(sorted(one), sorted(final));
    assert.deepEqual(sorted(many), sorted(final));
    assert.equal(end.version, 6 * 8);
  } finally {
    await close();
  }
});

test("a writer that dies between log and object is finished by the next list, watch or writer", async () => {
  const { open, close, tableName } = await setting(dynamo.endpoint);
  try {
    for (const meet of ["list", "changes", "put"] as const) {
      const at = key(meet);
      const dying = openAwsStore({
        api: emulatedApi(dynamo.endpoint, { fetch: dyingAfterLog(), clock: quickClock() }),
        tableName,
        clock: systemClock,
      });
      await assert.rejects(dying.objects.put(at, "1", 0), /dynamodb PutItem/);
      const { objects } = open();
      assert.equal(await objects.get(at), undefined);
      const version = await objects.version();
      if (meet === "list") await objects.list("configmaps");
      if (meet === "changes") await objects.changes("configmaps", version - 1, 10);
      if (meet === "put") assert.equal(await objects.put(at, "2", 0), undefined);
      assert.deepEqual({ ...(await objects.get(at)) }, { ...at, value: "1", version, createdVersion: version });
    }
  } finally {
    await close();
  }
});

test("a watch behind the kept changes is told to list again, one within them goes on", async () => {
  let time = 1_000_000;
  const { close, tableName, api } = await setting(dynamo.endpoint);
  const { objects } = openAwsStore({ api, tableName, clock: { ...systemClock, now: () => time }, keptChanges: 200 });
  try {
    let version = 0;
    for (let step = 0; step < 300; step++) {
      version = (await objects.put(key("a"), String(step), version))?.version ?? 0;
      if (step === 250) time += 3_700_000;
    }
    assert.equal(version, 300);
    assert.equal(await objects.changes("configmaps", 50, 10), undefined);
    assert.equal((await objects.changes("configmaps", 100, 10))?.version, 110);
    assert.equal((await objects.changes("configmaps", version, 10))?.changes.length, 0);
    assert.equal((await objects.get(key("a")))?.value, "299");
  } finally {
    await close();
  }
});

test("items page over what one answer of DynamoDB holds, expired ones between", () =>
  withStore(async ({ items }) => {
    const noise = (index: number): string => JSON.stringify(randomBytes(110_000).toString("base64") + index);
    const names = Array.from({ length: 20 }, (_, index) => `RUN#${String(index).padStart(2, "0")}`);
    for (const [index, sk] of names.entries()) {
      await items.put({ pk: "p", sk, value: noise(index), ...(index % 2 === 0 && { expiresAt: 50 }) }, 1);
    }
    const odd = names.filter((_, index) => index % 2 === 1);
    assert.deepEqual(
      (await items.query("p", 100)).map((item) => item.sk),
      odd,
    );
    assert.deepEqual(
      (await items.query("p", 100, { limit: 6, descending: true })).map((item) => item.sk),
      odd.reverse().slice(0, 6),
    );
    assert.equal((await items.query("p", 1)).length, 20);
  }));

const key = (name: string): ObjectKey => ({ type: "configmaps", namespace: "default", name });

function apply(state: Map<string, string>, change: ObjectChange): void {
  if (change.type === "put") state.set(change.object.name, change.object.value);
  else state.delete(change.object.name);
}

function sorted(state: ReadonlyMap<string, string> | void): readonly (readonly [string, string])[] {
  return [...(state ?? [])].sort(([a], [b]) => (a < b ? -1 : 1));
}

interface Setting {
  readonly api: AwsApi;
  readonly tableName: string;
  /** A store of its own, as another process has it. */
  open(): AwsStore;
  close(): Promise<void>;
}

async function setting(endpoint: string): Promise<Setting> {
  const api = emulatedApi(endpoint);
  const tableName = await createTable(api);
  return {
    api,
    tableName,
    open: () => openAwsStore({ api, tableName, clock: systemClock }),
    close: () => deleteTable(api, tableName),
  };
}

function using<Subject>(endpoint: () => string, pick: (store: AwsStore) => Subject): Make<Subject> {
  return async (use) => {
    const { open, close } = await setting(endpoint());
    try {
      await use(pick(open()));
    } finally {
      await close();
    }
  };
}

function withStore(use: (store: AwsStore) => Promise<void>): Promise<void> {
  return using(
    () => dynamo.endpoint,
    (store) => store,
  )(use);
}

/** Sends each call to the next of the two stores. */
function alternating(stores: readonly [ObjectStore, ObjectStore]): ObjectStore {
  let turn = 0;
  return new Proxy(stores[0], {
    get: (_target, member) => Reflect.get(stores[turn++ % 2 === 0 ? 0 : 1], member) as unknown,
  });
}

/** Back-off without waiting. */
function quickClock() {
  return { now: () => Date.now(), sleep: async () => undefined };
}

/** Each write takes effect; its first `lost` answers do not arrive. */
function losingReplies(lost: number): typeof fetch {
  const seen = new Map<string, number>();
  return async (url, init) => {
    const response = await fetch(url, init);
    const target = new Headers(init?.headers).get("x-amz-target") ?? "";
    const call = `${target} ${String(init?.body)}`;
    const count = (seen.get(call) ?? 0) + 1;
    seen.set(call, count);
    if (/PutItem|UpdateItem|DeleteItem/.test(target) && count <= lost) throw new TypeError("fetch failed");
    return response;
  };
}

/** Everything works up to the first write of a log entry; after it nothing arrives any more. */
function dyingAfterLog(): typeof fetch {
  let isDead = false;
  return async (url, init) => {
    if (isDead) throw new TypeError("fetch failed");
    isDead =
      String(init?.body).includes("OBJLOG") &&
      new Headers(init?.headers).get("x-amz-target")?.endsWith(".PutItem") === true;
    return fetch(url, init);
  };
}
