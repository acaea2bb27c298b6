/**
 * A tree: entries `MODE NAME\0` and 20 bytes of id, sorted by name as if directories ended in `/`.
 */
import { GitError } from "../git-error.ts";
import { escapeBytes } from "../text.ts";
import { type GitObject } from "./object.ts";

export type EntryKind = "file" | "executable" | "symlink" | "directory" | "submodule";

export interface TreeEntry {
  readonly kind: EntryKind;
  readonly name: Uint8Array;
  readonly oid: string;
}

/** 100664 is what git wrote before 2005. */
const kindOfMode: ReadonlyMap<string, EntryKind> = new Map([
  ["100644", "file"],
  ["100664", "file"],
  ["100755", "executable"],
  ["120000", "symlink"],
  ["40000", "directory"],
  ["160000", "submodule"],
]);

/**
 * The entries of a tree, checked for git's own rules: known modes, sorted, no name twice. Which names may be used is `checkEntryName`'s matter.
 * @throws GitError `GIT_OBJECT` naming the tree id.
 */
export function parseTree(oid: string, object: GitObject): TreeEntry[] {
  if (object.type !== "tree") throw badTree(oid, `is a ${object.type}, not a tree`);
  const { bytes } = object;
  const entries: TreeEntry[] = [];
  const names = new Set<string>();
  let at = 0;
  while (at < bytes.length) {
    const space = bytes.indexOf(0x20, at);
    const nul = space < 0 ? -1 : bytes.indexOf(0, space + 1);
    if (space - at > 6 || nul < 0 || nul + 21 > bytes.length) throw badTree(oid, `is cut short at byte ${at}`);
    const mode = Buffer.from(bytes.subarray(at, space)).toString("latin1");
    const kind = kindOfMode.get(mode);
    const name = bytes.subarray(space + 1, nul);
    if (kind === undefined) throw badTree(oid, `has the unknown mode ${mode} at "${escapeBytes(name)}"`);
    if (name.length === 0) throw badTree(oid, "has an entry without a name");
    const key = Buffer.from(name).toString("latin1");
    if (names.has(key)) throw badTree(oid, `has two entries named "${escapeBytes(name)}"`);
    names.add(key);
    const entry: TreeEntry = { kind, name, oid: Buffer.from(bytes.subarray(nul + 1, nul + 21)).toString("hex") };
    const previous = entries.at(-1);
    if (previous !== undefined && compareEntries(previous, entry) >= 0) {
      throw badTree(oid, `is not sorted at "${escapeBytes(name)}"`);
    }
    entries.push(entry);
    at = nul + 21;
  }
  return entries;
}

function compareEntries(left: TreeEntry, right: TreeEntry): number {
  const shared = Math.min(left.name.length, right.name.length);
  const order = Buffer.compare(left.name.subarray(0, shared), right.name.subarray(0, shared));
  return order !== 0 ? order : endOf(left, shared) - endOf(right, shared);
}

/** The byte after the shared part: directories end in a slash, files in nothing. */
function endOf(entry: TreeEntry, at: number): number {
  return entry.name[at] ?? (entry.kind === "directory" ? 0x2f : 0);
}

function badTree(oid: string, what: string): GitError {
  return new GitError(`tree ${oid} ${what}`, { code: "GIT_OBJECT", oid });
}
