/** What the end of a deploy means: for the status, for the drift check, for measurements, and for what happens next. */
import { type App, deployProgress, parseApp, stageFailed, stageSucceeded, succeeded } from "../app/index.ts";
import { type DeployPlan, keptRulesOf, planDrift } from "../deploy/index.ts";
import type { FetchSuccess } from "../fetch/index.ts";
import { equalJson, type SourcedResource } from "../resource/index.ts";
import { type AppSlice, done, suspend, type Work } from "./app-slice.ts";
import { sourceIdOf, treeIdsOf } from "./catalogue.ts";
import { type DeployResult, plannedChangesOf } from "./deploy-stage.ts";
import type { ReconcileDeps } from "./deps.ts";
import { boundedDrift, takeDrift } from "./drift-report.ts";
import { storeInventory } from "./inventory.ts";
import { getJson, putJson } from "./item-json.ts";
import { appName, appPartition, sourcePartition } from "./keys.ts";
import type { LastRun } from "./last-run.ts";
import type { Verdict } from "./lease.ts";
import type { DriftReport } from "./run-event.ts";
import { referenceVersions } from "./reference-versions.ts";
import type { SeenRef } from "./source-look.ts";
import type { Target } from "./target.ts";

/** What was deployed, where, and since when. */
interface Deployed {
  readonly target: Target;
  readonly fetched: FetchSuccess;
  readonly resources: readonly SourcedResource[];
  readonly begun: Work;
}

/** @throws StageFailure when the deploy failed. */
export async function settleDeploy(result: DeployResult, deployed: Deployed, slice: AppSlice): Promise<Verdict> {
  const { deps, recorder } = slice;
  switch (result.outcome) {
    case "succeeded":
      return complete(result, deployed, slice);
    case "failed":
      await deps.items.delete(appPartition(recorder.app), "WAIT");
      throw result.failure;
    case "waiting":
      return suspend(result, deployed.begun, "Waiting for resources to become ready", slice);
    case "superseded":
      return supersede(result.stdout, deployed.begun, slice);
  }
}

/**
 * Tells what a run after drift repairs, as the check found it, and what a full comparison finds that nothing announced: that is news about
 * the cheap check, not only about the cluster.
 */
export async function reportDrift(plan: DeployPlan, fetched: FetchSuccess, slice: AppSlice): Promise<void> {
  const { app, recorder, deps } = slice;
  if (recorder.cause !== "drift" && recorder.cause !== "full comparison") return;
  const found = plannedChangesOf(plan).filter(({ op }) => op === "create" || op === "update" || op === "delete");
  const last = await getJson<LastRun>(deps.items, appPartition(recorder.app), "LAST", deps.clock.now());
  const isSameInput = last !== undefined && equalJson(last.treeIds, treeIdsOf(app, fetched));
  const byPlan = isSameInput && plan.kind === "deploy" ? boundedDrift(planDrift(plan)) : undefined;
  if (recorder.cause === "drift") {
    if (found.length > 0) deps.metrics.count("lateen_drift_repaired_total");
    const report = (await takeDrift(recorder.app, deps)) ?? byPlan;
    if (report !== undefined && report.objects.length > 0) emitDrift(report, slice);
    return;
  }
  if (found.length === 0 || byPlan === undefined) return;
  const resources = found.map(({ resource }) => resource);
  emitDrift(byPlan, slice);
  deps.log.error("drift that the cheap check did not see", { app: recorder.app, resources });
  deps.metrics.count("lateen_drift_missed_total");
}

function emitDrift(report: DriftReport, { recorder, deps }: AppSlice): void {
  recorder.emit({ at: deps.clock.now(), type: "drifted", ...report });
}

async function complete(
  result: Extract<DeployResult, { outcome: "succeeded" }>,
  { target, fetched, resources, begun }: Deployed,
  slice: AppSlice,
): Promise<Verdict> {
  const { app, status, recorder, deps } = slice;
  const now = deps.clock.now();
  const name = appName(app.namespace, app.name);
  const stderr = target.note === undefined ? "" : `lateen: ${target.note}`;
  const associated = result.associated === undefined ? {} : { associatedResources: result.associated };
  const deploy = { stdout: result.stdout, stderr, ...associated };
  status.update(succeeded(stageSucceeded(status.current, "deploy", deploy, now)));
  const treeIds = treeIdsOf(app, fetched);
  const rules = keptRulesOf(resources);
  const inventory = { app: name, entries: result.inventory, ...(rules === undefined ? {} : { rules }) };
  const last: LastRun = { treeIds, references: await referenceVersions(app, deps), succeededAt: now };
  await Promise.all([
    storeInventory(target.clusterId, inventory, deps),
    putJson(deps.items, appPartition(name), "LAST", last, now),
    ...["WAIT", "APPROVAL"].map((sk) => deps.items.delete(appPartition(name), sk)),
  ]);
  if (recorder.cause === "push") await observePush(app, fetched, deps);
  return done("succeeded", "Reconcile succeeded", begun.startedAt, slice);
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
async function supersede(stdout: string, begun: Work, slice: AppSlice): Promise<Verdict> {
  const { app, status, deps } = slice;
  const object = await deps.apps.get(app.namespace, app.name);
  const parsed = object === undefined ? undefined : parseApp(object);
  const now = deps.clock.now();
  if (parsed !== undefined && "app" in parsed && isStopped(parsed.app)) {
    const error = "Deploying: Process was canceled";
    status.update(stageFailed(status.current, "deploy", { error, exitCode: -1, stdout }, now));
    return done("failed", error, begun.startedAt, slice);
  }
  status.update(deployProgress(status.current, { stdout }, now));
  return done("superseded", "A newer run takes over", begun.startedAt, slice);
}

function isStopped({ spec, deletionTimestamp }: App): boolean {
  return spec.canceled || deletionTimestamp !== undefined;
}
