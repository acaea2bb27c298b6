/**
 * The functions as they are packaged for AWS: what each weighs and takes to load, its first answer under Lambda's Runtime API, and a push from the
 * webhook's function to the run cluster over emulated queues and table, also of the guides' Apps. Lambda adds its sandbox and the download of the code.
 */
import { execFileSync } from "node:child_process";
import { httpEvent, type LambdaWorld, pushEvent, startLambdaWorld } from "../test/functions/aws/lambda-world.ts";
import { buildBundles, isDeployedAt, startPackagedFunctions } from "../test/aws/packaged-functions.ts";
import { createGuideApps, guidesEnvironment } from "../test/aws/packaged-guides.ts";
import { createFunction } from "../test/aws/runtime-loop.ts";
import type { Benchmark } from "./support/benchmark.ts";
import type { Report } from "./support/report.ts";

const names = ["ingress", "tick", "source", "drift", "runner", "hub", "byhand"] as const;
/** Milliseconds to import; sizes have their budgets in scripts/build-functions.ts. */
const targets: Readonly<Record<string, number>> = { ingress: 60, runner: 150 };

export const functions: Benchmark = {
  name: "functions",
  summary: "size, import, first answer and a push through the packaged functions",
  async run(report, { rounds = 9 }) {
    const { bundles, remove } = buildBundles();
    const world = await startLambdaWorld({ LATEEN_SYNC_PERIOD: "1h" });
    try {
      report.section("import in a fresh process, ms");
      for (const name of names) {
        const path = `${bundles}/${name}/index.mjs`;
        const times = Array.from({ length: rounds }, () => importMs(path, world.environment));
        const target = targets[name];
        report.row(name, times, target === undefined ? {} : { target: { median: target } });
      }
      report.section("first answer of a new process, ms");
      for (const name of ["ingress", "hub"] as const) {
        const times: number[] = [];
        for (let round = 0; round < rounds; round++) times.push(await firstAnswerMs(name, bundles, world));
        report.row(name, times);
      }
      report.section("push → ConfigMap applied and status written, warm functions, ms");
      report.row("webhook, two queues, three functions", await pushes(bundles, world, rounds));
      await guides(bundles, report, rounds);
    } finally {
      await world.stop();
      remove();
    }
  },
};

function importMs(path: string, environment: Readonly<Record<string, string>>): number {
  const code = `globalThis.awslambda={streamifyResponse:(h)=>h};const t=performance.now();await import(${JSON.stringify(path)});console.log(performance.now()-t);process.exit()`;
  const out = execFileSync(process.execPath, ["--input-type=module", "-e", code], { env: environment });
  return Number(out.toString());
}

async function firstAnswerMs(name: "ingress" | "hub", bundles: string, world: LambdaWorld): Promise<number> {
  const loaded = createFunction(name, { bundles, environment: world.environment, timeoutMs: 60_000 });
  const event =
    name === "ingress"
      ? pushEvent("https://example.org/none.git", "1".repeat(40))
      : httpEvent("GET", "/api/apps", { headers: { authorization: `Bearer ${world.token}` } });
  const startedAt = performance.now();
  await loaded.invoke(event);
  const ms = performance.now() - startedAt;
  loaded.kill();
  return ms;
}

async function pushes(bundles: string, world: LambdaWorld, rounds: number): Promise<readonly number[]> {
  const packaged = startPackagedFunctions(world, bundles, { visibilityS: 60, maxConcurrency: 1 });
  packaged.startMappings();
  const commit = (value: number): Promise<string> =>
    world.repository.commitFiles({
      "app/a.yml": JSON.stringify({
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: "a" },
        data: { value: String(value) },
      }),
    });
  const deployed = async (id: string): Promise<void> => {
    while (!isDeployedAt(await packaged.statusOf("bench"), id));
  };
  try {
    const first = await commit(-1);
    await packaged.createSecret("cluster", world.sandbox.kubeconfig);
    await packaged.createApp("bench", "app");
    await deployed(first);
    const times: number[] = [];
    for (let round = 0; round <= rounds; round++) {
      const id = await commit(round);
      const startedAt = performance.now();
      await packaged.ingress(pushEvent(world.repository.url, id));
      await deployed(id);
      // The first one starts the processes.
      if (round > 0) times.push(performance.now() - startedAt);
    }
    return times;
  } finally {
    await packaged.stop();
  }
}

/** The guides' own changes, on a run cluster that reconciles packages within 50 ms. */
async function guides(bundles: string, report: Report, rounds: number): Promise<void> {
  const world = await startLambdaWorld({ LATEEN_SYNC_PERIOD: "1h", ...guidesEnvironment });
  const packaged = startPackagedFunctions(world, bundles, { visibilityS: 60, maxConcurrency: 1 });
  try {
    packaged.startMappings();
    report.section("push → applied on the run cluster, and → Reconcile succeeded, warm functions, ms");
    for (const app of await createGuideApps(world, packaged)) {
      const applied: number[] = [];
      const succeeded: number[] = [];
      for (let round = 1; round <= rounds + 1; round++) {
        const seen = app.applied(round);
        const commit = await app.commit(round);
        const startedAt = performance.now();
        await packaged.ingress(pushEvent(app.repository, commit));
        const appliedMs = (await seen) - startedAt;
        await app.succeeded(commit);
        // The first one warms what the App's creation did not.
        if (round === 1) continue;
        applied.push(appliedMs);
        succeeded.push(performance.now() - startedAt);
      }
      report.row(app.change, applied);
      report.row("  until its status says so", succeeded);
    }
  } finally {
    await packaged.stop();
    await world.stop();
  }
}
