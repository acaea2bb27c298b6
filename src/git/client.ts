import { type Clock, type Log, silentLog } from "../base/index.ts";
import { GitError, gitFailure } from "./git-error.ts";
import { type GitLimits, gitLimits } from "./limits.ts";
import { createMemoryObjectCache, type ObjectCache } from "./object-cache.ts";
import { type Needed, ObjectSource } from "./object-source.ts";
import { retryTransient, withinTotal } from "./operation.ts";
import { type Commit, parseCommit } from "./pack/commit.ts";
import { isObjectId } from "./pack/object.ts";
import { type CommitFetcher, createObjectFetcher } from "./negotiation.ts";
import { parseRepoUrl, type Repository } from "./repo-url.ts";
import { findRef, missingRef, prefixesFor, type ResolvedRef } from "./resolve-ref.ts";
import { createSessions, type Sessions } from "./sessions.ts";
import { type Exchange, runCommand, type SmartHttpDeps, type Traffic } from "./smart-http.ts";
import { escapeText } from "./text.ts";
import type { GitFetch } from "./transport.ts";
import { complete, type GitFile, type Location, locate, readFiles, segmentsOf } from "./walk.ts";
import { encodeLsRefs, readRefs, type Ref } from "./wire/ls-refs.ts";
import { readPackets } from "./wire/pkt-line.ts";

export interface GitClientDeps {
  readonly fetch: GitFetch;
  readonly clock: Clock;
  /** Uniform in [0, 1): spreads retries. */
  readonly random: () => number;
  /** Default: 64 MiB in memory. */
  readonly objects?: ObjectCache;
  readonly limits?: Partial<GitLimits>;
  readonly log?: Log;
}

export interface GitCallOptions {
  readonly signal: AbortSignal;
}

/** What an operation has cost. */
export interface GitStats {
  readonly requests: number;
  readonly bytesReceived: number;
  /** Objects received from the server. */
  readonly objects: number;
}

/** A resolved ref and what it cost to find. */
export interface RefResolution extends ResolvedRef {
  readonly stats: GitStats;
}

export interface RefList {
  readonly refs: readonly Ref[];
  readonly stats: GitStats;
}

/** Which trees of a commit are wanted. `subPaths` are relative, clean (`a/b`), `""` is the root. */
export interface TreeRequest {
  readonly commit: string;
  /** The ref that gave `commit`: if the server no longer has the commit, the ref is listed once more. */
  readonly ref?: string;
  readonly subPaths: readonly string[];
}

/** Where the subPaths of a commit lead. */
export interface TreeIds {
  /** The commit that was read: another than asked for only when `ref` had moved meanwhile and the old one was gone. */
  readonly commit: string;
  readonly commitTitle: string;
  readonly locations: ReadonlyMap<string, Location>;
  /** Object id of the tree at each subPath that is a directory. */
  readonly treeIds: ReadonlyMap<string, string>;
  readonly stats: GitStats;
  /** What a person should know: a server without filters, a ref that moved. */
  readonly notes: readonly string[];
}

/** The files below some subPaths of one commit. */
export interface GitSnapshot extends TreeIds {
  /**
   * The files of one of the asked subPaths, by path relative to it, in byte order.
   * @throws GitError `GIT_SUBPATH` when it is no directory, `GIT_PATH`, `GIT_LIMIT`, `GIT_UNSUPPORTED` for a submodule.
   */
  files(subPath: string): ReadonlyMap<string, GitFile>;
}

/** Reads repositories over protocol v2: just the refs, trees and blobs that are needed. Holds no state but caches. */
export interface GitClient {
  /** Refs whose names begin with one of `prefixes` (absent: all). */
  listRefs(
    repository: Repository,
    request: { readonly prefixes?: readonly string[] },
    options: GitCallOptions,
  ): Promise<RefList>;
  /**
   * Finds the commit of a ref as an App writes it.
   * @param request.tags also list all tags, for the names of the commit; default false.
   * @throws GitError `GIT_REF` naming the ref and five near names.
   */
  resolveRef(
    repository: Repository,
    request: { readonly ref: string; readonly tags?: boolean },
    options: GitCallOptions,
  ): Promise<RefResolution>;
  /** Where the subPaths of a commit lead; no file content is fetched. */
  treeIdsOf(repository: Repository, request: TreeRequest, options: GitCallOptions): Promise<TreeIds>;
  /** The files below all subPaths: the trees on the way in one walk, then the content in one request. */
  fetchSubPaths(repository: Repository, request: TreeRequest, options: GitCallOptions): Promise<GitSnapshot>;
}

/** Trees remembered per repository and subPath, to know where a cache is likely to help. */
const maxRemembered = 5000;

export function createGitClient(deps: GitClientDeps): GitClient {
  const limits = gitLimits(deps.limits);
  const http: SmartHttpDeps = { fetch: deps.fetch, clock: deps.clock, limits };
  const context: Context = {
    ...deps,
    http,
    limits,
    sessions: createSessions(http),
    objects: deps.objects ?? createMemoryObjectCache(),
    log: deps.log ?? silentLog,
    remembered: new Map(),
  };
  return {
    listRefs: (repository, request, options) =>
      operate(context, repository, options, async (exchange) => ({
        refs: await listRefs(context, exchange, request.prefixes ?? []),
        stats: statsOf(exchange.traffic, 0),
      })),
    resolveRef: (repository, request, options) =>
      operate(context, repository, options, async (exchange) => ({
        ...(await resolve(context, exchange, request.ref, request.tags ?? false)),
        stats: statsOf(exchange.traffic, 0),
      })),
    treeIdsOf: (repository, request, options) =>
      operate(
        context,
        repository,
        options,
        async (exchange) => (await readTrees(context, exchange, request, false)).ids,
      ),
    fetchSubPaths: (repository, request, options) =>
      operate(context, repository, options, async (exchange) => {
        const { ids, source } = await readTrees(context, exchange, request, true);
        return {
          ...ids,
          files: (subPath) => readFiles(source, { oid: directoryAt(ids.locations, subPath), path: subPath }, limits),
        };
      }),
  };
}

interface Context extends GitClientDeps {
  readonly http: SmartHttpDeps;
  readonly limits: GitLimits;
  readonly sessions: Sessions;
  readonly objects: ObjectCache;
  readonly log: Log;
  /** Scope and subPath → the tree last read there. */
  readonly remembered: Map<string, string>;
}

function operate<Result>(
  context: Context,
  repository: Repository,
  options: GitCallOptions,
  work: (exchange: Exchange) => Promise<Result>,
): Promise<Result> {
  const repo = parseRepoUrl(repository);
  const traffic: Traffic = { requests: 0, bytesReceived: 0 };
  return withinTotal(context.clock, context.limits, options.signal, repo.href, (signal) =>
    work({ repo, traffic, signal }),
  );
}

function statsOf(traffic: Traffic, objects: number): GitStats {
  return { ...traffic, objects };
}

function listRefs(context: Context, exchange: Exchange, prefixes: readonly string[]): Promise<Ref[]> {
  return retryTransient(context, exchange.signal, () =>
    context.sessions.use(exchange, ({ session }) => {
      if (!session.capabilities.has("ls-refs")) {
        throw new GitError(`${exchange.repo.href} has no ls-refs command`, { code: "GIT_PROTOCOL" });
      }
      return runCommand(context.http, exchange, session, encodeLsRefs(prefixes), (chunks) =>
        readRefs(readPackets(chunks), prefixes, context.limits),
      );
    }),
  );
}

/** Characters that no ref name may have (git check-ref-format); revision syntax such as `main~1` needs history and is refused with them. */
const badRefName = /[\0-\x20\x7f~^:?*[\\]|\.\.|@\{|^-|^$/;

async function resolve(context: Context, exchange: Exchange, ref: string, tags: boolean): Promise<ResolvedRef> {
  if (badRefName.test(ref) || ref.length > context.limits.maxRefNameBytes) {
    throw new GitError(`"${escapeText(ref, 100)}" is no valid name of a ref`, { code: "GIT_REF", ref, near: [] });
  }
  const found = findRef(ref, await listRefs(context, exchange, prefixesFor(ref, { tags })));
  if (found !== undefined) return found;
  throw missingRef(ref, await listRefs(context, exchange, ["refs/heads/", "refs/tags/"]));
}

async function readTrees(
  context: Context,
  exchange: Exchange,
  request: TreeRequest,
  withContent: boolean,
): Promise<{ readonly ids: TreeIds; readonly source: ObjectSource }> {
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
    const again = await resolve(context, exchange, request.ref, false);
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
  context: Context,
  exchange: Exchange,
  request: TreeRequest,
  commit: string,
  withContent: boolean,
  notesBefore: readonly string[],
): Promise<{ readonly ids: TreeIds; readonly source: ObjectSource }> {
  const notes = [...notesBefore];
  const subPaths = [...new Set(request.subPaths)];
  const fetcher = createObjectFetcher(context, exchange, commit, notes);
  const source = new ObjectSource(exchange.repo.href, context.objects, fetcher);
  // All is wanted: then all can come with the commit, unless much of it is here already.
  const everything = withContent && subPaths.includes("") && !(await isWarmAt(context, source, exchange.repo.href, ""));
  const depth = Math.max(...subPaths.map((subPath) => segmentsOf(subPath).length));
  // A deep subPath saves a round trip where the root's directories come along.
  const root = await readCommit(source, fetcher, commit, everything ? "content" : { levels: depth > 2 ? 2 : 1 });
  const locations = await locate(source, root.tree, subPaths);
  const treeIds = new Map<string, string>();
  for (const [subPath, location] of locations) if (location.kind === "directory") treeIds.set(subPath, location.treeId);
  if (withContent) {
    const trees: Needed[] = [...treeIds].map(([path, oid]) => ({ oid, path }));
    const warmth = await Promise.all(trees.map(({ path }) => isWarmAt(context, source, exchange.repo.href, path)));
    await complete(source, trees, warmth.some(Boolean));
    for (const { oid, path } of trees) remember(context, exchange.repo.href, path, oid);
  }
  const ids = {
    commit,
    commitTitle: root.title,
    locations,
    treeIds,
    stats: statsOf(exchange.traffic, source.fetchedCount),
    notes,
  };
  return { ids, source };
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

async function isWarmAt(context: Context, source: ObjectSource, scope: string, subPath: string): Promise<boolean> {
  const tree = context.remembered.get(`${scope}\n${subPath}`);
  return tree !== undefined && (await source.get(tree)) !== undefined;
}

function remember(context: Context, scope: string, subPath: string, treeId: string): void {
  const key = `${scope}\n${subPath}`;
  context.remembered.delete(key);
  context.remembered.set(key, treeId);
  const [oldest] = context.remembered.keys();
  if (context.remembered.size > maxRemembered && oldest !== undefined) context.remembered.delete(oldest);
}

function directoryAt(locations: ReadonlyMap<string, Location>, subPath: string): string {
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
