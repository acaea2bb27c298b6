import type { EpochMs } from "../base/index.ts";
import type { App, AppSpec } from "./app.ts";
import type { AppStatus } from "./status.ts";

export interface SyncConfig {
  /** For Apps that name no period. */
  readonly defaultSyncPeriodMs: number;
  /** Floor for all. */
  readonly minimumSyncPeriodMs: number;
}

/** Time between runs that nothing triggered: the App's own or the default, never below the minimum (app.md §3.3). */
export function syncPeriodMs(spec: AppSpec, config: SyncConfig): number {
  return Math.max(spec.syncPeriodMs ?? config.defaultSyncPeriodMs, config.minimumSyncPeriodMs);
}

/**
 * Time to wait after the n-th failure in a row: 2^n seconds, at most the sync period (app.md §3.3, reliability.md L32).
 * @param random Uniform in [0, 1): shortens the wait by up to half, so that Apps that failed together do not return together. Default: no jitter.
 */
export function failureBackOffMs(failures: number, periodMs: number, random?: () => number): number {
  const doubled = 2 ** failures * 1000;
  const wait = failures > 0 && failures < 30 && doubled < periodMs ? doubled : periodMs;
  return random === undefined ? wait : wait * (0.5 + random() / 2);
}

/** Spread of the next periodic run, in milliseconds (reliability.md L34). */
const wakeJitterMs = 5000;

/** Milliseconds until the App should be looked at again by itself. */
export function nextWakeMs(status: AppStatus, spec: AppSpec, config: SyncConfig, random: () => number): number {
  const periodMs = syncPeriodMs(spec, config);
  return hasFailed(status)
    ? failureBackOffMs(status.consecutiveReconcileFailures, periodMs)
    : periodMs + random() * wakeJitterMs;
}

export type ReconcileDecision =
  /** `canceled`: the delete must fail with `Already canceled` instead of running. */
  | { readonly type: "delete"; readonly canceled: boolean }
  /** Paused or canceled: only the status is brought up to date. */
  | { readonly type: "blocked" }
  | { readonly type: "reconcile"; readonly reason: "forced" | "spec changed" | "never run" | "retry" | "sync period" }
  | { readonly type: "idle"; readonly dueInMs: number };

/**
 * What to do with an App on a wake-up (app.md §3.1, §3.2).
 * @param row.forced Somebody asked for a run: a push that moved its files, a changed reference, drift, or a person.
 */
export function reconcileDecision(
  app: App,
  row: { readonly forced: boolean },
  now: EpochMs,
  config: SyncConfig,
): ReconcileDecision {
  const { spec, status } = app;
  if (app.deletionTimestamp !== undefined) return { type: "delete", canceled: spec.canceled };
  if (spec.paused || spec.canceled) return { type: "blocked" };
  if (row.forced) return { type: "reconcile", reason: "forced" };
  if (status.observedGeneration !== app.generation) return { type: "reconcile", reason: "spec changed" };
  const last = lastWorkedAt(status);
  if (last === undefined) return { type: "reconcile", reason: "never run" };
  const periodMs = syncPeriodMs(spec, config);
  const failed = hasFailed(status);
  const waitMs = failed
    ? Math.min(periodMs, failureBackOffMs(status.consecutiveReconcileFailures, periodMs))
    : periodMs;
  const dueInMs = last + waitMs - now;
  return dueInMs > 0 ? { type: "idle", dueInMs } : { type: "reconcile", reason: failed ? "retry" : "sync period" };
}

/** End of the latest work on any stage. */
function lastWorkedAt(status: AppStatus): EpochMs | undefined {
  const times = [status.fetch?.updatedAt, status.template?.updatedAt, status.deploy?.updatedAt].filter(
    (at) => at !== undefined,
  );
  return times.length === 0 ? undefined : Math.max(...times);
}

function hasFailed(status: AppStatus): boolean {
  const type = status.condition?.type;
  return type === "ReconcileFailed" || type === "DeleteFailed";
}
