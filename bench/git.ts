/**
 * 50 files out of a repository of 50,000: lateen's client beside git's own partial, sparse clone, both over HTTP from `git http-backend` on this
 * machine, which starts a git process per request. Bytes are those of the answers' bodies.
 */
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { systemClock } from "../src/base/index.ts";
import { createGitClient, createGitTransport, type GitClient, localAddressPolicy } from "../src/git/index.ts";
import {
  type GitServer,
  hasGitHttpBackend,
  type ServedRepository,
  startGitServer,
} from "../test/support/git-server.ts";
import { type Benchmark, Skip } from "./support/benchmark.ts";
import { commitOnTop } from "./support/git-repository.ts";
import type { Report } from "./support/report.ts";
import { timed } from "./support/timing.ts";

const run = promisify(execFile);
const apps = 1_000;
const filesPerApp = 50;

export const git: Benchmark = {
  name: "git",
  summary: "50 files out of a 50,000-file repository: time, bytes, requests; beside git",
  async run(report, { rounds = 20 }) {
    if (!(await hasGitHttpBackend())) throw new Skip("this machine's git has no http-backend");
    await using server = await startGitServer();
    const layouts = [
      { name: "second level", path: (app: number) => `apps/app-${app}` },
      { name: "third level", path: (app: number) => `clusters/c-${app % 20}/app-${app}` },
    ];
    for (const { name, path } of layouts) {
      report.section(`${filesPerApp} of ${apps * filesPerApp} files, folders at the ${name}`);
      const repository = await bigRepository(server, name, path);
      const bench = { report, server, rounds };
      await measure(bench, "lateen, nothing known", await coldLateen(repository, path));
      await measure(bench, "lateen, server known", await warmLateen(repository, path));
      await measure({ ...bench, withTargets: false }, "lateen, one file changed", await changes(repository, path(7)));
      await measure({ ...bench, rounds: 5, withTargets: false }, "git clone, partial and sparse", (round) =>
        cloneSparsely(repository, path(500 + round)),
      );
    }
  },
};

async function bigRepository(
  server: GitServer,
  name: string,
  path: (app: number) => string,
): Promise<ServedRepository> {
  const repository = await server.createRepository(name.replaceAll(" ", "-"));
  const files: Record<string, string> = {};
  for (let app = 0; app < apps; app++)
    for (let file = 0; file < filesPerApp; file++) files[`${path(app)}/${file}.yml`] = configMap(app, file);
  await repository.commitFiles(files);
  await repository.git(["repack", "-adq"]);
  return repository;
}

/** What is timed in one round; what stands outside of the time happens before, in `prepare`. */
type Work = ((round: number) => Promise<unknown>) & { prepare?: (round: number) => Promise<unknown> };

/** A client that has never seen the server, in a process that has run before. */
async function coldLateen(repository: ServedRepository, path: (app: number) => string): Promise<Work> {
  return async (round) => {
    const client = openClient();
    await fetchFolder(client.git, repository, path(500 + round));
    await client.close();
  };
}

async function warmLateen(repository: ServedRepository, path: (app: number) => string): Promise<Work> {
  const client = openClient();
  await client.git.resolveRef({ url: repository.url }, { ref: "origin/main" }, bounded());
  return (round) => fetchFolder(client.git, repository, path(300 + round));
}

/** The same folder again after a push that changed one of its files: the rest is in the cache. */
async function changes(repository: ServedRepository, folder: string): Promise<Work> {
  const client = openClient();
  await fetchFolder(client.git, repository, folder);
  const work: Work = () => fetchFolder(client.git, repository, folder);
  work.prepare = (round) => commitOnTop(repository, { [`${folder}/3.yml`]: configMap(7, 1_000 + round) });
  return work;
}

function openClient(): { readonly git: GitClient; close(): Promise<void> } {
  const transport = createGitTransport({ allowAddress: localAddressPolicy });
  const client = createGitClient({ fetch: transport.fetch, clock: systemClock, random: Math.random });
  return { git: client, close: () => transport.close() };
}

async function fetchFolder(client: GitClient, { url }: ServedRepository, subPath: string): Promise<void> {
  const ref = "origin/main";
  const { commit } = await client.resolveRef({ url }, { ref, tags: true }, bounded());
  const snapshot = await client.fetchSubPaths({ url }, { commit, ref, subPaths: [subPath] }, bounded());
  const { size } = snapshot.files(subPath);
  if (size !== filesPerApp) throw new Error(`${size} files below ${subPath}`);
}

async function cloneSparsely({ url }: ServedRepository, subPath: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "lateen-bench-"));
  const env = { ...process.env, GIT_CONFIG_GLOBAL: "/dev/null", GIT_TERMINAL_PROMPT: "0" };
  const clone = ["clone", "--quiet", "--depth", "1", "--filter=blob:none", "--sparse", "--no-checkout", url, "repo"];
  await run("git", clone, { cwd: folder, env });
  const inside = { cwd: join(folder, "repo"), env };
  await run("git", ["sparse-checkout", "set", subPath], inside);
  await run("git", ["checkout", "--quiet", "main"], inside);
  await rm(folder, { recursive: true });
}

async function measure(
  bench: {
    readonly report: Report;
    readonly server: GitServer;
    readonly rounds: number;
    readonly withTargets?: boolean;
  },
  name: string,
  work: Work,
): Promise<void> {
  const { report, server, rounds, withTargets = true } = bench;
  await work.prepare?.(0);
  await work(0);
  const times: number[] = [];
  const requests: number[] = [];
  const kilobytes: number[] = [];
  for (let round = 1; round <= rounds; round++) {
    await work.prepare?.(round);
    server.clearRequests();
    times.push(await timed(() => work(round)));
    // The server notes a request when its connection lets go of it.
    await systemClock.sleep(20);
    requests.push(server.requests.length);
    kilobytes.push(server.requests.reduce((sum, request) => sum + request.responseBytes, 0) / 1_000);
  }
  const aim = (median: number): object => (withTargets ? { target: { median } } : {});
  report.row(name, times, aim(100));
  report.row("  received", kilobytes, { unit: "KB", ...aim(40) });
  report.row("  requests", requests, { unit: "", digits: 0, ...aim(5) });
}

function configMap(app: number, file: number): string {
  return `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: app-${app}-${file}\ndata:\n  key: value-${(app * 7919 + file * 104729) % 1_000_003}\n`;
}

function bounded(): { readonly signal: AbortSignal } {
  return { signal: AbortSignal.timeout(30_000) };
}
