/**
 * The cheap drift check of a run cluster on which nothing has changed: the whole drift run, with its lease and its reads from the store, through the
 * reconcile room's door. The API server itself counts the requests.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compose, type Composition, parseConfig } from "../src/functions/index.ts";
import { type QueueName, runApp, runDrift, runTick } from "../src/reconcile/index.ts";
import type { ControlPlane } from "../test/kube/control-plane.ts";
import type { Benchmark } from "./support/benchmark.ts";
import { configMapsYaml } from "./support/config-maps.ts";
import { inlineApp } from "./support/inline-app.ts";
import { startBenchCluster } from "./support/kube.ts";
import type { Report } from "./support/report.ts";
import { timed } from "./support/timing.ts";

const count = 1_000;

export const drift: Benchmark = {
  name: "drift",
  summary: `drift check of ${count} unchanged objects: time and requests`,
  async run(report, { rounds = 40 }) {
    await using kube = await startBenchCluster("drift");
    report.section(`${count} unchanged objects`);
    const mixes = [
      { name: "ConfigMaps", kinds: 1, yamlIn: (namespace: string) => configMapsYaml(namespace, count, () => "same") },
      { name: "objects of four kinds", kinds: 4, yamlIn: mixedYaml },
    ];
    for (const mix of mixes) {
      const namespace = `${kube.namespace}-${mix.kinds}`;
      await kube.plane.kubectl(["create", "namespace", namespace]);
      await check(report, kube.plane, { ...mix, namespace, yaml: mix.yamlIn(namespace), rounds });
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

async function check(
  report: Report,
  plane: ControlPlane,
  { name, kinds, namespace, yaml, rounds }: Case,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "lateen-bench-"));
  const parsed = parseConfig({ flags: { dataDir: join(folder, "data"), logLevel: "warn" } });
  if ("faults" in parsed) throw new Error(parsed.faults.join("\n"));
  const composition = await compose(parsed.config);
  try {
    const key = await deployAndFindKey(composition, plane, namespace, yaml);
    const { deps } = composition;
    const once = async (): Promise<number> => {
      await deps.rows.want(key, deps.clock.now());
      return timed(() => runDrift(key, deps, bounded(deps.clock.now())));
    };
    for (let round = 0; round < 5; round++) await once();
    const before = await requestsServed(plane);
    const times: number[] = [];
    for (let round = 0; round < rounds; round++) times.push(await once());
    const lists = ((await requestsServed(plane)) - before) / rounds;
    report.row(`${count} ${name}`, times, { target: { median: 50 } });
    report.row(`  GET and LIST requests per check, ${kinds} kind${kinds === 1 ? "" : "s"}`, [lists], {
      unit: "",
      digits: 2,
      target: { median: kinds },
    });
    if ((await composition.store.queue.size("app")) > 0) throw new Error("the check found drift where there is none");
  } finally {
    await composition.close();
    rmSync(folder, { recursive: true });
  }
}

/** Deploys an App of these resources, and asks the tick which drift run belongs to its cluster. */
async function deployAndFindKey(
  { deps, hub, store }: Composition,
  plane: ControlPlane,
  namespace: string,
  yaml: string,
): Promise<string> {
  const fieldManager = "bench";
  const secret = {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "cluster", namespace },
    stringData: { value: plane.kubeconfig },
  };
  await hub.apply(secret, { fieldManager });
  await hub.apply(inlineApp({ namespace, name: "drift" }, yaml, { kubeconfigSecret: "cluster" }), { fieldManager });
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

/** GET and LIST requests for the kinds of this benchmark that the API server has answered; nobody else asks for them while nothing changes. */
async function requestsServed(plane: ControlPlane): Promise<number> {
  const metrics = await plane.kubectl(["get", "--raw", "/metrics"]);
  let sum = 0;
  for (const [, labels = "", value] of metrics.matchAll(/^apiserver_request_total\{([^}]*)\} (\S+)$/gm)) {
    const isRead = /verb="(?:GET|LIST)"/.test(labels);
    if (isRead && /resource="(?:configmaps|secrets|services|serviceaccounts|namespaces|)"/.test(labels))
      sum += Number(value);
  }
  return sum;
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
