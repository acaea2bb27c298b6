import type { Commit } from "./pack/commit.ts";

/** Tags that are compared at most, as git does. */
const maxCandidates = 10;
/** git lengthens this in repositories of over 16,384 objects, a number that a partial fetch does not learn. */
const idDigits = 7;

/**
 * What `git describe --tags` says of a commit: the tag on it, or the nearest tag before it as `TAG-N-gID`, N being the commits that the tag does not hold.
 * `undefined` when no tag is in the history. Parents that are not in `history` count as its end.
 * @param tags the preferred tag name of each tagged commit.
 */
export function describeCommit(
  tip: string,
  history: ReadonlyMap<string, Commit>,
  tags: ReadonlyMap<string, string>,
): string | undefined {
  const exact = tags.get(tip);
  if (exact !== undefined) return exact;
  const all = ancestorsOf(tip, history);
  // Newest first, as git meets them; the sort keeps the order of equals.
  const found = all.filter((oid) => tags.has(oid)).slice(0, maxCandidates);
  const distances = found.map((oid) => ({ oid, distance: all.length - ancestorsOf(oid, history).length }));
  const [best] = distances.sort((a, b) => a.distance - b.distance);
  return best === undefined ? undefined : `${tags.get(best.oid)}-${best.distance}-g${tip.slice(0, idDigits)}`;
}

/** The commit and all before it, newest first by their own clocks. */
function ancestorsOf(tip: string, history: ReadonlyMap<string, Commit>): string[] {
  const seen = new Set<string>([tip]);
  const found: { readonly oid: string; readonly commit: Commit }[] = [];
  const waiting = [tip];
  for (let oid = waiting.pop(); oid !== undefined; oid = waiting.pop()) {
    const commit = history.get(oid);
    if (commit === undefined) continue;
    found.push({ oid, commit });
    for (const parent of commit.parents) {
      if (seen.has(parent)) continue;
      seen.add(parent);
      waiting.push(parent);
    }
  }
  return found.sort((a, b) => b.commit.committedAt - a.commit.committedAt).map(({ oid }) => oid);
}
