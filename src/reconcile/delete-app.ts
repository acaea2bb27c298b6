/** The deletion flow of one App (app.md §3.8): its resources leave the run cluster first, then the finalizer goes. Fetches and templates nothing. */
import { appFinalizer, deleteFailed, deleting } from "../app/index.ts";
import { type AppSlice, done, retryLater, suspend, takeUp, tellPlan, work } from "./app-slice.ts";
import { planDeletionOfApp } from "./deploy-stage.ts";
import { throughBreaker } from "./breaker.ts";
import { deleteInventory } from "./inventory.ts";
import { appName, appPartition } from "./keys.ts";
import type { Verdict } from "./lease.ts";
import { leftBehind, moveOut } from "./place.ts";
import { StageFailure } from "./stage-failure.ts";
import { clusterIdOf, connectTarget } from "./target.ts";

export async function deleteApp(slice: AppSlice): Promise<Verdict> {
  const { app, status, startedAt } = slice;
  status.update(deleting(status.current, app.generation, startedAt), {
    show: app.status.condition?.type !== "Deleting",
  });
  try {
    return await deleteResources(slice);
  } catch (error) {
    if (!(error instanceof StageFailure)) throw error;
    // Unlike a deploy's, a tool's words on a delete keep their last line end.
    const stderr = error.stderr === "" ? "" : `${error.stderr}\n`;
    status.update(deleteFailed(status.current, { error: error.error, stderr, exitCode: error.exitCode }));
    return retryLater(error, "delete", slice);
  } finally {
    await status.settle();
  }
}

async function deleteResources(slice: AppSlice): Promise<Verdict> {
  const { app, deps, options } = slice;
  if (app.spec.canceled) throw new StageFailure("deploy", { error: "Deleting: Already canceled", exitCode: -1 });
  if (app.spec.noopDelete) return release(slice);
  const begun = await takeUp("deletion", slice);
  const plannedFrom = deps.clock.now();
  const breaker = { verb: "Deleting", cause: slice.recorder.cause, signal: options.signal } as const;
  const { target, plan } = await throughBreaker(clusterIdOf(app), breaker, deps, async (reached) => {
    const connected = await connectTarget(app, deps, options.signal, "Deleting");
    reached();
    return { target: connected, plan: await planDeletionOfApp({ app, target: connected }, deps, options.signal) };
  });
  tellPlan(plan, target, plannedFrom, slice);
  const result = await work(plan, target, begun, "Deleting", slice);
  switch (result.outcome) {
    case "succeeded":
      return release(slice);
    case "failed":
      await deps.items.delete(appPartition(appName(app.namespace, app.name)), "WAIT");
      throw result.failure;
    case "waiting":
      return suspend(result, begun, "Waiting for resources to be gone", slice);
    case "superseded":
      return done("superseded", "A newer run takes over", begun.startedAt, slice);
  }
}

/** Nothing is left to clean up: the App may go. */
async function release(slice: AppSlice): Promise<Verdict> {
  const { app, deps, recorder, startedAt } = slice;
  const name = appName(app.namespace, app.name);
  const clusterId = clusterIdOf(app);
  if (clusterId !== undefined) await deleteInventory(clusterId, name, deps);
  for (const text of await leftBehind(name, deps)) recorder.emit({ at: deps.clock.now(), type: "note", text });
  await moveOut(name, deps);
  for (const sk of ["LAST", "FETCHED", "WAIT", "APPROVAL", "DRIFT"]) await deps.items.delete(appPartition(name), sk);
  await deps.apps.removeFinalizer(app.namespace, app.name, app.uid, appFinalizer);
  return done("succeeded", "Deleted", startedAt, slice);
}
