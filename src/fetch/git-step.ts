import type { GitFetch } from "../app/index.ts";
import { type GitClient, GitError, type GitSnapshot, type GitStats, maskUrl, type Repository } from "../git/index.ts";
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
  /** The commit as `git describe --tags` names it in a clone of the entry's depth. */
  readonly tags: readonly string[];
}

/** What the operations of one App have cost and noted. */
export interface GitCost {
  readonly stats: GitStats;
  readonly notes: readonly string[];
}

/** Fetches the git entries of one App: each ref is asked for once, and all subPaths of a commit come in one fetch. */
export interface GitSteps {
  /** @throws GitStepError, CredentialsError, VersionError, GitError. */
  fetch(step: GitFetch): Promise<GitStepResult>;
  /** Every operation so far. */
  costs(): readonly GitCost[];
}

export function createGitSteps(
  git: GitClient,
  all: readonly GitFetch[],
  data: ReferencedData,
  signal: AbortSignal,
): GitSteps {
  const refs = new Map<string, Promise<GitRefResult>>();
  const snapshots = new Map<string, Promise<GitSnapshot>>();
  const costs: GitCost[] = [];
  return {
    costs: () => costs,
    fetch: async (step) => {
      const repository = repositoryOf(step, data);
      const source = sourceKey(step);
      const ref = await once(refs, source, async () => {
        const resolved = await resolveGitRef(git, repository, step, { signal, tags: true });
        costs.push(resolved);
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
        costs.push(fetched);
        return fetched;
      });
      return { ref, snapshot, tags: await describe(git, repository, step, ref, snapshot, costs, signal) };
    },
  };
}

/** With depth 1 only a tag on the commit itself is seen. */
async function describe(
  git: GitClient,
  repository: Repository,
  step: GitFetch,
  ref: GitRefResult,
  snapshot: GitSnapshot,
  costs: GitCost[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  if (snapshot.commit === ref.commit && ref.tags.length > 0) return ref.tags.slice(0, 1);
  const depth = step.depth ?? 1;
  if (depth === 1) return [];
  try {
    const { name, stats } = await git.describe(repository, { commit: snapshot.commit, depth }, { signal });
    costs.push({ stats, notes: [] });
    return name === undefined ? [] : [name];
  } catch (error) {
    if (!(error instanceof GitError) || signal.aborted) throw error;
    // A name for people, nothing more: the files are here.
    costs.push({
      stats: { requests: 0, bytesReceived: 0, objects: 0 },
      notes: [`the nearest tag is unknown: ${error.message}`],
    });
    return [];
  }
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
