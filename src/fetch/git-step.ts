import type { GitFetch } from "../app/index.ts";
import { type GitClient, type GitSnapshot, maskUrl, type Repository } from "../git/index.ts";
import type { FileTree } from "./file-tree.ts";
import { gitCredentials } from "./git-credentials.ts";
import { lfsPointerIn } from "./lfs.ts";
import type { ReferencedData } from "./referenced-data.ts";
import { relativePath } from "./relative-path.ts";
import { type GitRefResult, resolveGitRef } from "./resolve-git-ref.ts";

/** A git entry that cannot be fetched for a reason of its own. */
export class GitStepError extends Error {}

export interface GitStepResult {
  readonly ref: GitRefResult;
  readonly snapshot: GitSnapshot;
}

/** Fetches the git entries of one App: each ref is asked for once, and all subPaths of a commit come in one fetch. */
export interface GitSteps {
  /** @throws GitStepError, CredentialsError, VersionError, GitError. */
  fetch(step: GitFetch): Promise<GitStepResult>;
  /** Refs and snapshots so far, for their costs and notes. */
  results(): { readonly refs: readonly GitRefResult[]; readonly snapshots: readonly GitSnapshot[] };
}

export function createGitSteps(
  git: GitClient,
  all: readonly GitFetch[],
  data: ReferencedData,
  signal: AbortSignal,
): GitSteps {
  const refs = new Map<string, Promise<GitRefResult>>();
  const snapshots = new Map<string, Promise<GitSnapshot>>();
  const settledRefs: GitRefResult[] = [];
  const settledSnapshots: GitSnapshot[] = [];
  return {
    results: () => ({ refs: settledRefs, snapshots: settledSnapshots }),
    fetch: async (step) => {
      const repository = repositoryOf(step, data);
      const source = sourceKey(step);
      const ref = await once(refs, source, async () => {
        const resolved = await resolveGitRef(git, repository, step, { signal, tags: true });
        settledRefs.push(resolved);
        return resolved;
      });
      refuseUnreachable(step, ref);
      const snapshot = await once(snapshots, source, async () => {
        const subPaths = all
          .filter((other) => sourceKey(other) === source)
          .map((other) => relativePath(other.subPath) ?? "");
        // A ref that moves between list and fetch may be followed; one that was selected or is an id may not.
        const movable = ref.name?.startsWith("refs/heads/") === true && step.ref !== "" ? { ref: step.ref } : {};
        const fetched = await git.fetchSubPaths(repository, { commit: ref.commit, ...movable, subPaths }, { signal });
        settledSnapshots.push(fetched);
        return fetched;
      });
      return { ref, snapshot };
    },
  };
}

/** The files of one entry; a git-lfs pointer is never handed on as if it were the content, unless the App asks for that. */
export function filesOf(step: GitFetch, snapshot: GitSnapshot, subPath: string): FileTree {
  const files = snapshot.files(subPath);
  const pointer = lfsPointerIn(files, { allowOpaque: step.lfsSkipSmudge });
  if (pointer === undefined) return files;
  throw new GitStepError(
    `file "${subPath === "" ? pointer : `${subPath}/${pointer}`}" is a git-lfs pointer: git-lfs is not supported by lateen yet`,
  );
}

function repositoryOf(step: GitFetch, data: ReferencedData): Repository {
  if (step.url === "") throw new GitStepError("Expected non-empty URL");
  if (step.secretName === undefined) return { url: step.url };
  const credentials = gitCredentials(step.secretName, data.secret(step.secretName), step.url, {
    force: step.forceHttpBasicAuth,
  });
  return credentials === undefined ? { url: step.url } : { url: step.url, credentials };
}

/** Entries with the same key mean the same commit. */
function sourceKey(step: GitFetch): string {
  return JSON.stringify([
    step.url,
    step.secretName,
    step.forceHttpBasicAuth,
    step.ref,
    step.ref === "" ? step.refSelection?.raw : undefined,
    step.depth ?? 1,
  ]);
}

/** A bare commit id is checked out of what was fetched: with depth 1 that is the tips (app.md §4.2). */
function refuseUnreachable(step: GitFetch, ref: GitRefResult): void {
  if (ref.isTip || step.ref.startsWith("origin/") || (step.depth ?? 1) !== 1) return;
  throw new GitStepError(
    `reference is not a tree: ${ref.commit} is not the tip of a branch or tag of ${maskUrl(step.url)} (hint: set depth: 0, or ref: origin/${ref.commit})`,
  );
}

function once<Value>(known: Map<string, Promise<Value>>, key: string, make: () => Promise<Value>): Promise<Value> {
  const existing = known.get(key);
  if (existing !== undefined) return existing;
  const made = make();
  known.set(key, made);
  return made;
}
