import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

/** What must hold for all sources and dependencies, so that nothing from outside is ever run. */
const root = new URL("../", import.meta.url);
const sources = globSync("src/**/*.ts", { cwd: fileURLToPath(root) }).map((path) => path.replaceAll("\\", "/"));
const textOf = (path: string): string => readFileSync(new URL(path, root), "utf8");

/**
 * The demo plays forge and git server, `lateen kapp` runs the program that a person's own kubeconfig names, and the heap's collector is had by evaluating its
 * name; nothing that a server does is there.
 */
const exceptions: ReadonlySet<string> = new Set([
  "src/cli/demo/git-server.ts",
  "src/cli/demo/forge.ts",
  "src/cli/kapp/exec-login.ts",
  "src/cli/small-heap.ts",
]);
/** What works on bytes of repositories and clusters. */
const handlesForeignBytes = /^src\/(?:resource|git|fetch|template|deploy|app|kubeapi)\//;

test("T7: no source starts a process, a worker or a virtual machine, or evaluates text", () => {
  const foreign =
    /(?:from|import\(|require\()\s*["'](?:node:)?(?:child_process|worker_threads|vm|cluster)["']|\beval\(|\bnew Function\(/;
  assert.deepEqual(
    sources.filter((path) => !exceptions.has(path) && foreign.test(textOf(path))),
    [],
  );
});

test("T11: what a repository or a cluster sends never touches a disk", () => {
  assert.deepEqual(
    sources.filter(
      (path) => handlesForeignBytes.test(path) && /["'](?:node:)?fs(?:\/promises)?["']/.test(textOf(path)),
    ),
    [],
  );
});

interface Locked {
  readonly integrity?: string;
  readonly hasInstallScript?: boolean;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly link?: boolean;
}

test("T28: every dependency that users get is locked by its content, and none runs a script to install itself", () => {
  const { packages } = JSON.parse(textOf("package-lock.json")) as { readonly packages: Record<string, Locked> };
  const installed = Object.entries(packages).filter(
    ([path, { dev, link }]) => path !== "" && dev !== true && link !== true,
  );
  assert.ok(installed.length > 10);
  assert.deepEqual(
    installed.filter(([, { integrity = "" }]) => !integrity.startsWith("sha512-")).map(([path]) => path),
    [],
  );
  // Allowed or refused: that somebody decided is what counts.
  const { allowScripts } = JSON.parse(textOf("package.json")) as { readonly allowScripts: Record<string, boolean> };
  assert.deepEqual(
    Object.entries(packages)
      .filter(([, { hasInstallScript }]) => hasInstallScript === true)
      .map(([path]) => path.replace("node_modules/", ""))
      .filter((name) => !Object.hasOwn(allowScripts, name)),
    [],
  );
  assert.ok(installed.every(([, { hasInstallScript }]) => hasInstallScript !== true));
});
