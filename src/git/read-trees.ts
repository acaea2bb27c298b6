import { type ClientContext, rememberIn, statsOf } from "./client-context.ts";
import type { TreeIds, TreeRequest } from "./git-client.ts";
import { GitError, gitFailure } from "./git-error.ts";
import { type CommitFetcher, createObjectFetcher } from "./negotiation.ts";
import { type Needed, ObjectSource } from "./object-source.ts";
import { type Commit, parseCommit } from "./pack/commit.ts";
import { isObjectId } from "./pack/object.ts";
import { parseTree } from "./pack/tree.ts";
import { resolveRef } from "./resolve-on-server.ts";
import type { Exchange } from "./smart-http.ts";
import { escapeText } from "./text.ts";
import { complete, type Location, locate, segmentsOf } from "./walk.ts";

/** Directories of a root whose trees may come unasked: some ten kilobytes. */
const fewDirectories = 32;
/** Trees remembered per repository and subPath, to know where a cache is likely to help. */
const maxRemembered = 5000;

/** The trees of a commit at some subPaths, and where their objects are. */
export interface TreesRead {
  readonly ids: TreeIds;
  readonly source: ObjectSource;
}

/**
 * Reads a commit and walks to its subPaths; `withContent` also brings everything below them.
 * A commit that is gone is looked up once more by its ref.
 */
export async function readTrees(
  context: ClientContext,
  exchange: Exchange,
  request: TreeRequest,
  withContent: boolean,
): Promise<TreesRead> {
  if (!isObjectId(request.commit))
    throw new GitError(`"${escapeText(request.commit, 80)}" is no full commit id`, {
      code: "GIT_REF",
      ref: request.commit,
      near: [],
    });
  try {
    return await readTreesOf(context, exchange, request, request.commit, withContent, []);
  } catch (error) {
    const gone = gitFailure(error, "GIT_NOT_OUR_REF");
    if (gone?.oid !== request.commit || request.ref === undefined) throw error;
    // The ref was forced elsewhere between the listing and the fetch.
    const again = await resolveRef(context, exchange, request.ref, false);
    const moved = `${request.ref} moved from ${request.commit} to ${again.commit} during the fetch`;
    try {
      return await readTreesOf(context, exchange, request, again.commit, withContent, [moved]);
    } catch (second) {
      if (gitFailure(second, "GIT_NOT_OUR_REF") === undefined) throw second;
      throw new GitError(
        `${moved}, and the server has neither`,
        { code: "GIT_NOT_OUR_REF", oid: again.commit },
        { retryable: true, cause: second },
      );
    }
  }
}

async function readTreesOf(
  context: ClientContext,
  exchange: Exchange,
  request: TreeRequest,
  commit: string,
  withContent: boolean,
  notesBefore: readonly string[],
): Promise<TreesRead> {
  const scope = exchange.repo.href;
  const notes = [...notesBefore];
  const subPaths = [...new Set(request.subPaths)];
  const fetcher = createObjectFetcher(context, exchange, commit, notes);
  const source = new ObjectSource(scope, context.objects, fetcher);
  // All is wanted: then all can come with the commit, unless much of it is here already.
  const everything = withContent && subPaths.includes("") && !(await isWarmAt(context, source, scope, ""));
  const levels = await levelsFor(context.roots.get(scope), source, subPaths);
  const root = await readCommit(source, fetcher, commit, everything ? "content" : { levels });
  rememberIn(context.roots, scope, root.tree, maxRemembered);
  const locations = await locate(source, root.tree, subPaths);
  const treeIds = new Map<string, string>();
  for (const [subPath, location] of locations) if (location.kind === "directory") treeIds.set(subPath, location.treeId);
  if (withContent) {
    const trees: Needed[] = [...treeIds].map(([path, oid]) => ({ oid, path }));
    const warmth = await Promise.all(trees.map(({ path }) => isWarmAt(context, source, scope, path)));
    await complete(source, trees, warmth.some(Boolean));
    for (const { oid, path } of trees) rememberIn(context.remembered, `${scope}\n${path}`, oid, maxRemembered);
  }
  const stats = statsOf(exchange.traffic, source.fetchedCount);
  context.log.debug("repository read", { repository: scope, commit, subPaths, ...stats, notes });
  const ids = {
    commit,
    commitTitle: root.title,
    locations,
    treeIds,
    stats,
    notes,
  };
  return { ids, source };
}

/**
 * How many levels of trees to ask for with the commit. The directories of the root save a round trip when they come along: worth it where they are known
 * to be few, and for deep subPaths, which need several round trips anyway.
 */
async function levelsFor(
  knownRoot: string | undefined,
  source: ObjectSource,
  subPaths: readonly string[],
): Promise<1 | 2> {
  const depth = Math.max(...subPaths.map((subPath) => segmentsOf(subPath).length));
  if (depth !== 2) return depth > 2 ? 2 : 1;
  const root = knownRoot === undefined ? undefined : await source.get(knownRoot);
  if (root === undefined || knownRoot === undefined) return 1;
  return parseTree(knownRoot, root).filter(({ kind }) => kind === "directory").length <= fewDirectories ? 2 : 1;
}

async function readCommit(
  source: ObjectSource,
  fetcher: CommitFetcher,
  oid: string,
  reach: Parameters<CommitFetcher["fetchCommit"]>[0],
): Promise<Commit> {
  let object = await source.get(oid);
  if (object === undefined) {
    source.add(await fetcher.fetchCommit(reach));
    object = await source.get(oid);
  }
  if (object === undefined) {
    throw new GitError(
      `the server did not send commit ${oid}`,
      { code: "GIT_MISSING_OBJECT", oid, path: "" },
      { retryable: true },
    );
  }
  return parseCommit(oid, object);
}

async function isWarmAt(
  context: ClientContext,
  source: ObjectSource,
  scope: string,
  subPath: string,
): Promise<boolean> {
  const tree = context.remembered.get(`${scope}\n${subPath}`);
  return tree !== undefined && (await source.get(tree)) !== undefined;
}

/** The tree at a subPath that was asked for. @throws GitError `GIT_SUBPATH` when there is none. */
export function directoryAt(locations: ReadonlyMap<string, Location>, subPath: string): string {
  const location = locations.get(subPath);
  if (location?.kind === "directory") return location.treeId;
  const what =
    location === undefined
      ? "was not asked for"
      : location.kind === "missing"
        ? "does not exist"
        : `is a ${location.kind}, not a directory`;
  throw new GitError(`subPath "${escapeText(subPath)}" ${what}`, { code: "GIT_SUBPATH", subPath });
}
