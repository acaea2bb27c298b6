/** What a case's namespaces hold after a step, normalised as the recorded states are. */
import { createHash } from "node:crypto";
import { type ApiType, type Cluster, isClusterError } from "../../../src/cluster/index.ts";
import {
  type Json,
  type KubeObject,
  kindOf,
  labelsOf,
  annotationsOf,
  namespaceOf,
  nameOf,
  own,
  uidOf,
  isList,
} from "../../../src/resource/index.ts";
import { namesItself } from "../../../src/deploy/index.ts";
import type { CaseFile, ExpectedState } from "./case-file.ts";

type Plain = Record<string, unknown>;

export class Observer {
  readonly #file: CaseFile;
  readonly #cluster: Cluster;
  readonly #since = new Map<string, number>();
  readonly #labels = new Map<string, string>();
  readonly #addresses = new Map<string, string>();

  constructor(file: CaseFile, cluster: Cluster) {
    this.#file = file;
    this.#cluster = cluster;
  }

  async state(step: number): Promise<ExpectedState> {
    const all = await this.#list();
    for (const object of all) {
      const uid = uidOf(object);
      if (!this.#since.has(uid)) this.#since.set(uid, step);
    }
    const records = all.filter((object) => labelsOf(object)["kapp.k14s.io/is-app"] !== undefined);
    const changes = all.filter((object) => labelsOf(object)["kapp.k14s.io/is-app-change"] !== undefined);
    for (const record of records) this.#learnLabel(record);
    const rest = all.filter((object) => !records.includes(object) && !changes.includes(object));
    const objects = rest.map((object) => ({
      object: this.#normalised(object),
      sinceStep: this.#since.get(uidOf(object)) ?? 0,
    }));
    const state = {
      appRecords: records.map((object) => this.#recordOf(object)),
      appChanges: changes.map((object) => this.#changeOf(object)).sort(byStart),
      objects,
    };
    return this.#withPlaceholders(state);
  }

  /** Texts of the tool, as the cases record them. */
  text<Value>(value: Value): Value {
    return walk(this.#withPlaceholders(value), (text) =>
      text
        .replace(/-[bcdfghjklmnpqrstvwxz2456789]{8,10}\b(?!-ver)/g, "-RSHASH")
        .replace(/-[bcdfghjklmnpqrstvwxz2456789]{5}\b/g, "-RAND")
        .replace(/\b\d{19}\b/g, "NANOS")
        // The recording cluster had one node.
        .replace(/0\/\d+ nodes/g, "0/1 nodes"),
    ) as Value;
  }

  async #list(): Promise<KubeObject[]> {
    const { types } = await this.#cluster.discover({ fresh: true });
    const namespaces = [...this.#file.namespaces, ...this.#file.extraNamespaces];
    const seen = new Map<string, KubeObject>();
    const preferred = new Map<string, (typeof types)[number]>();
    for (const type of types) {
      const key = `${type.group}/${type.kind}`;
      if (type.verbs.includes("list") && !preferred.has(key) && !ignoredKinds.has(type.kind)) preferred.set(key, type);
    }
    await Promise.all(
      [...preferred.values()].map(async (type) => {
        const lists = type.namespaced
          ? await Promise.all(namespaces.map((namespace) => this.#listServed(type, { namespace })))
          : [(await this.#listServed(type, {})).filter((object) => this.#isNamedAfterCase(object))];
        for (const object of lists.flat()) if (this.#isPartOfState(object)) seen.set(uidOf(object), object);
      }),
    );
    return [...seen.values()].sort((a, b) => sortKey(a).localeCompare(sortKey(b)));
  }

  /** Nothing, when another case's CRD has gone between the discovery and the list. */
  async #listServed(type: ApiType, options: { readonly namespace?: string }): Promise<readonly KubeObject[]> {
    try {
      return await this.#cluster.list(type, options);
    } catch (error) {
      if (isClusterError(error) && error.status === 404) return [];
      throw error;
    }
  }

  #isNamedAfterCase(object: KubeObject): boolean {
    const name = nameOf(object);
    if (kindOf(object) === "Namespace") return this.#file.extraNamespaces.includes(name);
    return new RegExp(`(^|[^a-z0-9-])${this.#file.namespace}($|[^a-z0-9])`).test(name);
  }

  #isPartOfState(object: KubeObject): boolean {
    if (kindOf(object) === "ConfigMap" && nameOf(object) === "kube-root-ca.crt") return false;
    const owned = annotationsOf(object)["kapp.k14s.io/identity"] !== undefined && namesItself(object);
    if (kindOf(object) === "ServiceAccount" && nameOf(object) === "default") return owned;
    if (!madeByControllers.has(kindOf(object))) return true;
    return (
      owned ||
      (isList(own(own(object, "metadata"), "ownerReferences"))
        ? false
        : labelsOf(object)["kapp.k14s.io/app"] !== undefined &&
          kindOf(object) !== "Endpoints" &&
          kindOf(object) !== "EndpointSlice")
    );
  }

  #learnLabel(record: KubeObject): void {
    const value = /"labelValue":"(\d+)"/.exec(textOf(own(own(record, "data"), "spec")))?.[1];
    const app = nameOf(record).replace(/\.apps\.k14s\.io$/, "");
    // Records can be renamed: the newest name counts.
    if (value !== undefined) this.#labels.set(value, app === "app" ? "APPLABEL" : `APPLABEL-${app}`);
  }

  #recordOf(object: KubeObject): Plain {
    return {
      ...(Object.keys(annotationsOf(object)).length === 0 ? {} : { annotations: { ...annotationsOf(object) } }),
      labels: { ...labelsOf(object) },
      name: nameOf(object),
      namespace: namespaceOf(object),
      spec: JSON.parse(textOf(own(own(object, "data"), "spec"))) as unknown,
    };
  }

  #changeOf(object: KubeObject): Plain {
    return {
      labels: { ...labelsOf(object) },
      namePrefix: nameOf(object).slice(0, -5),
      namespace: namespaceOf(object),
      spec: JSON.parse(textOf(own(own(object, "data"), "spec"))) as unknown,
    };
  }

  #normalised(object: KubeObject): Plain {
    // A deep copy of plain JSON that is reshaped freely.
    const copy = JSON.parse(JSON.stringify(object)) as Plain;
    const metadata = (copy["metadata"] ?? {}) as Plain;
    for (const key of ["uid", "resourceVersion", "generation", "managedFields", "creationTimestamp", "generateName"])
      delete metadata[key];
    for (const key of ["labels", "annotations"]) {
      const members = metadata[key] as Plain | undefined;
      if (members !== undefined && Object.keys(members).length === 0) delete metadata[key];
    }
    const status = copy["status"] as Plain | undefined;
    delete copy["status"];
    const kind = kindOf(object);
    const conditions = (status?.["conditions"] ?? []) as Plain[];
    if (this.#file.statusKinds.includes(kind)) copy["status"] = status;
    else if (keepsConditions(object) && conditions.length > 0) {
      copy["status"] = {
        conditions: conditions
          .map(({ type, status: value }) => ({ type, status: value }))
          .sort((a, b) => String(a.type).localeCompare(String(b.type))),
      };
    }
    this.#learnAddresses(object);
    if (kind === "Pod") dropAdmission(copy["spec"] as Plain);
    return copy;
  }

  #learnAddresses(object: KubeObject): void {
    if (kindOf(object) !== "Service") return;
    const ip = textOf(own(own(object, "spec"), "clusterIP"));
    if (ip.startsWith("10.96.") && !this.#addresses.has(ip)) this.#addresses.set(ip, `IP${this.#addresses.size + 1}`);
  }

  #withPlaceholders<Value>(value: Value): Value {
    return walk(value as unknown, (text) => this.#placeholders(text)) as Value;
  }

  #placeholders(text: string): string {
    let out = text;
    if (out.length > 50_000)
      return `SHA256 ${createHash("sha256").update(this.#labelled(out)).digest("hex")} of ${out.length} characters`;
    out = this.#labelled(out);
    for (const [ip, name] of this.#addresses) out = out.replaceAll(ip, name);
    return out
      .replace(/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, "UID")
      .replace(/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, (time) => (time.startsWith("0001-") ? time : "TIME"))
      .replace(/(ReplicaSet \\?"[a-z0-9-]+-)[a-z0-9]{8,10}(\\?")/g, "$1RSHASH$2")
      .replace(/(-change-)[bcdfghjklmnpqrstvwxz2456789]{5}\b/g, "$1RAND");
  }

  #labelled(text: string): string {
    let out = text.replaceAll(new RegExp(`\\b${this.#file.namespace}\\b`, "g"), "NS");
    for (const [value, name] of this.#labels) out = out.replaceAll(value, name);
    return out;
  }
}

const ignoredKinds = new Set([
  "Event",
  "ComponentStatus",
  "Lease",
  "Node",
  "APIService",
  "ControllerRevision",
  "FlowSchema",
  "ServiceCIDR",
  "IPAddress",
]);
const madeByControllers = new Set([
  "ReplicaSet",
  "Pod",
  "Endpoints",
  "EndpointSlice",
  "PersistentVolumeClaim",
  "ControllerRevision",
]);

/** The recording server had no ServiceAccount admission. */
function dropAdmission(spec: Plain): void {
  for (const key of ["serviceAccount", "serviceAccountName", "volumes"]) delete spec[key];
  for (const container of (spec["containers"] ?? []) as Plain[]) delete container["volumeMounts"];
  if (spec["nodeName"] !== undefined) spec["nodeName"] = "NODE";
}

function keepsConditions(object: KubeObject): boolean {
  const kind = kindOf(object);
  const apiVersion = textOf(own(object, "apiVersion"));
  return ["Deployment", "Job", "CustomResourceDefinition"].includes(kind) || apiVersion.includes("example.com/");
}

function sortKey(object: KubeObject): string {
  return `${textOf(own(object, "apiVersion"))} ${kindOf(object)} ${namespaceOf(object)} ${nameOf(object)}`;
}

function byStart(a: Plain, b: Plain): number {
  const start = ({ spec }: Plain): number => Date.parse(/"startedAt":"([^"]*)"/.exec(JSON.stringify(spec))?.[1] ?? "");
  return start(a) - start(b);
}

function textOf(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}

function walk(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === "string") return change(value);
  if (Array.isArray(value)) return value.map((item) => walk(item, change));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [change(key), walk(member, change)]));
}
