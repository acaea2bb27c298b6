import type { Clock } from "../../base/index.ts";
import {
  annotationsOf,
  type KubeObject,
  labelsOf,
  nameOf,
  namespaceOf,
  resourceVersionOf,
  stringifyJson,
  uidOf,
} from "../../resource/index.ts";
import { annotation, label } from "../annotations.ts";
import type { ApiType, DeployCluster } from "../cluster-port.ts";
import { compareResources, type Comparison } from "../diff/compare.ts";
import { withoutHistory, withoutIdentity } from "../diff/history.ts";
import { maskSecrets } from "../diff/mask.ts";
import { digestOps, patchOps } from "../diff/patch-ops.ts";
import { DeployError, failureText } from "../failure.ts";
import { textAt } from "../fields.ts";
import type { PlanStep } from "../plan-types.ts";
import { type AppLabel, namesItself } from "../record/ownership.ts";
import { minimalDiff } from "../text/text-diff.ts";
import { calling, isConflict, isOutcomeUnknown, reasonOf, statusOf } from "./api-calls.ts";
import { type History, missingHistory, rememberIn, withGuessedHistory } from "./save-history.ts";

/** What a change's calls need beside the change. */
export interface WriteContext {
  readonly cluster: DeployCluster;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly signal: AbortSignal;
  readonly appLabel: AppLabel;
  readonly againstLastApplied: boolean;
  /** Longest wait for an object to be gone before it is created anew. */
  readonly replaceTimeoutMs: number;
}

/** What a change left behind. */
export interface WriteResult {
  /** The object as the server has it, as far as a call showed it. */
  readonly saved?: KubeObject;
  /** A delete after which nothing is left. */
  readonly gone?: boolean;
}

/** kapp's number of tries against conflicts. */
const conflictTries = 10;
const goneCheckMs = 1_000;
const historyTries = 60;

/**
 * Carries out one change (kapp.md §6.2 to §6.5); a repeated call after a kill between its writes ends in the same state.
 * @throws DeployError `DEPLOY_API`, `DEPLOY_CONFLICT`, `DEPLOY_RECALCULATION`, `DEPLOY_EXTERNAL_MISSING`.
 */
export async function writeStep(step: PlanStep, type: ApiType, context: WriteContext): Promise<WriteResult> {
  switch (step.op) {
    case "noop":
      return {};
    case "exists":
      return { saved: await requireExisting(step, type, context) };
    case "create":
      return { saved: await create(step, type, context) };
    case "update":
      return updateByStrategy(step, type, context);
    case "delete":
      return step.strategy.of === "delete" && step.strategy.strategy === "orphan"
        ? { saved: await orphan(step, type, context) }
        : remove(step, type, context);
  }
}

async function requireExisting(step: PlanStep, type: ApiType, context: WriteContext): Promise<KubeObject> {
  const found = await read(step, type, context);
  if (found === undefined) throw new DeployError({ code: "DEPLOY_EXTERNAL_MISSING", resource: step.description });
  return found;
}

async function create(step: PlanStep, type: ApiType, context: WriteContext): Promise<KubeObject> {
  const fresh = freshOf(step);
  const target = step.target ?? fresh;
  try {
    return await post(step, type, target, context);
  } catch (error) {
    const strategy = step.strategy.of === "create" ? step.strategy.strategy : "";
    if (reasonOf(error) !== "AlreadyExists" || strategy === "") throw error;
    return updateInstead(step, type, context);
  }
}

/** POST, and the history that fits the answer. */
async function post(step: PlanStep, type: ApiType, target: KubeObject, context: WriteContext): Promise<KubeObject> {
  const fresh = freshOf(step);
  const { object, history } = withGuessedHistory(target, fresh);
  const send = (): Promise<KubeObject> =>
    calling(step.op, "Creating", fresh, () =>
      context.cluster.create(type, namespaceOf(fresh), object, { signal: context.signal }),
    );
  let saved: KubeObject;
  try {
    saved = await send();
  } catch (error) {
    if (!isOutcomeUnknown(error)) throw error;
    const found = await read(step, type, context);
    // Ours if it carries this app's label and names itself: nobody else writes that.
    saved = found === undefined ? await send() : isOwn(found, context) ? found : await send();
  }
  return remember(step, type, saved, history, context);
}

/** The object is there after all: it is updated, if that is what a new look at it says (kapp.md §6.2). */
async function updateInstead(step: PlanStep, type: ApiType, context: WriteContext): Promise<KubeObject> {
  const fresh = freshOf(step);
  let last: unknown;
  for (let attempt = 0; attempt < conflictTries; attempt++) {
    const found = await read(step, type, context);
    if (found === undefined) return post(step, type, step.target ?? fresh, context);
    const comparison = compare(fresh, withoutIdentity(found), context);
    // kapp calls this an error; the object is as wanted, so there is nothing to do.
    if (!comparison.differs) return found;
    try {
      return await put(step, type, comparison.right, context);
    } catch (error) {
      if (!isConflict(error)) throw error;
      last = error;
    }
  }
  throw conflict(
    step,
    "Failed to update (after trying to create) due to resource conflict (tried multiple times)",
    last,
  );
}

async function updateByStrategy(step: PlanStep, type: ApiType, context: WriteContext): Promise<WriteResult> {
  const strategy = step.strategy.of === "update" ? step.strategy.strategy : "";
  switch (strategy) {
    case "skip":
      return step.live === undefined ? {} : { saved: step.live };
    case "always-replace":
      return { saved: await replace(step, type, context) };
    case "fallback-on-replace":
      try {
        return { saved: await update(step, type, context) };
      } catch (error) {
        if (reasonOf(error) !== "Invalid") throw error;
        return { saved: await replace(step, type, context) };
      }
    case "":
      return { saved: await update(step, type, context) };
  }
}

/** PUT; after a conflict only a change that comes to the same as the planned one is sent again (kapp.md §6.3). */
async function update(step: PlanStep, type: ApiType, context: WriteContext): Promise<KubeObject> {
  const fresh = freshOf(step);
  const approved = digestOf(step.left, step.target);
  let target = step.target ?? fresh;
  let last: unknown;
  for (let attempt = 0; attempt <= conflictTries; attempt++) {
    try {
      return await put(step, type, target, context);
    } catch (error) {
      const unknown = isOutcomeUnknown(error);
      if (!isConflict(error) && !unknown) throw error;
      last = error;
      const found = await read(step, type, context);
      if (found === undefined) continue;
      const comparison = compare(fresh, asPlanned(found, step), context);
      // The answer to the write was lost, and the write is there.
      if (unknown && !comparison.differs) return found;
      if (!comparison.differs) throw recalculation(step, "Expected recalculated change to be an update");
      if (digestOf(comparison.left, comparison.right) !== approved) {
        const problem = "Failed to update due to resource conflict (approved diff no longer matches)";
        throw conflict(step, problem, error, comparison);
      }
      target = comparison.right;
    }
  }
  throw conflict(step, "Failed to update due to resource conflict (tried multiple times)", last);
}

async function put(step: PlanStep, type: ApiType, target: KubeObject, context: WriteContext): Promise<KubeObject> {
  const fresh = freshOf(step);
  const { object, history } = withGuessedHistory(target, fresh);
  const verb = step.op === "create" ? "Creating" : "Updating";
  const saved = await calling(step.op, verb, fresh, () =>
    context.cluster.replace(type, namespaceOf(fresh), nameOf(fresh), object, { signal: context.signal }),
  );
  return remember(step, type, saved, history, context);
}

/** The second write of kapp, where the first could not know what the server would add. */
async function remember(
  step: PlanStep,
  type: ApiType,
  saved: KubeObject,
  written: History | undefined,
  context: WriteContext,
): Promise<KubeObject> {
  const fresh = freshOf(step);
  const history = missingHistory(saved, fresh, written);
  if (history === undefined) return saved;
  let latest: KubeObject | undefined = saved;
  for (let attempt = 0; latest !== undefined; attempt++) {
    const object = rememberIn(latest, history);
    try {
      return await calling(step.op, "Updating", fresh, () =>
        context.cluster.replace(type, namespaceOf(fresh), nameOf(fresh), object, { signal: context.signal }),
      );
    } catch (error) {
      if (statusOf(error) === 404) return saved;
      if (!isConflict(error) || attempt >= historyTries) throw error;
    }
    // Controllers write status at once after a change: the first new try need not wait.
    if (attempt > 0) await context.clock.sleep(goneCheckMs, context.signal);
    latest = await read(step, type, context);
    if (latest !== undefined && uidOf(latest) !== uidOf(saved)) return saved;
  }
  return saved;
}

/** Deletes, waits until nothing is left and creates; a run killed in between finds nothing there and creates (reliability.md F51). */
async function replace(step: PlanStep, type: ApiType, context: WriteContext): Promise<KubeObject> {
  const { existing } = step;
  const fresh = freshOf(step);
  if (existing !== undefined) {
    const uid = uidOf(existing);
    const { gone } = await calling(step.op, "Deleting", existing, () =>
      context.cluster.delete(type, namespaceOf(existing), nameOf(existing), { uid }, { signal: context.signal }),
    );
    if (!gone) await untilGone(step, type, uid, context);
  }
  return post(step, type, withoutHistory(fresh), context);
}

async function untilGone(step: PlanStep, type: ApiType, uid: string, context: WriteContext): Promise<void> {
  const { clock, signal, replaceTimeoutMs } = context;
  const start = clock.now();
  for (let waitMs = 50; ; waitMs = Math.min(waitMs * 2, goneCheckMs)) {
    const found = await read(step, type, context);
    if (found === undefined || uidOf(found) !== uid) return;
    if (clock.now() - start > replaceTimeoutMs) {
      throw new DeployError({
        code: "DEPLOY_WAIT_TIMEOUT",
        timeoutMs: replaceTimeoutMs,
        resources: [step.description],
      });
    }
    await clock.sleep(waitMs, signal);
  }
}

/** DELETE of exactly the object that was looked at: same UID, and still the app's own at its present version (reliability.md I2). */
async function remove(step: PlanStep, type: ApiType, context: WriteContext): Promise<WriteResult> {
  let live = step.live;
  if (live === undefined || !type.verbs.includes("delete")) return {};
  const uid = uidOf(live);
  let last: unknown;
  for (let attempt = 0; attempt <= conflictTries; attempt++) {
    if (live === undefined || uidOf(live) !== uid) return { gone: true };
    if (textAt(live, "metadata", "deletionTimestamp") !== "") return {};
    if (attempt > 0 && !step.transient && !isOwn(live, context)) {
      throw recalculation(step, "Refusing to delete: the object no longer belongs to this app");
    }
    const current = live;
    try {
      return await calling(step.op, "Deleting", current, () =>
        context.cluster.delete(
          type,
          namespaceOf(current),
          nameOf(current),
          { uid, resourceVersion: resourceVersionOf(current) },
          { signal: context.signal },
        ),
      );
    } catch (error) {
      if (!isConflict(error) && !isOutcomeUnknown(error)) throw error;
      last = error;
      live = await read(step, type, context);
    }
  }
  throw conflict(step, "Failed to delete due to resource conflict (tried multiple times)", last);
}

/** Lets go of an object: takes the app's label off and leaves everything else (kapp.md §6.4). */
async function orphan(step: PlanStep, type: ApiType, context: WriteContext): Promise<KubeObject> {
  const existing = step.existing ?? {};
  const escaped = (key: string): string => key.replaceAll("~", "~0").replaceAll("/", "~1");
  const body = stringifyJson([
    { op: "test", path: "/metadata/uid", value: uidOf(existing) },
    { op: "remove", path: `/metadata/labels/${escaped(context.appLabel.key)}` },
    { op: "add", path: `/metadata/labels/${escaped(label.orphaned)}`, value: "" },
  ]);
  return calling(step.op, "Patching", existing, () =>
    context.cluster.patch(
      type,
      namespaceOf(existing),
      nameOf(existing),
      { contentType: "application/json-patch+json", body },
      { signal: context.signal },
    ),
  );
}

function read(step: PlanStep, type: ApiType, context: WriteContext): Promise<KubeObject | undefined> {
  const object = step.fresh ?? step.existing ?? {};
  return calling(step.op, "Getting", object, () =>
    context.cluster.get(type, namespaceOf(object), nameOf(object), { signal: context.signal }),
  );
}

function isOwn(object: KubeObject, { appLabel }: WriteContext): boolean {
  return labelsOf(object)[appLabel.key] === appLabel.value && namesItself(object);
}

function compare(fresh: KubeObject, found: KubeObject, context: WriteContext): Comparison {
  return compareResources(fresh, found, { againstLastApplied: context.againstLastApplied });
}

/** With or without identity annotation, as the object that the plan looked at. */
function asPlanned(found: KubeObject, step: PlanStep): KubeObject {
  const kept = step.existing !== undefined && annotationsOf(step.existing)[annotation.identity] !== undefined;
  return kept ? found : withoutIdentity(found);
}

function digestOf(left: KubeObject | undefined, right: KubeObject | undefined): string {
  return digestOps(patchOps(left ?? null, right ?? null));
}

function freshOf(step: PlanStep): KubeObject {
  return step.fresh ?? {};
}

function recalculation(step: PlanStep, problem: string): DeployError {
  return new DeployError({ code: "DEPLOY_RECALCULATION", op: step.op, resource: step.description, problem });
}

function conflict(step: PlanStep, problem: string, cause: unknown, comparison?: Comparison): DeployError {
  const said = cause instanceof DeployError ? failureText(cause.failure) : "";
  const mask = maskSecrets();
  const diff =
    comparison === undefined
      ? ""
      : minimalDiff(comparison.left === undefined ? undefined : mask(comparison.left), mask(comparison.right));
  return new DeployError(
    { code: "DEPLOY_CONFLICT", op: step.op, resource: step.description, problem, cause: said, diff },
    { cause },
  );
}
