import { createHash } from "node:crypto";
import { compareCodePoints, describeResource, labelsOf, uidOf, uniqueKey } from "../resource/index.ts";
import { annotation } from "./annotations.ts";
import type { DeployFailure } from "./failure.ts";
import type { DeploymentPlan, PlanStep } from "./plan-types.ts";
import { resourceKey } from "./versions/version-name.ts";

/** How much of an app one deploy may prune without an approval (ADR 0015). Absent: any number. */
export interface DeletionLimits {
  readonly objects?: number;
  /** Of the objects that the app has on its cluster, 0 to 100. */
  readonly percent?: number;
}

/** What a deploy would prune. */
export interface Pruning {
  /** What an approval names: 16 hex digits, others for any other set of objects. */
  readonly digest: string;
  readonly uids: readonly string[];
  /** Descriptions, in order. */
  readonly resources: readonly string[];
  /** Objects that the app has on its cluster before the deploy. */
  readonly total: number;
}

/**
 * The objects that a deploy would prune: those of the app that the input does not name any more. Not versions of a resource that the input
 * still has, nor what is only let go of (`delete-strategy: orphan`). A renamed object counts: its old name is deleted.
 */
export function pruningOf(plan: DeploymentPlan): Pruning {
  const wanted = new Set(plan.steps.flatMap(({ fresh }) => (fresh === undefined ? [] : [resourceKey(fresh)])));
  const pruned = plan.steps
    .filter((step) => isPruned(step, wanted))
    .flatMap(({ existing }) => (existing === undefined ? [] : [existing]))
    .sort((a, b) => compareCodePoints(uniqueKey(a), uniqueKey(b)));
  const goesOn = ({ fresh, live }: PlanStep): boolean =>
    fresh !== undefined && live !== undefined && labelsOf(live)[plan.label.key] === plan.label.value;
  const replaced = plan.steps.filter((step) => step.op === "delete" && !isPruned(step, wanted));
  const uids = pruned.map((object) => uidOf(object) || uniqueKey(object));
  return {
    digest: createHash("sha256")
      .update([...uids].sort(compareCodePoints).join("\n"))
      .digest("hex")
      .slice(0, 16),
    uids,
    resources: pruned.map(describeResource),
    total: pruned.length + plan.steps.filter(goesOn).length + replaced.length + plan.untouched.length,
  };
}

export interface DeletionRules {
  readonly limits: DeletionLimits;
  /** Digest of the pruning that the App's annotation lets pass. */
  readonly approved?: string;
}

export type PruningVerdict =
  | { readonly verdict: "within limits" | "approved" }
  | { readonly verdict: "refused"; readonly failure: DeployFailure };

/** Whether a pruning may be carried out. */
export function judgePruning(pruning: Pruning, { limits, approved }: DeletionRules): PruningVerdict {
  const { digest, resources, total } = pruning;
  if (!isOver(pruning, limits)) return { verdict: "within limits" };
  if (approved === digest) return { verdict: "approved" };
  const { objects: maxObjects, percent: maxPercent } = limits;
  const failure: DeployFailure = {
    code: "DEPLOY_DELETION_LIMIT",
    resources,
    total,
    digest,
    ...(maxObjects === undefined ? {} : { maxObjects }),
    ...(maxPercent === undefined ? {} : { maxPercent }),
  };
  return { verdict: "refused", failure };
}

/**
 * The rules of one App: its annotations `lateen.dev/max-deletions` and `lateen.dev/max-deleted-percent` (a whole number, or `none`) win over
 * the operator's limits; `lateen.dev/approve-deletions` approves.
 */
export function deletionRulesOf(
  annotations: Readonly<Record<string, string>>,
  defaults: DeletionLimits,
): { readonly rules: DeletionRules } | { readonly failure: DeployFailure } {
  const faults: string[] = [];
  const limit = (name: string, fallback: number | undefined, most: number): number | undefined => {
    const text = annotations[name];
    if (text === undefined) return fallback;
    if (text === "none") return undefined;
    if (/^\d{1,7}$/.test(text) && Number(text) <= most) return Number(text);
    faults.push(`Expected annotation '${name}' value to be none or a whole number from 0 to ${most}`);
    return undefined;
  };
  const objects = limit(annotation.maxDeletions, defaults.objects, mostObjects);
  const percent = limit(annotation.maxDeletedPercent, defaults.percent, 100);
  if (faults.length > 0) return { failure: { code: "DEPLOY_INPUT_INVALID", errors: faults } };
  const approved = annotations[annotation.approveDeletions];
  const limits = { ...(objects === undefined ? {} : { objects }), ...(percent === undefined ? {} : { percent }) };
  return { rules: { limits, ...(approved === undefined ? {} : { approved }) } };
}

const mostObjects = 9_999_999;

function isOver({ resources, total }: Pruning, { objects, percent }: DeletionLimits): boolean {
  const pruned = resources.length;
  return (objects !== undefined && pruned > objects) || (percent !== undefined && pruned * 100 > percent * total);
}

function isPruned({ op, strategy, existing }: PlanStep, wanted: ReadonlySet<string>): boolean {
  if (op !== "delete" || existing === undefined) return false;
  if (strategy.of === "delete" && strategy.strategy === "orphan") return false;
  return !wanted.has(resourceKey(existing));
}
