import { rmSync } from "node:fs";
import type { GitObject, ObjectCache } from "../../git/index.ts";
import { bytesOf, Connection, numberOf, textOf } from "./connection.ts";
import { StoreError } from "./store-error.ts";

/** Written share of the bound after which the size is looked at, and the share that an eviction leaves. */
const checkShare = 1 / 16;
const keepShare = 7 / 8;
/** Rough cost of a row beside its content: scope, id, index entries. */
const rowOverheadBytes = 256;
/** A use is noted at most this often per object: reads stay reads. */
const useGrainMs = 3_600_000;
/** A cache is not worth a long wait for another process. */
const lockTimeoutMs = 1_000;

/**
 * Git objects in a SQLite file of its own, least recently used out first. Everything in it can be fetched again, so commits are
 * not synced, and a damaged file is thrown away. Readers check hashes.
 * @param maxBytes content bytes kept at most, one sixteenth over for a moment.
 */
export function openGitObjects(
  path: string,
  maxBytes: number,
  now: () => number,
): { readonly cache: ObjectCache; close(): void } {
  const connection = openFile(path);
  const get = connection.prepare(
    "SELECT id, type, bytes, used_at FROM git_objects WHERE scope = :scope AND oid = :oid",
  );
  const use = connection.prepare("UPDATE git_objects SET used_at = ? WHERE id = ?");
  const put = connection.prepare(`
    INSERT INTO git_objects (scope, oid, type, size, used_at, bytes) VALUES (:scope, :oid, :type, :size, :now, :bytes)
    ON CONFLICT (scope, oid) DO NOTHING`);
  const total = connection.prepare("SELECT coalesce(sum(size), 0) AS total FROM git_objects");
  const evict = connection.prepare(`
    DELETE FROM git_objects WHERE id IN (
      SELECT id FROM (SELECT id, sum(size) OVER (ORDER BY used_at DESC, id DESC) AS kept FROM git_objects) WHERE kept > ?)`);

  // Starts full, so that the first write looks at what an earlier process left.
  let writtenSinceCheck = maxBytes;
  const cache: ObjectCache = {
    get: async (scope, oid) => {
      const row = connection.read(() => get.get({ scope, oid }));
      if (row === undefined) return undefined;
      const at = now();
      if (at - numberOf(row, "used_at") > useGrainMs) await connection.write(() => use.run(at, numberOf(row, "id")));
      // Only `put` writes this column, from an ObjectType.
      return { type: textOf(row, "type") as GitObject["type"], bytes: bytesOf(row, "bytes") };
    },

    put: async (scope, oid, { type, bytes }) => {
      const size = bytes.length + rowOverheadBytes;
      if (size > maxBytes * keepShare) return;
      await connection.write(() => {
        put.run({ scope, oid, type, size, now: now(), bytes });
        writtenSinceCheck += size;
        if (writtenSinceCheck < maxBytes * checkShare) return;
        writtenSinceCheck = 0;
        if (numberOf(total.get(), "total") > maxBytes) evict.run(Math.floor(maxBytes * keepShare));
      });
    },
  };
  return { cache, close: () => connection.close() };
}

function openFile(path: string): Connection {
  try {
    return withSchema(path);
  } catch (error) {
    if (!(error instanceof StoreError) || error.failure.code !== "STORE_DAMAGED") throw error;
    for (const file of [path, `${path}-wal`, `${path}-shm`]) rmSync(file, { force: true });
    return withSchema(path);
  }
}

function withSchema(path: string): Connection {
  const connection = new Connection(path, "relaxed", lockTimeoutMs);
  try {
    connection.exec(`
      CREATE TABLE IF NOT EXISTS git_objects (
        id INTEGER PRIMARY KEY,
        scope TEXT NOT NULL,
        oid TEXT NOT NULL,
        type TEXT NOT NULL,
        size INTEGER NOT NULL,
        used_at INTEGER NOT NULL,
        bytes BLOB NOT NULL
      );
      CREATE UNIQUE INDEX IF NOT EXISTS git_objects_oid ON git_objects (oid, scope);
      CREATE INDEX IF NOT EXISTS git_objects_use ON git_objects (used_at, id, size);`);
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  }
}
