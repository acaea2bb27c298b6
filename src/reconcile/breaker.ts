/**
 * One circuit breaker per run cluster (reliability.md L33, F45): while a cluster does not answer, its Apps and its drift check do not connect;
 * one of them at a time probes, at growing distances. An item shared by all workers says so:
 *
 *   CLU#id   PROBE   since when, how often, and when the next probe may be made; absent = the cluster answers
 */
import { isApiFailure } from "../deploy/index.ts";
import { appsOfCluster } from "./catalogue.ts";
import type { ReconcileDeps } from "./deps.ts";
import { wake } from "./intake.ts";
import { putJson } from "./item-json.ts";
import { appKey, clusterPartition } from "./keys.ts";
import { probeBackOffMs } from "./probe-back-off.ts";
import type { RunCause } from "./run-event.ts";
import { type KappVerb, StageFailure } from "./stage-failure.ts";
import { isUnreachable } from "./unreachable.ts";

interface Outage {
  /** Probes that failed, the discovery of the outage included. */
  readonly failures: number;
  readonly since: number;
  readonly probeAt: number;
  /** What the last probe was told, without the verb. */
  readonly reason: string;
}

type BreakerDeps = Pick<ReconcileDeps, "clock" | "random" | "items" | "rows" | "wakeUps" | "log" | "metrics">;

/** Somebody changed something or asks by name: the outage may be over for them. */
const probesAtOnce: ReadonlySet<RunCause> = new Set(["by hand", "app changed", "secret changed", "deletion"]);
/** An outage that nobody probed for so long is forgotten; its Apps are gone. */
const keepOutageMs = 24 * 3_600_000;
/** Apps of a cluster that is back come within this time, not at once. */
const returnMs = 10_000;

/**
 * Runs `work`, which talks to the cluster, unless the cluster is known not to answer and it is not time for a probe.
 * @param run.verb begins the text of a failure.
 * @param work calls `reached` once the cluster has answered to it.
 * @throws StageFailure with `retryAt` when the cluster is not asked; what `work` throws, with a hint from the second failure on.
 */
export async function throughBreaker<Result>(
  clusterId: string | undefined,
  run: { readonly verb: KappVerb; readonly cause: RunCause; readonly signal: AbortSignal },
  deps: BreakerDeps,
  work: (reached: () => void) => Promise<Result>,
): Promise<Result> {
  // An App that names no cluster says so by itself.
  if (clusterId === undefined) return work(() => {});
  const outage = await admit(clusterId, run, deps);
  let reached = false;
  try {
    const result = await work(() => {
      reached = true;
    });
    if (outage !== undefined) await close(clusterId, outage, deps);
    return result;
  } catch (error) {
    // Stopped from outside: that says nothing about the cluster.
    if (run.signal.aborted) throw error;
    const cause = causeOf(error);
    // Past the connection, 5xx may be one extension's API server or webhook.
    const failure = isUnreachable(cause) && !(reached && cause.status !== 0) ? cause : undefined;
    if (failure === undefined) {
      // It has answered, though not what was hoped for.
      if (outage !== undefined && isApiFailure(cause)) await close(clusterId, outage, deps);
      throw error;
    }
    const known = await open(clusterId, failure.message, outage, deps);
    if (outage === undefined || !(error instanceof StageFailure)) throw error;
    const { stage, stdout, stderr, exitCode, associated } = error;
    const hint = hintOf(known);
    const told =
      stderr === "" ? { error: `${error.error}\n${hint}` } : { error: error.error, stderr: `${stderr}\n${hint}` };
    throw new StageFailure(stage, { ...told, stdout, exitCode, associated, cause, retryAt: retryAtOf(known, deps) });
  }
}

function causeOf(error: unknown): unknown {
  return error instanceof StageFailure ? error.cause : error;
}

/** @returns the outage that this run probes; `undefined` when none is known. */
async function admit(
  clusterId: string,
  { verb, cause }: { readonly verb: KappVerb; readonly cause: RunCause },
  deps: BreakerDeps,
): Promise<Outage | undefined> {
  const { clock, items } = deps;
  const partition = clusterPartition(clusterId);
  const item = await items.get(partition, "PROBE", clock.now());
  if (item === undefined) return undefined;
  // Only written below.
  const outage = JSON.parse(item.value) as Outage;
  const now = clock.now();
  if (probesAtOnce.has(cause)) return outage;
  if (now >= outage.probeAt) {
    // The probe is ours when the next one is put off in our name.
    const claimed: Outage = { ...outage, probeAt: now + probeBackOffMs(outage.failures + 1, deps.random) };
    const options = { expiresAt: now + keepOutageMs, ifVersion: item.version };
    if (await putJson<Outage>(items, partition, "PROBE", claimed, now, options)) return claimed;
  }
  deps.metrics.count("lateen_cluster_calls_spared_total");
  const error = `${verb}: ${outage.reason}\n${hintOf(outage)}`;
  throw new StageFailure("deploy", { error, exitCode: 1, retryAt: retryAtOf(outage, deps) });
}

/** Notes the failure. @returns the outage as it now is. */
async function open(clusterId: string, reason: string, probed: Outage | undefined, deps: BreakerDeps): Promise<Outage> {
  const { clock, items, random } = deps;
  const now = clock.now();
  const failures = (probed?.failures ?? 0) + 1;
  const outage: Outage = {
    failures,
    since: probed?.since ?? now,
    probeAt: now + probeBackOffMs(failures, random),
    reason,
  };
  const options = { expiresAt: now + keepOutageMs, ...(probed === undefined ? { ifVersion: 0 } : {}) };
  // Many Apps may find out at once: the first one counts.
  if (await putJson<Outage>(items, clusterPartition(clusterId), "PROBE", outage, now, options)) {
    if (probed === undefined) deps.log.warn("run cluster does not answer", { cluster: clusterId, reason });
    deps.metrics.count("lateen_cluster_unreachable_total");
  }
  return outage;
}

/** The cluster answers again: the Apps that waited for it are asked for, spread over some seconds. */
async function close(clusterId: string, outage: Outage, deps: BreakerDeps): Promise<void> {
  const { clock, items, rows, log } = deps;
  await items.delete(clusterPartition(clusterId), "PROBE");
  log.info("run cluster answers again", { cluster: clusterId, since: outage.since });
  const apps = await appsOfCluster(clusterId, deps);
  const spreadMs = Math.min(returnMs, apps.length * 100);
  for (const app of apps) {
    const key = appKey(app);
    const row = await rows.get(key);
    if (row === undefined || row.wanted === row.done || row.leaseUntil !== undefined) continue;
    await rows.want(key, clock.now());
    const delayMs = Math.floor(deps.random() * spreadMs);
    await wake({ queue: "app", key, group: clusterId, cause: "retry", delayMs }, deps);
  }
}

/** Those who wait come one after another; the first one probes. */
function retryAtOf({ probeAt }: Outage, { random }: BreakerDeps): number {
  return probeAt + Math.floor(random() * 2_000);
}

function hintOf({ since, probeAt }: Outage): string {
  const iso = (at: number): string => new Date(at).toISOString().replace(/\.\d+Z$/, "Z");
  return `(hint: the cluster has not answered since ${iso(since)}; lateen asks it again at ${iso(probeAt)}, or at once when asked to by hand)`;
}
