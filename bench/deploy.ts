/**
 * 1,000 ConfigMaps deployed, deployed again unchanged, deployed with 1 % changed, and deleted, beside kapp and kubectl on the same API server. Ours is timed in a
 * warm process, as it runs behind a queue, through the deploy room's door (YAML parsed each time); and as the command `lateen deploy`.
 * Each round runs both, one after the other, so that both see the same machine; targets are shares of kapp's time in the same round.
 */
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { ControlPlane } from "../test/kube/control-plane.ts";
import type { Benchmark } from "./support/benchmark.ts";
import { configMapsYaml } from "./support/config-maps.ts";
import { type Contender, kapp, warmLateen } from "./support/contenders.ts";
import { inlineApp } from "./support/inline-app.ts";
import { isOnPath, startBenchCluster } from "./support/kube.ts";
import type { Report } from "./support/report.ts";
import { timed } from "./support/timing.ts";

const count = 1_000;
const run = promisify(execFile);

/** What each round does, in order. */
const steps = ["new", "unchanged", "1 % changed", "deleted"] as const;
type Step = (typeof steps)[number];
/** Shares of kapp's time. */
const targets: Readonly<Record<"warm" | "command", Partial<Readonly<Record<Step, number>>>>> = {
  warm: { new: 0.4, unchanged: 0.3, deleted: 0.5 },
  command: { unchanged: 1 },
};

export const deploy: Benchmark = {
  name: "deploy",
  summary: `${count} ConfigMaps: new, unchanged, 1 % changed, deleted; beside kapp`,
  async run(report, { rounds = 5 }) {
    await using kube = await startBenchCluster("deploy");
    const folder = mkdtempSync(join(tmpdir(), "lateen-bench-"));
    const cluster = kube.connect();
    try {
      const kubeconfig = join(folder, "kubeconfig");
      writeFileSync(kubeconfig, kube.plane.kubeconfig, { mode: 0o600 });
      const namespaceOf = async (name: string): Promise<string> => {
        const namespace = `${kube.namespace}-${name}`;
        await kube.plane.kubectl(["create", "namespace", namespace]);
        return namespace;
      };
      const contenders = [
        warmLateen(cluster, await namespaceOf("warm")),
        lateenCommand(kubeconfig, folder, await namespaceOf("command")),
        kubectl(kube.plane, await namespaceOf("kubectl")),
        ...(isOnPath("kapp") ? [kapp(kubeconfig, await namespaceOf("kapp"))] : []),
      ];
      const times = await race(contenders, folder, rounds);
      tell(report, contenders, times);
      for (const { namespace } of contenders)
        await kube.plane.kubectl(["delete", "namespace", namespace, "--wait=false"]);
    } finally {
      await cluster.close();
      rmSync(folder, { recursive: true });
    }
  },
};

type Times = ReadonlyMap<Contender, Readonly<Record<Step, number[]>>>;

async function race(contenders: readonly Contender[], folder: string, rounds: number): Promise<Times> {
  const times = new Map(
    contenders.map((contender) => [
      contender,
      { new: [], unchanged: [], "1 % changed": [], deleted: [] } as Record<Step, number[]>,
    ]),
  );
  // Round 0 warms caches, compilers and connections, and is not counted.
  for (let round = 0; round <= rounds; round++) {
    for (const step of steps) {
      // Nobody always comes first.
      const order = contenders.map((_, index) => contenders[(index + round) % contenders.length] ?? contenders[0]);
      for (const contender of order) {
        if (contender === undefined) continue;
        if (contender.onlyOnce !== undefined && (round !== 1 || !contender.onlyOnce.includes(step))) continue;
        const isChanged = (number: number): boolean => step === "1 % changed" && number % 100 === 0;
        const yaml = configMapsYaml(contender.namespace, count, (number) =>
          isChanged(number) ? "changed" : `round ${round}`,
        );
        const file = join(folder, "input.yml");
        writeFileSync(file, yaml);
        const ms = await timed(() => (step === "deleted" ? contender.delete() : contender.deploy(file, yaml)));
        if (round > 0) times.get(contender)?.[step].push(ms);
      }
    }
  }
  return times;
}

function tell(report: Report, contenders: readonly Contender[], times: Times): void {
  const reference = contenders.find(({ name }) => name === "kapp");
  for (const step of steps) {
    report.section(`${count} ConfigMaps, ${step}`);
    for (const contender of contenders) {
      const samples = times.get(contender)?.[step] ?? [];
      if (samples.length > 0) report.row(contender.name, samples);
    }
    if (reference === undefined) continue;
    const theirs = times.get(reference)?.[step] ?? [];
    for (const contender of contenders) {
      if (contender === reference || contender.onlyOnce !== undefined) continue;
      const shares = (times.get(contender)?.[step] ?? []).map((ms, round) => ms / (theirs[round] ?? Number.NaN));
      const limit = targets[contender.name.includes("warm") ? "warm" : "command"][step];
      report.row(`${contender.name} / kapp`, shares, {
        unit: "x",
        digits: 2,
        ...(limit === undefined ? {} : { target: { median: limit } }),
      });
    }
  }
  if (reference === undefined) report.note("kapp is not on the PATH: nothing to compare with");
}

/**
 * Start of Node, imports, one deploy, end: what a pipeline would wait for. Its resources stand inline in the App. The published bundle where `npm run build` has
 * made it, else the sources.
 */
function lateenCommand(kubeconfig: string, folder: string, namespace: string): Contender {
  const pathOf = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));
  const bundle = pathOf("dist/cli.js");
  const isBuilt = existsSync(bundle);
  const main = isBuilt ? bundle : pathOf("src/cli/main.ts");
  const deployApp = (yaml: string): Promise<unknown> => {
    const file = join(folder, "app.yml");
    writeFileSync(file, JSON.stringify(inlineApp(namespace, "command", yaml)));
    return run(process.execPath, [main, "deploy", "-f", file, "--kubeconfig", kubeconfig], { maxBuffer: 64 << 20 });
  };
  return {
    name: `lateen deploy, a process each (${isBuilt ? "bundle" : "sources"})`,
    namespace,
    deploy: (_file, yaml) => deployApp(yaml),
    // There is no command for it: an App without resources, which must be allowed by name, prunes everything.
    delete: () => deployApp("# nothing is left\n"),
  };
}

/** Client-side apply, the way most scripts use it; it neither prunes nor waits. Its own rate limit decides how long it takes. */
function kubectl(plane: ControlPlane, namespace: string): Contender {
  return {
    name: "kubectl apply",
    namespace,
    // Its delete takes minutes.
    onlyOnce: ["new", "unchanged"],
    deploy: (file) => plane.kubectl(["apply", "-f", file]),
    delete: () => Promise.reject(new Error("not measured")),
  };
}
