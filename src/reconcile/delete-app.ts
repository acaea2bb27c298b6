/** The deletion flow of one App (app.md §3.8): its resources leave the run cluster first, then the finalizer goes. Fetches and templates nothing. */
import {
  type App,
  appFinalizer,
  deleteFailed,
  deleting,
  deployProgress,
  failureBackOffMs,
  syncPeriodMs,
} from "../app/index.ts";
import {
  carryOut,
  type DeployResult,
  planDeletionOfApp,
  plannedChangesOf,
  type SuspendedDeploy,
} from "./deploy-stage.ts";
import type { ReconcileDeps, SliceOptions } from "./deps.ts";
import { deleteInventory } from "./inventory.ts";
import { getJson, putJson } from "./item-json.ts";
import { appName, appPartition } from "./keys.ts";
import type { Verdict } from "./lease.ts";
import type { Lease } from "./ports.ts";
import type { RunRecorder } from "./run-record.ts";
import { StageFailure } from "./stage-failure.ts";
import { createStatusWriter, type StatusWriter } from "./status-writer.ts";
import { clusterIdOf, connectTarget } from "./target.ts";

const waitMs = 2_000;
const keepSuspendedMs = 24 * 3_600_000;

export async function deleteApp(
  app: App,
  lease: Lease,
  recorder: RunRecorder,
  deps: ReconcileDeps,
  options: SliceOptions,
): Promise<Verdict> {
  const startedAt = deps.clock.now();
  const status = createStatusWriter(app, deps);
  status.update(deleting(status.current, app.generation, startedAt), {
    show: app.status.condition?.type !== "Deleting",
  });
  try {
    return await deleteResources(app, lease, status, recorder, deps, options);
  } catch (error) {
    if (!(error instanceof StageFailure)) throw error;
    return fail(app, error, status, recorder, deps, startedAt);
  } finally {
    await status.settle();
  }
}

async function deleteResources(
  app: App,
  lease: Lease,
  status: StatusWriter,
  recorder: RunRecorder,
  deps: ReconcileDeps,
  options: SliceOptions,
): Promise<Verdict> {
  const { clock, items, rows } = deps;
  const startedAt = clock.now();
  if (app.spec.canceled) throw new StageFailure("deploy", { error: "Deleting: Already canceled", exitCode: -1 });
  if (app.spec.noopDelete) return release(app, recorder, deps, startedAt);

  const partition = appPartition(appName(app.namespace, app.name));
  const kept = await getJson<SuspendedDeploy>(items, partition, "WAIT", startedAt);
  const suspended = kept?.of === "deletion" ? kept : undefined;
  const target = await connectTarget(app, deps, options.signal);
  const plan = await planDeletionOfApp({ app, target }, deps, options.signal);
  recorder.emit({
    at: clock.now(),
    type: "planned",
    ms: clock.now() - startedAt,
    cluster: target.cluster.server,
    changes: plannedChangesOf(plan),
  });
  const run = {
    app,
    target,
    epoch: lease.epoch,
    suspended,
    isSuperseded: async () => ((await rows.get(lease.key))?.wanted ?? 0) > lease.wanted,
  };
  const steps = carryOut(plan, run, "Deleting", deps, options, (stdout) =>
    status.progress(() => deployProgress(status.current, { stdout }, clock.now())),
  );
  let step = await steps.next();
  for (; step.done !== true; step = await steps.next()) recorder.emit(step.value);
  return settle(
    app,
    step.value,
    { startedAt: suspended?.startedAt ?? startedAt, slices: (kept?.slices ?? 0) + 1 },
    status,
    recorder,
    deps,
  );
}

async function settle(
  app: App,
  result: DeployResult,
  slice: { readonly startedAt: number; readonly slices: number },
  status: StatusWriter,
  recorder: RunRecorder,
  deps: ReconcileDeps,
): Promise<Verdict> {
  const { clock, items } = deps;
  const partition = appPartition(appName(app.namespace, app.name));
  const now = clock.now();
  const ms = now - slice.startedAt;
  switch (result.outcome) {
    case "succeeded":
      return release(app, recorder, deps, slice.startedAt);
    case "failed":
      await items.delete(partition, "WAIT");
      throw result.failure;
    case "waiting": {
      const suspended: SuspendedDeploy = {
        progress: result.progress,
        stdout: deps.redactor.redact(result.stdout),
        of: "deletion",
        ...slice,
      };
      await putJson(items, partition, "WAIT", suspended, now, { expiresAt: now + keepSuspendedMs });
      status.update(deployProgress(status.current, { stdout: result.stdout }, now));
      recorder.emit({
        at: now,
        type: "finished",
        ms,
        outcome: "waiting",
        description: "Waiting for resources to be gone",
      });
      return { type: "later", at: now + waitMs, cause: "wait", keepTries: false };
    }
    case "superseded":
      recorder.emit({ at: now, type: "finished", ms, outcome: "superseded", description: "A newer run takes over" });
      return { type: "done" };
  }
}

/** Nothing is left to clean up: the App may go. */
async function release(app: App, recorder: RunRecorder, deps: ReconcileDeps, startedAt: number): Promise<Verdict> {
  const name = appName(app.namespace, app.name);
  const clusterId = clusterIdOf(app);
  if (clusterId !== undefined) await deleteInventory(clusterId, name, deps);
  for (const sk of ["LAST", "FETCHED", "WAIT"]) await deps.items.delete(appPartition(name), sk);
  await deps.apps.removeFinalizer(app.namespace, app.name, app.uid, appFinalizer);
  recorder.emit({
    at: deps.clock.now(),
    type: "finished",
    ms: deps.clock.now() - startedAt,
    outcome: "succeeded",
    description: "Deleted",
  });
  return { type: "done" };
}

function fail(
  app: App,
  failure: StageFailure,
  status: StatusWriter,
  recorder: RunRecorder,
  deps: ReconcileDeps,
  startedAt: number,
): Verdict {
  const now = deps.clock.now();
  // Unlike a deploy's, a tool's words on a delete keep their last line end.
  const stderr = failure.stderr === "" ? "" : `${failure.stderr}\n`;
  status.update(deleteFailed(status.current, { error: failure.error, stderr, exitCode: failure.exitCode }));
  const error = failure.stderr === "" ? failure.error : failure.stderr;
  recorder.emit({
    at: now,
    type: "finished",
    ms: now - startedAt,
    outcome: "failed",
    description: status.current.friendlyDescription,
    error,
  });
  deps.metrics.count("lateen_run_failures_total", { stage: "delete" });
  const periodMs = syncPeriodMs(app.spec, deps.config);
  const backOffMs = failureBackOffMs(status.current.consecutiveReconcileFailures, periodMs, deps.random);
  return { type: "later", at: now + backOffMs, cause: "retry", keepTries: false };
}
