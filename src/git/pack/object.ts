/**
 * A git object's id is the SHA-1 of `TYPE SIZE\0` and its bytes.
 */
import { createHash } from "node:crypto";

export type ObjectType = "commit" | "tree" | "blob" | "tag";

export interface GitObject {
  readonly type: ObjectType;
  readonly bytes: Uint8Array;
}

/** The hex object id of this content. */
export function objectId(object: GitObject): string {
  return createHash("sha1").update(`${object.type} ${object.bytes.length}\0`).update(object.bytes).digest("hex");
}

/** A full hex SHA-1 id in lower case. */
export function isObjectId(text: string): boolean {
  return /^[0-9a-f]{40}$/.test(text);
}
