import { type Json, type JsonMap, own } from "./json.ts";

/** A Kubernetes object: any JSON map; its identity is read through the functions below, never assumed. */
export type KubeObject = JsonMap;

export interface GroupKind {
  readonly group: string;
  readonly kind: string;
}
export interface GroupVersionKind extends GroupKind {
  readonly version: string;
}

/** Where a document came from, for error messages: `git[0] packaging/rbac.yml doc 2 (line 7)`. */
export interface ResourceOrigin {
  /** Path of the file, or `stdin`. */
  readonly file: string;
  /** 1-based number of the document in its file. */
  readonly document: number;
  /** 1-based line on which the document starts. */
  readonly line?: number;
  /** The file that the document was rendered from, when `file` is a stream between steps. */
  readonly source?: { readonly file: string; readonly line: number };
}

/** A resource with the place it was read from. */
export interface SourcedResource {
  readonly object: KubeObject;
  readonly origin: ResourceOrigin;
}

function text(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}

export const apiVersionOf = (object: KubeObject): string => text(own(object, "apiVersion"));
export const kindOf = (object: KubeObject): string => text(own(object, "kind"));
export const nameOf = (object: KubeObject): string => text(own(own(object, "metadata"), "name"));
export const generateNameOf = (object: KubeObject): string => text(own(own(object, "metadata"), "generateName"));
export const namespaceOf = (object: KubeObject): string => text(own(own(object, "metadata"), "namespace"));
export const uidOf = (object: KubeObject): string => text(own(own(object, "metadata"), "uid"));
export const resourceVersionOf = (object: KubeObject): string => text(own(own(object, "metadata"), "resourceVersion"));
export const labelsOf = (object: KubeObject): Readonly<Record<string, string>> =>
  stringMap(own(own(object, "metadata"), "labels"));
export const annotationsOf = (object: KubeObject): Readonly<Record<string, string>> =>
  stringMap(own(own(object, "metadata"), "annotations"));

/** `apps/v1` → group `apps`, version `v1`; `v1` → group ``. */
export function splitApiVersion(apiVersion: string): { readonly group: string; readonly version: string } {
  const slash = apiVersion.indexOf("/");
  return slash === -1
    ? { group: "", version: apiVersion }
    : { group: apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) };
}

export function groupVersionKindOf(object: KubeObject): GroupVersionKind {
  return { ...splitApiVersion(apiVersionOf(object)), kind: kindOf(object) };
}

/** `<namespace>/<apiGroup>/<Kind>/<name>` (kapp.md §0): the version is not part of it. */
export function uniqueKey(object: KubeObject): string {
  const { group, kind } = groupVersionKindOf(object);
  return `${namespaceOf(object)}/${group}/${kind}/${nameOf(object)}`;
}

/** `configmap/cfg (v1) namespace: default`, or `… cluster` without a namespace (kapp.md §0). */
export function describeResource(object: KubeObject): string {
  const name = nameOf(object);
  const shown = name === "" && generateNameOf(object) !== "" ? `${generateNameOf(object)}*` : name;
  const namespace = namespaceOf(object);
  const where = namespace === "" ? "cluster" : `namespace: ${namespace}`;
  return `${kindOf(object).toLowerCase()}/${shown} (${apiVersionOf(object)}) ${where}`;
}

/** `stdin doc 3`. */
export function describeOrigin(origin: ResourceOrigin): string {
  return `${origin.file} doc ${origin.document}`;
}

/** ` (hint: rendered from app/cm.yml:7)`, to stand behind an error about a document of a stream; empty where no file is known. */
export function sourceHint(...origins: readonly ResourceOrigin[]): string {
  const places = origins.flatMap(({ source }) => (source === undefined ? [] : [`${source.file}:${source.line}`]));
  return places.length === 0 ? "" : ` (hint: rendered from ${places.join(" and ")})`;
}

function stringMap(value: Json | undefined): Readonly<Record<string, string>> {
  const out: Record<string, string> = Object.create(null);
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    for (const [key, member] of Object.entries(value)) if (typeof member === "string") out[key] = member;
  }
  return out;
}
