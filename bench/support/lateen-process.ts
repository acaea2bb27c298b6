/** `lateen serve` as a process of its own, in the way that a user starts it. */
import { type ChildProcess, spawn } from "node:child_process";
import { createHmac, randomBytes, randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { gitApp } from "./git-app.ts";

const startTimeoutMs = 60_000;
const main = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));

export interface LateenProcess {
  /** Adds an App of a git repository that deploys ConfigMaps into its own namespace. */
  addApp(app: {
    readonly namespace: string;
    readonly name: string;
    readonly repository: string;
    readonly subPath: string;
  }): Promise<void>;
  /** Sends what GitHub sends after a push; resolves when the webhook is answered. @throws Error when it is not accepted. */
  push(repository: string, commit: string): Promise<void>;
  /** Largest resident size so far in units of 10⁶ bytes, NaN where the system does not tell. */
  peakMegabytes(): number;
  /** Calling it again does nothing. */
  stop(): Promise<void>;
}

/**
 * @param folder where it keeps its data; the Apps' files stand in it too.
 * @param nodeArgs options of Node.
 */
export async function startLateen(
  folder: string,
  kubeconfig: string,
  nodeArgs: readonly string[] = [],
): Promise<LateenProcess> {
  const secret = randomBytes(24).toString("hex");
  const apps = join(folder, "apps");
  mkdirSync(apps, { recursive: true });
  // A folder without any file would be reported as a mistake.
  writeFileSync(
    join(apps, "first.yml"),
    "{apiVersion: v1, kind: ConfigMap, metadata: {name: first, namespace: bench}}\n",
  );
  const child = spawn(
    process.execPath,
    [
      ...nodeArgs,
      ...profiling(),
      main,
      "serve",
      "--port",
      "0",
      "--no-tls",
      "--data-dir",
      join(folder, "data"),
      "--apps-dir",
      apps,
      "--log-level",
      "warn",
    ],
    { env: { ...process.env, LATEEN_WEBHOOK_SECRETS: secret }, stdio: ["ignore", "pipe", "inherit"] },
  );
  const url = await listening(child);
  let stopped: Promise<void> | undefined;
  return {
    addApp: async (app) => {
      const objects = gitApp({ ...app, kubeconfig });
      writeFileSync(join(apps, `${app.name}.yml`), objects.map((object) => JSON.stringify(object)).join("\n---\n"));
    },
    push: async (repository, commit) => {
      const body = JSON.stringify({
        ref: "refs/heads/main",
        before: "0".repeat(40),
        after: commit,
        repository: { full_name: "bench/repository", clone_url: repository, url: repository },
        commits: [],
      });
      const answer = await fetch(`${url}/webhooks/github`, {
        method: "POST",
        body,
        headers: {
          "content-type": "application/json",
          "x-github-event": "push",
          "x-github-delivery": randomUUID(),
          "x-hub-signature-256": `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`,
        },
      });
      const text = await answer.text();
      if (answer.status !== 202) throw new Error(`the webhook is answered with ${answer.status}: ${text}`);
    },
    peakMegabytes: () => peakOf(child.pid),
    stop: () => (stopped ??= stop(child)),
  };
}

/** `LATEEN_BENCH_PROFILE=FOLDER` writes a CPU profile of lateen there. */
function profiling(): readonly string[] {
  const folder = process.env["LATEEN_BENCH_PROFILE"];
  return folder === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${folder}`];
}

function listening(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`lateen is not up after ${startTimeoutMs} ms`)), startTimeoutMs);
    child.once("exit", (code) => reject(new Error(`lateen ended with ${code}`)));
    if (child.stdout === null) return;
    createInterface({ input: child.stdout }).on("line", (line) => {
      const url = /listens on (\S+)/.exec(line)?.[1];
      if (url === undefined) return;
      clearTimeout(timer);
      resolve(url);
    });
  });
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  await ended;
}

/** Linux keeps the high-water mark of a process. */
function peakOf(pid: number | undefined): number {
  const file = `/proc/${pid}/status`;
  const kib = existsSync(file) ? /VmHWM:\s+(\d+) kB/.exec(readFileSync(file, "utf8"))?.[1] : undefined;
  return kib === undefined ? Number.NaN : (Number(kib) * 1024) / 1e6;
}
