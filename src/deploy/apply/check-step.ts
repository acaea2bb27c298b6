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
import { type Diagnosis, type HeldOf, withFaults } from "../wait/diagnosis.ts";
import { observedGeneration, ok, ongoing, type WaitState } from "../wait/wait-state.ts";
import { calling } from "./api-calls.ts";
import type { ClusterWarnings } from "./cluster-warnings.ts";
import { diagnoseWait } from "./diagnose-wait.ts";
import { DeployError } from "../failure.ts";
import type { ChildState } from "./events.ts";

export interface CheckContext {
  readonly cluster: DeployCluster;
  readonly signal: AbortSignal;
  readonly typeOf: (object: KubeObject) => ApiType | undefined;
  readonly ignoreFailingApiServices: boolean;
  readonly waitRules: readonly WaitRule[];
  readonly heldFor: HeldFor;
  readonly heldOf: HeldOf;
  readonly warnings: ClusterWarnings;
}

export interface CheckResult {
  readonly state: WaitState;
  /** The object as it was seen; absent when it is gone. */
  readonly object?: KubeObject;
  readonly children: readonly ChildState[];
  /** Why it is not ready, as far as its Pods tell; absent for what is ready, and for deletions. */
  readonly diagnosis?: Diagnosis;
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
  const state = readinessOf(object, { ...context, associated: associated?.objects ?? [] });
  if (state.state === "ok") return { state, object, children: [] };
  associated ??= await associatedObjects(object, context);
  const { objects, isComplete } = associated;
  const diagnosis =
    isComplete && isSettled(object)
      ? await diagnoseWait(object, objects, canFail(object, state, context), context)
      : nothingKnown;
  const shown = state.state === "ongoing" ? objects : [];
  return {
    state: withFaults(object, state, diagnosis),
    object,
    children: shown.map((child) => childState(child, diagnosis, context)),
    diagnosis,
  };
}

const nothingKnown: Diagnosis = { faults: [], silent: [] };

/** Its controller has seen what was written, so that its Pods of the present revision can be told from older ones. */
function isSettled(object: KubeObject): boolean {
  const isBare = apiVersionOf(object) === "v1" || apiVersionOf(object) === "batch/v1";
  return deletingState(object) === undefined && (isBare || observedGeneration(object) === undefined);
}

/** Where a wait rule decides, Pods do not; what lets others go on is no reason to stop them. */
function canFail(object: KubeObject, state: WaitState, context: CheckContext): boolean {
  return state.state === "ongoing" && state.unblocks !== true && !hasWaitRule(object, context);
}

/** Its conditions are a controller's, who has not seen what was just written. */
function hasWaitRule(object: KubeObject, { waitRules }: CheckContext): boolean {
  return waitRules.some(({ matcher }) => matches(matcher, object));
}

function asksForMinimum(object: KubeObject): boolean {
  return annotationsOf(object)[annotation.minimumReplicas] !== undefined;
}

/** Shown only: no fault is read from them. */
const claims = "v1 PersistentVolumeClaim";

/** Kinds of what controllers make of a workload (kapp.md §7.5). */
const childKinds: ReadonlyMap<string, readonly string[]> = new Map([
  ["apps/v1 Deployment", ["apps/v1 ReplicaSet", "v1 Pod"]],
  ["apps/v1 DaemonSet", ["apps/v1 ReplicaSet", "v1 Pod"]],
  ["apps/v1 StatefulSet", [claims, "v1 Pod"]],
  ["batch/v1 Job", ["batch/v1 Job", "v1 Pod"]],
]);

interface Associated {
  readonly objects: readonly KubeObject[];
  /** `false`: there may be other Pods, which could not be listed or which nobody wants to be looked at. */
  readonly isComplete: boolean;
}

async function associatedObjects(parent: KubeObject, context: CheckContext): Promise<Associated> {
  const association = labelsOf(parent)[label.association];
  const wanted = childKinds.get(`${apiVersionOf(parent)} ${kindOf(parent)}`) ?? [];
  if (association === undefined || annotationsOf(parent)[annotation.disableAssociatedResourcesWait] !== undefined)
    return { objects: [], isComplete: false };
  const lists = await Promise.all(
    wanted.map(async (name) => {
      const [apiVersion = "", kind = ""] = name.split(" ");
      const type = context.typeOf({ apiVersion, kind });
      if (type === undefined) return undefined;
      try {
        const labelSelector = `${label.association}=${association}`;
        return await context.cluster.list(type, {
          namespace: namespaceOf(parent),
          labelSelector,
          signal: context.signal,
        });
      } catch (error) {
        // They explain what is waited for; who may not see them waits without the explanation.
        if (isApiFailure(error)) return undefined;
        throw error;
      }
    }),
  );
  const objects = lists
    .flatMap((list) => list ?? [])
    .filter((child) => uidOf(child) !== uidOf(parent))
    .sort((a, b) => compareCodePoints(describeResource(b), describeResource(a)));
  return { objects, isComplete: lists.every((list, index) => list !== undefined || wanted[index] === claims) };
}

function childState(child: KubeObject, diagnosis: Diagnosis, context: CheckContext): ChildState {
  const { state, message } = withFaults(child, readinessOf(child, context), diagnosis);
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
