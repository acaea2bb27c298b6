/** One lateen process with an embedded run cluster and a real git server, for scenarios. */
import assert from "node:assert/strict";
import { createHmac, randomUUID } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Cluster, connectCluster, parseKubeconfig } from "../../src/cluster/index.ts";
import { type LocalConfig, type LocalServer, parseConfig, startLocal } from "../../src/functions/index.ts";
import type { QueueName } from "../../src/reconcile/index.ts";
import { type Json, type KubeObject, own, stringifyJson } from "../../src/resource/index.ts";
import { type Sandbox, startSandbox } from "../../src/sandbox/index.ts";
import { type GitServer, type ServedRepository, startGitServer } from "../support/git-server.ts";

export const webhookSecret = "0123456789abcdef0123456789abcdef";

/** Costs time only where something fails: busy machines take their time. */
const patienceMs = 30_000;

export interface World {
  readonly dataDir: string;
  readonly config: LocalConfig;
  readonly sandbox: Sandbox;
  /** An administrator's client of the run cluster. */
  readonly cluster: Cluster;
  readonly git: GitServer;
  readonly repository: ServedRepository;
  lateen: LocalServer;
  readonly logs: readonly string[];
  /** Puts an object into the hub as `kubectl apply` would. */
  apply(object: KubeObject): Promise<void>;
  /** The App's status once `ready` holds; fails after half a minute with what it last was. */
  until(name: string, ready: (status: Json | undefined) => boolean): Promise<Json | undefined>;
  /** An object of the run cluster. */
  live(kind: string, name: string): Promise<KubeObject | undefined>;
  /** Stops lateen and starts it again on the same data. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export interface WorldOptions {
  readonly flags?: Readonly<Record<string, string>>;
  readonly waitSliceMs?: number;
  /** Milliseconds until a PackageInstall of the run cluster reconciles. */
  readonly reconcileDelayMs?: number;
}

export async function startWorld({ flags = {}, reconcileDelayMs = 50, ...compose }: WorldOptions = {}): Promise<World> {
  const dataDir = await mkdtemp(join(tmpdir(), "lateen-scenario-"));
  const sandbox = await startSandbox({ readyDelayMs: 50, reconcileDelayMs });
  const git = await startGitServer();
  const repository = await git.createRepository("shop");
  const home = join(dataDir, "home.kubeconfig");
  await writeFile(home, sandbox.kubeconfig);
  const parsed = parseConfig({
    flags: {
      dataDir: join(dataDir, "data"),
      homeKubeconfig: home,
      port: "0",
      tls: "false",
      syncPeriod: "1h",
      logLevel: "debug",
      ...flags,
    },
    environment: { LATEEN_WEBHOOK_SECRETS: webhookSecret, LATEEN_TLS: "false" },
  });
  if ("faults" in parsed) throw new Error(parsed.faults.join("\n"));
  const { config } = parsed;
  const logs: string[] = [];
  const start = (): Promise<LocalServer> => startLocal(config, { ...compose, write: (line) => logs.push(line) });
  const cluster = connectCluster(parseKubeconfig(sandbox.kubeconfig, { now: Date.now() }));
  const world: World = {
    dataDir,
    config,
    sandbox,
    cluster,
    git,
    repository,
    lateen: await start(),
    logs,
    apply: async (object) => {
      await world.lateen.hub.apply(object, { fieldManager: "test" });
    },
    until: async (name, ready) => {
      const deadline = Date.now() + patienceMs;
      for (;;) {
        const object = await world.lateen.hub.apps.get("ns1", name);
        const status = own(object, "status");
        if (ready(status)) return status;
        if (Date.now() > deadline)
          throw new Error(`App ${name} is ${JSON.stringify(status)}\n${logs.slice(-15).join("\n")}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    live: async (kind, name) => {
      const { types } = await cluster.discover();
      const type = types.find((candidate) => candidate.kind === kind);
      if (type === undefined) throw new Error(`the run cluster has no kind ${kind}`);
      return cluster.get(type, type.namespaced ? "ns1" : "", name);
    },
    restart: async () => {
      await world.lateen.stop();
      world.lateen = await start();
    },
    stop: async () => {
      await world.lateen.stop();
      await cluster.close();
      await Promise.all([sandbox.stop(), git.close()]);
      await rm(dataDir, { recursive: true, force: true });
    },
  };
  const { types } = await cluster.discover();
  const namespaces = types.find(({ kind }) => kind === "Namespace");
  if (namespaces === undefined) throw new Error("the run cluster has no namespaces");
  await cluster.create(namespaces, "", { apiVersion: "v1", kind: "Namespace", metadata: { name: "ns1" } });
  await world.apply(secret("cluster", { value: sandbox.kubeconfig }));
  return world;
}

export function secret(name: string, stringData: Readonly<Record<string, string>>): KubeObject {
  return { apiVersion: "v1", kind: "Secret", metadata: { name, namespace: "ns1" }, stringData };
}

/** An App that fetches one folder of the repository. */
export function gitApp(name: string, repository: ServedRepository, subPath: string, spec: KubeObject = {}): KubeObject {
  return {
    apiVersion: "kappctrl.k14s.io/v1alpha1",
    kind: "App",
    metadata: { name, namespace: "ns1" },
    spec: {
      cluster: { namespace: "ns1", kubeconfigSecretRef: { name: "cluster" } },
      fetch: [{ git: { url: repository.url, ref: "origin/main", subPath } }],
      template: [{ ytt: {} }],
      deploy: [{ kapp: {} }],
      ...spec,
    },
  };
}

export function configMap(
  name: string,
  data: Readonly<Record<string, string>>,
  annotations: Readonly<Record<string, string>> = {},
): string {
  return JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata: { name, annotations }, data });
}

export function conditionOf(status: Json | undefined): string {
  const conditions = own(status, "conditions");
  const first = Array.isArray(conditions) ? (conditions[0] as Json | undefined) : undefined;
  const type = own(first, "type");
  return typeof type === "string" ? type : "";
}

export function textAt(value: Json | undefined, ...path: readonly string[]): string {
  const found = path.reduce<Json | undefined>((inner, key) => own(inner, key), value);
  if (found === undefined || found === null) return "";
  return typeof found === "string" ? found : stringifyJson(found);
}

/** A GitHub push delivery for a repository, signed. */
export function deliverPush(
  world: World,
  after: string,
  ref = "refs/heads/main",
  server: LocalServer = world.lateen,
): Promise<Response> {
  const url = world.repository.url;
  const body = JSON.stringify({
    ref,
    after,
    before: "0".repeat(40),
    repository: { full_name: "acme/shop", clone_url: url, html_url: url.replace(/\.git$/, ""), url },
    commits: [],
  });
  return fetch(`${server.url}/webhooks/github`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "x-github-event": "push",
      "x-github-delivery": randomUUID(),
      "x-hub-signature-256": `sha256=${createHmac("sha256", webhookSecret).update(body).digest("hex")}`,
    },
    body,
  });
}

/** No work is wanted, running or queued. */
export async function settled(world: World): Promise<void> {
  await eventually(async () => {
    assert.deepEqual(await world.lateen.deps.rows.due(Date.now() + 1_000_000, 100), []);
    // Sweeps have no rows.
    for (const queue of ["source", "drift"] as const) assert.equal(await queued(world, queue), 0);
  });
  await new Promise((resolve) => setTimeout(resolve, 100));
}

/** Messages of a queue, those in hand included. */
export async function queued({ lateen }: World, queue: QueueName): Promise<number> {
  const { wakeUps } = lateen.deps;
  if (!("size" in wakeUps) || typeof wakeUps.size !== "function") throw new Error("the local queue tells its size");
  return Number(await wakeUps.size(queue));
}

/** A tick of its own: those of one slot are run once. */
export async function tickAgain(world: World): Promise<void> {
  const { deps } = world.lateen;
  const partition = `TICK#${Math.floor(Date.now() / deps.config.tickMs)}`;
  for (const { sk } of await deps.items.query(partition, Date.now())) await deps.items.delete(partition, sk);
  await world.lateen.tick();
}

export async function eventually(check: () => Promise<void>): Promise<void> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    try {
      await check();
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
}

/** Status of an App that has succeeded so often. */
export const succeeded =
  (count: number) =>
  (status: Json | undefined): boolean =>
    conditionOf(status) === "ReconcileSucceeded" && Number(own(status, "consecutiveReconcileSuccesses")) >= count;
