import { randomUUID } from "node:crypto";
import { mapBounded } from "../../base/index.ts";
import { numberAt, type Table, type TableItem } from "./dynamo-table.ts";
import { packText, unpackText } from "./packed-text.ts";

/** Packed bytes of one part, below DynamoDB's 400 KB an item with room for keys. */
const partBytes = 350 * 1024;
/** Packed values up to this size stay in the item itself. */
const inlineBytes = 4 * 1024;
const parallelParts = 4;

/** Where a value is: in the item, or in parts of its own that never change after they were written. */
export type StoredValue = { readonly inline: string | Uint8Array } | { readonly blob: string; readonly parts: number };

/** Values of any size. A blob's name is new for each write, so that a reader sees one whole value or none, never a mix of two. */
export interface Blobs {
  store(text: string): Promise<StoredValue>;
  /** `undefined` when the blob was removed, since a newer value took its place. */
  load(value: StoredValue): Promise<string | undefined>;
  remove(value: StoredValue): Promise<void>;
}

export function createBlobs(table: Table): Blobs {
  const keyOf = (blob: string, part: number): { readonly pk: string; readonly sk: string } => ({
    pk: `BLOB#${blob}`,
    sk: String(part).padStart(3, "0"),
  });
  return {
    async store(text) {
      const packed = await packText(text);
      if (Buffer.byteLength(packed) <= inlineBytes) return { inline: packed };
      const bytes = Buffer.from(packed);
      const isPlain = typeof packed === "string" ? 1 : 0;
      const blob = randomUUID();
      const parts = Array.from({ length: Math.ceil(bytes.length / partBytes) }, (_, index) => index);
      await mapBounded(parts, parallelParts, (part) =>
        table.put(keyOf(blob, part), {
          bytes: bytes.subarray(part * partBytes, (part + 1) * partBytes),
          plain: isPlain,
        }),
      );
      return { blob, parts: parts.length };
    },

    async load(value) {
      if ("inline" in value) return unpackText(value.inline);
      const found: TableItem[] = [];
      const parts = table.query({ condition: "#pk = :pk", values: { pk: keyOf(value.blob, 0).pk } });
      for await (const part of parts) found.push(part);
      if (found.length !== value.parts) return undefined;
      const bytes = Buffer.concat(found.map(bytesAt));
      return found.some((part) => numberAt(part, "plain") === 1) ? bytes.toString() : unpackText(bytes);
    },

    async remove(value) {
      if ("inline" in value) return;
      const parts = Array.from({ length: value.parts }, (_, index) => index);
      await mapBounded(parts, parallelParts, (part) => table.delete(keyOf(value.blob, part)));
    },
  };
}

function bytesAt(part: TableItem): Uint8Array {
  const bytes = part.get("bytes");
  return bytes instanceof Uint8Array ? bytes : new Uint8Array();
}
