/**
 * A commit: header lines `tree OID`, `parent OID`…, `author`, `committer` and others, an empty line, the message.
 */
import { GitError } from "../git-error.ts";
import { decodeLoose, escapeText } from "../text.ts";
import { type GitObject } from "./object.ts";

export interface Commit {
  readonly tree: string;
  readonly parents: readonly string[];
  /** Seconds since the epoch by the committer's clock; 0 when unreadable. */
  readonly committedAt: number;
  /** First line of the message, `...` added if there is more; escaped and clipped to 512 characters. */
  readonly title: string;
}

/** @throws GitError `GIT_OBJECT` naming the id when this is no commit or has no tree. */
export function parseCommit(oid: string, object: GitObject): Commit {
  if (object.type !== "commit") throw badCommit(oid, `is a ${object.type}, not a commit`);
  const separator = indexOfBlankLine(object.bytes);
  const headerBytes = object.bytes.subarray(0, separator);
  if (headerBytes.includes(0)) throw badCommit(oid, "has a NUL byte in its header");
  const lines = decodeLoose(headerBytes).split("\n");
  const tree = /^tree ([0-9a-f]{40})$/.exec(lines[0] ?? "")?.[1];
  if (tree === undefined) throw badCommit(oid, "does not begin with its tree");
  const parents: string[] = [];
  for (const line of lines.slice(1)) {
    const parent = /^parent ([0-9a-f]{40})$/.exec(line)?.[1];
    if (parent === undefined) break;
    parents.push(parent);
  }
  const committer = lines.find((line) => line.startsWith("committer "));
  const committedAt = Number(/> (\d{1,15}) [+-]\d{4}$/.exec(committer ?? "")?.[1] ?? 0);
  return { tree, parents, committedAt, title: titleOf(decodeLoose(object.bytes.subarray(separator + 2))) };
}

function titleOf(message: string): string {
  const text = message.trim();
  const end = text.indexOf("\n");
  return end < 0 ? escapeText(text) : `${escapeText(text.slice(0, end))}...`;
}

function indexOfBlankLine(bytes: Uint8Array): number {
  for (let at = bytes.indexOf(0x0a); at >= 0; at = bytes.indexOf(0x0a, at + 1)) {
    if (bytes[at + 1] === 0x0a) return at;
  }
  return bytes.length;
}

function badCommit(oid: string, what: string): GitError {
  return new GitError(`commit ${oid} ${what}`, { code: "GIT_OBJECT", oid });
}
