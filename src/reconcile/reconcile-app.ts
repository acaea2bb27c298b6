/** The deploy flow of one App: fetch → template → plan → apply → wait → inspect → status (app.md §3.5). */
import { createHash } from "node:crypto";
import {
  type App,
  type AssociatedResources,
  appFinalizer,
  deployProgress,
  failureBackOffMs,
  parseApp,
  type Stage,
  stageFailed,
  stageStarted,
  stageSucceeded,
  startReconciling,
  succeeded,
  syncPeriodMs,
} from "../app/index.ts";
import type { FetchSuccess } from "../fetch/index.ts";
import { equalJson, type SourcedResource, stringifyJson } from "../resource/index.ts";
import { sourceIdOf } from "./catalogue.ts";
import type { DeployPlan } from "../deploy/index.ts";
import {
  carryOut,
  type DeployResult,
  type DeployRun,
  planForApp,
  plannedChangesOf,
  type SuspendedDeploy,
} from "./deploy-stage.ts";
import type { ReconcileDeps, SliceOptions } from "./deps.ts";
import { hideFormerValues } from "./hide-secret.ts";
import { storeInventory } from "./inventory.ts";
import { inspectStage } from "./inspect-stage.ts";
import { getJson, putJson } from "./item-json.ts";
import { appName, appPartition, sourcePartition } from "./keys.ts";
import type { LastRun, TreeIdsBySource } from "./last-run.ts";
import type { Verdict } from "./lease.ts";
import { fetchedEvent, fetchForApp, templateForApp } from "./plan-app.ts";
import type { Lease } from "./ports.ts";
import { referenceVersions } from "./reference-versions.ts";
import type { RunRecorder } from "./run-record.ts";
import type { SeenRef } from "./source-run.ts";
import { StageFailure } from "./stage-failure.ts";
import { createStatusWriter, type StatusWriter } from "./status-writer.ts";
import { connectTarget, type Target } from "./target.ts";

/** Waits between the slices of a run that only waits (aws.md §10). */
const waitsMs = [2_000, 3_000, 5_000, 8_000, 13_000, 20_000, 30_000] as const;
/** A deploy that waits is forgotten after kapp's longest wait and then some: the run then starts over. */
const keepSuspendedMs = 24 * 3_600_000;

export async function reconcileApp(
  app: App,
  lease: Lease,
  recorder: RunRecorder,
  deps: ReconcileDeps,
  options: SliceOptions,
): Promise<Verdict> {
  const { clock } = deps;
  const startedAt = clock.now();
  const status = createStatusWriter(app, deps);
  // A periodic run that finds nothing to do shows no "Reconciling" (app.md §3.6).
  const specChanged = app.status.observedGeneration !== app.generation;
  status.update(stageStarted(startReconciling(status.current, app.generation), "fetch", startedAt), {
    show: specChanged,
  });
  try {
    const verdict = await runStages(app, lease, status, recorder, deps, options).catch((error: unknown) => {
      if (error instanceof StageFailure) return fail(app, error, status, recorder, deps, startedAt);
      throw error;
    });
    await inspectStage(app, status, deps, options.signal);
    return verdict;
  } finally {
    await status.settle();
  }
}

/** @throws StageFailure of the first stage that fails. */
async function runStages(
  app: App,
  lease: Lease,
  status: StatusWriter,
  recorder: RunRecorder,
  deps: ReconcileDeps,
  options: SliceOptions,
): Promise<Verdict> {
  const fetched = await fetchStage(app, status, recorder, deps, options);
  const resources = await templateStage(app, fetched, status, recorder, deps, options);
  return deployStage(app, lease, fetched, resources, status, recorder, deps, options);
}

async function fetchStage(
  app: App,
  status: StatusWriter,
  recorder: RunRecorder,
  deps: ReconcileDeps,
  options: SliceOptions,
): Promise<FetchSuccess> {
  const startedAt = deps.clock.now();
  const fetched = await fetchForApp(app, deps, options);
  recorder.emit(fetchedEvent(fetched, deps.clock.now(), startedAt));
  // From now on the source check knows that these trees are being deployed; a run that fails or is killed stays dirty by its row.
  await putJson<TreeIdsBySource>(
    deps.items,
    appPartition(recorder.app),
    "FETCHED",
    treeIdsOf(app, fetched),
    deps.clock.now(),
  );
  status.update(stageSucceeded(status.current, "fetch", { stdout: fetched.lock }, deps.clock.now()));
  return fetched;
}

async function templateStage(
  app: App,
  fetched: FetchSuccess,
  status: StatusWriter,
  recorder: RunRecorder,
  deps: ReconcileDeps,
  options: SliceOptions,
): Promise<readonly SourcedResource[]> {
  const startedAt = deps.clock.now();
  const result = await templateForApp(app, fetched, deps, options);
  recorder.emit({
    at: deps.clock.now(),
    type: "templated",
    ms: deps.clock.now() - startedAt,
    documents: result.documents.length,
  });
  status.update(stageSucceeded(status.current, "template", { stderr: result.stderr }, deps.clock.now()));
  return result.documents;
}

async function deployStage(
  app: App,
  lease: Lease,
  fetched: FetchSuccess,
  resources: readonly SourcedResource[],
  status: StatusWriter,
  recorder: RunRecorder,
  deps: ReconcileDeps,
  options: SliceOptions,
): Promise<Verdict> {
  const { clock, apps, items, rows } = deps;
  const partition = appPartition(appName(app.namespace, app.name));
  const startedAt = clock.now();
  const of = createHash("sha256")
    .update(`${app.generation}\n`)
    .update(stringifyJson(resources.map(({ object }) => object)))
    .digest("hex");
  const kept = await getJson<SuspendedDeploy>(items, partition, "WAIT", startedAt);
  const suspended = kept?.of === of ? kept : undefined;
  status.update(stageStarted(status.current, "deploy", suspended?.startedAt ?? startedAt));
  // Before the first write on the run cluster: from here on a deletion has something to clean up (app.md §3.5).
  if (!app.finalizers.includes(appFinalizer)) await apps.addFinalizer(app.namespace, app.name, app.uid, appFinalizer);

  const target = await connectTarget(app, deps, options.signal);
  if (target.note !== undefined) recorder.emit({ at: clock.now(), type: "note", text: target.note });
  const plan = await planForApp({ app, target }, resources, deps, options.signal);
  hideFormerValues(plan, deps.redactor);
  recorder.emit({
    at: clock.now(),
    type: "planned",
    ms: clock.now() - startedAt,
    cluster: target.cluster.server,
    changes: plannedChangesOf(plan),
  });

  await reportMissedDrift(app, plan, fetched, recorder, deps);
  const run: DeployRun = {
    app,
    target,
    epoch: lease.epoch,
    suspended,
    isSuperseded: async () => ((await rows.get(lease.key))?.wanted ?? 0) > lease.wanted,
  };
  const steps = carryOut(plan, run, "Deploying", deps, options, (stdout) =>
    status.progress(() => deployProgress(status.current, { stdout }, clock.now())),
  );
  let step = await steps.next();
  for (; step.done !== true; step = await steps.next()) recorder.emit(step.value);
  return settle(
    app,
    target,
    fetched,
    step.value,
    { of, startedAt: suspended?.startedAt ?? startedAt, slices: (kept?.slices ?? 0) + 1 },
    status,
    recorder,
    deps,
  );
}

/** A full comparison that finds what nothing announced is news about the cheap check, not only about the cluster. */
async function reportMissedDrift(
  app: App,
  plan: DeployPlan,
  fetched: FetchSuccess,
  recorder: RunRecorder,
  deps: ReconcileDeps,
): Promise<void> {
  const found = plannedChangesOf(plan).filter(({ op }) => op === "create" || op === "update" || op === "delete");
  if (found.length === 0) return;
  if (recorder.cause === "drift") deps.metrics.count("lateen_drift_repaired_total");
  if (recorder.cause !== "full comparison") return;
  const last = await getJson<LastRun>(deps.items, appPartition(recorder.app), "LAST", deps.clock.now());
  if (last === undefined || !equalJson(last.treeIds, treeIdsOf(app, fetched))) return;
  deps.log.error("drift that the cheap check did not see", {
    app: recorder.app,
    resources: found.map(({ resource }) => resource),
  });
  deps.metrics.count("lateen_drift_missed_total");
}

/** Turns the end of a deploy into status, inventory and what happens next. */
async function settle(
  app: App,
  target: Target,
  fetched: FetchSuccess,
  result: DeployResult,
  slice: { readonly of: string; readonly startedAt: number; readonly slices: number },
  status: StatusWriter,
  recorder: RunRecorder,
  deps: ReconcileDeps,
): Promise<Verdict> {
  const { clock, items } = deps;
  const name = appName(app.namespace, app.name);
  const now = clock.now();
  const ms = now - slice.startedAt;
  switch (result.outcome) {
    case "succeeded": {
      const stderr = target.note === undefined ? "" : `lateen: ${target.note}`;
      const associated = result.associated === undefined ? {} : { associatedResources: result.associated };
      status.update(
        succeeded(stageSucceeded(status.current, "deploy", { stdout: result.stdout, stderr, ...associated }, now)),
      );
      const last: LastRun = {
        treeIds: treeIdsOf(app, fetched),
        references: await referenceVersions(app, deps),
        succeededAt: now,
      };
      await Promise.all([
        storeInventory(target.clusterId, name, result.inventory, deps),
        putJson(items, appPartition(name), "LAST", last, now),
        items.delete(appPartition(name), "WAIT"),
      ]);
      if (recorder.cause === "push") await observePush(app, fetched, deps);
      recorder.emit({ at: now, type: "finished", ms, outcome: "succeeded", description: "Reconcile succeeded" });
      return { type: "done" };
    }
    case "failed":
      await items.delete(appPartition(name), "WAIT");
      return fail(app, result.failure, status, recorder, deps, slice.startedAt, result.associated);
    case "waiting": {
      const waitMs = waitsMs[Math.min(slice.slices, waitsMs.length) - 1] ?? waitsMs[0];
      const suspended: SuspendedDeploy = {
        progress: result.progress,
        stdout: deps.redactor.redact(result.stdout),
        ...slice,
      };
      await putJson(items, appPartition(name), "WAIT", suspended, now, { expiresAt: now + keepSuspendedMs });
      status.update(deployProgress(status.current, { stdout: result.stdout }, now));
      recorder.emit({
        at: now,
        type: "finished",
        ms,
        outcome: "waiting",
        description: "Waiting for resources to become ready",
      });
      return { type: "later", at: now + waitMs, cause: "wait", keepTries: false };
    }
    case "superseded":
      return supersede(app, result.stdout, status, recorder, deps, ms);
  }
}

/** How long the newest push of this App's sources took to be live. */
async function observePush(app: App, fetched: FetchSuccess, deps: ReconcileDeps): Promise<void> {
  const now = deps.clock.now();
  const seen = await Promise.all(
    fetched.sources.map(async ({ step, commit }) => {
      const ref = await getJson<SeenRef>(deps.items, sourcePartition(sourceIdOf(app.namespace, step)), "REF", now);
      return ref?.commit === commit ? (ref.pushedAt ?? 0) : 0;
    }),
  );
  const pushedAt = Math.max(0, ...seen);
  if (pushedAt > 0) deps.metrics.observe("lateen_push_to_applied_ms", now - pushedAt);
}

/** Somebody asked for a new run meanwhile: if to stop this App, say so; else the next run shows what came of it. */
async function supersede(
  app: App,
  stdout: string,
  status: StatusWriter,
  recorder: RunRecorder,
  deps: ReconcileDeps,
  ms: number,
): Promise<Verdict> {
  const { clock } = deps;
  const object = await deps.apps.get(app.namespace, app.name);
  const now = clock.now();
  const parsed = object === undefined ? undefined : parseApp(object);
  const isStopped =
    parsed !== undefined && "app" in parsed && (parsed.app.spec.canceled || parsed.app.deletionTimestamp !== undefined);
  if (isStopped) {
    const failure = { error: "Deploying: Process was canceled", exitCode: -1, stdout };
    status.update(stageFailed(status.current, "deploy", failure, now));
    recorder.emit({ at: now, type: "finished", ms, outcome: "failed", description: "Deploying: Process was canceled" });
    return { type: "done" };
  }
  status.update(deployProgress(status.current, { stdout }, now));
  recorder.emit({ at: now, type: "finished", ms, outcome: "superseded", description: "A newer run takes over" });
  return { type: "done" };
}

function fail(
  app: App,
  failure: StageFailure,
  status: StatusWriter,
  recorder: RunRecorder,
  deps: ReconcileDeps,
  startedAt: number,
  associated?: AssociatedResources,
): Verdict {
  const now = deps.clock.now();
  const extra = associated === undefined ? {} : { associatedResources: associated };
  const stage: Stage = failure.stage;
  status.update(
    stageFailed(
      status.current,
      stage,
      { error: failure.error, stderr: failure.stderr, stdout: failure.stdout, exitCode: failure.exitCode, ...extra },
      now,
    ),
  );
  const error = failure.stderr === "" ? failure.error : failure.stderr;
  recorder.emit({
    at: now,
    type: "finished",
    ms: now - startedAt,
    outcome: "failed",
    description: status.current.friendlyDescription,
    error,
  });
  deps.metrics.count("lateen_run_failures_total", { stage });
  const periodMs = syncPeriodMs(app.spec, deps.config);
  const backOffMs = failureBackOffMs(status.current.consecutiveReconcileFailures, periodMs, deps.random);
  return { type: "later", at: now + backOffMs, cause: "retry", keepTries: false };
}

function treeIdsOf(app: App, fetched: FetchSuccess): TreeIdsBySource {
  return Object.fromEntries(
    fetched.sources.map((source) => [`${sourceIdOf(app.namespace, source.step)}:${source.subPath}`, source.treeId]),
  );
}
