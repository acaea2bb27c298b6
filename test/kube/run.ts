/**
 * Starts one control plane, runs a command with LATEEN_TEST_KUBECONFIG set to it, and ends with the command's exit code:
 * `node test/kube/run.ts node --test "test/kube/*.kube.ts"` gives all test files the same cluster instead of one each.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startControlPlane } from "./control-plane.ts";

const [command, ...args] = process.argv.slice(2);
if (command === undefined) {
  process.stderr.write("usage: node test/kube/run.ts COMMAND [ARG…]\n");
  process.exit(2);
}
const plane = await startControlPlane();
const dir = mkdtempSync(join(tmpdir(), "lateen-kubeconfig-"));
const path = join(dir, "kubeconfig");
writeFileSync(path, plane.kubeconfig, { mode: 0o600 });
try {
  const child = spawn(command, args, { stdio: "inherit", env: { ...process.env, LATEEN_TEST_KUBECONFIG: path } });
  const [code] = await once(child, "exit");
  process.exitCode = typeof code === "number" ? code : 1;
} finally {
  rmSync(dir, { recursive: true });
  await plane.stop();
}
