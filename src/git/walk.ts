import { GitError, limitError } from "./git-error.ts";
import type { GitLimits } from "./limits.ts";
import type { Needed, ObjectSource } from "./object-source.ts";
import { childPath } from "./pack/entry-name.ts";
import { parseTree, type TreeEntry } from "./pack/tree.ts";

/** One file of a commit. */
export interface GitFile {
  readonly mode: "file" | "executable" | "symlink";
  /** Content; for a symlink the link text. */
  readonly bytes: Uint8Array;
}

/** Where a subPath leads. */
export type Location =
  | { readonly kind: "directory"; readonly treeId: string }
  /** `parent`: the deepest directory on the way that exists, `directories` the paths of those in it. */
  | { readonly kind: "missing"; readonly parent: string; readonly directories: readonly string[] }
  | { readonly kind: "file" | "executable" | "symlink" | "submodule"; readonly path: string };

/**
 * Walks from the root tree to each subPath, fetching the trees of one level of all subPaths together.
 */
export async function locate(
  source: ObjectSource,
  rootTree: string,
  subPaths: readonly string[],
): Promise<Map<string, Location>> {
  const found = new Map<string, Location>();
  let walkers: Walker[] = subPaths.map((subPath) => ({
    subPath,
    rest: segmentsOf(subPath),
    path: "",
    oid: rootTree,
  }));
  while (walkers.length > 0) {
    const next: Walker[] = [];
    const inside = walkers.filter((walker) => walker.rest.length > 0);
    await source.ensure(inside, "alone");
    for (const walker of walkers) {
      const stepped = step(source, walker);
      if ("kind" in stepped) found.set(walker.subPath, stepped);
      else next.push(stepped);
    }
    walkers = next;
  }
  return found;
}

/** The names on the way: `./a//b/` is `a/b`; `..` stays and is a name that no tree has. */
export function segmentsOf(subPath: string): string[] {
  return subPath.split("/").filter((segment) => segment !== "" && segment !== ".");
}

interface Walker {
  readonly subPath: string;
  /** Segments still to go. */
  readonly rest: readonly string[];
  readonly path: string;
  readonly oid: string;
}

function step(source: ObjectSource, walker: Walker): Walker | Location {
  const [segment, ...rest] = walker.rest;
  if (segment === undefined) return { kind: "directory", treeId: walker.oid };
  const entries = entriesOf(source, walker);
  const name = Buffer.from(segment);
  const entry = entries.find((each) => name.equals(each.name));
  if (entry === undefined) {
    const directories = entries
      .filter((each) => each.kind === "directory")
      .map((each) => childPath(walker.path, each.name));
    return { kind: "missing", parent: walker.path, directories };
  }
  const path = childPath(walker.path, entry.name);
  if (entry.kind !== "directory") return { kind: entry.kind, path };
  return { subPath: walker.subPath, rest, path, oid: entry.oid };
}

/**
 * Brings everything below these trees here. Each object is looked at once, however many paths lead to it.
 * @param isWarm whether an earlier version of the tree is in the cache: then trees come first and only the blobs that are new.
 * @throws GitError as `ObjectSource.ensure`; `GIT_OBJECT` where a tree names a blob as directory or the other way round.
 */
export async function complete(source: ObjectSource, trees: readonly Needed[], isWarm: boolean): Promise<void> {
  // Each round asks for all that is known to be missing; a round without such a thing is the last.
  for (
    let missing = await missingBelow(source, trees);
    missing.length > 0;
    missing = await missingBelow(source, trees)
  ) {
    await source.ensure(missing, isWarm ? "trees" : "content");
  }
}

/** Objects that are not here, as far as the trees that are here can tell. */
async function missingBelow(source: ObjectSource, trees: readonly Needed[]): Promise<Needed[]> {
  const missing: Needed[] = [];
  const seen = new Set<string>();
  const stack: (Needed & { readonly isTree: boolean })[] = trees.map((tree) => ({ ...tree, isTree: true })).reverse();
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    if (seen.has(next.oid)) continue;
    seen.add(next.oid);
    if ((await source.get(next.oid)) === undefined) {
      missing.push({ oid: next.oid, path: next.path });
      continue;
    }
    if (!next.isTree) continue;
    // The first entry on top: what is missing is named in the order of the tree.
    for (const { kind, oid, name } of entriesOf(source, next).toReversed()) {
      if (kind === "submodule") continue;
      stack.push({ oid, path: childPath(next.path, name), isTree: kind === "directory" });
    }
  }
  return missing;
}

/**
 * The files below a tree that `complete` has brought here, by path relative to it, in byte order.
 * @throws GitError `GIT_LIMIT` (`maxFiles`, `maxTotalBytes`, `maxPathDepth`), `GIT_PATH`, `GIT_UNSUPPORTED` for a submodule.
 */
export function readFiles(source: ObjectSource, tree: Needed, limits: GitLimits): Map<string, GitFile> {
  const files = new Map<string, GitFile>();
  let paths = 0;
  let totalBytes = 0;
  // A stack of what is still to read, the next on top: git's order of entries is then the byte order of paths.
  const stack: PathEntry[] = entriesBelow(source, { ...tree, depth: 0 }, "").reverse();
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    if (++paths > limits.maxFiles)
      throw limitError("maxFiles", limits.maxFiles, `too many files below "${tree.path}", at "${next.path}"`);
    if (next.depth > limits.maxPathDepth)
      throw limitError("maxPathDepth", limits.maxPathDepth, `"${next.path}" is too deep`);
    switch (next.kind) {
      case "directory":
        stack.push(...entriesBelow(source, next, next.inside).reverse());
        break;
      case "submodule":
        throw new GitError(`submodule "${next.path}" is not supported by lateen yet`, {
          code: "GIT_UNSUPPORTED",
          what: "submodule",
          path: next.path,
        });
      case "file":
      case "executable":
      case "symlink": {
        const blob = source.used(next.oid);
        if (blob === undefined) throw missing(next);
        if (blob.type !== "blob") throw wrongType(next, blob.type, "blob");
        totalBytes += blob.bytes.length;
        if (blob.bytes.length > limits.maxBlobBytes)
          throw limitError("maxBlobBytes", limits.maxBlobBytes, `"${next.path}" is too large`);
        if (totalBytes > limits.maxTotalBytes) {
          throw limitError(
            "maxTotalBytes",
            limits.maxTotalBytes,
            `the files below "${tree.path}" are too large together, at "${next.path}"`,
          );
        }
        files.set(next.inside, { mode: next.kind, bytes: blob.bytes });
      }
    }
  }
  return files;
}

interface PathEntry extends Needed {
  readonly kind: TreeEntry["kind"];
  /** The path below the subPath. */
  readonly inside: string;
  readonly depth: number;
}

function entriesBelow(source: ObjectSource, tree: Needed & { readonly depth: number }, inside: string): PathEntry[] {
  return entriesOf(source, tree).map((entry) => ({
    kind: entry.kind,
    oid: entry.oid,
    path: childPath(tree.path, entry.name),
    inside: childPath(inside, entry.name),
    depth: tree.depth + 1,
  }));
}

function entriesOf(source: ObjectSource, tree: Needed): TreeEntry[] {
  const object = source.used(tree.oid);
  if (object === undefined) throw missing(tree);
  if (object.type !== "tree") throw wrongType(tree, object.type, "tree");
  return parseTree(tree.oid, object);
}

function missing(needed: Needed): GitError {
  return new GitError(`object ${needed.oid} of "${needed.path}" is missing`, {
    code: "GIT_MISSING_OBJECT",
    oid: needed.oid,
    path: needed.path,
  });
}

function wrongType(needed: Needed, found: string, want: string): GitError {
  return new GitError(`object ${needed.oid} of "${needed.path}" is a ${found}, not a ${want}`, {
    code: "GIT_OBJECT",
    oid: needed.oid,
  });
}
