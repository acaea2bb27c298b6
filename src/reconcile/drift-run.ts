/**
 * The cheap drift check of one run cluster (design.md §6): one metadata-only LIST per kind, compared with what the last successful run left there.
 * Same uid and resourceVersion = unchanged. Else same generation, labels and annotations (for kinds that have a generation) = only status moved.
 * Else the object is read and compared by kapp's rule. Missing, or owned but unknown = drift. It repairs nothing: it wakes the App.
 */
import { parseApp } from "../app/index.ts";
import { mapBounded } from "../base/index.ts";
import { type DeployCluster, type InventoryEntry, isApiFailure } from "../deploy/index.ts";
import { equalJson, type KubeObject, labelsOf, uidOf } from "../resource/index.ts";
import { throughBreaker } from "./breaker.ts";
import { appsOfCluster } from "./catalogue.ts";
import { appLabel, compareApp, type LiveList, typeKey } from "./compare-app.ts";
import type { ReconcileDeps, SliceOptions } from "./deps.ts";
import { keepDrift } from "./drift-report.ts";
import { wake, wantApp } from "./intake.ts";
import { type AppInventory, loadInventories, storeInventory } from "./inventory.ts";
import { getJson } from "./item-json.ts";
import { type AppName, appKey, appPartition, driftKey, restOfKey, splitAppName, sweptIds } from "./keys.ts";
import type { LastRun } from "./last-run.ts";
import { underLease, type Verdict } from "./lease.ts";
import { referenceVersions } from "./reference-versions.ts";
import { StageFailure } from "./stage-failure.ts";
import { connectForApp, type Target } from "./target.ts";
import { withTimeLimit } from "./time-limit.ts";
import { isUnreachable } from "./unreachable.ts";

/** What one cluster of a sweep may take; a hanging one costs only itself. */
const clusterLimitMs = 20_000;
const clustersAtOnce = 5;

/** @param key `drift/ID`, or `drifts/ID,ID,…` for a look at many: without a row, since two checks at once only cost calls. */
export async function runDrift(key: string, deps: ReconcileDeps, options: SliceOptions): Promise<void> {
  const swept = sweptIds(key);
  if (swept !== undefined) return sweep(swept, deps, options);
  await underLease(key, deps, options, async (_lease, signal): Promise<Verdict> => {
    await checkOne(restOfKey(key), deps, signal);
    return { type: "done" };
  });
}

async function sweep(clusterIds: readonly string[], deps: ReconcileDeps, options: SliceOptions): Promise<void> {
  const { clock, log } = deps;
  await mapBounded(clusterIds, clustersAtOnce, async (id) => {
    options.signal.throwIfAborted();
    // What does not fit into this slice has its turn at the next tick.
    if (clock.now() + clusterLimitMs > options.deadline) return;
    const limit = { clock, signal: options.signal };
    let isLate = false;
    try {
      await withTimeLimit(clusterLimitMs, "the drift check", limit, (signal) => {
        signal.addEventListener("abort", () => (isLate = true));
        return checkOne(id, deps, signal);
      });
    } catch (error) {
      options.signal.throwIfAborted();
      log.warn("drift check failed", { cluster: id, error });
      if (!isLate) return;
      // A large cluster gets a slice of its own.
      await deps.rows.want(driftKey(id), clock.now());
      await wake({ queue: "drift", key: driftKey(id), cause: "retry" }, deps);
    }
  });
}

async function checkOne(clusterId: string, deps: ReconcileDeps, signal: AbortSignal): Promise<void> {
  const inventories = await loadInventories(clusterId, deps);
  const startedAt = deps.clock.now();
  let drifted: readonly AppName[] | undefined;
  try {
    const run = { verb: "Deploying", cause: "schedule", signal } as const;
    drifted = await throughBreaker(clusterId, run, deps, async (reached) => {
      const target = await targetOf(clusterId, deps, signal);
      if (target === undefined) return undefined;
      reached();
      return checkCluster(clusterId, target, inventories, deps, signal);
    });
  } catch (error) {
    if (error instanceof StageFailure && error.retryAt !== undefined && error.cause === undefined) return;
    if (!isUnreachable(error instanceof StageFailure ? error.cause : error)) throw error;
    // The cluster does not answer: its Apps say so in their status.
    for (const app of await appsOfCluster(clusterId, deps)) await wantIdle(app, clusterId, deps);
    return;
  }
  if (drifted === undefined) return;
  deps.metrics.observe("lateen_drift_check_ms", deps.clock.now() - startedAt);
  for (const app of drifted) await wantApp(app, "drift", deps, clusterId);
  await wantStale(clusterId, new Set(drifted), deps);
}

/**
 * What no LIST shows: Secrets and ConfigMaps that an App reads and that changed behind the hub's back, and Apps whose last full comparison is long ago
 * (a check on this check: what only that finds is reported as a fault of it).
 */
async function wantStale(clusterId: string, drifted: ReadonlySet<AppName>, deps: ReconcileDeps): Promise<void> {
  const now = deps.clock.now();
  for (const app of await appsOfCluster(clusterId, deps)) {
    if (drifted.has(app)) continue;
    const last = await getJson<LastRun>(deps.items, appPartition(app), "LAST", now);
    const row = await deps.rows.get(appKey(app));
    if (last === undefined || row === undefined || row.wanted > row.done) continue;
    if (now - last.succeededAt >= deps.config.fullComparePeriodMs)
      await wantApp(app, "full comparison", deps, clusterId);
    else if (await referencesMoved(app, last, deps)) await wantApp(app, "secret changed", deps, clusterId);
  }
}

async function referencesMoved(app: AppName, last: LastRun, deps: ReconcileDeps): Promise<boolean> {
  const { namespace, name } = splitAppName(app);
  const object = await deps.apps.get(namespace, name);
  const parsed = object === undefined ? undefined : parseApp(object);
  if (parsed === undefined || "problems" in parsed) return false;
  return !equalJson(await referenceVersions(parsed.app, deps), last.references);
}

/** Any App of the cluster can open it; the first that does will do. */
async function targetOf(clusterId: string, deps: ReconcileDeps, signal: AbortSignal): Promise<Target | undefined> {
  for (const app of await appsOfCluster(clusterId, deps)) {
    const { namespace, name } = splitAppName(app);
    const object = await deps.apps.get(namespace, name);
    if (object === undefined) continue;
    const target = await connectForApp(object, deps, signal);
    if (target !== undefined) return target;
    // The cluster cannot be opened: its Apps say so themselves when their own period comes.
    await wantIdle(app, clusterId, deps);
  }
  return undefined;
}

/** Wakes an App unless it is already at work or backing off. */
async function wantIdle(app: AppName, clusterId: string, deps: ReconcileDeps): Promise<void> {
  const row = await deps.rows.get(appKey(app));
  if (row !== undefined && row.wanted > row.done) return;
  await wantApp(app, "schedule", deps, clusterId);
}

/** @returns the Apps that drifted. Inventories whose objects only moved on are brought up to date. */
async function checkCluster(
  clusterId: string,
  target: Target,
  inventories: readonly AppInventory[],
  deps: ReconcileDeps,
  signal: AbortSignal,
): Promise<readonly AppName[]> {
  const live = await listLive(target.cluster, inventories, signal);
  const drifted: AppName[] = [];
  await mapBounded(inventories, 8, async (inventory) => {
    const { app } = inventory;
    const verdict = await compareApp(target.cluster, inventory, live, { log: deps.log, signal });
    // A run in hand will store a new inventory anyway; comparing against the old one would be noise.
    const row = verdict.type === "same" ? undefined : await deps.rows.get(appKey(app));
    if (row !== undefined && (row.wanted > row.done || row.leaseUntil !== undefined)) return;
    if (verdict.type === "drifted") {
      const { objects, more } = await keepDrift(app, verdict.report, deps, signal);
      deps.log.info("drift found", { app, objects, more });
      deps.metrics.count("lateen_drift_found_total");
      drifted.push(app);
    }
    if (verdict.type === "moved") await storeInventory(clusterId, { ...inventory, entries: verdict.entries }, deps);
  });
  return drifted;
}

async function listLive(
  cluster: DeployCluster,
  inventories: readonly AppInventory[],
  signal: AbortSignal,
): Promise<LiveList> {
  const types = new Map<string, InventoryEntry["type"]>();
  const namespaces = new Set<string>();
  for (const { entries } of inventories) {
    for (const entry of entries) {
      types.set(typeKey(entry), entry.type);
      if (entry.namespace !== "") namespaces.add(entry.namespace);
    }
  }
  const byUid = new Map<string, KubeObject>();
  const unknown = new Set<string>();
  await mapBounded([...types], 8, async ([key, type]) => {
    const list = (namespace?: string): Promise<readonly KubeObject[]> =>
      cluster.list(type, {
        labelSelector: appLabel,
        metadataOnly: true,
        signal,
        ...(namespace === undefined ? {} : { namespace }),
      });
    try {
      for (const object of await list()) byUid.set(uidOf(object), object);
    } catch (error) {
      if (!isApiFailure(error)) throw error;
      // No connection at all: that is said of the cluster, not of one kind.
      if (error.status === 0 && isUnreachable(error)) throw error;
      // A ServiceAccount may only see its own namespaces; anything else leaves the kind unknown until the App's own full comparison.
      if (error.status !== 403 || !type.namespaced) unknown.add(key);
      else if (!(await listNamespaces([...namespaces], list, byUid))) unknown.add(key);
    }
  });
  return { byUid, byLabel: Map.groupBy(byUid.values(), (object) => labelsOf(object)[appLabel] ?? ""), unknown };
}

async function listNamespaces(
  namespaces: readonly string[],
  list: (namespace: string) => Promise<readonly KubeObject[]>,
  byUid: Map<string, KubeObject>,
): Promise<boolean> {
  try {
    for (const objects of await mapBounded(namespaces, 4, list))
      for (const object of objects) byUid.set(uidOf(object), object);
    return true;
  } catch (error) {
    if (isApiFailure(error)) return false;
    throw error;
  }
}
