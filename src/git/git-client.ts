import type { Repository } from "./repo-url.ts";
import type { ResolvedRef } from "./resolve-ref.ts";
import type { GitFile, Location } from "./walk.ts";
import type { Ref } from "./wire/ls-refs.ts";

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

/** A commit by the nearest tag. */
export interface Description {
  readonly name?: string;
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
  /**
   * What `git describe --tags` says of a commit, or `undefined` when no tag is near or the server gives no history without its trees.
   * @param request.depth commits in a row that are looked at; 0: all.
   */
  describe(
    repository: Repository,
    request: { readonly commit: string; readonly depth: number },
    options: GitCallOptions,
  ): Promise<Description>;
  /** Where the subPaths of a commit lead; no file content is fetched. */
  treeIdsOf(repository: Repository, request: TreeRequest, options: GitCallOptions): Promise<TreeIds>;
  /** The files below all subPaths: the trees on the way in one walk, then the content in one request. */
  fetchSubPaths(repository: Repository, request: TreeRequest, options: GitCallOptions): Promise<GitSnapshot>;
}
