/**
 * The cheap drift check of a run cluster on which nothing has changed: the whole drift run, with its lease and its reads from the store, through the
 * reconcile room's door.
 */
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compose, type Composition, parseConfig } from "../src/functions/index.ts";
import { type QueueName, runApp, runDrift, runTick } from "../src/reconcile/index.ts";
import type { KubeObject } from "../src/resource/index.ts";
import type { ControlPlane } from "../test/kube/control-plane.ts";
import { type GitServer, startGitServer } from "../test/support/git-server.ts";
import type { Benchmark } from "./support/benchmark.ts";
import { configMapsYaml } from "./support/config-maps.ts";
import { gitApp } from "./support/git-app.ts";
import { startBenchCluster } from "./support/kube.ts";
import type { Report } from "./support/report.ts";
import { measured } from "./support/timing.ts";

const count = 1_000;

export const drift: Benchmark = {
  name: "drift",
  summary: `drift check of ${count} unchanged objects: time and requests`,
  async run(report, { rounds = 40 }) {
    await using kube = await startBenchCluster("drift");
    await using git = await startGitServer();
    report.section(`${count} unchanged objects`);
    const mixes = [
      { name: "ConfigMaps", kinds: 1, yamlIn: (namespace: string) => configMapsYaml(namespace, count, () => "same") },
      { name: "objects of four kinds", kinds: 4, yamlIn: mixedYaml },
    ];
    for (const mix of mixes) {
      const namespace = `${kube.namespace}-${mix.kinds}`;
      await kube.plane.kubectl(["create", "namespace", namespace]);
      await check(report, kube.plane, git, { ...mix, namespace, yaml: mix.yamlIn(namespace), rounds });
      await kube.plane.kubectl(["delete", "namespace", namespace, "--timeout=60s"]);
    }
  },
};

interface Case {
  readonly name: string;
  readonly kinds: number;
  readonly namespace: string;
  readonly yaml: string;
  readonly rounds: number;
}

async function check(report: Report, plane: ControlPlane, git: GitServer, mix: Case): Promise<void> {
  const { name, kinds, namespace, yaml, rounds } = mix;
  const folder = mkdtempSync(join(tmpdir(), "lateen-bench-"));
  const parsed = parseConfig({ flags: { dataDir: join(folder, "data"), logLevel: "warn" } });
  if ("faults" in parsed) throw new Error(parsed.faults.join("\n"));
  const composition = await compose(parsed.config);
  try {
    const repository = await git.createRepository(namespace);
    await repository.commitFiles({ "app/config.yml": yaml });
    const objects = gitApp({
      namespace,
      name: "drift",
      repository: repository.url,
      subPath: "app",
      kubeconfig: plane.kubeconfig,
    });
    const key = await deployAndFindKey(composition, namespace, objects);
    const { deps } = composition;
    const once = async (): Promise<{ readonly ms: number; readonly cpuMs: number }> => {
      await deps.rows.want(key, deps.clock.now());
      return measured(() => runDrift(key, deps, bounded(deps.clock.now())));
    };
    for (let round = 0; round < 5; round++) await once();
    const requests = countRequests(plane.server);
    const checks: Awaited<ReturnType<typeof once>>[] = [];
    for (let round = 0; round < rounds; round++) checks.push(await once());
    const perCheck = requests.stop() / rounds;
    report.row(
      `${count} ${name}`,
      checks.map(({ ms }) => ms),
      { target: { median: 50 } },
    );
    report.row(
      "  of it lateen's own processor time",
      checks.map(({ cpuMs }) => cpuMs),
    );
    report.row(`  requests per check, ${kinds} kind${kinds === 1 ? "" : "s"}`, [perCheck], {
      unit: "",
      digits: 0,
      target: { median: kinds },
    });
    if ((await composition.store.queue.size("app")) > 0) throw new Error("the check found drift where there is none");
  } finally {
    await composition.close();
    rmSync(folder, { recursive: true });
  }
}

/** Counts what undici sends to a server, whatever it is for. */
function countRequests(server: string): { stop(): number } {
  let count = 0;
  // Shape of undici's diagnostics: https://undici.nodejs.org/#/docs/api/DiagnosticsChannel
  const listener = (message: unknown): void => {
    const { request } = message as { readonly request: { readonly origin: string | URL } };
    if (new URL(request.origin).origin === server) count++;
  };
  subscribe("undici:request:create", listener);
  return {
    stop: () => {
      unsubscribe("undici:request:create", listener);
      return count;
    },
  };
}

/** Deploys an App of these resources, and asks the tick which drift run belongs to its cluster. */
async function deployAndFindKey(
  { deps, hub, store }: Composition,
  namespace: string,
  objects: readonly KubeObject[],
): Promise<string> {
  for (const object of objects) await hub.apply(object, { fieldManager: "bench" });
  const take = async (queue: QueueName): Promise<string> => {
    const [message] = await store.queue.receive(queue, 1, 60_000, deps.clock.now());
    if (message === undefined) throw new Error(`nothing is waiting in the queue ${queue}`);
    await store.queue.ack(message.id);
    return message.key;
  };
  await runApp(await take("app"), deps, bounded(deps.clock.now()));
  const status = JSON.stringify((await hub.apps.get(namespace, "drift"))?.["status"]);
  if (!status.includes("Reconcile succeeded")) throw new Error(`not deployed: ${status}`);
  await runTick(deps, bounded(deps.clock.now()));
  return take("drift");
}

function mixedYaml(namespace: string): string {
  const perKind = count / 4;
  const one = (kind: string, index: number, rest: string): string =>
    `apiVersion: v1\nkind: ${kind}\nmetadata:\n  name: m-${index}\n  namespace: ${namespace}\n${rest}`;
  const documents = Array.from({ length: perKind }, (_, index) => [
    one("Secret", index, "stringData:\n  password: not-a-real-one\n"),
    one("Service", index, "spec:\n  ports:\n    - port: 80\n  selector:\n    app: shop\n"),
    one("ServiceAccount", index, ""),
  ]);
  return [configMapsYaml(namespace, perKind, () => "same"), ...documents.flat()].join("---\n");
}

function bounded(now: number): { readonly signal: AbortSignal; readonly deadline: number } {
  return { signal: AbortSignal.timeout(120_000), deadline: now + 240_000 };
}
