import { annotation } from "../annotations.ts";
import { and, annotated, any, groupKind, kinds, type Matcher, not } from "./matchers.ts";

export interface ChangeGroupBinding {
  /** May hold placeholders: `{kind}`, `{namespace}`… */
  readonly group: string;
  readonly matcher: Matcher;
}

export interface ChangeRuleBinding {
  readonly rules: readonly string[];
  /** The rule gives way where it would close a cycle. */
  readonly ignoreIfCyclical: boolean;
  readonly matcher: Matcher;
  /** Where the rule stands, for people. Default: among kapp's default rules. */
  readonly source?: string;
}

const rbacVersions = ["v1", "v1alpha1", "v1beta1"].map((version) => `rbac.authorization.k8s.io/${version}`);
const group = (name: string): string => `change-groups.kapp.k14s.io/${name}`;

const crds = groupKind("apiextensions.k8s.io", "CustomResourceDefinition");
// kapp names the group `storage`, which no API server has: StorageClasses are unordered there, and so here (kapp.md §5.4).
const storageClasses = kinds(["storage/v1", "storage/v1beta1"], "StorageClass");
const volumes = kinds(["v1"], "PersistentVolume", "PersistentVolumeClaim");
const rbacRoles = kinds(rbacVersions, "ClusterRole", "Role");
const rbacRoleBindings = kinds(rbacVersions, "ClusterRoleBinding", "RoleBinding");
const rbac = any(rbacRoles, rbacRoleBindings);
const serviceAccounts = kinds(["v1"], "ServiceAccount");
const podRelated = any(
  kinds(["extensions/v1beta1", "networking.k8s.io/v1"], "NetworkPolicy"),
  kinds(["v1"], "ResourceQuota", "LimitRange", "ServiceAccount", "Secret", "ConfigMap"),
  kinds(["extensions/v1beta1", "policy/v1beta1"], "PodSecurityPolicy"),
  kinds(["policy/v1beta1"], "PodDisruptionBudget"),
  kinds(["scheduling.k8s.io/v1alpha1", "scheduling.k8s.io/v1beta1", "scheduling.k8s.io/v1"], "PriorityClass"),
  kinds(["node.k8s.io/v1alpha1", "node.k8s.io/v1beta1"], "RuntimeClass"),
);
const namespaces = groupKind("", "Namespace");

/** kapp's default change groups (kapp.md §5.4). */
export const defaultChangeGroups: readonly ChangeGroupBinding[] = [
  { group: group("crds"), matcher: crds },
  { group: group("crds-{crd-group}-{crd-kind}"), matcher: crds },
  { group: group("namespaces"), matcher: namespaces },
  { group: group("namespaces-{name}"), matcher: namespaces },
  { group: group("storage-class"), matcher: storageClasses },
  { group: group("storage"), matcher: volumes },
  { group: group("rbac-roles"), matcher: rbacRoles },
  { group: group("rbac-role-bindings"), matcher: rbacRoleBindings },
  { group: group("rbac"), matcher: rbac },
  { group: group("pod-related"), matcher: podRelated },
  { group: group("serviceaccount"), matcher: serviceAccounts },
  { group: group("kapp-controller-app"), matcher: kinds(["kappctrl.k14s.io/v1alpha1"], "App") },
  {
    group: group("kapp-controller-packageinstall"),
    matcher: kinds(["packaging.carvel.dev/v1alpha1"], "PackageInstall"),
  },
];

const optedIn = not(annotated(annotation.disableDefaultChangeGroupAndRules));
const customResources: Matcher = { match: "custom-resource" };
const namespaced: Matcher = { match: "namespaced" };

/** kapp's default change rules, in its order: the later weighs more (kapp.md §5.3, §5.4). */
export const defaultChangeRules: readonly ChangeRuleBinding[] = [
  {
    rules: [`upsert after upserting ${group("crds-{api-group}-{kind}")}`],
    ignoreIfCyclical: false,
    matcher: and(customResources, optedIn),
  },
  {
    rules: [`delete before deleting ${group("crds")}`],
    ignoreIfCyclical: true,
    matcher: and(customResources, optedIn),
  },
  {
    rules: [`delete after deleting ${group("crds")}`],
    ignoreIfCyclical: true,
    matcher: and(not(customResources), not(crds), optedIn),
  },
  {
    rules: [`upsert after upserting ${group("namespaces-{namespace}")}`],
    ignoreIfCyclical: false,
    matcher: and(namespaced, optedIn),
  },
  {
    rules: [`delete before deleting ${group("namespaces-{namespace}")}`],
    ignoreIfCyclical: true,
    matcher: and(serviceAccounts, optedIn),
  },
  {
    rules: [`upsert after upserting ${group("rbac-roles")}`],
    ignoreIfCyclical: true,
    matcher: and(rbacRoleBindings, optedIn),
  },
  {
    rules: [
      `upsert before upserting ${group("kapp-controller-packageinstall")}`,
      `upsert before upserting ${group("kapp-controller-app")}`,
      `delete after deleting ${group("kapp-controller-packageinstall")}`,
      `delete after deleting ${group("kapp-controller-app")}`,
    ],
    ignoreIfCyclical: true,
    matcher: and(any(serviceAccounts, rbac), optedIn),
  },
  {
    rules: [`upsert after upserting ${group("storage-class")}`],
    ignoreIfCyclical: true,
    matcher: volumes,
  },
  {
    rules: ["pod-related", "rbac", "storage-class", "storage"].map((name) => `upsert after upserting ${group(name)}`),
    ignoreIfCyclical: true,
    matcher: and(namespaced, not(any(storageClasses, volumes, rbac, podRelated))),
  },
];
