import type { GitClient } from "../git/index.ts";
import type { ByHandDeps } from "../http/index.ts";
import { createHub, type Hub, type HubOptions } from "../hub/index.ts";
import {
  followRuns,
  getApp,
  getRun,
  type Items,
  listApps,
  noteAppChanged,
  noteConfigMapChanged,
  noteSecretChanged,
  planApp,
  type ReconcileConfig,
  type ReconcileDeps,
  requestReconcile,
  requestSync,
  type Runtime,
  type SecretVault,
  type WakeUps,
  type WorkRows,
} from "../reconcile/index.ts";
import type { Clusters } from "./clusters.ts";

/** What a home of lateen brings: stores, secrets, connections. Everything else is the same wherever it runs. */
export interface HomeParts extends Runtime {
  readonly rows: WorkRows;
  readonly items: Items;
  readonly objects: HubOptions["store"];
  readonly wakeUps: WakeUps;
  readonly vault: SecretVault;
  readonly git: GitClient;
  readonly clusters: Clusters;
  readonly config: ReconcileConfig;
  /** ServiceAccounts and RBAC objects of the hub go to the home cluster, if there is one. */
  readonly forwardIdentities: boolean;
  /** Longest watch in milliseconds; the hub's own bound by default. */
  readonly maxWatchMs?: number;
}

/** Ties the hub and the reconcile room together over one home's parts. */
export function composeDeps(parts: HomeParts): { readonly deps: ReconcileDeps; readonly hub: Hub } {
  const { objects, forwardIdentities, maxWatchMs, clusters, vault, clock, log } = parts;
  // The hub tells of changes, and what is told needs the hub: the knot is tied by calling late.
  const hub: Hub = createHub({
    store: objects,
    secrets: vault,
    clock,
    log,
    // Labels and annotations are no reason to run (app.md §3.2).
    onAppChange: async (namespace, name, change) =>
      change === "metadata" ? undefined : noteAppChanged(namespace, name, deps),
    ...(clusters.forwardHome === undefined || !forwardIdentities ? {} : { forward: clusters.forwardHome }),
    onSecretChange: (namespace, name) => noteSecretChanged(namespace, name, deps),
    onConfigMapChange: (namespace, name) => noteConfigMapChanged(namespace, name, deps),
    ...(maxWatchMs === undefined ? {} : { maxWatchMs }),
  });
  const deps: ReconcileDeps = {
    clock,
    random: parts.random,
    newId: parts.newId,
    log,
    metrics: parts.metrics,
    redactor: parts.redactor,
    rows: parts.rows,
    items: parts.items,
    wakeUps: parts.wakeUps,
    vault,
    apps: hub.apps,
    configMaps: hub.configMaps,
    secretNames: async (namespace) => (await objects.list("secrets", { namespace })).objects.map(({ name }) => name),
    git: parts.git,
    clusters,
    config: parts.config,
  };
  return { deps, hub };
}

/** The by-hand API's actions, bound to one home. */
export function byHandDeps(deps: ReconcileDeps, hub: Hub, version: string): ByHandDeps {
  return {
    clock: deps.clock,
    log: deps.log,
    metrics: deps.metrics,
    redactor: deps.redactor,
    version,
    authenticate: (request) => hub.tokens.authenticate(request),
    listApps: (namespace) => listApps(deps, namespace),
    getApp: (namespace, name) => getApp(namespace, name, deps),
    getRun: (namespace, name, runId) => getRun(`${namespace}/${name}`, runId, deps),
    requestReconcile: (namespace, name, options) => requestReconcile(namespace, name, deps, options),
    requestSync: (input) => requestSync(input, deps),
    followRuns: (namespace, name, wanted, options) => followRuns(namespace, name, wanted, deps, options),
    planApp: async (namespace, name, options) => {
      const object = await deps.apps.get(namespace, name);
      return object === undefined ? undefined : planApp(object, deps, options);
    },
  };
}
