import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import type { AttributeValue, TableItem } from "./dynamo-table.ts";

const compress = promisify(gzip);
const expand = promisify(gunzip);

/** What an item's text may become when it is expanded: more than any value of ours, so that a damaged item cannot fill the memory. */
const maxExpandedBytes = 16 * 1024 * 1024;

/** Text as bytes for the table: gzip where that is shorter, `text` itself otherwise. Write units are counted by the kilobyte. */
export async function packText(text: string): Promise<string | Uint8Array> {
  const packed = await compress(text);
  return packed.length < Buffer.byteLength(text) ? packed : text;
}

export async function unpackText(value: AttributeValue): Promise<string> {
  if (typeof value !== "object") return String(value);
  return (await expand(value, { maxOutputLength: maxExpandedBytes })).toString();
}

/** The text in an attribute that `packText` made; an absent one is empty text. */
export async function unpackAt(item: TableItem, name: string): Promise<string> {
  return unpackText(item.get(name) ?? "");
}
