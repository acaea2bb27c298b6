/**
 * From a push webhook to the last of its ConfigMaps on the real API server. `lateen serve` runs in a process of its own beside a real git server and
 * the control plane; the clock starts before the webhook is sent and stops when a watch on the API server has shown the last changed object.
 * Everything shares this machine's cores: git's own processes, etcd and the API server are in the time.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type GitServer, type ServedRepository, startGitServer } from "../test/support/git-server.ts";
import type { Benchmark } from "./support/benchmark.ts";
import { configMapYaml } from "./support/config-maps.ts";
import { commitOnTop } from "./support/git-repository.ts";
import { type BenchCluster, startBenchCluster } from "./support/kube.ts";
import { type LateenProcess, startLateen } from "./support/lateen-process.ts";
import type { Report } from "./support/report.ts";
import { watchValues } from "./support/value-watch.ts";

/** Pauses between pushes, so that one run's last writes are not in the next one's time. */
const restMs = 150;

export const push: Benchmark = {
  name: "push",
  summary: "webhook received → last ConfigMap applied: 20 objects, and 50 files out of 50,000",
  async run(report, { rounds = 40 }) {
    await using kube = await startBenchCluster("push");
    await using git = await startGitServer();
    const folder = mkdtempSync(join(tmpdir(), "lateen-bench-"));
    try {
      const lateen = await startLateen(join(folder, "data"), kube.plane.kubeconfig);
      try {
        report.section("webhook received → last object applied");
        await small(report, { kube, git, lateen }, rounds);
        await large(report, { kube, git, lateen }, rounds);
        report.note(`lateen's peak memory: ${lateen.peakMegabytes().toFixed(0)} MB`);
      } finally {
        await lateen.stop();
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};

interface Stage {
  readonly kube: BenchCluster;
  readonly git: GitServer;
  readonly lateen: LateenProcess;
}

async function small(report: Report, stage: Stage, rounds: number): Promise<void> {
  const repository = await stage.git.createRepository("shop");
  const times = await pushes(stage, repository, { app: "shop", subPath: "app", count: 20, others: 0, rounds });
  report.row("20 ConfigMaps", times.applied, { target: { median: 200, p95: 400 } });
  report.row("  of it until the webhook is answered", times.answered);
  report.row("  requests to the git server", times.gitRequests, { unit: "", digits: 0 });
}

async function large(report: Report, stage: Stage, rounds: number): Promise<void> {
  const repository = await stage.git.createRepository("mono");
  const times = await pushes(stage, repository, {
    app: "mono",
    subPath: "apps/app-500",
    count: 50,
    others: 999,
    rounds,
  });
  report.row("50 changed files out of 50,000", times.applied, { target: { median: 500 } });
  report.row("  requests to the git server", times.gitRequests, { unit: "", digits: 0 });
}

interface Load {
  readonly app: string;
  readonly subPath: string;
  /** Files and objects of the App. */
  readonly count: number;
  /** Folders beside it with as many files. */
  readonly others: number;
  readonly rounds: number;
}

interface Times {
  readonly applied: readonly number[];
  readonly answered: readonly number[];
  readonly gitRequests: readonly number[];
}

async function pushes({ kube, git, lateen }: Stage, repository: ServedRepository, load: Load): Promise<Times> {
  const namespace = `${kube.namespace}-${load.app}`;
  await kube.plane.kubectl(["create", "namespace", namespace]);
  const own = (value: string): Record<string, string> =>
    Object.fromEntries(
      Array.from({ length: load.count }, (_, file) => [
        `${load.subPath}/${file}.yml`,
        configMapYaml(namespace, file, value),
      ]),
    );
  const files = own("start");
  for (let app = 0; app < load.others; app++)
    for (let file = 0; file < load.count; file++)
      files[`apps/other-${app}/${file}.yml`] = configMapYaml(`ns-${app}`, file, "start");
  await repository.commitFiles(files);
  if (load.others > 0) await repository.git(["repack", "-adq"]);

  const watch = await watchValues(kube.plane, namespace);
  try {
    await lateen.addApp({ namespace, name: load.app, repository: repository.url, subPath: load.subPath });
    await watch.until("start", load.count);
    const times = { applied: [] as number[], answered: [] as number[], gitRequests: [] as number[] };
    // The first pushes warm compilers and connections, and are not counted.
    for (let round = -3; round < load.rounds; round++) {
      await rest();
      const value = `round ${round}`;
      const commit = await commitOnTop(repository, own(value));
      git.clearRequests();
      const start = performance.now();
      const answered = lateen.push(repository.url, commit).then(() => performance.now() - start);
      const last = await watch.until(value, load.count);
      if (round < 0) continue;
      times.applied.push(last - start);
      times.answered.push(await answered);
      times.gitRequests.push(git.requests.length);
    }
    return times;
  } finally {
    watch.close();
    await kube.plane.kubectl(["delete", "namespace", namespace, "--wait=false"]);
  }
}

function rest(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, restMs));
}
