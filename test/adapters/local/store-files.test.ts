import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import {
  chmodSync,
  closeSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { openLocalStore, StoreError, type StoreFailure } from "../../../src/adapters/local/index.ts";
import { objectId } from "../../../src/git/index.ts";

const worker = fileURLToPath(new URL("store-worker.ts", import.meta.url));

test("folder and files are for the owner only (T27)", () =>
  inFolder(async (parent) => {
    const directory = join(parent, "data");
    const store = openLocalStore(directory);
    store.gitObjects();
    await store.rows.want("app/a/b", 1);
    assert.equal(statSync(directory).mode & 0o777, 0o700);
    for (const file of readdirSync(directory)) assert.equal(statSync(join(directory, file)).mode & 0o777, 0o600, file);
    assert.ok(readdirSync(directory).includes("lateen.db-wal"));
    store.close();
    chmodSync(join(directory, "lateen.db"), 0o644);
    openLocalStore(directory).close();
    assert.equal(statSync(join(directory, "lateen.db")).mode & 0o777, 0o600);
  }));

test("what was acknowledged is there after a kill -9 (F1, F15, I6, I19)", () =>
  inFolder(async (directory) => {
    const child = spawn(process.execPath, [worker, directory, "want"], { stdio: ["ignore", "pipe", "inherit"] });
    let printed = "";
    await new Promise<void>((resolve) => {
      child.stdout.on("data", (chunk: Buffer) => {
        printed += chunk.toString();
        if (printed.length > 500) child.kill("SIGKILL");
      });
      child.once("close", () => resolve());
    });
    const acknowledged = Math.max(...printed.split("\n").map(Number));
    const store = openLocalStore(directory);
    const row = await store.rows.get("app/default/killed");
    assert.ok(acknowledged > 50);
    // At most the one whose answer was on its way is there beside what was acknowledged.
    assert.ok(
      row !== undefined && row.wanted >= acknowledged && row.wanted <= acknowledged + 1,
      `${row?.wanted} after ${acknowledged}`,
    );
    assert.deepEqual(await store.rows.due(Date.now(), 10), ["app/default/killed"]);
    assert.ok((await store.queue.size("app")) >= acknowledged);
    store.close();
  }));

test("two processes on one folder exclude each other by the lease (I1)", () =>
  inFolder(async (directory) => {
    openLocalStore(directory).close();
    const processes = [1, 2, 3].map(() =>
      spawn(process.execPath, [worker, directory, "count", "50"], { stdio: ["ignore", "inherit", "inherit"] }),
    );
    const codes = await Promise.all(processes.map((child) => new Promise((resolve) => child.once("close", resolve))));
    assert.deepEqual(codes, [0, 0, 0]);
    const store = openLocalStore(directory);
    assert.equal((await store.items.get("counter", "c", Date.now()))?.value, "150");
    store.close();
  }));

test("many processes may open a new folder at once", () =>
  inFolder(async (directory) => {
    const processes = [1, 2, 3, 4].map(() =>
      spawn(process.execPath, [worker, directory, "count", "1"], { stdio: ["ignore", "inherit", "inherit"] }),
    );
    const codes = await Promise.all(processes.map((child) => new Promise((resolve) => child.once("close", resolve))));
    assert.deepEqual(codes, [0, 0, 0, 0]);
  }));

for (const { name, harm } of [
  { name: "a page in the middle is overwritten", harm: overwritePages },
  {
    name: "the file is something else",
    harm: (file: string) => writeFileSync(file, "not a database, but long enough to look at".repeat(100)),
  },
  { name: "the file is cut short", harm: (file: string) => writeFileSync(file, "SQLite format 3\0") },
]) {
  test(`a damaged database is refused when ${name} (F27, I19)`, () =>
    inFolder(async (directory) => {
      const store = openLocalStore(directory);
      await Promise.all(
        Array.from({ length: 200 }, (_, index) =>
          store.items.put({ pk: "p", sk: `${index}`, value: "x".repeat(500) }, 1),
        ),
      );
      store.close();
      harm(join(directory, "lateen.db"));
      const error = failureOf(() => openLocalStore(directory));
      assert.equal(error.failure.code, "STORE_DAMAGED");
      assert.ok(error.message.includes(join(directory, "lateen.db")));
      assert.match(error.message, /restore it from a backup, or move it away/);
      assert.equal(error.retryable, false);
    }));
}

test("a schema from the future is refused, one step ahead is worked with (F7)", () =>
  inFolder(async (directory) => {
    openLocalStore(directory).close();
    const database = new DatabaseSync(join(directory, "lateen.db"));
    const known = Number(database.prepare("SELECT max(version) AS version FROM migrations").get()?.["version"]);
    const add = database.prepare("INSERT INTO migrations (version, applied_at) VALUES (?, 0)");
    add.run(known + 1);
    openLocalStore(directory).close();
    add.run(known + 2);
    database.close();
    const error = failureOf(() => openLocalStore(directory));
    assert.deepEqual(error.failure, {
      code: "STORE_TOO_NEW",
      path: join(directory, "lateen.db"),
      found: known + 2,
      known,
    });
  }));

test("a lock that another process keeps is a retryable STORE_BUSY", () =>
  inFolder(async (directory) => {
    const store = openLocalStore(directory, { lockTimeoutMs: 20 });
    const other = new DatabaseSync(join(directory, "lateen.db"));
    other.exec("BEGIN IMMEDIATE");
    await assert.rejects(store.rows.want("app/a/b", 1), isFailure("STORE_BUSY", true));
    other.exec("ROLLBACK");
    other.close();
    assert.equal(await store.rows.want("app/a/b", 1), 1);
    store.close();
  }));

test(
  "a place where no database can be is STORE_IO",
  { skip: process.getuid?.() === 0 && "root may write anywhere" },
  () =>
    inFolder(async (directory) => {
      openLocalStore(directory).close();
      chmodSync(directory, 0o500);
      const error = failureOf(() => openLocalStore(directory).rows);
      chmodSync(directory, 0o700);
      assert.equal(error.failure.code, "STORE_IO");
    }),
);

test("writes of one turn share a transaction; one that fails takes back only itself", () =>
  inFolder(async (directory) => {
    const store = openLocalStore(directory);
    // A row that is dirty but never due is refused by the table.
    const outcomes = await Promise.allSettled([
      store.rows.want("a", 1),
      store.rows.want("b", Number.NaN),
      store.rows.want("c", 1),
    ]);
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ["fulfilled", "rejected", "fulfilled"],
    );
    assert.deepEqual(await store.rows.due(1, 10), ["a", "c"]);
    assert.equal(await store.rows.get("b"), undefined);
    await assert.rejects(store.rows.want("b", Number.NaN), isFailure("STORE_INTERNAL", false));
    store.close();
  }));

test("close commits what was asked for before it; calls after it are refused", () =>
  inFolder(async (directory) => {
    const store = openLocalStore(directory);
    const wanted = store.rows.want("a", 1);
    store.close();
    assert.equal(await wanted, 1);
    await assert.rejects(store.rows.want("a", 1), isFailure("STORE_CLOSED", false));
    await assert.rejects(store.rows.get("a"), isFailure("STORE_CLOSED", false));
    store.close();
    const again = openLocalStore(directory);
    assert.equal((await again.rows.get("a"))?.wanted, 1);
    again.close();
  }));

test("git objects outlive the process; a damaged cache is begun anew", () =>
  inFolder(async (directory) => {
    const object = { type: "blob", bytes: new TextEncoder().encode("kept") } as const;
    const oid = objectId(object);
    const first = openLocalStore(directory);
    await first.gitObjects().put("https://a", oid, object);
    first.close();
    const second = openLocalStore(directory);
    assert.notEqual(await second.gitObjects().get("https://a", oid), undefined);
    second.close();
    writeFileSync(join(directory, "git-objects.db"), "not a database, but long enough to look at".repeat(100));
    const third = openLocalStore(directory);
    assert.equal(await third.gitObjects().get("https://a", oid), undefined);
    await third.gitObjects().put("https://a", oid, object);
    assert.notEqual(await third.gitObjects().get("https://a", oid), undefined);
    third.close();
  }));

async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "lateen-files-"));
  try {
    await use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Zeroes in the pages behind the schema. */
function overwritePages(file: string): void {
  const handle = openSync(file, "r+");
  writeSync(handle, new Uint8Array(8_192), 0, 8_192, statSync(file).size - 16_384);
  closeSync(handle);
}

function failureOf(work: () => unknown): StoreError {
  try {
    work();
  } catch (error) {
    assert.ok(error instanceof StoreError, String(error));
    return error;
  }
  return assert.fail("nothing was thrown");
}

function isFailure(code: StoreFailure["code"], retryable: boolean): (error: unknown) => boolean {
  return (error) => error instanceof StoreError && error.failure.code === code && error.retryable === retryable;
}
