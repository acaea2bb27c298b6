/** The deploy flow of one App: fetch → template → plan → apply → wait → inspect → status (app.md §3.5). */
import { createHash } from "node:crypto";
import { appFinalizer, stageFailed, stageStarted, stageSucceeded, startReconciling } from "../app/index.ts";
import type { FetchSuccess } from "../fetch/index.ts";
import { type SourcedResource, stringifyJson } from "../resource/index.ts";
import { type AppSlice, retryLater, takeUp, tellPlan, work } from "./app-slice.ts";
import { throughBreaker } from "./breaker.ts";
import { treeIdsOf } from "./catalogue.ts";
import { guardDeletions } from "./deletion-approval.ts";
import { planForApp } from "./deploy-stage.ts";
import { reportDrift, settleDeploy } from "./settle-deploy.ts";
import { inspectStage } from "./inspect-stage.ts";
import { putJson } from "./item-json.ts";
import { appPartition } from "./keys.ts";
import type { TreeIdsBySource } from "./last-run.ts";
import type { Verdict } from "./lease.ts";
import { fetchedEvent, fetchForApp, templateForApp } from "./plan-app.ts";
import { moveIn } from "./place.ts";
import { StageFailure } from "./stage-failure.ts";
import { clusterIdOf, connectTarget } from "./target.ts";

export async function reconcileApp(slice: AppSlice): Promise<Verdict> {
  const { app, status, deps, options, startedAt } = slice;
  // A periodic run that finds nothing to do shows no "Reconciling" (app.md §3.6).
  const specChanged = app.status.observedGeneration !== app.generation;
  status.update(stageStarted(startReconciling(status.current, app.generation), "fetch", startedAt), {
    show: specChanged,
  });
  try {
    const verdict = await runStages(slice).catch((error: unknown) => {
      if (!(error instanceof StageFailure)) throw error;
      const { stage, stdout, stderr, exitCode, associated } = error;
      const known = associated === undefined ? {} : { associatedResources: associated };
      const failure = { error: error.error, stdout, stderr, exitCode, ...known };
      status.update(stageFailed(status.current, stage, failure, deps.clock.now()));
      return retryLater(error, stage, slice);
    });
    await inspectStage(app, status, deps, options.signal);
    return verdict;
  } finally {
    await status.settle();
  }
}

/** @throws StageFailure of the first stage that fails. */
async function runStages(slice: AppSlice): Promise<Verdict> {
  const fetched = await fetchStage(slice);
  const resources = await templateStage(fetched, slice);
  return deployStage(fetched, resources, slice);
}

async function fetchStage({ app, status, recorder, deps, options }: AppSlice): Promise<FetchSuccess> {
  const since = deps.clock.now();
  const partition = appPartition(recorder.app);
  const fetched = await fetchForApp(app, deps, options).catch(async (error: unknown) => {
    // The trees of an earlier fetch are no longer what this App has seen: a commit that goes back to them must wake it.
    await deps.items.delete(partition, "FETCHED");
    throw error;
  });
  const now = deps.clock.now();
  recorder.emit(fetchedEvent(fetched, now, since));
  // From now on the source check knows that these trees are being deployed; a run that fails or is killed stays dirty by its row.
  await putJson<TreeIdsBySource>(deps.items, partition, "FETCHED", treeIdsOf(app, fetched), now);
  status.update(stageSucceeded(status.current, "fetch", { stdout: fetched.lock }, now));
  return fetched;
}

async function templateStage(fetched: FetchSuccess, slice: AppSlice): Promise<readonly SourcedResource[]> {
  const { app, status, recorder, deps, options } = slice;
  const since = deps.clock.now();
  const { documents, stderr } = await templateForApp(app, fetched, deps, options);
  const now = deps.clock.now();
  recorder.emit({ at: now, type: "templated", ms: now - since, documents: documents.length });
  status.update(stageSucceeded(status.current, "template", { stderr }, now));
  return documents;
}

async function deployStage(
  fetched: FetchSuccess,
  resources: readonly SourcedResource[],
  slice: AppSlice,
): Promise<Verdict> {
  const { app, status, recorder, deps, options } = slice;
  const begun = await takeUp(digestOf(app.generation, resources), slice);
  status.update(stageStarted(status.current, "deploy", begun.startedAt));
  // Before the first write on the run cluster: from here on a deletion has something to clean up (app.md §3.5).
  if (!app.finalizers.includes(appFinalizer)) {
    await deps.apps.addFinalizer(app.namespace, app.name, app.uid, appFinalizer);
  }
  const plannedFrom = deps.clock.now();
  const breaker = { verb: "Deploying", cause: recorder.cause, signal: options.signal } as const;
  const { target, plan } = await throughBreaker(clusterIdOf(app), breaker, deps, async (reached) => {
    const connected = await connectTarget(app, deps, options.signal);
    reached();
    const notes = [...(connected.note === undefined ? [] : [connected.note]), ...(await moveIn(app, connected, deps))];
    for (const text of notes) recorder.emit({ at: deps.clock.now(), type: "note", text });
    const planned = await planForApp({ app, target: connected }, resources, deps, options.signal);
    return { target: connected, plan: planned };
  });
  tellPlan(plan, target, plannedFrom, slice);
  await reportDrift(plan, fetched, slice);
  await guardDeletions(plan, app, deps);
  const result = await work(plan, target, begun, "Deploying", slice);
  return settleDeploy(result, { target, fetched, resources, begun }, slice);
}

/** The same generation and the same resources are the same deploy. */
function digestOf(generation: number, resources: readonly SourcedResource[]): string {
  const objects = stringifyJson(resources.map(({ object }) => object));
  return createHash("sha256").update(`${generation}\n`).update(objects).digest("hex");
}
