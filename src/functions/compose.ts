/** Puts the rooms together for one process: stores, vault, git, run clusters, hub. Nothing listens and nothing runs yet. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createFileVault, openLocalStore, type LocalStore } from "../adapters/local/index.ts";
import { createLog, createRedactor, type Clock, type Log, systemClock } from "../base/index.ts";
import { createGitClient, createGitTransport } from "../git/index.ts";
import type { Hub } from "../hub/index.ts";
import { createPrometheusMetrics, type PrometheusMetrics } from "../http/index.ts";
import type { ReconcileDeps, SecretVault } from "../reconcile/index.ts";
import { createAddressRules } from "./address-rules.ts";
import { createClusters } from "./clusters.ts";
import { eksLogin } from "./eks-login.ts";
import { composeDeps } from "./compose-deps.ts";
import type { LocalConfig } from "./config.ts";
import { kappDeployRawOptions } from "./kapp-options.ts";
import { newId } from "./new-id.ts";

export interface ComposeOptions {
  /** Shown by the by-hand API. */
  readonly version?: string;
  /** Where log lines go. Default stderr. */
  readonly write?: (line: string) => void;
  readonly clock?: Clock;
  /** How long a run waits for readiness before it gives its worker back, in milliseconds. Default 10 000. */
  readonly waitSliceMs?: number;
}

export interface Composition {
  readonly deps: ReconcileDeps;
  readonly store: LocalStore;
  readonly hub: Hub;
  readonly metrics: PrometheusMetrics;
  readonly log: Log;
  close(): Promise<void>;
}

/** A local worker may wait along; longer waits give it back. */
const waitSliceMs = 10_000;

export async function compose(config: LocalConfig, options: ComposeOptions = {}): Promise<Composition> {
  const clock = options.clock ?? systemClock;
  // The log speaks of all Apps; what only one App's texts must hide is hidden in it too.
  const forLog = createRedactor();
  const redactor = createRedactor({ witness: forLog });
  const write = options.write ?? ((line: string) => process.stderr.write(`${line}\n`));
  const log = createLog({ write, now: () => clock.now(), redactor: forLog, level: config.logLevel });
  const metrics = createPrometheusMetrics();
  for (const secret of config.webhookSecrets) redactor.add(secret);
  const homeKubeconfig = config.homeKubeconfig === undefined ? undefined : readFileSync(config.homeKubeconfig, "utf8");
  const store = openLocalStore(config.dataDir, { clock });
  const addresses = createAddressRules(config.allowedAddresses);
  const transport = createGitTransport({ allowAddress: addresses.forGit });
  const clusters = createClusters({
    clock,
    redactor,
    log,
    metrics,
    allowAddress: addresses.forClusters,
    isAdaptive: config.adaptiveCalls,
    ...(await eksLogin(process.env, clock)),
    ...(homeKubeconfig === undefined ? {} : { homeKubeconfig }),
  });
  const vault = await openVault(config);
  const { deps, hub } = composeDeps({
    clock,
    random: Math.random,
    newId: () => newId(clock.now()),
    log,
    metrics,
    redactor,
    rows: store.rows,
    items: store.items,
    objects: store.objects,
    wakeUps: store.queue,
    vault,
    git: createGitClient({ fetch: transport.fetch, clock, random: Math.random, objects: store.gitObjects(), log }),
    clusters,
    forwardIdentities: config.forwardIdentities,
    config: {
      defaultSyncPeriodMs: config.syncPeriodMs,
      minimumSyncPeriodMs: config.syncPeriodMs,
      tickMs: config.syncPeriodMs,
      fullComparePeriodMs: config.fullComparisonPeriodMs,
      waitSliceMs: options.waitSliceMs ?? waitSliceMs,
      kappDeployRawOptions,
      deletionLimits: config.deletionLimits,
      forbiddenRawOptions: config.forbiddenRawOptions,
    },
  });
  return {
    deps,
    store,
    hub,
    metrics,
    log,
    close: async () => {
      await Promise.all([transport.close(), clusters.close()]);
      store.close();
    },
  };
}

async function openVault(config: LocalConfig): Promise<SecretVault> {
  if (config.secrets.backend === "files") return createFileVault(join(config.dataDir, "secrets"));
  const { createSecretsManagerVault, sdkSecretsCall } = await import("../adapters/aws/index.ts");
  const { prefix, region } = config.secrets;
  return createSecretsManagerVault({ prefix, call: sdkSecretsCall(region === undefined ? {} : { region }) });
}
