import { annotation } from "../annotations.ts";
import type { FieldPath } from "../diff/field-path.ts";
import { and, annotated, everything, type FieldRule, kinds, type Matcher, not } from "./matchers.ts";
import type { RenderYtt } from "./tools.ts";

export type RebaseSource = "new" | "existing";

/**
 * Carries fields that the cluster owns from the existing object into the new one. `overlay` is a ytt overlay of the new one. kapp's only
 * default rule of that kind is code here (`service-account-tokens`, diff/service-account-tokens.ts).
 */
export type RebaseRule =
  | {
      readonly rule: "copy";
      readonly path: FieldPath;
      readonly sources: readonly RebaseSource[];
      readonly matcher: Matcher;
    }
  | { readonly rule: "remove"; readonly path: FieldPath; readonly matcher: Matcher }
  | { readonly rule: "service-account-tokens"; readonly matcher: Matcher }
  | { readonly rule: "overlay"; readonly text: string; readonly renderYtt: RenderYtt; readonly matcher: Matcher };

const deployments = kinds(["apps/v1", "apps/v1beta1", "apps/v1beta2", "extensions/v1beta1"], "Deployment");
const services = kinds(["v1"], "Service");
const namespaces = kinds(["v1"], "Namespace");
const volumeClaims = kinds(["v1"], "PersistentVolumeClaim");
const webhooks = kinds(
  ["admissionregistration.k8s.io/v1beta1", "admissionregistration.k8s.io/v1"],
  "MutatingWebhookConfiguration",
  "ValidatingWebhookConfiguration",
);
const secretgenSecrets = and(
  kinds(["v1"], "Secret"),
  annotated("secretgen.carvel.dev/image-pull-secret"),
  not(annotated(annotation.disableDefaultSecretgenRebaseRules)),
);
const aggregatedRoles = and(
  kinds(
    ["v1", "v1alpha1", "v1beta1"].map((version) => `rbac.authorization.k8s.io/${version}`),
    "ClusterRole",
  ),
  not({ match: "empty-field", path: ["aggregationRule"] }),
);

const deploymentRevision: FieldPath = ["metadata", "annotations", "deployment.kubernetes.io/revision"];

function copies(matcher: Matcher, sources: readonly RebaseSource[], ...paths: readonly FieldPath[]): RebaseRule[] {
  return paths.map((path): RebaseRule => ({ rule: "copy", path, sources, matcher }));
}

const annotationPath = (key: string): FieldPath => ["metadata", "annotations", key];
const ours: readonly RebaseSource[] = ["new", "existing"];

/** kapp's default rebase rules, in its order (kapp.md §4.3). */
export const defaultRebaseRules: readonly RebaseRule[] = [
  ...copies(everything, ["existing"], ["metadata"]),
  { rule: "remove", path: ["metadata", "labels"], matcher: everything },
  ...copies(everything, ["new"], ["metadata", "labels"]),
  { rule: "remove", path: ["metadata", "annotations"], matcher: everything },
  ...copies(everything, ["new"], ["metadata", "annotations"]),
  ...copies(services, ours, ["spec", "clusterIP"], ["spec", "healthCheckNodePort"]),
  ...copies(namespaces, ours, ["spec", "finalizers"]),
  ...copies(
    namespaces,
    ours,
    annotationPath("openshift.io/sa.scc.mcs"),
    annotationPath("openshift.io/sa.scc.supplemental-groups"),
    annotationPath("openshift.io/sa.scc.uid-range"),
  ),
  ...copies(
    volumeClaims,
    ours,
    annotationPath("pv.kubernetes.io/bind-completed"),
    annotationPath("pv.kubernetes.io/bound-by-controller"),
    annotationPath("pv.kubernetes.io/migrated-to"),
    annotationPath("volume.beta.kubernetes.io/storage-provisioner"),
    ["spec", "storageClassName"],
    ["spec", "volumeMode"],
    ["spec", "volumeName"],
  ),
  ...copies(deployments, ours, deploymentRevision),
  ...copies(webhooks, ours, ["webhooks", { each: true }, "clientConfig", "caBundle"]),
  ...copies(kinds(["apiregistration.k8s.io/v1beta1", "apiregistration.k8s.io/v1"], "APIService"), ours, [
    "spec",
    "caBundle",
  ]),
  ...copies(kinds(["apiextensions.k8s.io/v1beta1"], "CustomResourceDefinition"), ours, [
    "spec",
    "conversion",
    "webhookClientConfig",
    "caBundle",
  ]),
  ...copies(kinds(["apiextensions.k8s.io/v1"], "CustomResourceDefinition"), ours, [
    "spec",
    "conversion",
    "webhook",
    "clientConfig",
    "caBundle",
  ]),
  ...copies(kinds(["v1"], "Pod"), ours, ["spec", "nodeName"]),
  { rule: "service-account-tokens", matcher: kinds(["v1"], "ServiceAccount") },
  ...copies(
    secretgenSecrets,
    ["existing", "new"],
    ["data", ".dockerconfigjson"],
    annotationPath("secretgen.carvel.dev/status"),
  ),
  ...copies(aggregatedRoles, ["existing"], ["rules"]),
];

/** Fields that may change under kapp's hands without making its history stale (kapp.md §4.3). */
export const defaultLastAppliedExclusions: readonly FieldRule[] = [{ path: deploymentRevision, matcher: deployments }];

/** Fields that no comparison looks at and no write sends. */
export const defaultExistingExclusions: readonly FieldRule[] = [{ path: ["status"], matcher: everything }];
