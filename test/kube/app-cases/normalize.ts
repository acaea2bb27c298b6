import type { KubeObject } from "../kube-client.ts";
import { normalizeOutput } from "./normalize-output.ts";
import type { RunningCase } from "./running-case.ts";

/** What a step is compared by: see the README of the cases, "Normalisation". */
export interface Normalizer {
  app(object: KubeObject | undefined): unknown;
  state(objects: readonly KubeObject[]): readonly unknown[];
  /** A recorded state without what lateen never writes. */
  recordedState(objects: readonly unknown[]): readonly unknown[];
}

const times = new Set(["startedAt", "updatedAt", "finishedAt"]);
const droppedMetadata = ["uid", "resourceVersion", "generation", "managedFields", "creationTimestamp", "selfLink"];

/** @param records kapp's records (`NAME.app`) of the case's namespaces: they say which label value is whose. */
export function createNormalizer(run: RunningCase, records: readonly KubeObject[]): Normalizer {
  for (const [value, name] of labelNames(run, records)) run.labels.set(value, name);
  // Longer values first: one namespace's name begins with another's.
  const placeholders = [...run.placeholders].sort(([, a], [, b]) => b.length - a.length);
  const text = (value: string): string => {
    let result = value;
    for (const [placeholder, filled] of placeholders)
      if (!placeholder.startsWith("__SHA:")) result = result.replaceAll(filled, placeholder);
    for (const [label, name] of run.labels) result = result.replaceAll(label, name);
    return (
      result
        .replaceAll(/\b[0-9a-f]{40}\b/g, "SHA")
        // The end of `git describe`.
        .replaceAll(/(?<=-\d+-g)[0-9a-f]{7,}\b/g, "SHA")
        .replaceAll(/\bsha256:[0-9a-f]{64}\b/g, "sha256:SHA")
        .replaceAll(/\bv1\.[0-9a-f]{32}\b/g, "v1.MD5")
        .replaceAll(run.target.server, "CLUSTER")
    );
  };
  const walk = (value: unknown, key: string): unknown => {
    if (typeof value === "string") {
      if (times.has(key)) return "TIME";
      if (key === "kapp.k14s.io/original-diff-md5") return "MD5";
      // The Job controller's label.
      if (key.endsWith("controller-uid")) return "UID";
      return text(value.startsWith("Target cluster '") ? normalizeOutput(value) : value);
    }
    if (Array.isArray(value)) return value.map((item) => walk(item, key));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, walk(inner, name)]));
  };
  return {
    app: (object) => (object === undefined ? { gone: true } : appOf(object, (status) => walk(status, ""))),
    state: (objects) => objects.map((object) => walk(stateOf(object), "")),
    // Kubernetes objects, as recorded.
    recordedState: (objects) => objects.map((object) => withKeptAnnotations(object as KubeObject)),
  };
}

function appOf(object: KubeObject, walk: (status: unknown) => unknown): unknown {
  const { metadata } = object;
  // The App's status by its schema.
  const status = walk(object["status"] ?? {}) as Record<string, unknown>;
  const failures = status["consecutiveReconcileFailures"];
  return {
    metadata: { deleting: metadata.deletionTimestamp !== undefined, finalizers: metadata.finalizers ?? [] },
    status: {
      ...status,
      ...(typeof failures === "number" && failures > 1 ? { consecutiveReconcileFailures: "MANY" } : {}),
      ...("observedGeneration" in status
        ? { observedGeneration: status["observedGeneration"] === metadata.generation ? "CURRENT" : "STALE" }
        : {}),
    },
  };
}

/** An object without what the server and time make of it; kapp's records with their JSON parsed. */
function stateOf(object: KubeObject): unknown {
  const { status: _status, ...rest } = object;
  // Of Apps only their metadata was recorded.
  const { spec, ...withoutSpec } = rest;
  const kept = object.kind === "App" ? withoutSpec : rest;
  const metadata: Record<string, unknown> = { ...object.metadata };
  for (const member of droppedMetadata) delete metadata[member];
  const labels = object.metadata.labels ?? {};
  const isRecord = "kapp.k14s.io/is-app" in labels;
  const isChange = "kapp.k14s.io/is-app-change" in labels;
  if (isChange) metadata["name"] = String(metadata["name"]).replace(/-change-[a-z0-9]+$/, "-change-RAND");
  return {
    ...withKeptAnnotations({ ...kept, metadata: metadata as KubeObject["metadata"] }),
    ...(isRecord || isChange ? { data: recordData(object) } : {}),
    ...(spec !== undefined && object.kind === "Service" ? { spec: withoutClusterIps(spec) } : {}),
  };
}

/** Secrets carry no copy of their data in lateen, and its records the epoch of the last writer. */
function withKeptAnnotations(object: KubeObject): KubeObject {
  const { annotations = {}, ...metadata } = object.metadata;
  const kept = Object.entries(annotations).filter(
    // The Deployment controller's count comes a moment after the deploy.
    ([name]) =>
      name !== "lateen.dev/epoch" &&
      name !== "deployment.kubernetes.io/revision" &&
      !(object.kind === "Secret" && name.startsWith("kapp.k14s.io/original")),
  );
  return { ...object, metadata: kept.length === 0 ? metadata : { ...metadata, annotations: Object.fromEntries(kept) } };
}

function recordData(object: KubeObject): unknown {
  const data = object["data"] as Readonly<Record<string, string>>;
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => {
      const parsed: unknown = JSON.parse(value, (name, inner: unknown) =>
        name === "lastChangeName" && typeof inner === "string"
          ? inner.replace(/-change-[a-z0-9]+$/, "-change-RAND")
          : inner,
      );
      return [key, parsed];
    }),
  );
}

function withoutClusterIps(spec: unknown): unknown {
  const { clusterIP: _ip, clusterIPs: _ips, ...kept } = spec as Readonly<Record<string, unknown>>;
  return kept;
}

/** kapp's label value to its name in the recordings: the case's own App is `APPLABEL`. */
function labelNames(run: RunningCase, records: readonly KubeObject[]): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const record of records) {
    const value = /"labelValue":"(\d+)"/.exec(JSON.stringify(recordSpec(record)))?.[1];
    if (value === undefined) continue;
    const { name } = record.metadata;
    names.set(value, name === `${run.recorded.app}.app` ? "APPLABEL" : `APPLABEL-${name}`);
  }
  return names;
}

function recordSpec(record: KubeObject): unknown {
  const data = record["data"] as { readonly spec?: string } | undefined;
  return data?.spec === undefined ? {} : JSON.parse(data.spec);
}
