import { describeResource, type KubeObject, nameOf } from "../../resource/index.ts";
import { DeployError } from "../failure.ts";
import { listOwned } from "../plan-deletion.ts";
import type { DeletionPlan, DeployProgress } from "../plan-types.ts";
import { type AppRecord, clusterScope, trimQualified, zeroTime } from "../record/app-record.ts";
import { namesItself } from "../record/ownership.ts";
import { goTime } from "../text/go-time.ts";
import { settleQuietly, trimAppChanges } from "./app-changes.ts";
import { Engine, type EngineContext } from "./engine.ts";
import type { DeployOutcome } from "./events.ts";
import { type RecordContext, RecordWriter } from "./record-writer.ts";

export interface DeletionRun {
  readonly plan: DeletionPlan;
  readonly context: RecordContext;
  readonly resume: DeployProgress | undefined;
  readonly engine: (fence: () => Promise<void>) => EngineContext;
}

/** App changes that a failed delete leaves (kapp.md §1.4). */
const keptAfterFailure = 5;
/** And one that leaves what a filter keeps out. */
const keptAfterPartial = 200;

/** Deletes everything, looks that it is gone, and deletes the record last: until then a new try finds its way. */
export async function runDeletion(run: DeletionRun): Promise<DeployOutcome> {
  const { plan, context, resume } = run;
  const { stored, associated } = plan;
  if (stored === undefined) return { state: "succeeded", associated: undefined, inventory: [] };
  // The record is deleted where it lies, whatever its name.
  const name = trimQualified(nameOf(stored.configMap));
  const writer = new RecordWriter(
    { ...context, name, isQualified: false },
    { ...stored, previous: false },
    stored.record,
  );
  const startedAt = resume?.startedAt ?? goTime(context.clock.now());
  const started: AppRecord = {
    ...stored.record,
    lastChangeName: "",
    lastChange: { startedAt, finishedAt: zeroTime, description: "delete" },
  };
  await writer.store(started);
  const engine = new Engine(run.engine(() => writer.fence()));
  const ended = async (successful: boolean, keep: number): Promise<void> => {
    const lastChange = { ...started.lastChange, finishedAt: goTime(context.clock.now()), successful };
    await settleQuietly(context, "app record", () => writer.store({ ...started, lastChange }));
    await settleQuietly(context, "old app changes", () => trimAppChanges(started, keep, "", context));
  };
  const failed = (): Promise<void> => ended(false, plan.isPartial ? keptAfterPartial : keptAfterFailure);
  try {
    const outcome = await engine.run();
    switch (outcome.state) {
      case "succeeded":
        if (plan.isPartial) {
          await ended(true, keptAfterPartial);
          return { state: "succeeded", associated, inventory: [] };
        }
        await trimAppChanges(started, 0, "", context);
        await verifyGone(run, started);
        await writer.delete();
        return { state: "succeeded", associated, inventory: [] };
      case "failed":
        await failed();
        return { ...outcome, associated };
      case "superseded":
        await failed();
        return outcome;
      case "waiting":
        return {
          state: "waiting",
          associated,
          progress: {
            changeName: "",
            startedAt,
            description: "delete",
            namespaces: [],
            lastProgressAt: outcome.lastProgressAt,
            total: outcome.total,
            waitingFor: outcome.waitingFor,
            heldSince: outcome.heldSince,
          },
        };
    }
  } catch (error) {
    context.signal.throwIfAborted();
    if (!(error instanceof DeployError) || error.failure.code === "DEPLOY_FENCED") throw error;
    await failed();
    return { state: "failed", failure: error.failure, retryable: error.retryable, associated };
  }
}

const verifyTries = 10;
const verifyPauseMs = 500;

/** @throws DeployError `DEPLOY_NOT_GONE` when something with the app's label is left; what controllers are still removing gets time. */
async function verifyGone(run: DeletionRun, record: AppRecord): Promise<void> {
  const { plan, context } = run;
  const { cluster, clock, signal } = context;
  const known = [...(plan.app.knownNamespaces ?? []), ...(plan.associated?.namespaces ?? [])];
  const input = { ...plan, app: { ...plan.app, knownNamespaces: known.filter((name) => name !== clusterScope) } };
  for (let attempt = 1; ; attempt++) {
    const left: KubeObject[] = (await listOwned(input, { record }, cluster, plan.discovery, signal)).map(
      ({ live }) => live,
    );
    if (left.length === 0) return;
    if (attempt >= verifyTries || left.some(namesItself)) {
      throw new DeployError({ code: "DEPLOY_NOT_GONE", resources: left.map(describeResource) });
    }
    await clock.sleep(verifyPauseMs, signal);
  }
}
