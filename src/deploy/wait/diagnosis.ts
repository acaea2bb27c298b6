import { kindOf, type KubeObject, uidOf, uniqueKey } from "../../resource/index.ts";
import { textAt } from "../fields.ts";
import { conditionsOf, type WaitState } from "./wait-state.ts";
import { type PodFault, podFaults } from "./pod-faults.ts";
import { readFailEarlyAfter } from "./fail-early-after.ts";
import { spareReplicas } from "./workloads.ts";

/** A fault and whose it is: a Pod's, or a workload's that cannot have Pods. */
export interface WaitFault extends PodFault {
  readonly of: KubeObject;
}

/** What is known about why a workload is not ready. */
export interface Diagnosis {
  readonly faults: readonly WaitFault[];
  /** Pods that are not ready and whose status does not say why. */
  readonly silent: readonly KubeObject[];
  /** Set when waiting on does not help: how long the faults have lasted, in milliseconds. */
  readonly hopelessFor?: number;
}

/** The faults of the Pods that a workload needs, the oldest Pod's first, and of a Deployment's that gets no Pods. `former`: as notices only. */
export function diagnose(workload: KubeObject, pods: readonly KubeObject[], former: readonly KubeObject[]): Diagnosis {
  const found = pods.map((pod) => ({ pod, faults: faultsOf(pod) }));
  // A Job counts restarts itself and fails at its backoffLimit.
  const isJob = kindOf(workload) === "Job";
  const present = found.flatMap(({ faults }) =>
    faults.map((fault) => (isJob && fault.hasCrashed ? asNotice(fault) : fault)),
  );
  return {
    faults: [...replicaFailures(workload), ...present, ...former.flatMap(faultsOf).map(asNotice)],
    silent: found.filter(({ pod, faults }) => faults.length === 0 && isAwaited(pod)).map(({ pod }) => pod),
  };
}

function faultsOf(pod: KubeObject): WaitFault[] {
  return podFaults(pod).map((fault) => ({ ...fault, of: pod }));
}

function asNotice(fault: WaitFault): WaitFault {
  return { ...fault, outlook: "notice" };
}

/** Says of how many Pods since when without a break, for one workload: milliseconds by key. What is not named any more is forgotten. */
export type HeldOf = (subject: string, keys: readonly string[]) => ReadonlyMap<string, number>;

/** Faulty Pods of one workload whose time is kept. */
const maxHeld = 5;

/**
 * Whether so many Pods have had faults for so long that the workload cannot get ready: as many as it cannot do without. Milliseconds, or
 * `undefined`. A final fault counts from the first look on.
 */
export function hopelessFor(workload: KubeObject, faults: readonly WaitFault[], heldOf: HeldOf): number | undefined {
  const lasting = faults.filter(({ outlook }) => outlook !== "notice");
  const keys = [...new Set(lasting.map(({ of }) => uidOf(of)))].slice(0, maxHeld);
  const held = heldOf(uniqueKey(workload), keys);
  const limit = readFailEarlyAfter(workload);
  if (!("ms" in limit) || limit.ms === Number.POSITIVE_INFINITY) return undefined;
  const uidsWith = (...outlooks: readonly PodFault["outlook"][]): Set<string> =>
    new Set(lasting.filter(({ outlook }) => outlooks.includes(outlook)).map(({ of }) => uidOf(of)));
  const final = uidsWith("final");
  const stuck = uidsWith("final", "may-heal");
  const over = [...stuck].filter((uid) => final.has(uid) || (held.get(uid) ?? 0) >= limit.ms);
  const needed = (kindOf(workload) === "Deployment" ? spareReplicas(workload) : 0) + 1;
  if (stuck.size < needed || over.length < Math.min(needed, maxHeld)) return undefined;
  return Math.max(...over.map((uid) => held.get(uid) ?? 0));
}

/** kapp's text on an object that is waited for, with its own faults behind it. */
export function withFaults(object: KubeObject, state: WaitState, { faults }: Diagnosis): WaitState {
  if (state.state !== "ongoing") return state;
  const texts = faults
    .filter(({ of, outlook }) => uidOf(of) === uidOf(object) && outlook !== "notice")
    .flatMap(({ container, reason, message }) => {
      // kapp tells the reason of some containers, and never which one it is.
      const isTold = state.message.includes(reason);
      if (container !== "") return isTold ? `container ${container}` : `container ${container}: ${reason}`;
      return isTold ? [] : `${reason} (message: ${message})`;
    });
  return texts.length === 0 ? state : { ...state, message: `${state.message} (${texts.join(", ")})` };
}

/** What a Deployment says of Pods that could not be created: a quota, an admission webhook. */
function replicaFailures(workload: KubeObject): WaitFault[] {
  if (kindOf(workload) !== "Deployment") return [];
  return conditionsOf(workload)
    .filter(({ type, status }) => type === "ReplicaFailure" && status === "True")
    .map(({ reason, message }) => creationFault(workload, reason, message));
}

export function creationFault(of: KubeObject, reason: string, message: string): WaitFault {
  return { of, container: "", reason, message, outlook: "may-heal", hasCrashed: false };
}

function isAwaited(pod: KubeObject): boolean {
  const isReady = conditionsOf(pod).some(({ type, status }) => type === "Ready" && status === "True");
  return !isReady && !["Succeeded", "Failed"].includes(textAt(pod, "status", "phase"));
}
