import { mapBounded } from "../../base/index.ts";
import { annotationsOf, apiVersionOf, describeResource, type KubeObject, nameOf, uidOf } from "../../resource/index.ts";
import { annotation } from "../annotations.ts";
import type { ApiType } from "../cluster-port.ts";
import { matches } from "../config/matchers.ts";
import type { WaitRule } from "../config/wait-rules.ts";
import { DeployError } from "../failure.ts";
import type { PlanStep } from "../plan-types.ts";
import type { HeldFor } from "../wait/custom-state.ts";
import { type Diagnosis, type HeldOf, withFaults } from "../wait/diagnosis.ts";
import { deletingState, readinessOf } from "../wait/readiness.ts";
import { observedGeneration, ok, ongoing, type WaitState } from "../wait/wait-state.ts";
import { type Associated, type AssociatedContext, associatedObjects } from "./associated-objects.ts";
import type { ClusterWarnings } from "./cluster-warnings.ts";
import { diagnoseWait } from "./diagnose-wait.ts";
import type { ChildState } from "./events.ts";
import { type ObjectRead, readObjects } from "./read-objects.ts";

export interface CheckContext extends AssociatedContext {
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

/** A change to look at. `known` is what the last call on its object answered: where that settles it nothing is asked again. */
interface StepCheck {
  readonly step: PlanStep;
  readonly known: KubeObject | undefined;
  readonly typeOf: () => Promise<ApiType>;
}

/**
 * Looks whether changes have taken effect (kapp.md §7.2); what cannot be looked at is a rejection. All objects come first, then what belongs to those that
 * are not ready: both in lists where there are many.
 */
export async function checkSteps(
  checks: readonly StepCheck[],
  context: CheckContext,
): Promise<readonly PromiseSettledResult<CheckResult>[]> {
  const needs = await allSettled(checks, context, async (check) => needOf(check, context));
  const read = await readObjects(
    valuesOf(needs).flatMap((need) => ("read" in need ? need.read : [])),
    context,
  );
  const looks = await allSettled(needs, context, async (need) => lookAt(valueOf(need), read, context));
  const associatedOf = await associatedObjects(
    valuesOf(looks)
      .filter(isOpen)
      .map(({ open }) => open),
    context,
  );
  return allSettled(looks, context, async (result) => {
    const look = valueOf(result);
    return isOpen(look) ? explained(look, associatedOf(look.open), context) : look;
  });
}

function allSettled<Item, Result>(
  items: readonly Item[],
  { concurrency }: CheckContext,
  work: (item: Item) => Promise<Result>,
): Promise<PromiseSettledResult<Result>[]> {
  return mapBounded(items, concurrency, (item) =>
    work(item).then(
      (value) => ({ status: "fulfilled", value }) as const,
      (reason: unknown) => ({ status: "rejected", reason }) as const,
    ),
  );
}

function valuesOf<Value>(results: readonly PromiseSettledResult<Value>[]): Value[] {
  return results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
}

function valueOf<Value>(result: PromiseSettledResult<Value>): Value {
  if (result.status === "rejected") throw result.reason;
  return result.value;
}

/** What has to be read to tell how far a step is. */
interface Need {
  readonly step: PlanStep;
  readonly read: ObjectRead;
}

/** An object that is not ready, or whose readiness hangs on what belongs to it: then there is no state yet. */
interface OpenLook {
  readonly open: KubeObject;
  readonly state?: WaitState;
}

function isOpen(look: CheckResult | OpenLook): look is OpenLook {
  return "open" in look;
}

async function needOf({ step, known, typeOf }: StepCheck, context: CheckContext): Promise<CheckResult | Need> {
  switch (step.wait) {
    case "noop":
      return { state: ok(), children: [], ...(known === undefined ? {} : { object: known }) };
    case "delete": {
      const orphaned = step.strategy.of === "delete" && step.strategy.strategy === "orphan";
      const { existing } = step;
      if (orphaned || known === undefined || existing === undefined) return { state: ok(), children: [] };
      const read = { type: await typeOf(), object: existing, verb: "Checking existence of" } as const;
      return { step, read: { ...read, trustsLists: step.transient } };
    }
    case "reconcile": {
      const fresh = step.fresh ?? {};
      const type = await typeOf();
      // The answer to the write may show it already; an unchanged object was not ready when the plan was made.
      if (known !== undefined && step.op !== "noop" && !asksForMinimum(known) && !hasWaitRule(known, context)) {
        const state = readinessOf(known, context);
        if (state.state === "ok") return { state, object: known, children: [] };
      }
      return { step, read: { type, object: fresh, verb: "Getting" } };
    }
  }
}

async function lookAt(
  need: CheckResult | Need,
  readObject: (read: ObjectRead) => Promise<KubeObject | undefined>,
  context: CheckContext,
): Promise<CheckResult | OpenLook> {
  if (!("read" in need)) return need;
  const { step, read } = need;
  const found = await readObject(read);
  if (step.wait === "delete") {
    const { object: existing } = read;
    if (found === undefined || uidOf(found) !== uidOf(existing)) return { state: ok(), children: [] };
    // kapp looks at the object as it was before the deletion: finalizers are named of those that were on their way out already.
    return { state: deletingState(existing) ?? ongoing(), object: found, children: [] };
  }
  if (found === undefined) throw notFound(read.object, read.type);
  if (asksForMinimum(found)) return { open: found };
  const state = readinessOf(found, context);
  return state.state === "ok" ? { state, object: found, children: [] } : { open: found, state };
}

async function explained(look: OpenLook, associated: Associated, context: CheckContext): Promise<CheckResult> {
  const { open: object } = look;
  const { objects, isComplete } = associated;
  const state = look.state ?? readinessOf(object, { ...context, associated: objects });
  if (state.state === "ok") return { state, object, children: [] };
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
