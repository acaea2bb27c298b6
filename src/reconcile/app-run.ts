/**
 * One App, one writer at a time. Every slice starts over from the live cluster; nothing is remembered but what the status, the cluster and
 * content-addressed caches hold. A newer commit, an edit, a pause or a deletion ends the slice at its next safe point.
 */
import { type App, appStatusJson, emptyStatus, parseApp, paused, stageFailed } from "../app/index.ts";
import { redactDeep } from "../base/index.ts";
import { DeployError } from "../deploy/index.ts";
import { type KubeObject, uidOf } from "../resource/index.ts";
import { unindexApp } from "./catalogue.ts";
import type { AppSlice } from "./app-slice.ts";
import { deleteApp } from "./delete-app.ts";
import type { ReconcileDeps, SliceOptions } from "./deps.ts";
import { wake } from "./intake.ts";
import { type AppName, restOfKey, splitAppName } from "./keys.ts";
import { ownWords } from "./hide-secret.ts";
import { LeaseLost, underLease, type Verdict } from "./lease.ts";
import type { Lease } from "./ports.ts";
import { reconcileApp } from "./reconcile-app.ts";
import type { RunCause, RunEvent } from "./run-event.ts";
import { moveOut } from "./place.ts";
import { createRunMeter } from "./run-metrics.ts";
import { type RunRecorder, startRunRecord } from "./run-record.ts";
import { createStatusWriter } from "./status-writer.ts";
import { clusterIdOf } from "./target.ts";

/** Kept for writing status and giving the row back before the function's own end (reliability.md L19). */
const reserveMs = 30_000;
/** A run that was killed this often without an end rests for a while and says so (aws.md §14). */
const maxKills = 3;
const quarantineMs = 600_000;

export async function runApp(
  key: string,
  deps: ReconcileDeps,
  options: SliceOptions & { readonly cause?: RunCause; readonly onEvent?: (event: RunEvent) => void },
): Promise<void> {
  // Row keys of this kind are made from AppNames only.
  const name = restOfKey(key) as AppName;
  const startedAt = deps.clock.now();
  let clusterId: string | undefined;
  const result = await underLease(key, deps, options, (lease, signal) =>
    slice(
      name,
      lease,
      { ...deps, redactor: deps.redactor.scope() },
      { ...options, signal, deadline: options.deadline - reserveMs },
      (app) => (clusterId = clusterIdOf(app)),
    ),
  );
  if (result === undefined) return;
  deps.metrics.observe("lateen_run_ms", deps.clock.now() - startedAt);
  await wakeAgain({ key, clusterId }, result, deps);
}

async function slice(
  name: AppName,
  lease: Lease,
  given: ReconcileDeps,
  options: SliceOptions & { readonly cause?: RunCause; readonly onEvent?: (event: RunEvent) => void },
  onApp: (app: App) => void,
): Promise<Verdict> {
  const { clock } = given;
  const runId = given.newId();
  // Every line of a run says whose it is.
  const deps: ReconcileDeps = { ...given, log: given.log.child({ app: name, runId, epoch: lease.epoch }) };
  const { namespace, name: shortName } = splitAppName(name);
  const object = await deps.apps.get(namespace, shortName);
  if (object === undefined) {
    await unindexApp(name, deps);
    await moveOut(name, deps);
    return { type: "done" };
  }
  const run = {
    runId,
    app: name,
    cause: lease.cause ?? options.cause ?? "retry",
    epoch: lease.epoch,
    wanted: lease.wanted,
  };
  const parsed = parseApp(object);
  const app = "app" in parsed ? parsed.app : undefined;
  if (app !== undefined) onApp(app);
  const meter = createRunMeter(
    { app: name, deletes: app?.deletionTimestamp !== undefined, isFirst: app?.status.observedGeneration === 0 },
    deps.metrics,
  );
  const recorder = startRunRecord(run, meter, deps, options.onEvent);
  recorder.emit({
    at: clock.now(),
    type: "started",
    runId: recorder.runId,
    app: name,
    cause: run.cause,
    epoch: run.epoch,
  });
  try {
    if ("problems" in parsed)
      return await refuse(
        object,
        parsed.problems.map(({ path, message }) => `${path}: ${message}`).join("; "),
        recorder,
        deps,
      );
    return await decide(parsed.app, lease, recorder, deps, options);
  } catch (error) {
    return await afterFence(error, lease, recorder, deps);
  } finally {
    await recorder.flush();
  }
}

/** What to do with the App as it is now (app.md §3.1). */
async function decide(
  app: App,
  lease: Lease,
  recorder: RunRecorder,
  deps: ReconcileDeps,
  options: SliceOptions,
): Promise<Verdict> {
  const now = deps.clock.now();
  if (app.deletionTimestamp === undefined && (app.spec.paused || app.spec.canceled)) {
    await deps.apps.updateStatus(app.namespace, app.name, app.uid, appStatusJson(paused(app.status, app.generation)));
    recorder.emit({ at: now, type: "finished", ms: 0, outcome: "skipped", description: "Canceled/paused" });
    return { type: "done" };
  }
  if (lease.tries > maxKills && app.status.condition?.type === "Reconciling") {
    deps.metrics.count("lateen_run_failures_total", { stage: "killed", class: "killed" });
    recorder.emit({
      at: now,
      type: "finished",
      ms: 0,
      outcome: "failed",
      description: `Stopped after ${lease.tries - 1} runs that did not end; tried again later`,
    });
    return { type: "later", at: now + quarantineMs, cause: "retry", keepTries: false };
  }
  const slice: AppSlice = {
    app,
    lease,
    status: createStatusWriter(app, deps),
    recorder,
    deps,
    options,
    startedAt: now,
  };
  return app.deletionTimestamp === undefined ? reconcileApp(slice) : deleteApp(slice);
}

/**
 * The run cluster has seen a larger epoch. Either another run has taken over, then this one ends without a trace; or the lease is still ours and the
 * store is older than the cluster: then its epoch is adopted and the run begins again.
 */
async function afterFence(error: unknown, lease: Lease, recorder: RunRecorder, deps: ReconcileDeps): Promise<Verdict> {
  if (!(error instanceof DeployError) || error.failure.code !== "DEPLOY_FENCED") throw error;
  const { clock, log, metrics, rows } = deps;
  const { found } = error.failure;
  metrics.count("lateen_epoch_rejected_total");
  log.warn("fenced by the run cluster", { found });
  recorder.emit({ at: clock.now(), type: "finished", ms: 0, outcome: "superseded", description: error.message });
  const row = await rows.get(lease.key);
  if (row?.holder !== lease.holder || row.epoch !== lease.epoch)
    throw new LeaseLost(`another run took over ${lease.key}`);
  return { type: "later", at: clock.now(), cause: "retry", keepTries: true, epochAtLeast: found };
}

/** An App that cannot be read says so in its status; it waits for an edit. */
async function refuse(
  object: KubeObject,
  problems: string,
  recorder: RunRecorder,
  deps: ReconcileDeps,
): Promise<Verdict> {
  const now = deps.clock.now();
  const { namespace, name } = splitAppName(recorder.app);
  const status = stageFailed(emptyStatus, "fetch", { error: problems, exitCode: -1 }, now);
  await deps.apps.updateStatus(
    namespace,
    name,
    uidOf(object),
    redactDeep(deps.redactor, appStatusJson(status), ownWords),
  );
  deps.metrics.count("lateen_run_failures_total", { stage: "spec", class: "input" });
  recorder.emit({
    at: now,
    type: "finished",
    ms: 0,
    outcome: "failed",
    description: status.friendlyDescription,
    error: problems,
  });
  return { type: "done" };
}

/** The row says when it is due; this only makes somebody look then. */
async function wakeAgain(
  { key, clusterId }: { readonly key: string; readonly clusterId: string | undefined },
  result: { readonly verdict: Verdict; readonly dueAgain: boolean },
  deps: ReconcileDeps,
): Promise<void> {
  const { verdict, dueAgain } = result;
  const to = { queue: "app", key, ...(clusterId === undefined ? {} : { group: clusterId }) } as const;
  if (dueAgain) await wake({ ...to, cause: "retry" }, deps);
  else if (verdict.type !== "done") {
    const delayMs = Math.min(900_000, Math.max(0, verdict.at - deps.clock.now()));
    await wake({ ...to, delayMs, cause: verdict.cause }, deps);
  }
}
