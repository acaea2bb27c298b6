import { apiVersionOf, kindOf, type Json, type KubeObject, splitApiVersion } from "../../resource/index.ts";
import type { WaitRule } from "../config/wait-rules.ts";
import { listAt, mapAt, textAt } from "../fields.ts";
import { customState, type HeldFor } from "./custom-state.ts";
import {
  conditionsOf,
  fail,
  observedGeneration,
  ok,
  ongoing,
  requireConditions,
  type WaitState,
} from "./wait-state.ts";
import { daemonSetState, deploymentState, jobState, statefulSetState } from "./workloads.ts";

export interface ReadinessOptions {
  /** Objects with the same association label, for Deployments. */
  readonly associated?: readonly KubeObject[];
  readonly ignoreFailingApiServices?: boolean;
  /** Rules of the App's own Configs. Default none. */
  readonly waitRules?: readonly WaitRule[];
  /** For rules that bound how long a failure may last. Default: it has only begun. */
  readonly heldFor?: HeldFor;
}

/** How far a live object is (kapp.md §7.2, §7.3): kapp's checkers in kapp's order. */
export function readinessOf(object: KubeObject, options: ReadinessOptions = {}): WaitState {
  if (carvelKinds.has(`${apiVersionOf(object)} ${kindOf(object)}`)) return carvelState(object);
  const deleting = deletingState(object);
  if (deleting !== undefined) return deleting;
  const { waitRules = [], heldFor } = options;
  return customState(object, waitRules, heldFor) ?? checkerOf(object)?.(object, options) ?? ok();
}

/** `undefined` unless the object is on its way out. */
export function deletingState(object: KubeObject): WaitState | undefined {
  if (textAt(object, "metadata", "deletionTimestamp") === "") return undefined;
  const finalizers = listAt(object, "metadata", "finalizers").filter((entry) => typeof entry === "string");
  return ongoing(finalizers.length > 0 ? `Waiting on finalizers: ${finalizers.join(", ")}` : "Deleting");
}

type Checker = (object: KubeObject, options: ReadinessOptions) => WaitState;

const carvelKinds: ReadonlySet<string> = new Set([
  "kappctrl.k14s.io/v1alpha1 App",
  "packaging.carvel.dev/v1alpha1 PackageInstall",
  "packaging.carvel.dev/v1alpha1 PackageRepository",
]);

const checkers: ReadonlyMap<string, Checker> = new Map<string, Checker>([
  ["v1 Pod", podState],
  ["v1 Service", serviceState],
  ["apps/v1 Deployment", (object, options) => deploymentState(object, options.associated ?? [])],
  ["apps/v1 DaemonSet", daemonSetState],
  ["apps/v1 StatefulSet", statefulSetState],
  ["batch/v1 Job", jobState],
  ["apiregistration.k8s.io/v1 APIService", apiServiceState],
  ["apiregistration.k8s.io/v1beta1 APIService", apiServiceState],
]);

function checkerOf(object: KubeObject): Checker | undefined {
  const kind = kindOf(object);
  if (carvelKinds.has(`${apiVersionOf(object)} ${kind}`)) return carvelState;
  if (kind === "CustomResourceDefinition" && splitApiVersion(apiVersionOf(object)).group === "apiextensions.k8s.io") {
    return (crd) => requireConditions(crd, "Established", "NamesAccepted") ?? ok();
  }
  return checkers.get(`${apiVersionOf(object)} ${kind}`);
}

/** App, PackageInstall, PackageRepository. */
function carvelState(object: KubeObject): WaitState {
  const unseen = observedGeneration(object);
  if (unseen !== undefined) return unseen;
  for (const condition of conditionsOf(object)) {
    if (condition.status !== "True") continue;
    const useful = textAt(object, "status", "usefulErrorMessage");
    const message = useful === "" ? condition.message : useful;
    if (condition.type === "Reconciling") return ongoing("Reconciling");
    if (condition.type === "ReconcileFailed") {
      return fail(`Reconcile failed: ${condition.reason} (message: ${message})`);
    }
    if (condition.type === "DeleteFailed") return fail(`Delete failed: ${condition.reason} (message: ${message})`);
  }
  return deletingState(object) ?? ok();
}

function apiServiceState(object: KubeObject, options: ReadinessOptions): WaitState {
  const missing = requireConditions(object, "Available");
  if (missing === undefined) return ok();
  return options.ignoreFailingApiServices === true ? ok(`Ignoring (${missing.message})`) : missing;
}

function podState(pod: KubeObject): WaitState {
  switch (textAt(pod, "status", "phase")) {
    case "Pending": {
      const reason = pendingReason(pod);
      return ongoing(reason === "" ? "Pending" : `Pending: ${reason}`);
    }
    case "Running":
      return requireConditions(pod, "Initialized", "Ready", "PodScheduled") ?? ok();
    case "Succeeded":
      return ok();
    case "Failed":
      return fail("Phase is failed");
    case "Unknown":
      return fail("Phase is unknown");
    default:
      return ongoing("Undetermined phase");
  }
}

function pendingReason(pod: KubeObject): string {
  const containers = [...listAt(pod, "status", "initContainerStatuses"), ...listAt(pod, "status", "containerStatuses")];
  for (const container of containers) {
    const waiting = mapAt(container, "state", "waiting");
    if (waiting !== undefined) return reasonText(waiting);
  }
  const scheduled = listAt(pod, "status", "conditions").find(
    (condition) => textAt(condition, "type") === "PodScheduled" && textAt(condition, "reason") === "Unschedulable",
  );
  return scheduled === undefined ? "" : reasonText(scheduled);
}

function reasonText(value: Json): string {
  const message = textAt(value, "message");
  return message === "" ? textAt(value, "reason") : `${textAt(value, "reason")} (message: ${message})`;
}

function serviceState(service: KubeObject): WaitState {
  const type = textAt(service, "spec", "type");
  if (type === "ExternalName") return ok("External service");
  if (textAt(service, "spec", "clusterIP") === "") return ongoing("ClusterIP is empty");
  if (type === "LoadBalancer" && listAt(service, "status", "loadBalancer", "ingress").length === 0) {
    return ongoing("Load balancer ingress is empty");
  }
  return ok();
}
