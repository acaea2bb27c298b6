import { mapBounded } from "../../base/index.ts";
import { annotationsOf, labelsOf, nameOf } from "../../resource/index.ts";
import { annotation, label } from "../annotations.ts";
import { DeployError } from "../failure.ts";
import type { DeploymentPlan, DeployProgress } from "../plan-types.ts";
import {
  type AppRecord,
  isUnfinished,
  type LastChange,
  sortedGroupKinds,
  sortedGroupVersions,
  zeroTime,
} from "../record/app-record.ts";
import { type AssociatedResources, type InventoryEntry, inventoryEntryOf } from "../record/inventory.ts";
import { runPreflight } from "../preflight/run-preflight.ts";
import { goTime } from "../text/go-time.ts";
import { opCounts } from "../text/op-counts.ts";
import { finishAppChange, newChangeName, settleQuietly, storeAppChange, trimAppChanges } from "./app-changes.ts";
import { Engine, type EngineContext, type EngineOutcome } from "./engine.ts";
import type { DeployOutcome } from "./events.ts";
import { type RecordContext, RecordWriter } from "./record-writer.ts";

export interface DeploymentRun {
  readonly plan: DeploymentPlan;
  readonly context: RecordContext;
  readonly random: () => number;
  readonly resume: DeployProgress | undefined;
  readonly engine: (fence: () => Promise<void>) => EngineContext;
}

/**
 * Carries out a deploy: preflight checks, record, app change, changes, record again (kapp.md §0 steps 7 to 9). A deploy without changes writes nothing
 * but a missing record, and the end of a change that was stopped after its last write (reliability.md F1).
 */
export async function runDeployment(run: DeploymentRun): Promise<DeployOutcome> {
  const { plan, context, resume } = run;
  const writer = new RecordWriter(context, plan.stored, plan.record);
  const idle = plan.steps.every((step) => !step.active);
  if (idle && resume === undefined) {
    await settle(run, writer);
    return { state: "succeeded", associated: associated(plan, writer.record), inventory: inventory(plan, undefined) };
  }
  await runPreflight(plan, context.cluster, context.signal);
  const change = await begin(run, writer);
  const engineContext = run.engine(() => writer.fence());
  const engine = new Engine(engineContext);
  let outcome: EngineOutcome;
  try {
    outcome = await engine.run();
  } catch (error) {
    // Whoever took over writes the record now; everything else ends the app change as a failed one.
    context.signal.throwIfAborted();
    const fenced = error instanceof DeployError && error.failure.code === "DEPLOY_FENCED";
    if (!fenced) await finish(run, writer, change, false);
    throw error;
  }
  if (outcome.state === "waiting") {
    return {
      state: "waiting",
      associated: associated(plan, writer.record),
      progress: {
        changeName: change.name,
        startedAt: change.startedAt,
        description: change.description,
        namespaces: change.namespaces,
        lastProgressAt: outcome.lastProgressAt,
        total: outcome.total,
        waitingFor: outcome.waitingFor,
        heldSince: outcome.heldSince,
        ...(engineContext.logs?.progress === undefined ? {} : { logs: engineContext.logs.progress }),
        ...(outcome.retryingSince === undefined ? {} : { retryingSince: outcome.retryingSince }),
      },
    };
  }
  await finish(run, writer, change, outcome.state === "succeeded");
  switch (outcome.state) {
    case "succeeded":
      return { state: "succeeded", associated: associated(plan, writer.record), inventory: inventory(plan, engine) };
    case "failed":
      return { ...outcome, associated: associated(plan, writer.record) };
    case "superseded":
      return outcome;
  }
}

/** Everything is as the input wants it: what is left to bring up to date is the record. */
async function settle(run: DeploymentRun, writer: RecordWriter): Promise<void> {
  const { record, namespaces } = run.plan;
  const { startedAt, description = "" } = record.lastChange;
  if (isUnfinished(record.lastChange)) {
    await finish(run, writer, { name: record.lastChangeName, startedAt, description, namespaces }, true);
  } else if (!writer.isSettled) await writer.store(record);
}

interface RunningChange {
  /** Empty when no app changes are kept. */
  readonly name: string;
  readonly startedAt: string;
  readonly description: string;
  readonly namespaces: readonly string[];
}

/**
 * Record and app change are written side by side, a new record alone: no app change may be there without one. Both come before the first
 * object: its kind must be on record first.
 */
async function begin(run: DeploymentRun, writer: RecordWriter): Promise<RunningChange> {
  const { plan, context, random, resume } = run;
  const { ops, waits } = opCounts(plan.steps);
  const change: RunningChange =
    resume === undefined
      ? {
          name: plan.options.appChangesMaxToKeep === 0 ? "" : newChangeName(context.name, random),
          startedAt: goTime(context.clock.now()),
          description: `update: Op: ${ops} / Wait to: ${waits}`,
          namespaces: plan.namespaces,
        }
      : {
          name: resume.changeName,
          startedAt: resume.startedAt,
          description: resume.description,
          namespaces: resume.namespaces,
        };
  const record: AppRecord = {
    ...plan.record,
    lastChangeName: change.name,
    lastChange: lastChange(change),
    usedGroupVersions: sortedGroupVersions([...plan.newGroupVersions, ...plan.existingGroupVersions]),
    usedGroupKinds: sortedGroupKinds([...plan.newGroupKinds, ...plan.existingGroupKinds]),
  };
  const usesAppLabel =
    plan.stored === undefined || annotationsOf(plan.stored.configMap)[annotation.appChangesUseAppLabel] !== undefined;
  const isNew = resume === undefined && change.name !== "";
  await mapBounded(
    [() => writer.store(record), ...(isNew ? [() => storeAppChange(change.name, record, usesAppLabel, context)] : [])],
    writer.exists ? 2 : 1,
    (write) => write(),
  );
  return change;
}

function lastChange(
  change: RunningChange,
  finished?: { readonly at: string; readonly successful: boolean },
): LastChange {
  return {
    startedAt: change.startedAt,
    finishedAt: finished?.at ?? zeroTime,
    ...(finished === undefined ? {} : { successful: finished.successful }),
    description: change.description,
    namespaces: change.namespaces,
  };
}

/** The record comes last: as long as it names a change that has not ended, the next run ends it. */
async function finish(
  run: DeploymentRun,
  writer: RecordWriter,
  change: RunningChange,
  successful: boolean,
): Promise<void> {
  const { plan, context } = run;
  const ended = lastChange(change, { at: goTime(context.clock.now()), successful });
  // kapp's list is nil, not empty, when nothing was deployed: the next deploy then looks at every kind.
  const usedGroupKinds = plan.newGroupKinds.length === 0 ? undefined : plan.newGroupKinds;
  const used = successful ? { usedGroupVersions: plan.newGroupVersions, usedGroupKinds } : {};
  const trim = async (): Promise<void> => {
    await trimAppChanges(writer.record, plan.options.appChangesMaxToKeep, change.name, context);
  };
  await Promise.all([
    settleQuietly(context, "app change", async () => {
      if (change.name !== "") await finishAppChange(change.name, ended, context);
    }),
    settleQuietly(context, "old app changes", trim),
  ]);
  await settleQuietly(context, "app record", () => writer.store({ ...writer.record, ...used, lastChange: ended }));
}

function associated(plan: DeploymentPlan, record: AppRecord): AssociatedResources {
  return {
    label: `${plan.label.key}=${plan.label.value}`,
    namespaces: record.lastChange.namespaces ?? [],
    groupKinds: record.usedGroupKinds ?? [],
  };
}

/** The objects that carry the app's label now: those of the input, and those that were left alone. */
function inventory(plan: DeploymentPlan, engine: Engine | undefined): InventoryEntry[] {
  const untouched = plan.untouched.map(({ live, type }) => inventoryEntryOf(live, type));
  const present = plan.steps.flatMap((step) => {
    if (step.fresh === undefined) return [];
    const object = engine?.objects.get(step) ?? step.live;
    const type = step.type ?? (object === undefined ? undefined : engine?.typeOf(object));
    if (object === undefined || type === undefined) return [];
    return labelsOf(object)[label.app] === plan.label.value && nameOf(object) !== ""
      ? [inventoryEntryOf(object, type)]
      : [];
  });
  return [...present, ...untouched];
}
