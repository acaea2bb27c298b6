import type { Items } from "./ports.ts";

/** Reads and writes items whose value is JSON written by this room; the caller names the type it wrote. */
export async function getJson<Value>(items: Items, pk: string, sk: string, now: number): Promise<Value | undefined> {
  const item = await items.get(pk, sk, now);
  // Only this room writes these partitions, always through putJson with the same type.
  return item === undefined ? undefined : (JSON.parse(item.value) as Value);
}

export async function putJson<Value>(
  items: Items,
  pk: string,
  sk: string,
  value: Value,
  now: number,
  options: { readonly expiresAt?: number; readonly ifVersion?: number } = {},
): Promise<boolean> {
  const expiry = options.expiresAt === undefined ? {} : { expiresAt: options.expiresAt };
  return (await items.put({ pk, sk, value: JSON.stringify(value), ...expiry }, now, options.ifVersion)) !== undefined;
}

/** All values of a partition below `prefix`, with what follows the prefix in their sort key. */
export async function queryJson<Value>(
  items: Items,
  pk: string,
  prefix: string,
  now: number,
  options: { readonly limit?: number; readonly descending?: boolean } = {},
): Promise<readonly { readonly rest: string; readonly value: Value }[]> {
  const found = await items.query(pk, now, { prefix, ...options });
  return found.map((item) => ({ rest: item.sk.slice(prefix.length), value: JSON.parse(item.value) as Value }));
}
