/**
 * How a `ref` of an App finds its commit in a server's list: what `git fetch origin X` and `git checkout X` do in a fresh clone (app.md §4.2).
 */
import { GitError } from "./git-error.ts";
import { isObjectId } from "./pack/object.ts";
import { escapeText } from "./text.ts";
import type { Ref } from "./wire/ls-refs.ts";

/** A ref as found on the server. */
export interface ResolvedRef {
  /** As written: `origin/main`, `v1.2.0`, a commit id. */
  readonly ref: string;
  readonly commit: string;
  /** The ref that gave the commit; absent for a bare commit id. */
  readonly name?: string;
  /** Whether this commit is the tip of a branch or tag in the list. */
  readonly isTip: boolean;
  /** Short names of the tags on this commit, annotated before light ones, each in byte order. Empty when tags were not listed. */
  readonly tags: readonly string[];
}

/** The prefixes to list so that `ref` can be resolved; `tags` adds all tags, for the names of the commit. */
export function prefixesFor(ref: string, options: { readonly tags: boolean }): string[] {
  const name = shortName(ref);
  const tags = options.tags ? ["refs/tags/"] : [];
  if (isObjectId(name) || /^[0-9a-f]{4,39}$/.test(name)) return ["HEAD", "refs/heads/", "refs/tags/"];
  if (name === "HEAD") return ["HEAD", ...tags];
  return [...new Set([...candidatesFor(ref).map((candidate) => candidate.name), ...tags])];
}

/**
 * Finds `ref` in a list; `undefined` when it is not there.
 * @throws GitError `GIT_REF` when a short id is ambiguous.
 */
export function findRef(ref: string, refs: readonly Ref[]): ResolvedRef | undefined {
  for (const candidate of candidatesFor(ref)) {
    const found = refs.find((each) => each.name === candidate.name);
    if (found !== undefined)
      return { ref, commit: commitOf(found), name: found.name, isTip: true, tags: tagsOn(commitOf(found), refs) };
  }
  const id = shortName(ref);
  if (isObjectId(id))
    return { ref, commit: id, isTip: refs.some((each) => commitOf(each) === id), tags: tagsOn(id, refs) };
  return /^[0-9a-f]{4,39}$/.test(id) && !ref.startsWith("origin/") ? findShortId(ref, refs) : undefined;
}

/** The error for a ref that the server does not have, with the five names most like it. */
export function missingRef(ref: string, refs: readonly Ref[]): GitError {
  const near = nearNames(shortName(ref), refs);
  const hint =
    near.length === 0
      ? "the repository has no branches and tags"
      : `nearest: ${near.map((name) => escapeText(name, 80)).join(", ")}`;
  const name = escapeText(shortName(ref), 200);
  const what = ref.startsWith("origin/")
    ? `couldn't find remote ref ${name}`
    : `pathspec '${name}' did not match any branch or tag of the repository`;
  return new GitError(`${what} (${hint})`, { code: "GIT_REF", ref, near });
}

/** Tag names of a list, without `refs/tags/`. */
export function tagNames(refs: readonly Ref[]): string[] {
  return refs.filter((ref) => ref.name.startsWith("refs/tags/")).map((ref) => ref.name.slice("refs/tags/".length));
}

function shortName(ref: string): string {
  return ref.startsWith("origin/") ? ref.slice("origin/".length) : ref;
}

/** In the order of preference: a tag wins over a branch of its name. `refs/heads/x` finds nothing, as in a fresh clone. */
function candidatesFor(ref: string): { readonly name: string }[] {
  const name = shortName(ref);
  if (name === "HEAD") return [{ name: "HEAD" }];
  const found = [`refs/tags/${name}`, `refs/heads/${name}`];
  if (name.startsWith("refs/tags/")) found.unshift(name);
  if (name.startsWith("tags/")) found.unshift(`refs/${name}`);
  const remote = /^(?:refs\/)?remotes\/origin\/(.+)$/.exec(name)?.[1];
  if (remote !== undefined) found.unshift(`refs/heads/${remote}`);
  return found.map((each) => ({ name: each }));
}

function commitOf(ref: Ref): string {
  return ref.peeled ?? ref.oid;
}

function findShortId(ref: string, refs: readonly Ref[]): ResolvedRef | undefined {
  const ids = new Set(refs.map(commitOf).filter((oid) => oid.startsWith(ref)));
  if (ids.size > 1) {
    const near = [...ids].slice(0, 5);
    throw new GitError(`short id ${ref} is ambiguous: ${near.join(", ")}`, { code: "GIT_REF", ref, near });
  }
  const [commit] = ids;
  return commit === undefined ? undefined : { ref, commit, isTip: true, tags: tagsOn(commit, refs) };
}

/** For each tagged commit the tag that git prefers: an annotated one, else the first by name. */
export function tagsByCommit(refs: readonly Ref[]): Map<string, string> {
  const tags = refs.filter((ref) => ref.name.startsWith("refs/tags/"));
  const preferred = new Map<string, string>();
  for (const ref of annotatedFirst(tags)) {
    const [name] = tagNames([ref]);
    if (name !== undefined && !preferred.has(commitOf(ref))) preferred.set(commitOf(ref), name);
  }
  return preferred;
}

function annotatedFirst(tags: readonly Ref[]): Ref[] {
  return [...tags.filter((ref) => ref.peeled !== undefined), ...tags.filter((ref) => ref.peeled === undefined)];
}

function tagsOn(commit: string, refs: readonly Ref[]): string[] {
  const tags = refs.filter((ref) => ref.name.startsWith("refs/tags/") && commitOf(ref) === commit);
  return tagNames(annotatedFirst(tags));
}

function nearNames(wanted: string, refs: readonly Ref[]): string[] {
  const names = new Set(
    refs.map((ref) => /^refs\/(?:heads|tags)\/(.+)$/.exec(ref.name)?.[1]).filter((name) => name !== undefined),
  );
  return [...names]
    .map((name) => ({ name, distance: editDistance(wanted.slice(0, 100), name.slice(0, 100)) }))
    .sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1))
    .slice(0, 5)
    .map(({ name }) => name);
}

function editDistance(left: string, right: string): number {
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let row = 1; row <= left.length; row++) {
    const current = [row];
    for (let column = 1; column <= right.length; column++) {
      const substitute = (previous[column - 1] ?? 0) + (left[row - 1] === right[column - 1] ? 0 : 1);
      current.push(Math.min(substitute, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[right.length] ?? 0;
}
