import { randomUUID } from "node:crypto";
import type { Item, Items } from "../../reconcile/index.ts";
import { AwsError, isConditionFailed } from "./aws-error.ts";
import { numberAt, optionalNumberAt, type Table, type TableItem, textAt } from "./dynamo-table.ts";
import { packText, unpackAt } from "./packed-text.ts";

/** Bytes of one value, as in SQLite. Uncompressed it fits DynamoDB's 400 KB beside its keys, so that even noise can be stored. */
const maxValueBytes = 300 * 1024;
/** Longer values are stored compressed. */
const plainBytes = 8 * 1024;
/** Keeps the partitions of items apart from those of rows and objects. */
const partition = (pk: string): string => `${pkPrefix}${pk}`;
const pkPrefix = "ITEM#";
const present = "(attribute_not_exists(#expiresAt) OR #expiresAt > :now)";

/**
 * Items in DynamoDB. `expiresAt` (ms) decides what is absent; `expires` (s, rounded up) is the table's TTL attribute, by which DynamoDB
 * takes the space back within days. A put over an expired item counts as a put over nothing.
 */
export function createDynamoItems(table: Table): Items {
  return {
    async get(pk, sk, now) {
      const item = await table.get({ pk: partition(pk), sk });
      return item === undefined || isExpired(item, now) ? undefined : itemOf(item);
    },

    async put({ pk, sk, value, expiresAt }, now, ifVersion) {
      const key = { pk: partition(pk), sk };
      const bytes = Buffer.byteLength(value);
      if (bytes > maxValueBytes) {
        throw new AwsError(
          { service: "dynamodb", operation: "UpdateItem", code: "ItemTooLarge" },
          `item ${pk} ${sk} has ${bytes} bytes, the limit is ${maxValueBytes}`,
        );
      }
      const write = randomUUID();
      const expiry =
        expiresAt === undefined ? { expiresAt: 0, expires: 0 } : { expiresAt, expires: Math.ceil(expiresAt / 1_000) };
      const condition = conditionOf(ifVersion);
      try {
        const written = await table.update(key, {
          update:
            expiresAt === undefined
              ? "SET #value = :value, #write = :write REMOVE #expiresAt, #expires ADD #version :one"
              : "SET #value = :value, #write = :write, #expiresAt = :expiresAt, #expires = :expires ADD #version :one",
          ...(condition !== undefined && { condition }),
          values: {
            value: bytes > plainBytes ? await packText(value) : value,
            write,
            one: 1,
            now,
            version: ifVersion ?? 0,
            ...expiry,
          },
        });
        return numberAt(written, "version");
      } catch (error) {
        if (!isConditionFailed(error)) throw error;
        // An earlier try may have been the one that changed the version: its reply was lost (reliability.md F24).
        const stored = error.tries > 1 ? await table.get(key) : undefined;
        return stored?.get("write") === write ? numberAt(stored, "version") : undefined;
      }
    },

    delete: (pk, sk) => table.delete({ pk: partition(pk), sk }),

    async query(pk, now, { prefix = "", limit, descending = false } = {}) {
      const items: Item[] = [];
      if (limit === 0) return items;
      const found = table.query({
        condition: prefix === "" ? "#pk = :pk" : "#pk = :pk AND begins_with(#sk, :prefix)",
        values: { pk: partition(pk), prefix, now },
        filter: present,
        descending,
        // A few more, in case some have expired.
        ...(limit !== undefined && { pageSize: limit + 5 }),
      });
      for await (const item of found) {
        items.push(await itemOf(item));
        if (items.length === limit) break;
      }
      return items;
    },
  };
}

function conditionOf(ifVersion: number | undefined): string | undefined {
  if (ifVersion === undefined) return undefined;
  return ifVersion === 0 ? "attribute_not_exists(#pk) OR #expiresAt <= :now" : `#version = :version AND ${present}`;
}

function isExpired(item: TableItem, now: number): boolean {
  const expiresAt = optionalNumberAt(item, "expiresAt");
  return expiresAt !== undefined && expiresAt <= now;
}

async function itemOf(item: TableItem): Promise<Item> {
  const expiresAt = optionalNumberAt(item, "expiresAt");
  return {
    pk: textAt(item, "pk").slice(pkPrefix.length),
    sk: textAt(item, "sk"),
    value: await unpackAt(item, "value"),
    version: numberAt(item, "version"),
    ...(expiresAt !== undefined && { expiresAt }),
  };
}
