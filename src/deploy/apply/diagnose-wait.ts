import { kindOf, type KubeObject } from "../../resource/index.ts";
import { intAt, textAt } from "../fields.ts";
import {
  creationFault,
  type Diagnosis,
  diagnose,
  type HeldOf,
  hopelessFor,
  type WaitFault,
} from "../wait/diagnosis.ts";
import { createdAt, formerPods, presentPods } from "../wait/workload-pods.ts";
import type { ClusterWarnings } from "./cluster-warnings.ts";

/**
 * Looks why a workload is not ready. `canFail`: its wait would go on until the time-out, so that faults which last end it.
 */
export async function diagnoseWait(
  workload: KubeObject,
  associated: readonly KubeObject[],
  canFail: boolean,
  { warnings, heldOf }: { readonly warnings: ClusterWarnings; readonly heldOf: HeldOf },
): Promise<Diagnosis> {
  const pods = presentPods(workload, associated);
  const { faults: ofPods, silent } = diagnose(workload, pods, formerPods(workload, associated));
  const faults = [...(await creationFaults(workload, pods, warnings)), ...ofPods];
  const hopeless = canFail ? hopelessFor(workload, faults, heldOf) : undefined;
  return { faults, silent, ...(hopeless === undefined ? {} : { hopelessFor: hopeless }) };
}

/** Other controllers than a Deployment's tell only by an event that they cannot create a Pod; it counts when it came after their newest one. */
async function creationFaults(
  workload: KubeObject,
  pods: readonly KubeObject[],
  warnings: ClusterWarnings,
): Promise<WaitFault[]> {
  if (!lacksPods(workload, pods)) return [];
  const newest = pods.reduce((latest, pod) => (createdAt(pod) > latest ? createdAt(pod) : latest), "");
  const failed = (await warnings.of(workload)).find(
    ({ reason, lastAt }) => reason === "FailedCreate" && lastAt > newest,
  );
  return failed === undefined ? [] : [creationFault(workload, failed.reason, failed.message)];
}

function lacksPods(workload: KubeObject, pods: readonly KubeObject[]): boolean {
  switch (kindOf(workload)) {
    case "StatefulSet":
      return pods.length < (intAt(workload, "spec", "replicas") ?? 1);
    case "DaemonSet":
      return pods.length < (intAt(workload, "status", "desiredNumberScheduled") ?? 0);
    case "Job":
      return pods.every((pod) => ["Succeeded", "Failed"].includes(textAt(pod, "status", "phase")));
    default:
      return false;
  }
}
