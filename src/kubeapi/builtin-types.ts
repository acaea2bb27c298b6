/** The built-in kinds of a Kubernetes cluster: names, columns of `kubectl get`, and the schemas of the small ones. */
import { isList, isMap, type Json, type KubeObject, own } from "../resource/index.ts";
import {
  bindingSchema,
  clusterRoleSchema,
  configMapSchema,
  namespaceSchema,
  roleSchema,
  secretSchema,
  serviceAccountSchema,
} from "./builtin-schemas.ts";
import type { PrinterColumn, Schema, ServedType } from "./served-type.ts";
import { ageColumn } from "./table.ts";

type Kind = {
  readonly group?: string;
  readonly version?: string;
  readonly kind: string;
  readonly plural: string;
  readonly short?: readonly string[];
  readonly cluster?: true;
  readonly status?: true;
  readonly scale?: true;
  /** Whether `metadata.generation` is counted. */
  readonly generation?: true;
  readonly schema?: Schema;
  readonly columns?: readonly PrinterColumn[];
  readonly names?: ServedType["names"];
  readonly all?: true;
};

const at = (object: Json, ...path: readonly string[]): Json | undefined =>
  path.reduce<Json | undefined>((value, key) => own(value, key), object);
const size = (value: Json | undefined): number =>
  isList(value) ? value.length : isMap(value) ? Object.keys(value).length : 0;
const count = (object: KubeObject, ...path: readonly string[]): number => {
  const value = at(object, ...path);
  return typeof value === "number" ? value : 0;
};
const text = (value: Json | undefined, absent = "<none>"): string =>
  typeof value === "string" && value !== "" ? value : absent;

const column = (
  name: string,
  value: PrinterColumn["value"],
  type: PrinterColumn["type"] = "string",
): PrinterColumn => ({ name, type, value });
const createdColumn = column("Created At", ".metadata.creationTimestamp");
const readyOf = (object: KubeObject, wanted: number): string => `${count(object, "status", "readyReplicas")}/${wanted}`;

const kinds: readonly Kind[] = [
  {
    kind: "ConfigMap",
    plural: "configmaps",
    short: ["cm"],
    schema: configMapSchema,
    columns: [column("Data", (one) => size(at(one, "data")) + size(at(one, "binaryData")), "integer"), ageColumn],
  },
  {
    kind: "Secret",
    plural: "secrets",
    schema: secretSchema,
    columns: [column("Type", ".type"), column("Data", (one) => size(at(one, "data")), "integer"), ageColumn],
  },
  {
    kind: "ServiceAccount",
    plural: "serviceaccounts",
    short: ["sa"],
    schema: serviceAccountSchema,
    columns: [column("Secrets", (one) => size(at(one, "secrets")), "integer"), ageColumn],
  },
  {
    kind: "Namespace",
    plural: "namespaces",
    short: ["ns"],
    cluster: true,
    status: true,
    schema: namespaceSchema,
    names: "label",
    columns: [column("Status", ".status.phase"), ageColumn],
  },
  {
    kind: "Event",
    plural: "events",
    short: ["ev"],
    columns: [
      column("Last Seen", ".lastTimestamp", "date"),
      column("Type", ".type"),
      column("Reason", ".reason"),
      column(
        "Object",
        (one) =>
          `${text(at(one, "involvedObject", "kind"), "").toLowerCase()}/${text(at(one, "involvedObject", "name"), "")}`,
      ),
      column("Message", ".message"),
    ],
  },
  {
    kind: "Service",
    plural: "services",
    short: ["svc"],
    status: true,
    all: true,
    columns: [
      column("Type", ".spec.type"),
      column("Cluster-IP", (one) => text(at(one, "spec", "clusterIP"))),
      column("External-IP", (one) => text(own(firstOf(at(one, "status", "loadBalancer", "ingress")), "ip"))),
      column("Port(s)", portsText),
      ageColumn,
    ],
  },
  {
    kind: "Pod",
    plural: "pods",
    short: ["po"],
    status: true,
    all: true,
    columns: [
      column("Ready", podReady),
      column("Status", (one) => text(at(one, "status", "phase"), "Unknown")),
      column("Restarts", () => "0"),
      ageColumn,
    ],
  },
  {
    kind: "PersistentVolume",
    plural: "persistentvolumes",
    short: ["pv"],
    cluster: true,
    status: true,
    columns: [column("Capacity", ".spec.capacity.storage"), column("Status", ".status.phase"), ageColumn],
  },
  {
    kind: "PersistentVolumeClaim",
    plural: "persistentvolumeclaims",
    short: ["pvc"],
    status: true,
    columns: [
      column("Status", ".status.phase"),
      column("Volume", ".spec.volumeName"),
      column("StorageClass", ".spec.storageClassName"),
      ageColumn,
    ],
  },
  { kind: "Endpoints", plural: "endpoints", short: ["ep"], columns: [ageColumn] },
  {
    kind: "Node",
    plural: "nodes",
    short: ["no"],
    cluster: true,
    status: true,
    columns: [column("Status", () => "Ready"), ageColumn],
  },
  { kind: "LimitRange", plural: "limitranges", short: ["limits"], columns: [createdColumn] },
  { kind: "ResourceQuota", plural: "resourcequotas", short: ["quota"], status: true, columns: [ageColumn] },
  {
    kind: "ReplicationController",
    plural: "replicationcontrollers",
    short: ["rc"],
    status: true,
    scale: true,
    generation: true,
    columns: [
      column("Desired", ".spec.replicas", "integer"),
      column("Current", ".status.replicas", "integer"),
      ageColumn,
    ],
  },
  { kind: "PodTemplate", plural: "podtemplates", columns: [ageColumn] },
  ...workloads(),
  {
    group: "rbac.authorization.k8s.io",
    kind: "Role",
    plural: "roles",
    names: "path-segment",
    schema: roleSchema,
    columns: [createdColumn],
  },
  {
    group: "rbac.authorization.k8s.io",
    kind: "RoleBinding",
    plural: "rolebindings",
    names: "path-segment",
    schema: bindingSchema,
    columns: [roleColumn(), ageColumn],
  },
  {
    group: "rbac.authorization.k8s.io",
    kind: "ClusterRole",
    plural: "clusterroles",
    cluster: true,
    names: "path-segment",
    schema: clusterRoleSchema,
    columns: [createdColumn],
  },
  {
    group: "rbac.authorization.k8s.io",
    kind: "ClusterRoleBinding",
    plural: "clusterrolebindings",
    cluster: true,
    names: "path-segment",
    schema: bindingSchema,
    columns: [roleColumn(), ageColumn],
  },
  {
    group: "networking.k8s.io",
    kind: "Ingress",
    plural: "ingresses",
    short: ["ing"],
    status: true,
    generation: true,
    columns: [
      column("Class", (one) => text(at(one, "spec", "ingressClassName"))),
      column("Hosts", hostsText),
      ageColumn,
    ],
  },
  {
    group: "networking.k8s.io",
    kind: "IngressClass",
    plural: "ingressclasses",
    cluster: true,
    generation: true,
    columns: [column("Controller", ".spec.controller"), ageColumn],
  },
  {
    group: "networking.k8s.io",
    kind: "NetworkPolicy",
    plural: "networkpolicies",
    short: ["netpol"],
    generation: true,
    columns: [ageColumn],
  },
  {
    group: "policy",
    kind: "PodDisruptionBudget",
    plural: "poddisruptionbudgets",
    short: ["pdb"],
    status: true,
    generation: true,
    columns: [ageColumn],
  },
  {
    group: "storage.k8s.io",
    kind: "StorageClass",
    plural: "storageclasses",
    short: ["sc"],
    cluster: true,
    columns: [column("Provisioner", ".provisioner"), ageColumn],
  },
  {
    group: "scheduling.k8s.io",
    kind: "PriorityClass",
    plural: "priorityclasses",
    short: ["pc"],
    cluster: true,
    generation: true,
    columns: [column("Value", ".value", "integer"), ageColumn],
  },
  {
    group: "autoscaling",
    version: "v2",
    kind: "HorizontalPodAutoscaler",
    plural: "horizontalpodautoscalers",
    short: ["hpa"],
    status: true,
    columns: [ageColumn],
  },
  {
    group: "admissionregistration.k8s.io",
    kind: "MutatingWebhookConfiguration",
    plural: "mutatingwebhookconfigurations",
    cluster: true,
    generation: true,
  },
  {
    group: "admissionregistration.k8s.io",
    kind: "ValidatingWebhookConfiguration",
    plural: "validatingwebhookconfigurations",
    cluster: true,
    generation: true,
  },
  { group: "apiregistration.k8s.io", kind: "APIService", plural: "apiservices", cluster: true, status: true },
  {
    group: "coordination.k8s.io",
    kind: "Lease",
    plural: "leases",
    columns: [column("Holder", ".spec.holderIdentity"), ageColumn],
  },
  { group: "discovery.k8s.io", kind: "EndpointSlice", plural: "endpointslices", generation: true },
  {
    group: "apiextensions.k8s.io",
    kind: "CustomResourceDefinition",
    plural: "customresourcedefinitions",
    short: ["crd", "crds"],
    cluster: true,
    status: true,
    generation: true,
    columns: [createdColumn],
  },
];

function workloads(): readonly Kind[] {
  const replicas = (one: KubeObject): number => count(one, "spec", "replicas");
  const ready = column("Ready", (one) => readyOf(one, replicas(one)));
  const shared = { group: "apps", status: true, generation: true, all: true } as const;
  return [
    {
      ...shared,
      kind: "Deployment",
      plural: "deployments",
      short: ["deploy"],
      scale: true,
      columns: [
        ready,
        column("Up-to-date", ".status.updatedReplicas", "integer"),
        column("Available", ".status.availableReplicas", "integer"),
        ageColumn,
      ],
    },
    {
      ...shared,
      kind: "StatefulSet",
      plural: "statefulsets",
      short: ["sts"],
      scale: true,
      columns: [ready, ageColumn],
    },
    {
      ...shared,
      kind: "ReplicaSet",
      plural: "replicasets",
      short: ["rs"],
      scale: true,
      columns: [
        column("Desired", ".spec.replicas", "integer"),
        column("Current", ".status.replicas", "integer"),
        column("Ready", ".status.readyReplicas", "integer"),
        ageColumn,
      ],
    },
    {
      ...shared,
      kind: "DaemonSet",
      plural: "daemonsets",
      short: ["ds"],
      columns: [
        column("Desired", ".status.desiredNumberScheduled", "integer"),
        column("Ready", ".status.numberReady", "integer"),
        ageColumn,
      ],
    },
    { group: "apps", kind: "ControllerRevision", plural: "controllerrevisions" },
    {
      ...shared,
      group: "batch",
      kind: "Job",
      plural: "jobs",
      columns: [
        column("Completions", (one) => `${count(one, "status", "succeeded")}/${count(one, "spec", "completions")}`),
        ageColumn,
      ],
    },
    {
      ...shared,
      group: "batch",
      kind: "CronJob",
      plural: "cronjobs",
      short: ["cj"],
      columns: [column("Schedule", ".spec.schedule"), ageColumn],
    },
  ];
}

/** All built-in types, without any behaviour: add hooks where the server has some. */
export const builtinTypes: readonly ServedType[] = kinds.map(
  (one): ServedType => ({
    group: one.group ?? "",
    kind: one.kind,
    plural: one.plural,
    namespaced: one.cluster !== true,
    flavour: "builtin",
    versions: [
      {
        name: one.version ?? "v1",
        ...(one.schema !== undefined && { schema: one.schema }),
        ...(one.columns !== undefined && { columns: one.columns }),
      },
    ],
    ...(one.short !== undefined && { shortNames: one.short }),
    ...(one.all === true && { categories: ["all"] }),
    statusSubresource: one.status === true,
    scaleSubresource: one.scale === true,
    hasGeneration: one.generation === true,
    ...(one.names !== undefined && { names: one.names }),
  }),
);

/**
 * One of the built-in types.
 * @throws RangeError for a kind that is none: a mistake of the program.
 */
export function builtinType(kind: string): ServedType {
  const type = builtinTypes.find((one) => one.kind === kind);
  if (type === undefined) throw new RangeError(`${kind} is no built-in kind`);
  return type;
}

function firstOf(list: Json | undefined): Json | undefined {
  return isList(list) ? list[0] : undefined;
}

function roleColumn(): PrinterColumn {
  return column("Role", (one) => `${text(at(one, "roleRef", "kind"), "")}/${text(at(one, "roleRef", "name"), "")}`);
}

function portsText(service: KubeObject): string {
  const ports = at(service, "spec", "ports");
  if (!isList(ports) || ports.length === 0) return "<none>";
  return ports.map((port) => `${count({ port }, "port", "port")}/${text(own(port, "protocol"), "TCP")}`).join(",");
}

function podReady(pod: KubeObject): string {
  const statuses = at(pod, "status", "containerStatuses");
  const ready = isList(statuses) ? statuses.filter((one) => own(one, "ready") === true).length : 0;
  return `${ready}/${size(at(pod, "spec", "containers"))}`;
}

function hostsText(ingress: KubeObject): string {
  const rules = at(ingress, "spec", "rules");
  const hosts = isList(rules)
    ? rules.flatMap((rule) => (typeof own(rule, "host") === "string" ? [text(own(rule, "host"))] : []))
    : [];
  return hosts.length === 0 ? "*" : hosts.join(",");
}
