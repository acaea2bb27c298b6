/**
 * Apps of other shapes than a thousand ConfigMaps, in a warm process and by kapp: large ones, some that have to get ready, some with CRDs. Time as a share of
 * kapp's in the same round; then one round more through a proxy that counts requests to the API server, of which lateen is never to make more than kapp.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { connectCluster, parseKubeconfig } from "../src/cluster/index.ts";
import { type FaultProxy, startFaultProxy } from "../test/kube/fault-proxy.ts";
import { readKubeconfig } from "../test/kube/kube-client.ts";
import { type Benchmark, Skip } from "./support/benchmark.ts";
import { configMapsYaml } from "./support/config-maps.ts";
import { type Contender, kapp, warmLateen } from "./support/contenders.ts";
import { inlineApp } from "./support/inline-app.ts";
import { isOnPath, startBenchCluster } from "./support/kube.ts";
import type { Report } from "./support/report.ts";
import { runNode } from "./support/run-node.ts";
import { timed } from "./support/timing.ts";

interface Shape {
  readonly name: string;
  readonly yaml: (namespace: string, version: number) => string;
  /** Shares of kapp's time. */
  readonly targets?: Partial<Readonly<Record<(typeof steps)[number], number>>>;
}

const steps = ["new", "unchanged", "changed", "deleted"] as const;

const shapes: readonly Shape[] = [
  { name: "100 Deployments with Services, to ready", yaml: workloads },
  { name: "300 mixed resources with CRDs", yaml: mixed },
  {
    name: "5,000 ConfigMaps",
    yaml: (namespace, version) => configMapsYaml(namespace, 5_000, () => `v${version}`),
    targets: { new: 0.4, unchanged: 0.3, deleted: 0.5 },
  },
];
const memoryLimit = 250;

export const apps: Benchmark = {
  name: "apps",
  summary: "large, waiting and mixed Apps: time and requests, beside kapp",
  async run(report, { rounds = 1 }) {
    if (!isOnPath("kapp")) throw new Skip("kapp is not on the PATH: nothing to compare with");
    await using kube = await startBenchCluster("apps");
    const folder = mkdtempSync(join(tmpdir(), "lateen-bench-"));
    const { server, ca, token } = readKubeconfig(kube.plane.kubeconfig);
    const proxy = await startFaultProxy({ server, ca }, { token });
    const { ca: _, ...access } = parseKubeconfig(kube.plane.kubeconfig, { now: Date.now() });
    const direct = kube.connect();
    const counted = connectCluster({ ...access, server: proxy.server });
    try {
      const kubeconfigs = [join(folder, "direct.kubeconfig"), join(folder, "counted.kubeconfig")] as const;
      writeFileSync(kubeconfigs[0], kube.plane.kubeconfig, { mode: 0o600 });
      writeFileSync(kubeconfigs[1], plainKubeconfig(proxy.server, token), { mode: 0o600 });
      for (const shape of shapes) {
        const namespaces = (["lateen", "kapp"] as const).map(
          (name) => `${kube.namespace}-${name}-${shapes.indexOf(shape)}`,
        );
        for (const namespace of namespaces) await kube.plane.kubectl(["create", "namespace", namespace]);
        const [ours = "", theirs = ""] = namespaces;
        const unproxied = [warmLateen(direct, ours), kapp(kubeconfigs[0], theirs)];
        const proxied = [warmLateen(counted, ours), kapp(kubeconfigs[1], theirs)];
        await compare(report, shape, { unproxied, proxied }, proxy, folder, rounds);
        for (const namespace of namespaces)
          await kube.plane.kubectl(["delete", "namespace", namespace, "--wait=false"]);
      }
      await memoryOf(report, kube.namespace, kube.plane.kubeconfig, folder);
    } finally {
      await direct.close();
      await counted.close();
      await proxy.stop();
      rmSync(folder, { recursive: true });
    }
  },
};

async function compare(
  report: Report,
  shape: Shape,
  { unproxied, proxied }: Readonly<Record<"unproxied" | "proxied", readonly Contender[]>>,
  proxy: FaultProxy,
  folder: string,
  rounds: number,
): Promise<void> {
  report.section(shape.name);
  const ms = new Map<string, number[]>();
  const requests = new Map<string, number[]>();
  const play = async (round: readonly Contender[], tell: (key: string, took: number) => void): Promise<void> => {
    for (const step of steps) {
      for (const contender of round) {
        const yaml = shape.yaml(contender.namespace, step === "changed" ? 2 : 1);
        const file = join(folder, "input.yml");
        writeFileSync(file, yaml);
        proxy.requests.length = 0;
        const took = await timed(() => (step === "deleted" ? contender.delete() : contender.deploy(file, yaml)));
        tell(`${step}, ${contender.name}`, took);
      }
    }
  };
  for (let round = 0; round < rounds; round++)
    await play(unproxied, (key, took) => ms.set(key, [...(ms.get(key) ?? []), took]));
  await play(proxied, (key) => requests.set(key, [proxy.requests.length]));
  for (const step of steps) {
    const [ours = "", theirs = ""] = unproxied.map(({ name }) => `${step}, ${name}`);
    for (const key of [ours, theirs]) report.row(key, ms.get(key) ?? []);
    const share = (of: Map<string, number[]>): number[] =>
      (of.get(ours) ?? []).map((value, round) => value / (of.get(theirs)?.[round] ?? Number.NaN));
    const limit = shape.targets?.[step];
    const target = limit === undefined ? {} : { target: { median: limit } };
    report.row("  time / kapp", share(ms), { unit: "x", digits: 2, ...target });
    for (const key of [ours, theirs])
      report.row(`  requests, ${key}`, requests.get(key) ?? [], { unit: "", digits: 0 });
    report.row("  requests / kapp", share(requests), { unit: "x", digits: 2, target: { median: 1 } });
  }
}

async function memoryOf(report: Report, namespace: string, kubeconfigText: string, folder: string): Promise<void> {
  report.section("peak resident memory, 5,000 ConfigMaps, `lateen deploy`");
  const kubeconfig = join(folder, "direct");
  writeFileSync(kubeconfig, kubeconfigText, { mode: 0o600 });
  const file = join(folder, "app.yml");
  writeFileSync(
    file,
    JSON.stringify(
      inlineApp(
        namespace,
        "memory",
        configMapsYaml(namespace, 5_000, () => "first"),
      ),
    ),
  );
  const main = fileURLToPath(new URL("../src/cli/main.ts", import.meta.url));
  for (const what of ["created", "unchanged"]) {
    const { peakMegabytes } = await runNode([main, "deploy", "-f", file, "--kubeconfig", kubeconfig]);
    report.row(`all ${what}`, [peakMegabytes], { unit: "MB", target: { median: memoryLimit } });
  }
}

function plainKubeconfig(server: string, token: string): string {
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": "bench",
    clusters: [{ name: "bench", cluster: { server } }],
    contexts: [{ name: "bench", context: { cluster: "bench", user: "bench" } }],
    users: [{ name: "bench", user: { token } }],
  });
}

const stream = (documents: readonly object[]): string =>
  documents.map((document) => JSON.stringify(document)).join("\n---\n");

function workloads(namespace: string, version: number): string {
  return stream(
    Array.from({ length: 100 }, (_, index) => {
      const labels = { app: `web-${index}` };
      const metadata = { name: `web-${index}`, namespace };
      const containers = [{ name: "web", image: `web:${version}` }];
      const template = { metadata: { labels }, spec: { containers } };
      return [
        {
          apiVersion: "apps/v1",
          kind: "Deployment",
          metadata,
          spec: { replicas: 1, selector: { matchLabels: labels }, template },
        },
        { apiVersion: "v1", kind: "Service", metadata, spec: { selector: labels, ports: [{ port: 80 }] } },
      ];
    }).flat(),
  );
}

function mixed(namespace: string, version: number): string {
  const crds = Array.from({ length: 10 }, (_, index) => {
    const group = `g${index}.${namespace}.example.com`;
    const schema = { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } };
    const spec = {
      group,
      scope: "Namespaced",
      names: { kind: "Widget", plural: "widgets" },
      versions: [{ name: "v1", served: true, storage: true, schema }],
    };
    return [
      {
        apiVersion: "apiextensions.k8s.io/v1",
        kind: "CustomResourceDefinition",
        metadata: { name: `widgets.${group}` },
        spec,
      },
      ...Array.from({ length: 4 }, (_unused, number) => ({
        apiVersion: `${group}/v1`,
        kind: "Widget",
        metadata: { name: `w-${number}`, namespace },
        spec: { version },
      })),
    ];
  }).flat();
  const others = Array.from({ length: 50 }, (_, index) => {
    const metadata = { name: `m-${index}`, namespace };
    const rbac = "rbac.authorization.k8s.io";
    return [
      { apiVersion: "v1", kind: "ConfigMap", metadata, data: { version: String(version) } },
      { apiVersion: "v1", kind: "Secret", metadata, stringData: { version: String(version) } },
      { apiVersion: "v1", kind: "Service", metadata, spec: { ports: [{ port: 80 + version }] } },
      {
        apiVersion: `${rbac}/v1`,
        kind: "Role",
        metadata,
        rules: [{ apiGroups: [""], resources: ["pods"], verbs: ["get"] }],
      },
      { apiVersion: "v1", kind: "ServiceAccount", metadata },
    ];
  }).flat();
  return stream([...crds, ...others]);
}
