import { annotationsOf, type KubeObject } from "../../resource/index.ts";
import { annotation } from "../annotations.ts";
import type { ApiType } from "../cluster-port.ts";
import { compareResources, type Comparison } from "../diff/compare.ts";
import { withoutIdentity } from "../diff/history.ts";
import { digestOps, patchOps } from "../diff/patch-ops.ts";
import { DeployError } from "../failure.ts";
import type { PlanStep } from "../plan-types.ts";
import { isConflict, isOutcomeUnknown, reasonOf } from "./api-calls.ts";
import { conflict, conflictTries, recalculation } from "./conflict-errors.ts";
import { orphan, remove, replace } from "./remove-object.ts";
import { arrived, freshOf, isOwn, post, put, read, type WriteContext } from "./send-object.ts";

/** What a change left behind. */
export interface WriteResult {
  /** The object as the server has it, as far as a call showed it. */
  readonly saved?: KubeObject;
  /** A delete after which nothing is left. */
  readonly gone?: boolean;
}

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
    if (reasonOf(error) !== "AlreadyExists") throw error;
    if (strategy === "" && !(await isOwnAlready(step, type, context))) throw error;
    return updateInstead(step, type, context);
  }
}

/**
 * The app's own object, which the plan could not see: its kind was not served yet, or an earlier run's create arrived when that run had ended
 * (reliability.md I1).
 */
async function isOwnAlready(step: PlanStep, type: ApiType, context: WriteContext): Promise<boolean> {
  const found = await read(step, type, context);
  return found !== undefined && isOwn(found, context);
}

/** The object is there after all: it is updated, if that is what a new look at it says (kapp.md §6.2). */
async function updateInstead(step: PlanStep, type: ApiType, context: WriteContext): Promise<KubeObject> {
  const fresh = freshOf(step);
  let last: unknown;
  for (let attempt = 0; attempt < conflictTries; attempt++) {
    const found = await read(step, type, context);
    if (found === undefined) return post(step, type, step.target ?? fresh, context);
    const comparison = compare(fresh, withoutIdentity(found), context);
    // The object may say so itself, where a rebase rule takes the annotation over.
    if (annotationsOf(comparison.right)[annotation.noop] !== undefined) {
      if (step.strategy.of === "create" && step.strategy.strategy === "fallback-on-update-or-noop") return found;
      const hint = `try adding annotation ${annotation.createStrategy}: fallback-on-update-or-noop`;
      throw recalculation(step, `Recalculated change was a noop but those are not allowed (${hint})`);
    }
    // kapp calls this an error; the object is as wanted, so there is nothing to do.
    if (!comparison.differs) return found;
    try {
      return await put(step, type, comparison.right, context);
    } catch (error) {
      if (!isConflict(error) && !isOutcomeUnknown(error)) throw error;
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
  let isLost = false;
  let last: unknown;
  for (let attempt = 0; attempt <= conflictTries; attempt++) {
    try {
      return await put(step, type, target, context);
    } catch (error) {
      isLost ||= isOutcomeUnknown(error);
      if (!isConflict(error) && !isOutcomeUnknown(error)) throw error;
      last = error;
      const found = await read(step, type, context);
      if (found === undefined) continue;
      // The answer to the write was lost, and the write is there.
      const saved = isLost ? await arrived(step, type, found, target, context) : undefined;
      if (saved !== undefined) return saved;
      const comparison = compare(fresh, asPlanned(found, step), context);
      if (!comparison.differs) throw recalculation(step, "Expected recalculated change to be an update");
      if (digestOf(comparison.left, comparison.right) !== approved) {
        const problem = "Failed to update due to resource conflict (approved diff no longer matches)";
        throw conflict(step, problem, error, { comparison, config: context.config });
      }
      target = comparison.right;
    }
  }
  throw conflict(step, "Failed to update due to resource conflict (tried multiple times)", last);
}

/** With or without identity annotation, as the object that the plan looked at. */
function asPlanned(found: KubeObject, step: PlanStep): KubeObject {
  const kept = step.existing !== undefined && annotationsOf(step.existing)[annotation.identity] !== undefined;
  return kept ? found : withoutIdentity(found);
}

function digestOf(left: KubeObject | undefined, right: KubeObject | undefined): string {
  return digestOps(patchOps(left ?? null, right ?? null));
}

function compare(fresh: KubeObject, found: KubeObject, context: WriteContext): Comparison {
  return compareResources(fresh, found, context);
}
