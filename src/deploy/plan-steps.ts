import {
  annotationsOf,
  compareCodePoints,
  describeResource,
  groupVersionKindOf,
  kindOf,
  type KubeObject,
  nameOf,
  uidOf,
  uniqueKey,
} from "../resource/index.ts";
import { annotation } from "./annotations.ts";
import type { ApiType } from "./cluster-port.ts";
import type { DeployConfig } from "./config/deploy-config.ts";
import { compareResources } from "./diff/compare.ts";
import type { ExistingObject } from "./existing/labelled-objects.ts";
import { DeployError } from "./failure.ts";
import { type ChangeOp, passesChangeFilter } from "./filter/change-filter.ts";
import type { ChangeOptions, DeleteStrategy } from "./options/deploy-options.ts";
import { isCreateStrategy, isDeleteStrategy, isUpdateStrategy } from "./options/strategies.ts";
import { buildChangeGraph, type GraphNode } from "./order/change-graph.ts";
import type { ApplyOp, ChangeStrategy, PlanStep, WaitOp } from "./plan-types.ts";
import type { PlannedVersion } from "./versions/plan-versions.ts";
import { readinessOf } from "./wait/readiness.ts";

export type DraftStep = Omit<PlanStep, "waitsFor" | "active"> & {
  /** What it counts as in the order; `noop` neither waits nor is waited for. */
  readonly order: GraphNode["op"];
};

export interface StepInput {
  /** Without versions; those come from `planVersions`. */
  readonly fresh: readonly KubeObject[];
  readonly versions?: readonly PlannedVersion[];
  /** Compared with `fresh`; what is not among it is deleted. */
  readonly existing: readonly ExistingObject[];
  readonly typeOf: (object: KubeObject) => ApiType | undefined;
  readonly options: ChangeOptions;
  readonly config: DeployConfig;
  /** Epoch milliseconds, for filters by age. */
  readonly now: number;
  /** UID of an object that nobody waits for. */
  readonly ownUid?: string;
}

/**
 * The changes from what exists to what is wanted (kapp.md §4.2), in kapp's order, each with what it waits for.
 * What a filter of changes keeps out is `skipped`: it has no part in the order.
 * @throws DeployError for bad rules, cycles, strategies and rebase paths.
 */
export function planSteps(input: StepInput): {
  readonly steps: readonly PlanStep[];
  readonly skipped: readonly DraftStep[];
} {
  const { fresh, versions = [], existing, config, ownUid = "" } = input;
  const byKey = new Map(existing.map((found) => [uniqueKey(found.object), found]));
  const drafts = versions.map((version) => stepForVersion(version, input));
  for (const object of fresh) drafts.push(stepForNew(object, byKey.get(uniqueKey(object)), input));
  const wanted = new Set(fresh.map(uniqueKey));
  // Lists arrive in any order; the plan must not depend on it.
  const gone = existing
    .filter((found) => !wanted.has(uniqueKey(found.object)))
    .sort((a, b) => compareCodePoints(uniqueKey(a.object), uniqueKey(b.object)));
  for (const found of gone) drafts.push(stepForGone(found, input.options));
  const waited = dropMovedDeletes(drafts).map(
    (draft): DraftStep => (isUid(ownUid, draft) ? { ...draft, wait: "noop" } : draft),
  );
  const isMeant = (draft: DraftStep): boolean =>
    passesChangeFilter(input.options.diffFilter, { ...draft, op: comparedOp(draft) }, input.now);
  return { steps: withOrder(waited.filter(isMeant), config), skipped: waited.filter((draft) => !isMeant(draft)) };
}

/** What the comparison found, in kapp's words. */
function comparedOp({ op, fresh, order }: DraftStep): ChangeOp {
  if (fresh === undefined) return "delete";
  if (op === "noop") return order === "noop" ? "noop" : "keep";
  return op === "create" ? "add" : op;
}

function isUid(uid: string, { existing }: DraftStep): boolean {
  return uid !== "" && existing !== undefined && uidOf(existing) === uid;
}

/** A new version is a new object, though it is shown as a change of the version before. */
function stepForVersion({ fresh, newest, comparison }: PlannedVersion, input: StepInput): DraftStep {
  if (comparison === undefined) return stepForNew(fresh, newest, input);
  const { left, right: shown } = comparison;
  return { ...stepForNew(fresh, undefined, input), shown, ...(left === undefined ? {} : { left }) };
}

function stepForNew(fresh: KubeObject, found: ExistingObject | undefined, input: StepInput): DraftStep {
  const { options, config } = input;
  const type = input.typeOf(fresh);
  const base = {
    description: describeResource(fresh),
    fresh,
    transient: false,
    order: "upsert",
    ...(found === undefined ? {} : { existing: found.object, live: found.live }),
    ...(type === undefined ? {} : { type }),
  } as const;
  const ignored = { ...base, op: "noop", wait: "noop", strategy: { of: "none" }, order: "noop" } as const;
  if (annotationsOf(fresh)[annotation.noop] !== undefined) return ignored;
  const rules = { config, againstLastApplied: options.diffAgainstLastApplied };
  const { left, right, differs } = compareResources(fresh, found?.object, rules);
  // Rebase rules may take these annotations over from the existing object.
  const annotations = annotationsOf(right);
  if (annotations[annotation.noop] !== undefined) return ignored;
  const exists = annotations[annotation.exists] !== undefined;
  const wait = waitUnlessDisabled("reconcile", fresh, options);
  if (found === undefined) {
    return exists
      ? { ...base, op: "exists", wait, strategy: { of: "none" } }
      : { ...base, op: "create", wait, strategy: createStrategy(fresh), target: right };
  }
  // The table shows the state without the rules of a Config, as kapp does.
  const existingState = readinessOf(found.object, options);
  if (differs && !exists) {
    return {
      ...base,
      op: "update",
      wait,
      strategy: updateStrategy(fresh, options),
      target: right,
      existingState,
      ...(left === undefined ? {} : { left }),
    };
  }
  const { state } = readinessOf(found.object, { ...options, waitRules: config.waitRules });
  return { ...base, op: "noop", wait: state === "ok" ? "noop" : wait, strategy: { of: "none" }, existingState };
}

function stepForGone(found: ExistingObject, options: ChangeOptions): DraftStep {
  const { object, live, type, transient } = found;
  const op: ApplyOp = transient && !options.applyIgnored ? "noop" : "delete";
  const wait = transient && !options.waitIgnored ? "noop" : waitUnlessDisabled("delete", object, options);
  return {
    description: describeResource(object),
    op,
    wait,
    strategy: op === "delete" ? deleteStrategy(object) : { of: "none" },
    existing: object,
    live,
    left: object,
    type,
    transient,
    order: op === "delete" ? "delete" : "noop",
    existingState: readinessOf(object, options),
  };
}

function waitUnlessDisabled(wait: WaitOp, object: KubeObject, options: ChangeOptions): WaitOp {
  return options.wait && annotationsOf(object)[annotation.disableWait] === undefined ? wait : "noop";
}

function createStrategy(fresh: KubeObject): ChangeStrategy {
  const value = annotationsOf(fresh)[annotation.createStrategy] ?? "";
  if (isCreateStrategy(value)) return { of: "create", strategy: value };
  throw unknownStrategy("create", value, fresh);
}

function updateStrategy(fresh: KubeObject, options: ChangeOptions): ChangeStrategy {
  const value: string = annotationsOf(fresh)[annotation.updateStrategy] ?? options.applyDefaultUpdateStrategy;
  if (isUpdateStrategy(value)) return { of: "update", strategy: value };
  throw unknownStrategy("update", value, fresh);
}

/** Namespaces that a cluster cannot do without: kapp lets go of them instead of deleting them. */
const keptNamespaces: ReadonlySet<string> = new Set(["default", "kube-node-lease", "kube-public", "kube-system"]);

function deleteStrategy(existing: KubeObject): ChangeStrategy {
  const value = annotationsOf(existing)[annotation.deleteStrategy] ?? "";
  if (!isDeleteStrategy(value)) throw unknownStrategy("delete", value, existing);
  const { group } = groupVersionKindOf(existing);
  const kept = group === "" && kindOf(existing) === "Namespace" && keptNamespaces.has(nameOf(existing));
  const strategy: DeleteStrategy = kept ? "orphan" : value;
  return { of: "delete", strategy };
}

function unknownStrategy(strategy: "create" | "update" | "delete", value: string, object: KubeObject): DeployError {
  return new DeployError({ code: "DEPLOY_STRATEGY_UNKNOWN", strategy, value, resource: describeResource(object) });
}

/**
 * An object that moved to another API group shows as one delete and one other change of the same UID: the delete is dropped.
 * @throws DeployError `DEPLOY_INPUT_DUPLICATE` when two new resources mean the same object.
 */
function dropMovedDeletes(drafts: readonly DraftStep[]): DraftStep[] {
  const byUid = Map.groupBy(
    drafts.filter((draft) => draft.existing !== undefined && uidOf(draft.existing) !== ""),
    (draft) => (draft.existing === undefined ? "" : uidOf(draft.existing)),
  );
  const dropped = new Set<DraftStep>();
  for (const sharing of byUid.values()) {
    if (sharing.length < 2) continue;
    const kept = sharing.filter((draft) => draft.fresh !== undefined);
    if (kept.length > 1) {
      throw new DeployError({
        code: "DEPLOY_INPUT_DUPLICATE",
        resources: kept.map((draft) => draft.description),
        hints: [],
      });
    }
    for (const draft of sharing) if (draft.fresh === undefined) dropped.add(draft);
  }
  return drafts.filter((draft) => !dropped.has(draft));
}

function withOrder(drafts: readonly DraftStep[], config: DeployConfig): PlanStep[] {
  const isActive = (draft: DraftStep): boolean => draft.op !== "noop" || draft.wait !== "noop";
  const nodes = drafts.map(
    (draft): GraphNode => ({
      object: draft.fresh ?? draft.existing ?? {},
      op: draft.order,
      active: isActive(draft),
    }),
  );
  const graph = buildChangeGraph(nodes, config.changeGroups, config.changeRules);
  return drafts.map(({ order: _order, ...step }, index) => ({
    ...step,
    waitsFor: graph.waitsFor[index] ?? [],
    active: nodes[index]?.active === true,
  }));
}
