import { annotation } from "../annotations.ts";
import { and, annotated, any, everything, type FieldRule, kinds, type Matcher, not } from "./matchers.ts";

const appsVersions = ["apps/v1", "apps/v1beta2", "apps/v1beta1", "extensions/v1beta1"];
/** Kinds with a Pod template, but for Jobs. */
export const workloads: Matcher = kinds(appsVersions, "Deployment", "ReplicaSet", "StatefulSet", "DaemonSet");
const ownershipOptIn = not(annotated(annotation.disableDefaultOwnershipLabelRules));
const scopingOptIn = not(
  any(annotated(annotation.disableDefaultLabelScopingRules), annotated(annotation.disableLabelScoping)),
);

/** Where the app's ownership labels are written (kapp.md §1.5). */
export const defaultOwnershipLabelRules: readonly FieldRule[] = [
  { path: ["metadata", "labels"], matcher: everything },
  {
    path: ["spec", "template", "metadata", "labels"],
    matcher: and(ownershipOptIn, any(workloads, kinds(["batch/v1", "batch/v1beta1", "batch/v2alpha1"], "Job"))),
  },
  {
    path: ["spec", "volumeClaimTemplates", { each: true }, "metadata", "labels"],
    matcher: and(ownershipOptIn, kinds(["apps/v1", "apps/v1beta1", "extensions/v1beta1"], "StatefulSet")),
  },
  {
    path: ["spec", "jobTemplate", "spec", "template", "metadata", "labels"],
    matcher: and(ownershipOptIn, kinds(["batch/v1", "batch/v1beta1", "batch/v2alpha1"], "CronJob")),
  },
];

/** Selectors that are narrowed to this app by its label, where they exist (kapp.md §1.5). */
export const defaultLabelScopingRules: readonly FieldRule[] = [
  { path: ["spec", "selector"], matcher: and(scopingOptIn, kinds(["v1"], "Service")), isDefault: true },
  {
    isDefault: true,
    path: ["spec", "selector", "matchLabels"],
    matcher: and(
      scopingOptIn,
      any(workloads, kinds(["batch/v1"], "Job"), kinds(["policy/v1beta1"], "PodDisruptionBudget")),
    ),
  },
];
