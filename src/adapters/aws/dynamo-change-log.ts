import { randomUUID } from "node:crypto";
import type { EpochMs } from "../../base/index.ts";
import type { ObjectKey } from "../../kubeapi/index.ts";
import { isConditionFailed } from "./aws-error.ts";
import type { StoredValue } from "./dynamo-blobs.ts";
import { type AttributeValue, numberAt, optionalTextAt, type Table, type TableItem, textAt } from "./dynamo-table.ts";

/** One write of an object, at its place in the order of all writes. */
export interface LogEntry {
  /** 1, 2, 3 … without gaps: the resourceVersion of this write. */
  readonly version: number;
  readonly kind: "put" | "delete";
  readonly key: ObjectKey;
  readonly createdVersion: number;
  readonly writtenAt: EpochMs;
  /** What was written, or for a deletion what the object was last. */
  readonly value: StoredValue;
  /** The value that a put took the place of: of no use when this entry is trimmed. */
  readonly replaced?: StoredValue;
}

/**
 * The order of all writes of one object store: an entry is put at the number after the newest, if nothing is there yet. That single
 * conditional write is the moment at which the write happens; a number is never given to a write that comes later than a higher one.
 */
export interface ChangeLog {
  newest(): Promise<LogEntry | undefined>;
  /** `false` when another writer has this number. */
  append(entry: LogEntry): Promise<boolean>;
  /** Entries from `version` on, oldest first. */
  from(version: number): AsyncGenerator<LogEntry, void, undefined>;
  /** Removes up to `limit` entries below `version` that were written before `writtenBefore`, oldest first, and answers them. */
  trim(version: number, writtenBefore: EpochMs, limit: number): Promise<readonly LogEntry[]>;
}

type Attributes = Readonly<Record<string, AttributeValue>>;

const pk = "OBJLOG";
/** Sorts as a number does. */
const sk = (version: number): string => String(version).padStart(16, "0");

export function createChangeLog(table: Table): ChangeLog {
  return {
    async newest() {
      const entries = table.query({ condition: "#pk = :pk", values: { pk }, descending: true, pageSize: 1 });
      for await (const entry of entries) return entryOf(entry);
      return undefined;
    },

    async append(entry) {
      const write = randomUUID();
      const key = { pk, sk: sk(entry.version) };
      try {
        await table.put(key, { write, ...attributesOf(entry) }, { condition: "attribute_not_exists(#pk)" });
        return true;
      } catch (error) {
        if (!isConditionFailed(error)) throw error;
        // An earlier try of ours may be what is there (reliability.md F24).
        return error.tries > 1 && (await table.get(key))?.get("write") === write;
      }
    },

    async *from(version) {
      const entries = table.query({
        condition: "#pk = :pk AND #sk >= :from",
        values: { pk, from: sk(version) },
        pageSize: 100,
      });
      for await (const entry of entries) yield entryOf(entry);
    },

    async trim(version, writtenBefore, limit) {
      const entries = table.query({
        condition: "#pk = :pk AND #sk < :version",
        values: { pk, version: sk(version) },
        pageSize: limit,
      });
      const trimmed: LogEntry[] = [];
      for await (const item of entries) {
        const entry = entryOf(item);
        if (entry.writtenAt >= writtenBefore) break;
        await table.delete({ pk, sk: sk(entry.version) });
        trimmed.push(entry);
        if (trimmed.length === limit) break;
      }
      return trimmed;
    },
  };
}

function attributesOf({ version, kind, key, createdVersion, writtenAt, value, replaced }: LogEntry): Attributes {
  return {
    version,
    kind,
    type: key.type,
    namespace: key.namespace,
    name: key.name,
    createdVersion,
    writtenAt,
    ...valueAttributes(value),
    ...(replaced !== undefined && "blob" in replaced && { replacedBlob: replaced.blob, replacedParts: replaced.parts }),
  };
}

function entryOf(item: TableItem): LogEntry {
  const replaced = optionalTextAt(item, "replacedBlob");
  return {
    version: numberAt(item, "version"),
    kind: textAt(item, "kind") === "delete" ? "delete" : "put",
    key: { type: textAt(item, "type"), namespace: textAt(item, "namespace"), name: textAt(item, "name") },
    createdVersion: numberAt(item, "createdVersion"),
    writtenAt: numberAt(item, "writtenAt"),
    value: valueOf(item),
    ...(replaced !== undefined && { replaced: { blob: replaced, parts: numberAt(item, "replacedParts") } }),
  };
}

/** How a value is written into an item, here and in the objects' own items. */
export function valueAttributes(value: StoredValue): Attributes {
  return "inline" in value ? { value: value.inline } : { blob: value.blob, parts: value.parts };
}

export function valueOf(item: TableItem): StoredValue {
  const blob = optionalTextAt(item, "blob");
  if (blob !== undefined) return { blob, parts: numberAt(item, "parts") };
  const value = item.get("value") ?? "";
  return { inline: typeof value === "number" ? String(value) : value };
}
