import {
  findRef,
  type GitClient,
  type GitStats,
  gitFailure,
  type Repository,
  type ResolvedRef,
  tagNames,
} from "../git/index.ts";
import { selectVersion, type VersionConstraints } from "./select-version.ts";
import { VersionError } from "./version-range.ts";

/** The ref of a git entry: `ref` wins over `refSelection` (app.md §4.2). */
export interface RefChoice {
  readonly ref?: string;
  readonly refSelection?: VersionConstraints;
}

export interface GitRefResult extends ResolvedRef {
  readonly stats: GitStats;
  readonly notes: readonly string[];
}

/**
 * The commit that a git entry means now; the server is always asked.
 * @param options.tags also name the tags on that commit; default false.
 * @throws VersionError when neither is given or no tag fits; GitError.
 */
export async function resolveGitRef(
  git: GitClient,
  repository: Repository,
  choice: RefChoice,
  options: { readonly signal: AbortSignal; readonly tags?: boolean },
): Promise<GitRefResult> {
  const { signal, tags = false } = options;
  if (choice.ref !== undefined && choice.ref !== "") return resolveNamed(git, repository, choice.ref, tags, signal);
  if (choice.refSelection === undefined) throw new VersionError("Expected either ref or ref selection to be specified");
  const { refs, stats } = await git.listRefs(repository, { prefixes: ["refs/tags/"] }, { signal });
  const tag = selectVersion(tagNames(refs), choice.refSelection);
  const found = findRef(`refs/tags/${tag}`, refs);
  if (found === undefined) throw new VersionError(`tag ${tag} is not in the list that it came from`);
  return { ...found, ref: tag, stats, notes: [] };
}

async function resolveNamed(
  git: GitClient,
  repository: Repository,
  ref: string,
  tags: boolean,
  signal: AbortSignal,
): Promise<GitRefResult> {
  try {
    return { ...(await git.resolveRef(repository, { ref, tags }, { signal })), notes: [] };
  } catch (error) {
    if (!tags || gitFailure(error, "GIT_LIMIT")?.limit !== "maxRefs") throw error;
    const notes = ["the repository has too many tags to say which are on this commit"];
    return { ...(await git.resolveRef(repository, { ref }, { signal })), notes };
  }
}
