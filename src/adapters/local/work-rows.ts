import { isBackground, type Lease, type WorkRow, type WorkRows } from "../../reconcile/index.ts";
import { type Connection, numberOf, optionalNumber, optionalCause, optionalText, textOf } from "./connection.ts";

/**
 * Work rows in SQLite: each operation is one `UPDATE … WHERE … RETURNING`, so that processes on the same file exclude each
 * other by the row alone (aws.md §5, §7).
 *
 * An epoch is the time of its lease in milliseconds, or one more than the epoch before if that is higher: a row that was deleted
 * and made again, a store that was lost, or one restored from an old backup still hands out epochs above those that run clusters
 * have seen (reliability.md F28), and wrong clocks do not make them fall (F29).
 */
export function createWorkRows(connection: Connection): WorkRows {
  const want = connection.prepare(`
    INSERT INTO rows (key, wanted, done, epoch, tries, next_at, cause) VALUES (:key, 1, 0, 0, 0, :now, :cause)
    ON CONFLICT (key) DO UPDATE SET wanted = wanted + 1, next_at = min(coalesce(next_at, :now), :now),
      cause = iif(:gives, coalesce(cause, :cause), coalesce(:cause, cause))
    RETURNING wanted`);

  // A live lease of the same holder is its own earlier call whose reply was lost (F24): it keeps epoch, tries and wanted.
  const acquire = connection.prepare(`
    UPDATE rows SET
      epoch = iif(holder = :holder AND lease_until > :now, epoch, max(epoch + 1, :earliestEpoch)),
      tries = tries + iif(holder = :holder AND lease_until > :now, 0, 1),
      lease_wanted = iif(holder = :holder AND lease_until > :now, lease_wanted, wanted),
      lease_until = :until,
      holder = :holder
    WHERE key = :key AND (
      (holder = :holder AND lease_until > :now)
      OR (next_at <= :now AND (holder IS NULL OR lease_until <= :now)))
    RETURNING epoch, lease_wanted, tries, cause`);

  const renew = connection.prepare(`
    UPDATE rows SET lease_until = max(lease_until, :until) WHERE key = :key AND holder = :holder AND epoch = :epoch RETURNING key`);

  const finish = connection.prepare(`
    UPDATE rows SET done = lease_wanted, tries = 0, holder = NULL, lease_until = NULL, lease_wanted = NULL,
      next_at = iif(wanted > lease_wanted, next_at, NULL), cause = iif(wanted > lease_wanted, cause, NULL)
    WHERE key = :key AND holder = :holder AND epoch = :epoch
    RETURNING wanted > done AS dirty`);

  // While a lease is held, next_at keeps the time that made the row due, or an earlier one: a request of meanwhile stays due.
  const defer = connection.prepare(`
    UPDATE rows SET tries = iif(:keepTries, tries, 0), epoch = max(epoch, :epochAtLeast), holder = NULL, lease_until = NULL, lease_wanted = NULL,
      next_at = iif(wanted > lease_wanted, min(next_at, :nextAt), :nextAt), cause = iif(wanted > lease_wanted, cause, NULL)
    WHERE key = :key AND holder = :holder AND epoch = :epoch
    RETURNING wanted > :wanted AS dirty`);

  // Free, and nobody leased it since: only our own finish or defer can have freed it.
  const freedByUs = connection.prepare(`
    SELECT wanted > :wanted AS dirty, done >= :wanted AS finished FROM rows WHERE key = :key AND epoch = :epoch AND holder IS NULL`);

  const get = connection.prepare("SELECT * FROM rows WHERE key = ?");
  const due = connection.prepare(`
    SELECT key FROM rows WHERE next_at <= :now AND (holder IS NULL OR lease_until <= :now) ORDER BY next_at, key LIMIT :limit`);
  const remove = connection.prepare("DELETE FROM rows WHERE key = ?");

  return {
    want: (key, now, cause) => {
      const gives = isBackground(cause) ? 1 : 0;
      return connection.write(() => numberOf(want.get({ key, now, cause: cause ?? null, gives }), "wanted"));
    },

    acquire: (key, holder, now, leaseMs) =>
      connection.write(() => {
        const row = acquire.get({ key, holder, now, until: now + leaseMs, earliestEpoch: Math.floor(now) });
        if (row === undefined) return undefined;
        return {
          key,
          holder,
          epoch: numberOf(row, "epoch"),
          wanted: numberOf(row, "lease_wanted"),
          tries: numberOf(row, "tries"),
          ...optionalCause(row),
        };
      }),

    renew: ({ key, holder, epoch }, until) =>
      connection.write(() => renew.get({ key, holder, epoch, until }) !== undefined),

    finish: ({ key, holder, epoch, wanted }) =>
      connection.write(() => {
        const row = finish.get({ key, holder, epoch });
        if (row !== undefined) return numberOf(row, "dirty") === 1 ? "dirty" : "clean";
        const freed = freedByUs.get({ key, epoch, wanted });
        if (freed === undefined || numberOf(freed, "finished") === 0) return "lost";
        return numberOf(freed, "dirty") === 1 ? "dirty" : "clean";
      }),

    defer: ({ key, holder, epoch, wanted }: Lease, nextAt, { keepTries, epochAtLeast = 0 }) =>
      connection.write(() => {
        const row = defer.get({ key, holder, epoch, wanted, nextAt, keepTries: keepTries ? 1 : 0, epochAtLeast });
        if (row !== undefined) return numberOf(row, "dirty") === 1 ? "dirty" : "deferred";
        const freed = freedByUs.get({ key, epoch: Math.max(epoch, epochAtLeast), wanted });
        if (freed === undefined || numberOf(freed, "finished") === 1) return "lost";
        return numberOf(freed, "dirty") === 1 ? "dirty" : "deferred";
      }),

    get: async (key) =>
      connection.read((): WorkRow | undefined => {
        const row = get.get(key);
        if (row === undefined) return undefined;
        return {
          key,
          wanted: numberOf(row, "wanted"),
          done: numberOf(row, "done"),
          epoch: numberOf(row, "epoch"),
          tries: numberOf(row, "tries"),
          ...optionalText(row, "holder", "holder"),
          ...optionalNumber(row, "lease_until", "leaseUntil"),
          ...optionalNumber(row, "next_at", "nextAt"),
          ...optionalCause(row),
        };
      }),

    due: async (now, limit) => connection.read(() => due.all({ now, limit }).map((row) => textOf(row, "key"))),

    delete: (key) =>
      connection.write(() => {
        remove.run(key);
      }),
  };
}
