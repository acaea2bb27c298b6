/**
 * The functions as they are packaged for AWS: what each weighs and takes to load, its first answer under Lambda's Runtime API, and a push from the
 * webhook's function to the run cluster over emulated queues and table. Lambda adds its sandbox and the download of the code.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { httpEvent, type LambdaWorld, pushEvent, startLambdaWorld } from "../test/functions/aws/lambda-world.ts";
import { createFunction, type LambdaFunction } from "../test/aws/runtime-loop.ts";
import { startMapping } from "../test/aws/sqs-mapping.ts";
import type { Benchmark } from "./support/benchmark.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const names = ["ingress", "tick", "source", "drift", "runner", "hub", "byhand"] as const;
/** Milliseconds to import; sizes have their budgets in scripts/build-functions.ts. */
const targets: Readonly<Record<string, number>> = { ingress: 60, runner: 150 };

export const functions: Benchmark = {
  name: "functions",
  summary: "size, import, first answer and a push through the packaged functions",
  async run(report, { rounds = 9 }) {
    const folder = mkdtempSync(join(tmpdir(), "lateen-bench-functions-"));
    execFileSync(process.execPath, ["scripts/build-functions.ts", folder], { cwd: root, stdio: "pipe" });
    const world = await startLambdaWorld({ LATEEN_SYNC_PERIOD: "1h" });
    try {
      report.section("import in a fresh process, ms");
      for (const name of names) {
        const path = `${folder}/functions/${name}/index.mjs`;
        const kilobytes = Math.round(statSync(path).size / 1_000);
        const times = Array.from({ length: rounds }, () => importMs(path, world.environment));
        const target = targets[name];
        report.row(`${name}, ${kilobytes} kB`, times, target === undefined ? {} : { target: { median: target } });
      }
      report.section("first answer of a new process, ms");
      for (const name of ["ingress", "hub"] as const) {
        const times: number[] = [];
        for (let round = 0; round < rounds; round++) times.push(await firstAnswerMs(name, folder, world));
        report.row(name, times);
      }
      report.section("push → ConfigMap applied and status written, warm functions, ms");
      report.row("webhook, two queues, three functions", await pushes(folder, world, rounds));
    } finally {
      await world.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

function importMs(path: string, environment: Readonly<Record<string, string>>): number {
  const code = `globalThis.awslambda={streamifyResponse:(h)=>h};const t=performance.now();await import(${JSON.stringify(path)});console.log(performance.now()-t);process.exit()`;
  const out = execFileSync(process.execPath, ["--input-type=module", "-e", code], { env: environment });
  return Number(out.toString());
}

function load(name: string, folder: string, { environment }: LambdaWorld): LambdaFunction {
  return createFunction(name, { bundles: `${folder}/functions`, environment, timeoutMs: 60_000 });
}

async function firstAnswerMs(name: "ingress" | "hub", folder: string, world: LambdaWorld): Promise<number> {
  const loaded = load(name, folder, world);
  const event =
    name === "ingress"
      ? pushEvent("https://example.org/none.git", "1".repeat(40))
      : httpEvent("GET", "/api/apps", { headers: { authorization: `Bearer ${world.token}` } });
  const startedAt = performance.now();
  await loaded.invoke(event);
  const ms = performance.now() - startedAt;
  await loaded.stop();
  return ms;
}

async function pushes(folder: string, world: LambdaWorld, rounds: number): Promise<readonly number[]> {
  const [ingress, hub, source, runner] = ["ingress", "hub", "source", "runner"].map((name) =>
    load(name, folder, world),
  );
  if (ingress === undefined || hub === undefined || source === undefined || runner === undefined) return [];
  const limits = { visibilityS: 60, maxConcurrency: 1 };
  const mappings = [
    startMapping(world.api, world.queueUrls.get("source") ?? "", source, limits),
    startMapping(world.api, world.queueUrls.get("app") ?? "", runner, limits),
  ];
  const call = (method: string, path: string, object?: object): Promise<unknown> =>
    hub.invoke(
      httpEvent(method, path, {
        headers: { authorization: `Bearer ${world.token}`, "content-type": "application/json" },
        ...(object === undefined ? {} : { body: JSON.stringify(object) }),
      }),
    );
  const commit = (value: number): Promise<string> =>
    world.repository.commitFiles({
      "app/a.yml": JSON.stringify({
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: "a" },
        data: { value: String(value) },
      }),
    });
  const path = "/apis/kappctrl.k14s.io/v1alpha1/namespaces/default/apps";
  const deployed = async (id: string): Promise<void> => {
    for (;;) {
      const text = JSON.stringify(await call("GET", `${path}/bench`));
      if (text.includes(id) && text.includes("ReconcileSucceeded")) return;
    }
  };
  try {
    const first = await commit(-1);
    await call("POST", "/api/v1/namespaces/default/secrets", {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "cluster", namespace: "default" },
      stringData: { value: world.sandbox.kubeconfig },
    });
    await call("POST", path, {
      apiVersion: "kappctrl.k14s.io/v1alpha1",
      kind: "App",
      metadata: { name: "bench", namespace: "default" },
      spec: {
        cluster: { namespace: "default", kubeconfigSecretRef: { name: "cluster" } },
        fetch: [{ git: { url: world.repository.url, ref: "origin/main", subPath: "app" } }],
        template: [{ ytt: {} }],
        deploy: [{ kapp: {} }],
      },
    });
    await deployed(first);
    const times: number[] = [];
    for (let round = 0; round <= rounds; round++) {
      const id = await commit(round);
      const startedAt = performance.now();
      await ingress.invoke(pushEvent(world.repository.url, id));
      await deployed(id);
      // The first one starts the processes.
      if (round > 0) times.push(performance.now() - startedAt);
    }
    return times;
  } finally {
    await Promise.all(mappings.map((mapping) => mapping.stop()));
    await Promise.all([ingress, hub, source, runner].map((each) => each.stop()));
  }
}
