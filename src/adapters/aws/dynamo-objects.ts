import { type Clock, mapBounded } from "../../base/index.ts";
import type { ObjectKey, ObjectStore, StoredObject } from "../../kubeapi/index.ts";
import { compareCodePoints } from "../../resource/index.ts";
import { AwsError, isConditionFailed } from "./aws-error.ts";
import { createBlobs, type StoredValue } from "./dynamo-blobs.ts";
import { createChangeLog, type LogEntry, valueAttributes, valueOf } from "./dynamo-change-log.ts";
import { numberAt, type Table, type TableItem, type TableKey, textAt } from "./dynamo-table.ts";

/** Changes kept for watches at least; one that is further behind has to list again. */
const defaultKeptChanges = 2_000;
/** Nor is anything trimmed that a slow writer of now could still meet. */
const keptMs = 3_600_000;
/** The log is cut back once per this many versions. */
const trimEvery = 100;
/** A deletion is remembered this long in the object's place, so that a late helper does not bring the object back. */
const tombstoneMs = 7 * 86_400_000;
/** What a writer has read is too old to build on after this time (a frozen process): it reads again. */
const decidedMs = 30_000;
const maxRounds = 100;
const maxPauseMs = 200;
const parallelReads = 8;

/** NUL sorts below every character of a name, so that items are in byte order of namespace, then name. */
const separator = "\0";
const partition = (type: string): string => `OBJ#${type}`;
const tableKey = ({ type, namespace, name }: ObjectKey): TableKey => ({
  pk: partition(type),
  sk: `${namespace}${separator}${name}`,
});

/**
 * Objects in DynamoDB, where no transaction spans the version counter and the object. A version taken from a counter first could reach the
 * table after a higher one, and a watch that has passed the higher one would never see it. Therefore writes are ordered by a log without
 * gaps (`dynamo-change-log.ts`), and the objects' own items only follow it:
 *
 * 1. A writer reads the newest entry, n, and makes sure that it is applied to its object's item; whoever wrote n may have died before that.
 * 2. It reads its own object and compares versions: this is the object after entry n, as all entries up to n are applied.
 * 3. It puts entry n + 1 if there is none. This is the moment of the write. If another writer was first, it starts over.
 * 4. It applies the entry: puts the object's item if that one's version is lower.
 *
 * So only the newest entry can be unapplied, and lists and watches apply it before they answer: what a watch has told, a read shows, and
 * what has a version up to the answered one, is in the answer. A put over a put by a helper that wakes late fails by its version; a
 * deletion leaves a tombstone with its version for the same reason.
 */
export function createDynamoObjects(
  table: Table,
  {
    clock,
    random = Math.random,
    keptChanges = defaultKeptChanges,
  }: { readonly clock: Clock; readonly random?: () => number; readonly keptChanges?: number },
): ObjectStore {
  const log = createChangeLog(table);
  const blobs = createBlobs(table);
  /** All entries up to here are known to be applied. */
  let appliedThrough = 0;

  const apply = async (entry: LogEntry): Promise<void> => {
    const { version, createdVersion, key, kind, value } = entry;
    const attributes =
      kind === "put"
        ? { version, createdVersion, ...valueAttributes(value) }
        : { version, createdVersion, gone: 1, expires: Math.ceil((clock.now() + tombstoneMs) / 1_000) };
    try {
      await table.put(tableKey(key), attributes, {
        condition: "attribute_not_exists(#pk) OR #version < :version",
        values: { version },
      });
    } catch (error) {
      // Applied already, by this call's lost try or by a helper.
      if (!isConditionFailed(error)) throw error;
    }
    appliedThrough = Math.max(appliedThrough, version);
  };

  /** Applies the newest entry if its writer has not. */
  const settle = async (entry: LogEntry): Promise<void> => {
    if (entry.version <= appliedThrough) return;
    const item = await table.get(tableKey(entry.key));
    if (item === undefined || numberAt(item, "version") < entry.version) await apply(entry);
    appliedThrough = Math.max(appliedThrough, entry.version);
  };

  const settledVersion = async (): Promise<number> => {
    const newest = await log.newest();
    if (newest === undefined) return 0;
    await settle(newest);
    return newest.version;
  };

  const load = async (item: TableItem, type: string): Promise<StoredObject | undefined> => {
    let current: TableItem | undefined = item;
    for (let round = 0; round < maxRounds && current !== undefined && !current.has("gone"); round++) {
      const value = await blobs.load(valueOf(current));
      const key = keyOf(current, type);
      if (value !== undefined) {
        return {
          ...key,
          value,
          version: numberAt(current, "version"),
          createdVersion: numberAt(current, "createdVersion"),
        };
      }
      // Replaced since the item was read, and its parts removed.
      current = await table.get(tableKey(key));
    }
    return undefined;
  };

  /** Steps 1 to 4. `prepare` makes the entry from what is there; `undefined`: the condition failed. */
  const write = async (
    key: ObjectKey,
    prepare: (before: TableItem | undefined) => Promise<Pick<LogEntry, "kind" | "value"> | undefined>,
  ): Promise<LogEntry | undefined> => {
    for (let round = 0; round < maxRounds; round++) {
      const readAt = clock.now();
      const version = (await settledVersion()) + 1;
      const item = await table.get(tableKey(key));
      const before = item?.has("gone") === true ? undefined : item;
      const content = await prepare(before);
      if (content === undefined) return undefined;
      if (clock.now() - readAt > decidedMs) continue;
      const entry: LogEntry = {
        ...content,
        version,
        key,
        createdVersion: before === undefined ? version : numberAt(before, "createdVersion"),
        writtenAt: clock.now(),
        ...(content.kind === "put" && before !== undefined && { replaced: valueOf(before) }),
      };
      if (await log.append(entry)) {
        await apply(entry);
        if (version % trimEvery === 0) await trim(version);
        return entry;
      }
      await clock.sleep(random() * Math.min(maxPauseMs, 10 * 2 ** round));
    }
    throw new AwsError(
      { service: "dynamodb", operation: "PutItem", code: "Contended", retryable: true },
      `object ${key.type} ${key.namespace}/${key.name}: other writers were first ${maxRounds} times in a row`,
    );
  };

  /** Entries go before the values that only they need: a watch finds either both or a gap. */
  const trim = async (version: number): Promise<void> => {
    const trimmed = await log.trim(version - keptChanges, clock.now() - keptMs, 2 * trimEvery);
    const useless = trimmed.flatMap(({ kind, value, replaced }) => (kind === "delete" ? [value] : (replaced ?? [])));
    await mapBounded(useless, parallelReads, (value) => blobs.remove(value));
  };

  return {
    async get(key) {
      const item = await table.get(tableKey(key));
      return item === undefined ? undefined : load(item, key.type);
    },

    async list(type, { namespace, after, limit } = {}) {
      const version = await settledVersion();
      const range = rangeOf(type, namespace, after);
      if (range === undefined) return { objects: [], more: false, version };
      const items: TableItem[] = [];
      const found = table.query({
        ...range,
        filter: "attribute_not_exists(#gone)",
        ...(limit !== undefined && { pageSize: limit + 1 }),
      });
      let more = false;
      for await (const item of found) {
        more = items.length === limit;
        if (more) break;
        items.push(item);
      }
      const objects = await mapBounded(items, parallelReads, (item) => load(item, type));
      return { objects: objects.filter((object) => object !== undefined), more, version };
    },

    async put(key, value, ifVersion) {
      let stored: StoredValue | undefined;
      const entry = await write(key, async (before) => {
        if ((before === undefined ? 0 : numberAt(before, "version")) !== ifVersion) return undefined;
        stored ??= await blobs.store(value);
        return { kind: "put", value: stored };
      });
      if (entry === undefined) {
        if (stored !== undefined) await blobs.remove(stored);
        return undefined;
      }
      const { version, createdVersion } = entry;
      return { type: key.type, namespace: key.namespace, name: key.name, value, version, createdVersion };
    },

    async delete(key, ifVersion) {
      const entry = await write(key, async (before) =>
        before === undefined || numberAt(before, "version") !== ifVersion
          ? undefined
          : { kind: "delete", value: valueOf(before) },
      );
      return entry?.version;
    },

    async changes(type, since, limit) {
      const entries: LogEntry[] = [];
      let last: LogEntry | undefined;
      // The entry of `since` itself tells that nothing behind it is forgotten, and that it was given at all.
      for await (const entry of log.from(Math.max(since, 1))) {
        const isNext = last === undefined ? entry.version <= since + 1 : entry.version === last.version + 1;
        if (!isNext) return undefined;
        if (entry.version > since && entry.key.type === type) entries.push(entry);
        last = entry;
        if (entries.length === limit) break;
      }
      if (last === undefined) return since <= 0 ? { changes: [], version: 0 } : undefined;
      await settle(last);
      const values = await mapBounded(latestOf(entries), parallelReads, async (entry) => ({
        entry,
        value: await blobs.load(entry.value),
      }));
      const changes = values.flatMap(({ entry: { key, kind, version, createdVersion }, value }) =>
        value === undefined ? [] : [{ type: kind, object: { ...key, value, version, createdVersion } }],
      );
      // A value without its parts was trimmed just now, and its entry with it.
      return changes.length === values.length ? { changes, version: last.version } : undefined;
    },

    version: async () => (await log.newest())?.version ?? 0,
  };
}

function rangeOf(
  type: string,
  namespace: string | undefined,
  after: { readonly namespace: string; readonly name: string } | undefined,
): Pick<Parameters<Table["query"]>[0], "condition" | "values"> | undefined {
  const pk = partition(type);
  const behind = after === undefined ? undefined : `${after.namespace}${separator}${after.name}`;
  if (namespace === undefined) {
    if (behind === undefined) return { condition: "#pk = :pk", values: { pk } };
    return { condition: "#pk = :pk AND #sk > :behind", values: { pk, behind } };
  }
  const prefix = `${namespace}${separator}`;
  if (behind === undefined || after === undefined || compareCodePoints(after.namespace, namespace) < 0) {
    return { condition: "#pk = :pk AND begins_with(#sk, :prefix)", values: { pk, prefix } };
  }
  if (after.namespace !== namespace) return undefined;
  // BETWEEN holds its ends: a further NUL is the least that is above `behind`, and no item of the namespace reaches the upper one.
  return {
    condition: "#pk = :pk AND #sk BETWEEN :from AND :to",
    values: { pk, from: `${behind}\0`, to: `${namespace}\u0001` },
  };
}

/** The last entry of each object, in order. */
function latestOf(entries: readonly LogEntry[]): readonly LogEntry[] {
  const latest = new Map<string, LogEntry>();
  for (const entry of entries) {
    const { sk } = tableKey(entry.key);
    latest.delete(sk);
    latest.set(sk, entry);
  }
  return [...latest.values()];
}

function keyOf(item: TableItem, type: string): ObjectKey {
  const sk = textAt(item, "sk");
  const end = sk.indexOf(separator);
  return { type, namespace: sk.slice(0, end), name: sk.slice(end + 1) };
}
