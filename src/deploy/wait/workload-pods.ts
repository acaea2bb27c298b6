import {
  annotationsOf,
  apiVersionOf,
  compareCodePoints,
  kindOf,
  type KubeObject,
  labelsOf,
  nameOf,
  uidOf,
} from "../../resource/index.ts";
import { listAt, textAt } from "../fields.ts";
import { latestReplicaSet } from "./workloads.ts";

/**
 * The Pods that a workload's readiness hangs on, the oldest first: those of its present revision that nobody is deleting. What an older revision
 * left behind is on its way out, and is not to blame.
 */
export function presentPods(workload: KubeObject, associated: readonly KubeObject[]): readonly KubeObject[] {
  return livingPods(workload, associated).filter(revisionTest(workload, associated));
}

/** A StatefulSet by default replaces no Pod before the one of the older revision is ready: those that it may be waiting for. */
export function formerPods(workload: KubeObject, associated: readonly KubeObject[]): readonly KubeObject[] {
  if (kindOf(workload) !== "StatefulSet") return [];
  const isPresent = revisionTest(workload, associated);
  return livingPods(workload, associated).filter((pod) => isOwnedBy(pod, workload) && !isPresent(pod));
}

function livingPods(workload: KubeObject, associated: readonly KubeObject[]): KubeObject[] {
  return [workload, ...associated]
    .filter((object) => kindOf(object) === "Pod" && apiVersionOf(object) === "v1")
    .filter((pod) => textAt(pod, "metadata", "deletionTimestamp") === "")
    .sort((a, b) => compareCodePoints(ageKey(a), ageKey(b)));
}

/** RFC 3339 in UTC, which compares as text. */
export function createdAt(object: KubeObject): string {
  return textAt(object, "metadata", "creationTimestamp");
}

const ageKey = (object: KubeObject): string => `${createdAt(object)} ${nameOf(object)}`;

const templateGeneration = { label: "pod-template-generation", annotation: "deprecated.daemonset.template.generation" };

function revisionTest(workload: KubeObject, associated: readonly KubeObject[]): (pod: KubeObject) => boolean {
  const isOwned = (pod: KubeObject): boolean => isOwnedBy(pod, workload);
  switch (`${apiVersionOf(workload)} ${kindOf(workload)}`) {
    case "v1 Pod":
      return (pod) => pod === workload;
    case "apps/v1 Deployment": {
      const latest = latestReplicaSet(workload, associated);
      return (pod) => latest !== undefined && isOwnedBy(pod, latest);
    }
    case "apps/v1 StatefulSet": {
      const revision = textAt(workload, "status", "updateRevision");
      return (pod) => isOwned(pod) && labelsOf(pod)["controller-revision-hash"] === revision;
    }
    case "apps/v1 DaemonSet": {
      const generation = annotationsOf(workload)[templateGeneration.annotation];
      return (pod) => isOwned(pod) && labelsOf(pod)[templateGeneration.label] === generation;
    }
    default:
      return isOwned;
  }
}

function isOwnedBy(object: KubeObject, owner: KubeObject): boolean {
  return listAt(object, "metadata", "ownerReferences").some((reference) => textAt(reference, "uid") === uidOf(owner));
}
