import type { FieldPath, FieldStep } from "../diff/field-path.ts";
import { workloads } from "./label-rules.ts";
import { any, kinds, type Matcher } from "./matchers.ts";

/** Where resources name a versioned resource, so that a new version is followed (kapp.md §3.4). */
export interface TemplateRule {
  /** The versioned resources that it is for. */
  readonly matcher: Matcher;
  readonly references: readonly ReferenceRule[];
}

export interface ReferenceRule {
  /** Leads to the map that is the reference. */
  readonly path: FieldPath;
  /** Which of its keys holds the name. */
  readonly nameKey: string;
  readonly matcher: Matcher;
}

const each = { each: true } as const;

const podTemplates = any(workloads, kinds(["batch/v1"], "Job"));
const cronJobs = kinds(["batch/v1", "batch/v1beta1", "batch/v2alpha1"], "CronJob");
const pods = kinds(["v1"], "Pod");
const serviceAccounts = kinds(["v1"], "ServiceAccount");
const apps = kinds(["kappctrl.k14s.io/v1alpha1"], "App");
const packageInstalls = kinds(["packaging.carvel.dev/v1alpha1"], "PackageInstall");
const packageRepositories = kinds(["packaging.carvel.dev/v1alpha1"], "PackageRepository");

function references(matcher: Matcher, ...paths: readonly FieldPath[]): ReferenceRule[] {
  return paths.map((path) => ({ path, nameKey: "name", matcher }));
}

/** The names of reference fields, which differ between ConfigMaps and Secrets. */
interface Fields {
  readonly key: string;
  readonly reference: string;
  readonly volume: string;
  readonly volumeNameKey: string;
}

function podReferences(matcher: Matcher, pod: readonly FieldStep[], fields: Fields): ReferenceRule[] {
  const containers = ["containers", "initContainers"].flatMap((list) =>
    references(
      matcher,
      [...pod, list, each, "env", each, "valueFrom", fields.key],
      [...pod, list, each, "envFrom", each, fields.reference],
    ),
  );
  return [
    ...containers,
    { path: [...pod, "volumes", each, fields.volume], nameKey: fields.volumeNameKey, matcher },
    ...references(matcher, [...pod, "volumes", each, "projected", "sources", each, fields.volume]),
  ];
}

function commonReferences(fields: Fields): ReferenceRule[] {
  return [
    ...podReferences(podTemplates, ["spec", "template", "spec"], fields),
    ...podReferences(cronJobs, ["spec", "jobTemplate", "spec", "template", "spec"], fields),
    { path: ["spec", "volumes", each, fields.volume], nameKey: fields.volumeNameKey, matcher: pods },
    ...references(
      apps,
      ["spec", "fetch", each, "inline", "pathsFrom", each, fields.reference],
      ["spec", "template", each, "ytt", "inline", "pathsFrom", each, fields.reference],
      ["spec", "template", each, "ytt", "valuesFrom", each, fields.reference],
      ["spec", "template", each, "helmTemplate", "valuesFrom", each, fields.reference],
      ["spec", "template", each, "cue", "valuesFrom", each, fields.reference],
    ),
    ...references(packageRepositories, ["spec", "fetch", "inline", "pathsFrom", each, fields.reference]),
  ];
}

/** kapp's default template rules: ConfigMaps and Secrets in Pods, in what makes Pods, and in Carvel's own kinds (kapp.md §3.4). */
export const defaultTemplateRules: readonly TemplateRule[] = [
  {
    matcher: kinds(["v1"], "ConfigMap"),
    references: commonReferences({
      key: "configMapKeyRef",
      reference: "configMapRef",
      volume: "configMap",
      volumeNameKey: "name",
    }),
  },
  {
    matcher: kinds(["v1"], "Secret"),
    references: [
      ...commonReferences({
        key: "secretKeyRef",
        reference: "secretRef",
        volume: "secret",
        volumeNameKey: "secretName",
      }),
      ...references(podTemplates, ["spec", "template", "spec", "imagePullSecrets", each]),
      ...references(cronJobs, ["spec", "jobTemplate", "spec", "template", "spec", "imagePullSecrets", each]),
      ...references(pods, ["spec", "imagePullSecrets", each]),
      ...references(serviceAccounts, ["imagePullSecrets", each], ["secrets", each]),
      ...references(
        apps,
        ["spec", "cluster", "kubeconfigSecretRef"],
        ["spec", "fetch", each, "imgpkgBundle", "secretRef"],
        ["spec", "fetch", each, "http", "secretRef"],
        ["spec", "fetch", each, "git", "secretRef"],
        ["spec", "fetch", each, "helmChart", "repository", "secretRef"],
        ["spec", "template", each, "sops", "pgp", "privateKeySecretRef"],
      ),
      ...references(packageInstalls, ["spec", "values", each, "secretRef"], ["spec", "cluster", "kubeconfigSecretRef"]),
    ],
  },
];
