import { createHash } from "node:crypto";
import { isBackground, type Lease, readRunCause, type WorkRow, type WorkRows } from "../../reconcile/index.ts";
import { AwsError, isConditionFailed } from "./aws-error.ts";
import {
  numberAt,
  optionalNumberAt,
  optionalTextAt,
  type Table,
  type TableItem,
  type TableKey,
  textAt,
} from "./dynamo-table.ts";

/** The sparse index over dirty rows: partition `dirtyGroup`, sort key `nextAt`, keys only (aws.md §7). */
const dirtyIndex = "dirty";
/** Partitions of the index, so that no single one takes all writes. */
const dirtyGroups = ["d0", "d1", "d2", "d3"] as const;
/** Index entries that one page of the sweep looks at in each group. */
const duePage = 50;
/** A conditional write that fails saw another writer succeed; this many in a row on one row is a fault. */
const maxRounds = 50;

const keyPrefix = "ROW#";
const tableKey = (key: string): TableKey => ({ pk: `${keyPrefix}${key}`, sk: "ROW" });
const groupOf = (key: string): string => `d${(createHash("sha256").update(key).digest()[0] ?? 0) % dirtyGroups.length}`;

/** What is stored beside the row's public members: the `wanted` of the current lease. */
interface StoredRow extends WorkRow {
  readonly leaseWanted?: number;
}

/**
 * Work rows in DynamoDB, with the meaning of the SQLite twin. DynamoDB has no max() and min(), so what depends on the row's state is
 * read consistently and then written under the condition that what was read still holds; a failed condition starts over. Each step is
 * one conditional write of one item, and a write whose reply was lost is recognised by holder and epoch (reliability.md F24).
 *
 * The epoch rule is SQLite's: the time of the lease in milliseconds, or one more than before if that is higher (F28, F29).
 */
export function createDynamoRows(table: Table): WorkRows {
  const read = async (key: string): Promise<StoredRow | undefined> => {
    const item = await table.get(tableKey(key));
    return item === undefined ? undefined : rowOf(item);
  };
  /** The update took place; false: its condition did not hold. */
  const wrote = async (key: string, change: Parameters<Table["update"]>[1]): Promise<TableItem | undefined> => {
    try {
      return await table.update(tableKey(key), change);
    } catch (error) {
      if (isConditionFailed(error)) return undefined;
      throw error;
    }
  };
  const mine = "#holder = :holder AND #epoch = :epoch";
  const free = "REMOVE #holder, #leaseUntil, #leaseWanted";

  return {
    // A try whose reply was lost counts twice: one run too many, which finds nothing to do.
    want: (key, now, cause) => {
      const because =
        cause === undefined ? "" : `#cause = ${isBackground(cause) ? "if_not_exists(#cause, :cause)" : ":cause"}`;
      const given = { now, one: 1, ...(cause === undefined ? {} : { cause }) };
      return rounds("want", key, async () => {
        const lowered = await wrote(key, {
          update: `SET #nextAt = :now, #dirtyGroup = :group, #done = if_not_exists(#done, :zero),
            #epoch = if_not_exists(#epoch, :zero), #tries = if_not_exists(#tries, :zero)${because && `, ${because}`} ADD #wanted :one`,
          condition: "attribute_not_exists(#nextAt) OR #nextAt > :now",
          values: { ...given, group: groupOf(key), zero: 0 },
        });
        const row =
          lowered ??
          (await wrote(key, {
            update: `${because && `SET ${because} `}ADD #wanted :one`,
            condition: "#nextAt <= :now",
            values: given,
          }));
        return row === undefined ? undefined : numberAt(row, "wanted");
      });
    },

    async acquire(key, holder, now, leaseMs) {
      const answer = await rounds("acquire", key, async () => {
        const row = await read(key);
        if (row === undefined) return { lease: undefined };
        const { wanted, epoch, tries, nextAt, leaseUntil = 0 } = row;
        const why = row.cause === undefined ? {} : { cause: row.cause };
        const isLive = row.holder !== undefined && leaseUntil > now;
        if (isLive && row.holder === holder) {
          // Our own earlier call whose reply was lost: epoch, tries and wanted stay.
          const values = { holder, epoch, until: now + leaseMs };
          if ((await wrote(key, { update: "SET #leaseUntil = :until", condition: mine, values })) === undefined) return;
          return { lease: { key, holder, epoch, wanted: row.leaseWanted ?? wanted, tries, ...why } };
        }
        if (isLive || nextAt === undefined || nextAt > now) return { lease: undefined };
        const next = Math.max(epoch + 1, Math.floor(now));
        // The epoch guards against other leases, `wanted` against requests since the read; neither can come back to an earlier value.
        const taken = await wrote(key, {
          update: `SET #holder = :holder, #leaseUntil = :until, #epoch = :next, #tries = :tries, #leaseWanted = :wanted`,
          condition: `#epoch = :epoch AND #wanted = :wanted AND #nextAt <= :now AND (attribute_not_exists(#holder) OR #leaseUntil <= :now)`,
          values: { holder, until: now + leaseMs, next, tries: tries + 1, wanted, epoch, now },
        });
        if (taken === undefined) return;
        return { lease: { key, holder, epoch: next, wanted, tries: tries + 1, ...why } };
      });
      return answer.lease;
    },

    renew: ({ key, holder, epoch }, until) =>
      rounds("renew", key, async () => {
        const renewed = await wrote(key, {
          update: "SET #leaseUntil = :until",
          condition: `${mine} AND #leaseUntil <= :until`,
          values: { until, holder, epoch },
        });
        if (renewed !== undefined) return true;
        const row = await read(key);
        if (row === undefined || row.holder !== holder || row.epoch !== epoch) return false;
        // A lease is never shortened.
        return (row.leaseUntil ?? 0) >= until ? true : undefined;
      }),

    async finish(lease) {
      const { key, holder, epoch, wanted } = lease;
      const values = { holder, epoch, wanted, zero: 0 };
      const complete = "SET #done = :wanted, #tries = :zero";
      const clean = await wrote(key, {
        update: `${complete} ${free}, #nextAt, #dirtyGroup, #cause`,
        condition: `${mine} AND #wanted = :wanted`,
        values,
      });
      if (clean !== undefined) return "clean";
      const dirty = await wrote(key, {
        update: `${complete} ${free}`,
        condition: `${mine} AND #wanted > :wanted`,
        values,
      });
      if (dirty !== undefined) return "dirty";
      const row = await read(key);
      if (row === undefined || !isFreedAt(row, epoch) || row.done < wanted) return "lost";
      return row.wanted > wanted ? "dirty" : "clean";
    },

    defer: (lease: Lease, nextAt, { keepTries, epochAtLeast = 0 }) => {
      const { key, holder, epoch, wanted } = lease;
      const raised = Math.max(epoch, epochAtLeast);
      const back = (at: number, seen: number): Promise<TableItem | undefined> =>
        wrote(key, {
          update: `SET #nextAt = :at, #epoch = :raised${keepTries ? "" : ", #tries = :zero"} ${free}${seen === wanted ? ", #cause" : ""}`,
          condition: `${mine} AND #wanted = :seen`,
          values: { at, raised, zero: 0, holder, epoch, seen },
        });
      return rounds("defer", key, async () => {
        if ((await back(nextAt, wanted)) !== undefined) return "deferred";
        const row = await read(key);
        if (row === undefined) return "lost";
        if (row.holder === holder && row.epoch === epoch) {
          // Asked again meanwhile: while a lease is held, nextAt is the time that made the row due, or an earlier one.
          if (row.wanted === wanted) return undefined;
          const written = await back(Math.min(row.nextAt ?? nextAt, nextAt), row.wanted);
          return written === undefined ? undefined : "dirty";
        }
        if (!isFreedAt(row, raised) || row.done >= wanted) return "lost";
        return row.wanted > wanted ? "dirty" : "deferred";
      });
    },

    async get(key) {
      const row = await read(key);
      if (row === undefined) return undefined;
      const { leaseWanted: _leaseWanted, ...rest } = row;
      return rest;
    },

    async due(now, limit) {
      const groups = dirtyGroups.map((group) => dueIn(table, group, now));
      const heads = await Promise.all(groups.map((group) => group.next()));
      const keys: string[] = [];
      while (keys.length < limit) {
        let first: number | undefined;
        for (const [index, head] of heads.entries()) {
          const best = first === undefined ? undefined : heads[first];
          if (head.done !== true && (best === undefined || best.done === true || isEarlier(head.value, best.value)))
            first = index;
        }
        const head = first === undefined ? undefined : heads[first];
        if (first === undefined || head === undefined || head.done === true) break;
        keys.push(head.value.key);
        const group = groups[first];
        if (group !== undefined) heads[first] = await group.next();
      }
      return keys;
    },

    delete: (key) => table.delete(tableKey(key)),
  };
}

/**
 * Due rows of one group, oldest first. The index holds keys only and lags; the rows themselves, read consistently, tell which are leased
 * or done by now. Leases kept in the index would cost it a write at each acquire, renewal and finish; this costs one read of each row that
 * is overdue when a sweep comes by, and those are few.
 */
async function* dueIn(table: Table, group: string, now: number): AsyncGenerator<DueRow, void, undefined> {
  let page: TableKey[] = [];
  const verified = async (): Promise<readonly DueRow[]> => {
    const rows = (await table.getMany(page)).map(rowOf);
    page = [];
    return rows
      .flatMap(({ key, nextAt, holder, leaseUntil = 0 }) =>
        nextAt !== undefined && nextAt <= now && (holder === undefined || leaseUntil <= now) ? [{ key, nextAt }] : [],
      )
      .sort((a, b) => (isEarlier(a, b) ? -1 : 1));
  };
  const entries = table.query({
    index: dirtyIndex,
    condition: "#dirtyGroup = :group AND #nextAt <= :now",
    values: { group, now },
    pageSize: duePage,
  });
  for await (const entry of entries) {
    page.push({ pk: textAt(entry, "pk"), sk: textAt(entry, "sk") });
    if (page.length === duePage) yield* await verified();
  }
  yield* await verified();
}

interface DueRow {
  readonly key: string;
  readonly nextAt: number;
}

function isEarlier(a: DueRow, b: DueRow): boolean {
  return a.nextAt === b.nextAt ? a.key < b.key : a.nextAt < b.nextAt;
}

/** Free, and nobody leased it since: only the holder's own finish or defer can have freed it. */
function isFreedAt(row: StoredRow, epoch: number): boolean {
  return row.holder === undefined && row.epoch === epoch;
}

/** Calls `step` until it answers; `undefined` stands for a condition that another writer's success broke. */
async function rounds<Answer>(
  operation: string,
  key: string,
  step: () => Promise<Answer | undefined>,
): Promise<Answer> {
  for (let round = 0; round < maxRounds; round++) {
    const answer = await step();
    if (answer !== undefined) return answer;
  }
  throw new AwsError(
    { service: "dynamodb", operation: "UpdateItem", code: "Contended", retryable: true },
    `work row ${key}: ${operation} lost to other writers ${maxRounds} times in a row`,
  );
}

function rowOf(item: TableItem): StoredRow {
  const holder = optionalTextAt(item, "holder");
  const leaseUntil = optionalNumberAt(item, "leaseUntil");
  const leaseWanted = optionalNumberAt(item, "leaseWanted");
  const nextAt = optionalNumberAt(item, "nextAt");
  const cause = readRunCause(optionalTextAt(item, "cause"));
  return {
    key: textAt(item, "pk").slice(keyPrefix.length),
    wanted: numberAt(item, "wanted"),
    done: numberAt(item, "done"),
    epoch: numberAt(item, "epoch"),
    tries: numberAt(item, "tries"),
    ...(holder !== undefined && { holder }),
    ...(leaseUntil !== undefined && { leaseUntil }),
    ...(leaseWanted !== undefined && { leaseWanted }),
    ...(nextAt !== undefined && { nextAt }),
    ...(cause !== undefined && { cause }),
  };
}
