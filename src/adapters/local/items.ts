import type { Item, Items } from "../../reconcile/index.ts";
import { type Connection, numberOf, optionalNumber, textOf } from "./connection.ts";
import { StoreError } from "./store-error.ts";

/** Bytes of one value (aws.md §7: below DynamoDB's 400 KB with room for keys). */
const maxValueBytes = 300 * 1024;
/** Expired items are invisible at once; their space is taken back by a later write, at most this often. */
const purgeEveryMs = 600_000;

/** Items in SQLite. A put over an expired item counts as a put over nothing. */
export function createItems(connection: Connection): Items {
  const get = connection.prepare(
    "SELECT * FROM items WHERE pk = :pk AND sk = :sk AND (expires_at IS NULL OR expires_at > :now)",
  );

  const put = connection.prepare(`
    INSERT INTO items (pk, sk, value, version, expires_at)
    SELECT :pk, :sk, :value, 1, :expiresAt
    WHERE :ifVersion IS NULL OR :ifVersion = 0 OR EXISTS (SELECT 1 FROM items WHERE pk = :pk AND sk = :sk)
    ON CONFLICT (pk, sk) DO UPDATE SET value = excluded.value, version = version + 1, expires_at = excluded.expires_at
      WHERE :ifVersion IS NULL
        OR (:ifVersion = 0 AND expires_at <= :now)
        OR (:ifVersion = version AND (expires_at IS NULL OR expires_at > :now))
    RETURNING version`);

  const remove = connection.prepare("DELETE FROM items WHERE pk = ? AND sk = ?");
  const purge = connection.prepare("DELETE FROM items WHERE expires_at <= ?");

  // The byte 0xff sorts after every byte of UTF-8 text: the range holds exactly what starts with the prefix.
  const query = (order: "ASC" | "DESC") =>
    connection.prepare(`
      SELECT * FROM items
      WHERE pk = :pk AND sk >= :prefix AND sk < :prefix || CAST(x'ff' AS TEXT) AND (expires_at IS NULL OR expires_at > :now)
      ORDER BY sk ${order} LIMIT :limit`);
  const ascending = query("ASC");
  const descending = query("DESC");

  let nextPurgeAt = 0;
  return {
    get: async (pk, sk, now) =>
      connection.read(() => {
        const row = get.get({ pk, sk, now });
        return row === undefined ? undefined : itemOf(row);
      }),

    put: async ({ pk, sk, value, expiresAt }, now, ifVersion) => {
      const bytes = Buffer.byteLength(value);
      if (bytes > maxValueBytes) {
        throw new StoreError(
          { code: "STORE_ITEM_TOO_LARGE", pk, sk, bytes, maxBytes: maxValueBytes },
          `item ${pk} ${sk} has ${bytes} bytes, the limit is ${maxValueBytes}`,
        );
      }
      return connection.write(() => {
        if (now >= nextPurgeAt) {
          purge.run(now);
          nextPurgeAt = now + purgeEveryMs;
        }
        const row = put.get({ pk, sk, value, now, expiresAt: expiresAt ?? null, ifVersion: ifVersion ?? null });
        return row === undefined ? undefined : numberOf(row, "version");
      });
    },

    delete: (pk, sk) =>
      connection.write(() => {
        remove.run(pk, sk);
      }),

    query: async (pk, now, { prefix = "", limit, descending: backwards = false } = {}) =>
      connection.read(() => {
        const statement = backwards ? descending : ascending;
        // A negative LIMIT means none.
        return statement.all({ pk, now, prefix, limit: limit ?? -1 }).map(itemOf);
      }),
  };
}

function itemOf(row: Parameters<typeof textOf>[0]): Item {
  return {
    pk: textOf(row, "pk"),
    sk: textOf(row, "sk"),
    value: textOf(row, "value"),
    version: numberOf(row, "version"),
    ...optionalNumber(row, "expires_at", "expiresAt"),
  };
}
