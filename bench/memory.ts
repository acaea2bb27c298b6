/**
 * Peak resident memory of a run over 1,000 ConfigMaps. V8 takes what it is allowed to before it collects, so each is measured twice: with the heap that V8
 * gives itself where 512 MiB are all there is, as in a small function or container, and with the heap that it takes on a machine with plenty.
 */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
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
const unit = "MB";
const limit = 200;

/** What V8 chooses by itself below a limit of 512 MiB (Node 24): half of it for old objects, little for young ones. */
const smallHeap = ["--max-old-space-size=256", "--max-semi-space-size=2"];

export const memory: Benchmark = {
  name: "memory",
  summary: `peak memory of a run over ${count} objects`,
  async run(report, { rounds = 3 }) {
    await using kube = await startBenchCluster("memory");
    const folder = mkdtempSync(join(tmpdir(), "lateen-bench-"));
    try {
      report.section(`peak resident memory, ${count} ConfigMaps`);
      report.row("node, nothing loaded", await peaks(["-e", "0"], rounds), { unit });
      for (const { name, program } of programs()) {
        report.row(`${name}: deploy --help`, await peaks([program, "deploy", "--help"], rounds), { unit });
        await command(report, kube, folder, {
          name: `${name}, 512 MiB: deploy`,
          args: [...smallHeap, program],
          rounds,
        });
        await command(report, kube, folder, { name: `${name}: deploy`, args: [program], rounds });
      }
      await server(report, kube, folder, { name: "sources, 512 MiB: serve", args: smallHeap, rounds });
      await server(report, kube, folder, { name: "sources: serve", args: [], rounds });
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};

/** The published bundle too, where `npm run build` has made it. */
function programs(): readonly { readonly name: string; readonly program: string }[] {
  const pathOf = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));
  return [
    { name: "sources", program: pathOf("src/cli/main.ts") },
    { name: "bundle", program: pathOf("dist/cli.js") },
  ].filter(({ program }) => existsSync(program));
}

interface Case {
  readonly name: string;
  readonly args: readonly string[];
  readonly rounds: number;
}

async function command(
  report: Report,
  { plane, namespace }: BenchCluster,
  folder: string,
  { name, args, rounds }: Case,
): Promise<void> {
  const kubeconfig = join(folder, "kubeconfig");
  writeFileSync(kubeconfig, plane.kubeconfig, { mode: 0o600 });
  const file = join(folder, "app.yml");
  const deploy = async (yaml: string): Promise<number> => {
    writeFileSync(file, JSON.stringify(inlineApp(namespace, "memory", yaml)));
    return (await runNode([...args, "deploy", "-f", file, "--kubeconfig", kubeconfig])).peakMegabytes;
  };
  const found = { created: [] as number[], changed: [] as number[], unchanged: [] as number[] };
  for (let round = 0; round < rounds; round++) {
    found.created.push(await deploy(configMapsYaml(namespace, count, () => "first")));
    found.changed.push(await deploy(configMapsYaml(namespace, count, () => "second")));
    found.unchanged.push(await deploy(configMapsYaml(namespace, count, () => "second")));
    await deploy("# nothing is left\n");
  }
  for (const [what, samples] of Object.entries(found))
    report.row(`${name}, all ${what}`, samples, { unit, target: { median: limit } });
}

async function server(
  report: Report,
  { plane, namespace }: BenchCluster,
  folder: string,
  { name, args, rounds }: Case,
): Promise<void> {
  await using git = await startGitServer();
  const repository = await git.createRepository("memory");
  await repository.commitFiles({ "app/config.yml": configMapsYaml(namespace, count, () => `${name} start`) });
  const watch = await watchValues(plane, namespace);
  const lateen = await startLateen(mkdtempSync(join(folder, "server-")), plane.kubeconfig, args);
  try {
    await lateen.addApp({ namespace, name: "memory", repository: repository.url, subPath: "app" });
    await watch.until(`${name} start`, count);
    for (let round = 0; round < rounds; round++) {
      const value = `${name} ${round}`;
      const commit = await commitOnTop(repository, { "app/config.yml": configMapsYaml(namespace, count, () => value) });
      await lateen.push(repository.url, commit);
      await watch.until(value, count);
    }
    // The end of the last run is still to come: its record, status and inventory.
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    report.row(`${name}, after ${rounds + 1} deploys of all`, [lateen.peakMegabytes()], { unit });
  } finally {
    watch.close();
    await lateen.stop();
  }
}

async function peaks(args: readonly string[], rounds: number): Promise<readonly number[]> {
  const found: number[] = [];
  for (let round = 0; round < rounds; round++) found.push((await runNode(args)).peakMegabytes);
  return found;
}
