/**
 * Whether an App's `ref` (app.md §4.2) may name what a push moved. `origin/X` and `X` are a branch or a tag, whichever the server
 * has, so both wake the App's source; what the ref really is, the server is asked. A commit id never moves.
 * @param pushedRef Full name: `refs/heads/main`, `refs/tags/v1`.
 */
export function refTracks(ref: string, pushedRef: string): boolean {
  if (ref === "" || isCommitId(ref)) return false;
  const name = ref.startsWith("origin/") ? ref.slice("origin/".length) : ref;
  if (name === "" || isCommitId(name)) return false;
  return (
    [name, `refs/${name}`, `refs/heads/${name}`, `refs/tags/${name}`].includes(pushedRef) ||
    `refs/heads/${ref}` === pushedRef
  );
}

function isCommitId(text: string): boolean {
  return /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/i.test(text);
}
