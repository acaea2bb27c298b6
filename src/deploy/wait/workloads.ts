import { annotationsOf, apiVersionOf, kindOf, type KubeObject } from "../../resource/index.ts";
import { annotation } from "../annotations.ts";
import { intAt } from "../fields.ts";
import { conditionsOf, fail, observedGeneration, ok, ongoing, type WaitState } from "./wait-state.ts";

/** Deployment apps/v1 (kapp.md §7.3). `associated`: ReplicaSets and Pods with its association label. */
export function deploymentState(deployment: KubeObject, associated: readonly KubeObject[]): WaitState {
  const unseen = observedGeneration(deployment);
  if (unseen !== undefined) return unseen;
  for (const { type, status, reason, message } of conditionsOf(deployment)) {
    if (type === "Progressing" && status === "False") {
      return fail(`Deployment is not progressing: ${reason} (message: ${message})`);
    }
    if (type === "ReplicaFailure" && status === "True") {
      return ongoing(`Deployment has encountered replica failure: ${reason} (message: ${message})`);
    }
  }
  const minimum = annotationsOf(deployment)[annotation.minimumReplicas];
  if (minimum !== undefined && associated.length > 0) return minimumReplicasState(deployment, minimum, associated);
  const unavailable = intAt(deployment, "status", "unavailableReplicas") ?? 0;
  if (unavailable > 0) return ongoing(`Waiting for ${unavailable} unavailable replicas`);
  const replicas = intAt(deployment, "spec", "replicas");
  const ready = intAt(deployment, "status", "readyReplicas") ?? 0;
  if (replicas !== undefined && ready < replicas) {
    return ongoing(`Waiting for ${replicas - ready}/${replicas} replicas to be ready`);
  }
  return ok();
}

const revision = "deployment.kubernetes.io/revision";

/** Of the revision that the Deployment is at. */
export function latestReplicaSet(deployment: KubeObject, associated: readonly KubeObject[]): KubeObject | undefined {
  return associated.find(
    (object) =>
      kindOf(object) === "ReplicaSet" &&
      /^(?:apps|extensions)\//.test(apiVersionOf(object)) &&
      annotationsOf(object)[revision] === annotationsOf(deployment)[revision],
  );
}

/** Pods that a Deployment can do without and still count as ready. */
export function spareReplicas(deployment: KubeObject): number {
  const minimum = annotationsOf(deployment)[annotation.minimumReplicas];
  if (minimum === undefined) return 0;
  const replicas = intAt(deployment, "spec", "replicas") ?? 1;
  const asked = parseMinimum(minimum, replicas);
  return "problem" in asked ? 0 : replicas - clampMinimum(asked.count, replicas);
}

function minimumReplicasState(deployment: KubeObject, minimum: string, associated: readonly KubeObject[]): WaitState {
  const replicas = intAt(deployment, "spec", "replicas") ?? 1;
  const asked = parseMinimum(minimum, replicas);
  if ("problem" in asked) {
    return fail(`Error: Failed to parse ${annotation.minimumReplicas}: ${asked.problem}`);
  }
  const wanted = clampMinimum(asked.count, replicas);
  const latest = latestReplicaSet(deployment, associated);
  if (latest === undefined) {
    const current = annotationsOf(deployment)[revision] ?? "";
    return fail(`Error: Failed to find latest replicaset: Expected to find replica set with revision '${current}'`);
  }
  const unseen = observedGeneration(latest);
  if (unseen !== undefined) return unseen;
  const available = intAt(latest, "status", "availableReplicas") ?? 0;
  if (available < wanted) {
    return ongoing(`Waiting for at least ${wanted - available} available replicas (currently ${available} available)`);
  }
  return ok();
}

function clampMinimum(count: number, replicas: number): number {
  return Math.max(Math.min(count, replicas), replicas > 0 ? 1 : 0);
}

function parseMinimum(text: string, replicas: number): { readonly count: number } | { readonly problem: string } {
  const percent = text.endsWith("%");
  const digits = percent ? text.slice(0, -1) : text;
  if (!/^[+-]?\d+$/.test(digits)) {
    return { problem: `strconv.Atoi: parsing ${JSON.stringify(digits)}: invalid syntax` };
  }
  return { count: percent ? Math.floor((Number(digits) * replicas) / 100) : Number(digits) };
}

/** DaemonSet apps/v1. */
export function daemonSetState(daemonSet: KubeObject): WaitState {
  const unseen = observedGeneration(daemonSet);
  if (unseen !== undefined) return unseen;
  const desired = intAt(daemonSet, "status", "desiredNumberScheduled") ?? 0;
  const notUpdated = desired - (intAt(daemonSet, "status", "updatedNumberScheduled") ?? 0);
  if (notUpdated > 0) return ongoing(`Waiting for ${notUpdated} updated pods to be scheduled`);
  const unavailable = intAt(daemonSet, "status", "numberUnavailable") ?? 0;
  if (unavailable > 0) return ongoing(`Waiting for ${unavailable} unavailable pods`);
  return ok();
}

/** StatefulSet apps/v1. */
export function statefulSetState(statefulSet: KubeObject): WaitState {
  const unseen = observedGeneration(statefulSet);
  if (unseen !== undefined) return unseen;
  const replicas = intAt(statefulSet, "spec", "replicas");
  if (replicas === undefined) return fail("Error: Failed to find spec.replicas");
  const partition = intAt(statefulSet, "spec", "updateStrategy", "rollingUpdate", "partition") ?? 0;
  const toUpdate = partition > 0 ? replicas - partition : replicas;
  const suffix = partition > 0 ? ` (updating only ${toUpdate} of ${replicas} total)` : "";
  const notUpdated = toUpdate - (intAt(statefulSet, "status", "updatedReplicas") ?? 0);
  if (notUpdated > 0) return ongoing(`Waiting for ${notUpdated} replicas to be updated${suffix}`);
  const notReady = replicas - (intAt(statefulSet, "status", "readyReplicas") ?? 0);
  if (notReady > 0) return ongoing(`Waiting for ${notReady} replicas to be ready`);
  const surplus = (intAt(statefulSet, "status", "replicas") ?? 0) - replicas;
  if (surplus > 0) return ongoing(`Waiting for ${surplus} replicas to be deleted`);
  return ok();
}

/** Job batch/v1. */
export function jobState(job: KubeObject): WaitState {
  for (const { type, status, reason, message } of conditionsOf(job)) {
    if (status !== "True") continue;
    if (type === "Complete") return ok("Completed");
    if (type === "Failed") return fail(`Failed with reason ${reason}: ${message}`);
  }
  const count = (name: string): number => intAt(job, "status", name) ?? 0;
  return ongoing(
    `Waiting to complete (${count("active")} active, ${count("failed")} failed, ${count("succeeded")} succeeded)`,
  );
}
