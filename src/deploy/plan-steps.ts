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
import { compareResources } from "./diff/compare.ts";
import type { ExistingObject } from "./existing/labelled-objects.ts";
import { DeployError } from "./failure.ts";
import type { ChangeOptions, DeleteStrategy } from "./options/deploy-options.ts";
import { isCreateStrategy, isDeleteStrategy, isUpdateStrategy } from "./options/strategies.ts";
import { buildChangeGraph, type GraphNode } from "./order/change-graph.ts";
import type { ApplyOp, ChangeStrategy, PlanStep, WaitOp } from "./plan-types.ts";
import { readinessOf } from "./wait/readiness.ts";

type DraftStep = Omit<PlanStep, "waitsFor" | "active">;

/**
 * The changes from what exists to what is wanted (kapp.md §4.2), in kapp's order, each with what it waits for.
 * @param ownUid UID of an object that nobody waits for.
 * @throws DeployError for bad rules, cycles, strategies and rebase paths.
 */
export function planSteps(
  fresh: readonly KubeObject[],
  existing: readonly ExistingObject[],
  typeOf: (object: KubeObject) => ApiType | undefined,
  options: ChangeOptions,
  ownUid = "",
): PlanStep[] {
  const byKey = new Map(existing.map((found) => [uniqueKey(found.object), found]));
  const drafts = fresh.map((object) => stepForNew(object, byKey.get(uniqueKey(object)), typeOf(object), options));
  const wanted = new Set(fresh.map(uniqueKey));
  // Lists arrive in any order; the plan must not depend on it.
  const gone = existing
    .filter((found) => !wanted.has(uniqueKey(found.object)))
    .sort((a, b) => compareCodePoints(uniqueKey(a.object), uniqueKey(b.object)));
  for (const found of gone) drafts.push(stepForGone(found, options));
  return withOrder(
    dropMovedDeletes(drafts).map((draft) => (isUid(ownUid, draft) ? { ...draft, wait: "noop" } : draft)),
  );
}

function isUid(uid: string, { existing }: DraftStep): boolean {
  return uid !== "" && existing !== undefined && uidOf(existing) === uid;
}

function stepForNew(
  fresh: KubeObject,
  found: ExistingObject | undefined,
  type: ApiType | undefined,
  options: ChangeOptions,
): DraftStep {
  const annotations = annotationsOf(fresh);
  const base = {
    description: describeResource(fresh),
    fresh,
    transient: false,
    ...(found === undefined ? {} : { existing: found.object, live: found.live }),
    ...(type === undefined ? {} : { type }),
  };
  const wait = waitUnlessDisabled("reconcile", fresh, options);
  if (annotations[annotation.noop] !== undefined) {
    return { ...base, op: "noop", wait: "noop", strategy: { of: "none" } };
  }
  const exists = annotations[annotation.exists] !== undefined;
  if (found === undefined) {
    if (exists) return { ...base, op: "exists", wait, strategy: { of: "none" } };
    const { right } = compareResources(fresh, undefined, { againstLastApplied: options.diffAgainstLastApplied });
    return { ...base, op: "create", wait, strategy: createStrategy(fresh), target: right };
  }
  const existingState = readinessOf(found.object, options);
  const comparison = exists
    ? undefined
    : compareResources(fresh, found.object, { againstLastApplied: options.diffAgainstLastApplied });
  if (comparison?.differs === true) {
    return {
      ...base,
      op: "update",
      wait,
      strategy: updateStrategy(fresh, options),
      target: comparison.right,
      existingState,
      ...(comparison.left === undefined ? {} : { left: comparison.left }),
    };
  }
  return {
    ...base,
    op: "noop",
    wait: existingState.state === "ok" ? "noop" : wait,
    strategy: { of: "none" },
    existingState,
  };
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

function withOrder(drafts: readonly DraftStep[]): PlanStep[] {
  const isActive = (draft: DraftStep): boolean => draft.op !== "noop" || draft.wait !== "noop";
  const nodes = drafts.map((draft): GraphNode => {
    const object = draft.fresh ?? draft.existing ?? {};
    const ignored = draft.fresh === undefined && draft.op === "noop";
    const annotatedNoop = draft.fresh !== undefined && annotationsOf(draft.fresh)[annotation.noop] !== undefined;
    const op = ignored || annotatedNoop ? "noop" : draft.fresh === undefined ? "delete" : "upsert";
    return { object, op, active: isActive(draft) };
  });
  const graph = buildChangeGraph(nodes);
  return drafts.map((draft, index) => ({ ...draft, waitsFor: graph.waitsFor[index] ?? [], active: isActive(draft) }));
}
