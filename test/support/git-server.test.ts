import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { hasGitHttpBackend, startGitServer, writeFolder } from "./git-server.ts";

const run = promisify(execFile);

test("a clone, a commit and a push go through the server", {
  skip: !(await hasGitHttpBackend()) && "git http-backend is not installed",
}, async () => {
  const pushed: string[] = [];
  await using server = await startGitServer({ allowPush: true, onPush: (repository) => pushed.push(repository) });
  const repo = await server.createRepository("team/app");
  const folder = await mkdtemp(join(tmpdir(), "lateen-clone-"));
  try {
    await writeFolder(folder, { "a.yml": "a: 1\n", "b/c.yml": "c: 1\n" });
    const first = await repo.commitFolder(folder, { tags: ["v1"], annotatedTags: ["v1-signed"] });
    assert.equal(await repo.git(["rev-parse", "v1-signed^{commit}"]), first);
    const clone = join(folder, "clone");
    const git = async (...args: string[]): Promise<void> => {
      await run("git", ["-c", "user.name=Ada", "-c", "user.email=ada@example.com", ...args], { cwd: folder });
    };
    await git("clone", "--quiet", repo.url, clone);
    await writeFolder(clone, { "a.yml": "a: 2\n" });
    await git("-C", clone, "commit", "--quiet", "-am", "two");
    await git("-C", clone, "push", "--quiet");
    assert.equal(await repo.git(["show", "main:a.yml"]), "a: 2");
    assert.deepEqual(pushed, ["team/app.git"]);
    const orphan = await repo.commitFiles({ "run.sh*": "x", link: { link: "run.sh" } }, { orphan: true });
    assert.equal(await repo.git(["rev-list", "--count", orphan]), "1");
    assert.match(await repo.git(["ls-tree", orphan]), /^120000 .*\tlink\n100755 .*\trun.sh$/);
  } finally {
    await rm(folder, { recursive: true });
  }
});
