import type { Clock } from "../../base/index.ts";
import type { ObjectStore } from "../../kubeapi/index.ts";
import type { Items, WorkRows } from "../../reconcile/index.ts";
import type { AwsApi } from "./aws-api.ts";
import { createDynamoItems } from "./dynamo-items.ts";
import { createDynamoObjects } from "./dynamo-objects.ts";
import { createDynamoRows } from "./dynamo-rows.ts";
import { createTable } from "./dynamo-table.ts";

/** Everything that lateen keeps in DynamoDB. */
export interface AwsStore {
  readonly rows: WorkRows;
  readonly items: Items;
  /** What the hub holds. */
  readonly objects: ObjectStore;
}

/**
 * Opens the one table: keys `pk` and `sk` (text), sparse index `dirty` (`dirtyGroup` text, `nextAt` number, keys only), TTL attribute
 * `expires`. Nothing is read before the first call.
 * @throws AwsError from each call.
 */
export function openAwsStore({
  api,
  tableName,
  clock,
  keptChanges,
}: {
  readonly api: AwsApi;
  readonly tableName: string;
  readonly clock: Clock;
  /** Changes of objects that a watch may be behind before it has to list again, once they are an hour old. Default 2,000. */
  readonly keptChanges?: number;
}): AwsStore {
  const table = createTable(api, tableName);
  return {
    rows: createDynamoRows(table),
    items: createDynamoItems(table),
    objects: createDynamoObjects(table, { clock, ...(keptChanges !== undefined && { keptChanges }) }),
  };
}
