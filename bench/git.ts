/**
 * 50 files out of a repository of 50,000: lateen's client beside git's own partial, sparse clone, both over HTTP from `git http-backend` on this machine.
 * Run: `node bench/git.ts [rounds]`. Targets: at most 100 ms, 40 KB and 5 requests.
 */
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { systemClock } from "../src/base/index.ts";
import { createGitClient, createGitTransport, localAddressPolicy } from "../src/git/index.ts";
import { type GitServer, type ServedRepository, startGitServer } from "../test/support/git-server.ts";

const run = promisify(execFile);

interface Sample {
  readonly ms: number;
  readonly requests: number;
  readonly bytes: number;
}

const rounds = Number(process.argv[2] ?? 20);
await using server = await startGitServer();

for (const layout of [
  { name: "folders at the second level", path: (app: number) => `apps/app-${app}` },
  { name: "folders at the third level", path: (app: number) => `clusters/c-${app % 20}/app-${app}` },
]) {
  const repository = await server.createRepository(layout.name.replaceAll(" ", "-"));
  const files: Record<string, string> = {};
  for (let app = 0; app < 1000; app++) {
    for (let file = 0; file < 50; file++) files[`${layout.path(app)}/${file}.yml`] = configMap(app, file);
  }
  await repository.commitFiles(files);
  await repository.git(["repack", "-adq"]);
  await repository.git(["update-server-info"]);
  print(`\n50 of 50,000 files, ${layout.name} (${layout.path(500)})`);
  await report("lateen, nothing cached", (round) => withLateen(repository, layout.path(500 + round)));
  await report("lateen, capabilities known", await warmLateen(repository, (round) => layout.path(300 + round)));
  const changed = await changingLateen(repository, layout.path(7));
  const change = async (round: number): Promise<void> => {
    files[`${layout.path(7)}/3.yml`] = configMap(7, 1000 + round);
    await repository.commitFiles(files);
  };
  await report("lateen, one file changed", changed, 5, change);
  await report(
    "git clone --depth 1 --filter=blob:none --sparse",
    (round) => withGit(repository, layout.path(500 + round)),
    5,
  );
}

/** A client that has never seen the server, in a process that has run before. */
async function withLateen(repository: ServedRepository, subPath: string): Promise<void> {
  const transport = createGitTransport({ allowAddress: localAddressPolicy });
  const git = createGitClient({ fetch: transport.fetch, clock: systemClock, random: Math.random });
  await fetchFolder(git, repository, subPath);
  await transport.close();
}

async function warmLateen(
  repository: ServedRepository,
  pathOf: (round: number) => string,
): Promise<(round: number) => Promise<void>> {
  const transport = createGitTransport({ allowAddress: localAddressPolicy });
  const git = createGitClient({ fetch: transport.fetch, clock: systemClock, random: Math.random });
  await git.resolveRef({ url: repository.url }, { ref: "origin/main" }, bounded());
  return (round) => fetchFolder(git, repository, pathOf(round));
}

async function changingLateen(
  repository: ServedRepository,
  subPath: string,
): Promise<(round: number) => Promise<void>> {
  const transport = createGitTransport({ allowAddress: localAddressPolicy });
  const git = createGitClient({ fetch: transport.fetch, clock: systemClock, random: Math.random });
  await fetchFolder(git, repository, subPath);
  return () => fetchFolder(git, repository, subPath);
}

async function fetchFolder(
  git: ReturnType<typeof createGitClient>,
  { url }: ServedRepository,
  subPath: string,
): Promise<void> {
  const ref = "origin/main";
  const { commit } = await git.resolveRef({ url }, { ref, tags: true }, bounded());
  const snapshot = await git.fetchSubPaths({ url }, { commit, ref, subPaths: [subPath] }, bounded());
  const { size } = snapshot.files(subPath);
  if (size !== 50) throw new Error(`${size} files below ${subPath}`);
}

async function withGit({ url }: ServedRepository, subPath: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "lateen-bench-"));
  const options = { cwd: folder, env: { ...process.env, GIT_CONFIG_GLOBAL: "/dev/null", GIT_TERMINAL_PROMPT: "0" } };
  await run(
    "git",
    ["clone", "--quiet", "--depth", "1", "--filter=blob:none", "--sparse", "--no-checkout", url, "repo"],
    options,
  );
  const inside = { ...options, cwd: join(folder, "repo") };
  await run("git", ["sparse-checkout", "set", subPath], inside);
  await run("git", ["checkout", "--quiet", "main"], inside);
  await rm(folder, { recursive: true });
}

async function report(
  name: string,
  work: (round: number) => Promise<void>,
  times: number = rounds,
  before: (round: number) => Promise<void> = async () => undefined,
): Promise<void> {
  await work(0);
  const samples: Sample[] = [];
  for (let round = 1; round <= times; round++) {
    await before(round);
    samples.push(await measure(server, () => work(round)));
  }
  const at = (share: number, key: keyof Sample): number =>
    samples.map((sample) => sample[key]).sort((a, b) => a - b)[Math.floor(share * (samples.length - 1))] ?? 0;
  print(
    `  ${name}: p50 ${at(0.5, "ms").toFixed(0)} ms, p95 ${at(0.95, "ms").toFixed(0)} ms, ${at(1, "requests")} requests, ${(at(1, "bytes") / 1000).toFixed(1)} KB received`,
  );
}

async function measure(from: GitServer, work: () => Promise<void>): Promise<Sample> {
  from.clearRequests();
  const start = performance.now();
  await work();
  const ms = performance.now() - start;
  // The server notes a request when its connection lets go of it.
  await systemClock.sleep(20);
  return {
    ms,
    requests: from.requests.length,
    bytes: from.requests.reduce((sum, request) => sum + request.responseBytes, 0),
  };
}

function configMap(app: number, file: number): string {
  return `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: app-${app}-${file}\ndata:\n  key: value-${(app * 7919 + file * 104729) % 1_000_003}\n`;
}

function bounded(): { readonly signal: AbortSignal } {
  return { signal: AbortSignal.timeout(30_000) };
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
