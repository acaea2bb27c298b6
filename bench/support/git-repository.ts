/** Repositories of the shape that the benchmarks fetch from. */
import type { ServedRepository } from "../../test/support/git-server.ts";

/**
 * Commits changed files on top of `main` in one process, whatever else the repository holds.
 * @returns the commit's id.
 */
export async function commitOnTop(
  repository: ServedRepository,
  files: Readonly<Record<string, string>>,
): Promise<string> {
  const parts = [
    "commit refs/heads/main\ncommitter Ada <ada@example.com> now\ndata 6\nchange\nfrom refs/heads/main^0\n",
  ];
  for (const [path, content] of Object.entries(files))
    parts.push(`M 100644 inline ${JSON.stringify(path)}\ndata ${Buffer.byteLength(content)}\n${content}\n`);
  await repository.git(["fast-import", "--quiet", "--date-format=now"], { input: parts.join("") });
  return repository.git(["rev-parse", "refs/heads/main"]);
}
