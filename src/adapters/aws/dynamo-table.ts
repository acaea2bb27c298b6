import type { AwsApi } from "./aws-api.ts";

/** What an attribute of ours may be: text, a number, bytes. */
export type AttributeValue = string | number | Uint8Array;
/** One item of the table as it was read. */
export type TableItem = ReadonlyMap<string, AttributeValue>;
export interface TableKey {
  readonly pk: string;
  readonly sk: string;
}
/** Values of an expression by their placeholder without the colon. Those that the expressions do not name are left out, as DynamoDB demands. */
type Values = Readonly<Record<string, AttributeValue>>;

/**
 * The table, one item at a time: no transactions, so that every write is one conditional write (aws.md §2). In expressions each attribute is
 * written `#name`, never bare: hundreds of plain words are reserved.
 */
export interface Table {
  get(key: TableKey): Promise<TableItem | undefined>;
  put(
    key: TableKey,
    attributes: Values,
    options?: { readonly condition?: string; readonly values?: Values },
  ): Promise<void>;
  /** Answers the attributes that it changed, as they are now. @throws AwsError `ConditionalCheckFailedException` */
  update(
    key: TableKey,
    change: { readonly update: string; readonly condition?: string; readonly values: Values },
  ): Promise<TableItem>;
  delete(key: TableKey): Promise<void>;
  /** Consistent reads of up to any number of items, in no order. */
  getMany(keys: readonly TableKey[]): Promise<readonly TableItem[]>;
  /** Items in the order of the sort key, page by page as they are asked for. Consistent except on an index. */
  query(question: {
    readonly index?: string;
    readonly condition: string;
    readonly values: Values;
    readonly filter?: string;
    readonly descending?: boolean;
    /** Items that one page reads at most; DynamoDB ends pages at 1 MB anyway. */
    readonly pageSize?: number;
  }): AsyncGenerator<TableItem, void, undefined>;
}

/** BatchGetItem takes this many keys. */
const maxBatch = 100;

export function createTable(api: AwsApi, tableName: string): Table {
  const call = (operation: string, input: object): Promise<unknown> =>
    api.call("dynamodb", operation, { TableName: tableName, ...input });

  return {
    async get(key) {
      const answer = await call("GetItem", { Key: encodeItem({ ...key }), ConsistentRead: true });
      const item = property(answer, "Item");
      return item === undefined ? undefined : decodeItem(item);
    },

    async put(key, attributes, { condition, values = {} } = {}) {
      await call("PutItem", {
        Item: encodeItem({ ...key, ...attributes }),
        ...(condition !== undefined && { ConditionExpression: condition, ...placeholders([condition], values) }),
      });
    },

    async update(key, { update, condition, values }) {
      const answer = await call("UpdateItem", {
        Key: encodeItem({ ...key }),
        UpdateExpression: update,
        ...(condition !== undefined && { ConditionExpression: condition }),
        ...placeholders([update, condition], values),
        ReturnValues: "UPDATED_NEW",
      });
      return decodeItem(property(answer, "Attributes") ?? {});
    },

    async delete(key) {
      await call("DeleteItem", { Key: encodeItem({ ...key }) });
    },

    async getMany(keys) {
      const found: TableItem[] = [];
      let left: unknown[] = keys.map((key) => encodeItem({ ...key }));
      while (left.length > 0) {
        const batch = left.slice(0, maxBatch);
        const answer = await api.call("dynamodb", "BatchGetItem", {
          RequestItems: { [tableName]: { Keys: batch, ConsistentRead: true } },
        });
        for (const item of list(property(property(answer, "Responses"), tableName))) found.push(decodeItem(item));
        const unread = list(property(property(property(answer, "UnprocessedKeys"), tableName), "Keys"));
        left = [...unread, ...left.slice(maxBatch)];
      }
      return found;
    },

    async *query({ index, condition, values, filter, descending = false, pageSize }) {
      let start: unknown;
      do {
        const answer = await call("Query", {
          ...(index === undefined ? { ConsistentRead: true } : { IndexName: index }),
          KeyConditionExpression: condition,
          ...(filter !== undefined && { FilterExpression: filter }),
          ...placeholders([condition, filter], values),
          ScanIndexForward: !descending,
          ...(pageSize !== undefined && { Limit: pageSize }),
          ...(start !== undefined && { ExclusiveStartKey: start }),
        });
        for (const item of list(property(answer, "Items"))) yield decodeItem(item);
        start = property(answer, "LastEvaluatedKey");
      } while (start !== undefined);
    },
  };
}

/** @throws TypeError when the attribute is absent or no number. */
export function numberAt(item: TableItem, name: string): number {
  const value = item.get(name);
  if (typeof value === "number") return value;
  throw new TypeError(`the DynamoDB item ${describe(item)} has no number "${name}"`);
}

export function textAt(item: TableItem, name: string): string {
  const value = item.get(name);
  if (typeof value === "string") return value;
  throw new TypeError(`the DynamoDB item ${describe(item)} has no text "${name}"`);
}

export function optionalNumberAt(item: TableItem, name: string): number | undefined {
  return item.has(name) ? numberAt(item, name) : undefined;
}

export function optionalTextAt(item: TableItem, name: string): string | undefined {
  return item.has(name) ? textAt(item, name) : undefined;
}

function describe(item: TableItem): string {
  return `${String(item.get("pk"))} ${String(item.get("sk"))}`;
}

function placeholders(expressions: readonly (string | undefined)[], values: Values): object {
  const text = expressions.join(" ");
  const names = [...text.matchAll(/#(\w+)/g)].map(([placeholder, name]) => [placeholder, name] as const);
  const used = [...text.matchAll(/:(\w+)/g)].map(([placeholder, name = ""]) => {
    const value = values[name];
    if (value === undefined) throw new TypeError(`a DynamoDB expression has no value for ${placeholder}`);
    return [placeholder, encode(value)] as const;
  });
  return {
    ...(names.length > 0 && { ExpressionAttributeNames: Object.fromEntries(names) }),
    ...(used.length > 0 && { ExpressionAttributeValues: Object.fromEntries(used) }),
  };
}

function encodeItem(attributes: Values): Record<string, object> {
  return Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, encode(value)]));
}

function encode(value: AttributeValue): object {
  if (typeof value === "string") return { S: value };
  if (typeof value === "number") return { N: String(value) };
  return { B: Buffer.from(value).toString("base64") };
}

function decodeItem(item: unknown): TableItem {
  const decoded = new Map<string, AttributeValue>();
  if (typeof item !== "object" || item === null) return decoded;
  for (const [name, value] of Object.entries(item)) {
    const [type, content] = Object.entries(Object(value))[0] ?? [];
    if (typeof content !== "string") continue;
    if (type === "S") decoded.set(name, content);
    else if (type === "N") decoded.set(name, Number(content));
    else if (type === "B") decoded.set(name, new Uint8Array(Buffer.from(content, "base64")));
  }
  return decoded;
}

function property(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, name)
    ? Reflect.get(value, name)
    : undefined;
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
