import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

export interface KubectlOptions {
  /** What kubectl reads from stdin (`-f -`). */
  readonly input?: string;
  /** Text of another kubeconfig than the control plane's. */
  readonly kubeconfig?: string;
  /** Variables beside the process's own: KUBE_EDITOR. */
  readonly env?: Readonly<Record<string, string>>;
  /** Ends kubectl; what it printed so far is then its answer. */
  readonly signal?: AbortSignal;
}
export type Kubectl = (args: readonly string[], options?: KubectlOptions) => Promise<string>;

/** A kubectl bound to a kubeconfig; its cache and configuration live in `dir`, never in the user's home. */
export function createKubectl(binary: string, dir: string, kubeconfig: string): Kubectl {
  return (args, options = {}) =>
    new Promise((resolve, reject) => {
      const path = join(dir, `kubectl-${randomUUID()}.kubeconfig`);
      writeFileSync(path, options.kubeconfig ?? kubeconfig, { mode: 0o600 });
      const child = spawn(binary, [...args], { env: { ...process.env, ...options.env, HOME: dir, KUBECONFIG: path } });
      options.signal?.addEventListener("abort", () => child.kill());
      let stdout = "";
      let stderr = "";
      child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
        stdout += chunk;
      });
      child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
        stderr += chunk;
      });
      child.once("error", reject);
      child.once("close", (code) => {
        if (code === 0 || options.signal?.aborted === true) resolve(stdout);
        else reject(new Error(`kubectl ${args.join(" ")}: exit code ${code}: ${stderr}`));
      });
      // kubectl may end without reading its stdin; its exit code tells what happened.
      child.stdin.on("error", () => undefined);
      child.stdin.end(options.input ?? "");
    });
}
