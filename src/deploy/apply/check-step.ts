import {
  apiVersionOf,
  compareCodePoints,
  describeResource,
  kindOf,
  type KubeObject,
  labelsOf,
  annotationsOf,
  nameOf,
  namespaceOf,
  uidOf,
} from "../../resource/index.ts";
import { annotation, label } from "../annotations.ts";
import { type ApiType, type DeployCluster, isApiFailure } from "../cluster-port.ts";
import { matches } from "../config/matchers.ts";
import type { WaitRule } from "../config/wait-rules.ts";
import type { PlanStep } from "../plan-types.ts";
import type { HeldFor } from "../wait/custom-state.ts";
import { deletingState, readinessOf } from "../wait/readiness.ts";
import { ok, ongoing, type WaitState } from "../wait/wait-state.ts";
import { calling } from "./api-calls.ts";
import { DeployError } from "../failure.ts";
import type { ChildState } from "./events.ts";

export interface CheckContext {
  readonly cluster: DeployCluster;
  readonly signal: AbortSignal;
  readonly typeOf: (object: KubeObject) => ApiType | undefined;
  readonly ignoreFailingApiServices: boolean;
  readonly waitRules: readonly WaitRule[];
  readonly heldFor: HeldFor;
}

export interface CheckResult {
  readonly state: WaitState;
  /** The object as it was seen; absent when it is gone. */
  readonly object?: KubeObject;
  readonly children: readonly ChildState[];
}

/**
 * Looks whether a change has taken effect (kapp.md §7.2). `known` is what the last call on the object answered: where that settles it
 * nothing is asked again.
 */
export async function checkStep(
  step: PlanStep,
  known: KubeObject | undefined,
  type: ApiType,
  context: CheckContext,
): Promise<CheckResult> {
  switch (step.wait) {
    case "noop":
      return { state: ok(), children: [], ...(known === undefined ? {} : { object: known }) };
    case "delete":
      return checkDeleted(step, known, type, context);
    case "reconcile":
      return checkReconciled(step, known, type, context);
  }
}

async function checkDeleted(
  step: PlanStep,
  known: KubeObject | undefined,
  type: ApiType,
  context: CheckContext,
): Promise<CheckResult> {
  const orphaned = step.strategy.of === "delete" && step.strategy.strategy === "orphan";
  const { existing } = step;
  if (orphaned || known === undefined || existing === undefined) return { state: ok(), children: [] };
  const found = await calling("", "Checking existence of", existing, () =>
    context.cluster.get(type, namespaceOf(existing), nameOf(existing), { signal: context.signal }),
  );
  if (found === undefined || uidOf(found) !== uidOf(existing)) return { state: ok(), children: [] };
  // kapp looks at the object as it was before the deletion: finalizers are named of those that were on their way out already.
  return { state: deletingState(existing) ?? ongoing(), object: found, children: [] };
}

async function checkReconciled(
  step: PlanStep,
  known: KubeObject | undefined,
  type: ApiType,
  context: CheckContext,
): Promise<CheckResult> {
  const fresh = step.fresh ?? {};
  // The answer to the write may show it already; an unchanged object was not ready when the plan was made.
  if (known !== undefined && step.op !== "noop" && !asksForMinimum(known) && !hasWaitRule(known, context)) {
    const state = readinessOf(known, context);
    if (state.state === "ok") return { state, object: known, children: [] };
  }
  const object = await calling("", "Getting", fresh, () =>
    context.cluster.get(type, namespaceOf(fresh), nameOf(fresh), { signal: context.signal }),
  );
  if (object === undefined) throw notFound(fresh, type);
  let associated = asksForMinimum(object) ? await associatedObjects(object, context) : undefined;
  const state = readinessOf(object, { ...context, associated: associated ?? [] });
  if (state.state === "ongoing") associated ??= await associatedObjects(object, context);
  const shown = state.state === "ongoing" ? (associated ?? []) : [];
  return { state, object, children: shown.map((child) => childState(child, context)) };
}

/** Its conditions are a controller's, who has not seen what was just written. */
function hasWaitRule(object: KubeObject, { waitRules }: CheckContext): boolean {
  return waitRules.some(({ matcher }) => matches(matcher, object));
}

function asksForMinimum(object: KubeObject): boolean {
  return annotationsOf(object)[annotation.minimumReplicas] !== undefined;
}

/** Kinds of what controllers make of a workload (kapp.md §7.5). */
const childKinds: ReadonlyMap<string, readonly string[]> = new Map([
  ["apps/v1 Deployment", ["apps/v1 ReplicaSet", "v1 Pod"]],
  ["apps/v1 DaemonSet", ["apps/v1 ReplicaSet", "v1 Pod"]],
  ["apps/v1 StatefulSet", ["v1 PersistentVolumeClaim", "v1 Pod"]],
  ["batch/v1 Job", ["batch/v1 Job", "v1 Pod"]],
]);

async function associatedObjects(parent: KubeObject, context: CheckContext): Promise<KubeObject[]> {
  const association = labelsOf(parent)[label.association];
  const wanted = childKinds.get(`${apiVersionOf(parent)} ${kindOf(parent)}`) ?? [];
  if (association === undefined || annotationsOf(parent)[annotation.disableAssociatedResourcesWait] !== undefined)
    return [];
  const lists = await Promise.all(
    wanted.map(async (name) => {
      const [apiVersion = "", kind = ""] = name.split(" ");
      const type = context.typeOf({ apiVersion, kind });
      if (type === undefined) return [];
      try {
        const labelSelector = `${label.association}=${association}`;
        return await context.cluster.list(type, {
          namespace: namespaceOf(parent),
          labelSelector,
          signal: context.signal,
        });
      } catch (error) {
        // They explain what is waited for; who may not see them waits without the explanation.
        if (isApiFailure(error)) return [];
        throw error;
      }
    }),
  );
  return lists
    .flat()
    .filter((child) => uidOf(child) !== uidOf(parent))
    .sort((a, b) => compareCodePoints(describeResource(b), describeResource(a)));
}

function childState(child: KubeObject, context: CheckContext): ChildState {
  const { state, message } = readinessOf(child, context);
  return { resource: describeResource(child), state, message };
}

function notFound(object: KubeObject, type: ApiType): DeployError {
  const plural = type.group === "" ? type.resource : `${type.resource}.${type.group}`;
  return new DeployError({
    code: "DEPLOY_API",
    op: "",
    verb: "Getting",
    resource: describeResource(object),
    status: 404,
    reason: "NotFound",
    message: `${plural} "${nameOf(object)}" not found`,
  });
}
