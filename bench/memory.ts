/**
 * Peak resident memory of a run over 1,000 ConfigMaps: as `lateen deploy`, one process per run, and in a `lateen serve` that deploys them from git and
 * then deploys all of them again, changed.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startGitServer } from "../test/support/git-server.ts";
import type { Benchmark } from "./support/benchmark.ts";
import { configMapsYaml } from "./support/config-maps.ts";
import { commitOnTop } from "./support/git-repository.ts";
import { inlineApp } from "./support/inline-app.ts";
import { type BenchCluster, startBenchCluster } from "./support/kube.ts";
import { startLateen } from "./support/lateen-process.ts";
import type { Report } from "./support/report.ts";
import { runNode } from "./support/run-node.ts";
import { watchValues } from "./support/value-watch.ts";

const count = 1_000;
const limitMiB = 200;
const main = fileURLToPath(new URL("../src/cli/main.ts", import.meta.url));

export const memory: Benchmark = {
  name: "memory",
  summary: `peak memory of a run over ${count} objects`,
  async run(report, { rounds = 3 }) {
    await using kube = await startBenchCluster("memory");
    const folder = mkdtempSync(join(tmpdir(), "lateen-bench-"));
    try {
      report.section(`peak resident memory, ${count} ConfigMaps`);
      report.row("node, nothing loaded", await peaks(["-e", "0"], rounds), { unit: "MiB" });
      report.row("lateen --help", await peaks([main, "--help"], rounds), { unit: "MiB" });
      await command(report, kube, folder, rounds);
      await server(report, kube, folder, rounds);
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};

async function command(
  report: Report,
  { plane, namespace }: BenchCluster,
  folder: string,
  rounds: number,
): Promise<void> {
  const kubeconfig = join(folder, "kubeconfig");
  writeFileSync(kubeconfig, plane.kubeconfig, { mode: 0o600 });
  const file = join(folder, "app.yml");
  const deploy = async (yaml: string): Promise<number> => {
    writeFileSync(file, JSON.stringify(inlineApp(namespace, "memory", yaml)));
    return (await runNode([main, "deploy", "-f", file, "--kubeconfig", kubeconfig])).peakMiB;
  };
  const found = { created: [] as number[], changed: [] as number[], unchanged: [] as number[] };
  for (let round = 0; round < rounds; round++) {
    found.created.push(await deploy(configMapsYaml(namespace, count, () => "first")));
    found.changed.push(await deploy(configMapsYaml(namespace, count, () => "second")));
    found.unchanged.push(await deploy(configMapsYaml(namespace, count, () => "second")));
    await deploy("# nothing is left\n");
  }
  for (const [name, samples] of Object.entries(found))
    report.row(`lateen deploy, all ${name}`, samples, { unit: "MiB", target: { median: limitMiB } });
}

async function server(
  report: Report,
  { plane, namespace }: BenchCluster,
  folder: string,
  rounds: number,
): Promise<void> {
  await using git = await startGitServer();
  const repository = await git.createRepository("memory");
  await repository.commitFiles({ "app/config.yml": configMapsYaml(namespace, count, () => "start") });
  const watch = await watchValues(plane, namespace);
  const lateen = await startLateen(join(folder, "server"), plane.kubeconfig);
  try {
    await lateen.addApp({ namespace, name: "memory", repository: repository.url, subPath: "app" });
    await watch.until("start", count);
    for (let round = 0; round < rounds; round++) {
      const value = `round ${round}`;
      const commit = await commitOnTop(repository, { "app/config.yml": configMapsYaml(namespace, count, () => value) });
      await lateen.push(repository.url, commit);
      await watch.until(value, count);
    }
    // The end of the last run is still to come: its record, status and inventory.
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    report.row(`lateen serve, after ${rounds + 1} deploys of all`, [lateen.peakMiB()], { unit: "MiB" });
  } finally {
    watch.close();
    await lateen.stop();
  }
}

async function peaks(args: readonly string[], rounds: number): Promise<readonly number[]> {
  const found: number[] = [];
  for (let round = 0; round < rounds; round++) found.push((await runNode(args)).peakMiB);
  return found;
}
