/** One slice of work on one App, deploy or deletion alike: what it works with, how a plan is carried out in it, and the ways it ends. */
import { type App, deployProgress, failureBackOffMs, syncPeriodMs } from "../app/index.ts";
import type { DeployPlan } from "../deploy/index.ts";
import { carryOut, type DeployResult, plannedChangesOf, type SuspendedDeploy } from "./deploy-stage.ts";
import type { ReconcileDeps, SliceOptions } from "./deps.ts";
import { failureClassOf } from "./failure-class.ts";
import { hideFormerValues } from "./hide-secret.ts";
import { getJson, putJson } from "./item-json.ts";
import { appPartition } from "./keys.ts";
import type { Verdict } from "./lease.ts";
import type { Lease } from "./ports.ts";
import type { RunRecorder } from "./run-record.ts";
import type { KappVerb, StageFailure } from "./stage-failure.ts";
import type { StatusWriter } from "./status-writer.ts";
import type { Target } from "./target.ts";

export interface AppSlice {
  readonly app: App;
  readonly lease: Lease;
  readonly status: StatusWriter;
  readonly recorder: RunRecorder;
  readonly deps: ReconcileDeps;
  readonly options: SliceOptions;
  readonly startedAt: number;
}

/** A deploy or deletion that may have been begun by an earlier slice. */
export interface Work {
  /** Digest of what is deployed, or `deletion`: only the same work goes on where it was suspended. */
  readonly of: string;
  readonly startedAt: number;
  /** Slices that it has had, this one included. */
  readonly slices: number;
  readonly suspended: SuspendedDeploy | undefined;
}

/** Waits between the slices of a run that only waits (aws.md §10). */
const waitsMs = [2_000, 3_000, 5_000, 8_000, 13_000, 20_000, 30_000] as const;
/** Work that waits is forgotten after kapp's longest wait and then some: the run then starts over. */
const keepSuspendedMs = 24 * 3_600_000;

/** The work as an earlier slice left it, or anew. */
export async function takeUp(of: string, { deps, recorder }: AppSlice): Promise<Work> {
  const now = deps.clock.now();
  const kept = await getJson<SuspendedDeploy>(deps.items, appPartition(recorder.app), "WAIT", now);
  const suspended = kept?.of === of ? kept : undefined;
  return { of, startedAt: suspended?.startedAt ?? now, slices: (suspended?.slices ?? 0) + 1, suspended };
}

/** Tells the plan, carries it out, and keeps the status up with its output. */
export async function work(
  plan: DeployPlan,
  target: Target,
  { suspended }: Work,
  verb: Exclude<KappVerb, "Inspecting">,
  slice: AppSlice,
): Promise<DeployResult> {
  const { app, lease, status, recorder, deps, options } = slice;
  const { clock, rows } = deps;
  const run = {
    app,
    target,
    epoch: lease.epoch,
    suspended,
    isSuperseded: async () => ((await rows.get(lease.key))?.wanted ?? 0) > lease.wanted,
  };
  const steps = carryOut(plan, run, verb, deps, options, (stdout) =>
    status.progress(() => deployProgress(status.current, { stdout }, clock.now())),
  );
  let step = await steps.next();
  for (; step.done !== true; step = await steps.next()) recorder.emit(step.value);
  return step.value;
}

export function tellPlan(plan: DeployPlan, target: Target, since: number, { recorder, deps }: AppSlice): void {
  const at = deps.clock.now();
  const { server } = target.cluster;
  // Diffs name values that Secrets had before, which nobody has read as a secret yet.
  hideFormerValues(plan, deps.redactor);
  recorder.emit({ at, type: "planned", ms: at - since, cluster: server, changes: plannedChangesOf(plan) });
}

/** Only waits are left: gives the worker back; a later slice goes on. */
export async function suspend(
  result: Extract<DeployResult, { outcome: "waiting" }>,
  { of, startedAt, slices }: Work,
  description: string,
  { status, recorder, deps }: AppSlice,
): Promise<Verdict> {
  const now = deps.clock.now();
  const { progress, stdout } = result;
  const suspended: SuspendedDeploy = { progress, stdout: deps.redactor.redact(stdout), of, startedAt, slices };
  const expiresAt = now + keepSuspendedMs;
  await putJson(deps.items, appPartition(recorder.app), "WAIT", suspended, now, { expiresAt });
  status.update(deployProgress(status.current, { stdout }, now));
  recorder.emit({ at: now, type: "finished", ms: now - startedAt, outcome: "waiting", description });
  const waitMs = waitsMs[Math.min(slices, waitsMs.length) - 1] ?? waitsMs[0];
  return { type: "later", at: now + waitMs, cause: "wait", keepTries: false };
}

/** The slice failed, and the status says how: tried again after kapp-controller's back-off. */
export function retryLater(failure: StageFailure, stage: string, slice: AppSlice): Verdict {
  const { app, status, recorder, deps, startedAt } = slice;
  const now = deps.clock.now();
  const { friendlyDescription: description, consecutiveReconcileFailures } = status.current;
  const error = failure.stderr === "" ? failure.error : failure.stderr;
  recorder.emit({ at: now, type: "finished", ms: now - startedAt, outcome: "failed", description, error });
  deps.metrics.count("lateen_run_failures_total", { stage, class: failureClassOf(failure) });
  const periodMs = syncPeriodMs(app.spec, deps.config);
  const backOffMs = failureBackOffMs(consecutiveReconcileFailures, periodMs, deps.random);
  const at = Math.max(now + backOffMs, failure.retryAt ?? 0);
  return { type: "later", at, cause: "retry", keepTries: false };
}

/** The slice came to an end of its own. */
export function done(
  outcome: "succeeded" | "failed" | "superseded",
  description: string,
  since: number,
  { recorder, deps }: AppSlice,
): Verdict {
  const now = deps.clock.now();
  recorder.emit({ at: now, type: "finished", ms: now - since, outcome, description });
  return { type: "done" };
}
