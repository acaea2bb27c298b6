import { type Json, type JsonMap, compareCodePoints } from "../resource/index.ts";
import { unknownPath } from "./api-error.ts";
import type { TypeRegistry } from "./registry.ts";
import { apiVersionFor, type ServedType, singularOf, typeName, verbsOf } from "./served-type.ts";

/** `/version`: what clients take the server for. */
export const versionDocument: JsonMap = {
  major: "1",
  minor: "33",
  gitVersion: "v1.33.0+lateen",
  gitCommit: "",
  gitTreeState: "clean",
  buildDate: "1970-01-01T00:00:00Z",
  goVersion: "",
  compiler: "",
  platform: "",
};

/** `/api`. */
export const coreVersions = (serverAddress: string): JsonMap => ({
  kind: "APIVersions",
  versions: ["v1"],
  serverAddressByClientCIDRs: [{ clientCIDR: "0.0.0.0/0", serverAddress }],
});

/** `/apis`. */
export function groupList(registry: TypeRegistry): JsonMap {
  return { kind: "APIGroupList", apiVersion: "v1", groups: groupsOf(registry).map(groupEntry) };
}

/** `/apis/GROUP`. */
export function groupDocument(registry: TypeRegistry, group: string): JsonMap {
  const found = groupsOf(registry).find((one) => one.group === group);
  if (found === undefined) throw unknownPath();
  return { kind: "APIGroup", apiVersion: "v1", ...groupEntry(found) };
}

interface Group {
  readonly group: string;
  readonly versions: readonly string[];
}

/** Named groups in order, each with its versions, the preferred one first. */
function groupsOf(registry: TypeRegistry): readonly Group[] {
  const groups = new Map<string, string[]>();
  for (const type of registry.all()) {
    if (type.group === "") continue;
    const versions = groups.get(type.group) ?? [];
    for (const { name } of type.versions) if (!versions.includes(name)) versions.push(name);
    groups.set(type.group, versions);
  }
  return [...groups]
    .map(([group, versions]) => ({ group, versions: versions.toSorted(compareVersions) }))
    .sort((a, b) => compareCodePoints(a.group, b.group));
}

/** Kubernetes' order of versions: `v2`, `v1`, `v1beta2`, `v1beta1`, `v1alpha1`, others by name. */
function compareVersions(a: string, b: string): number {
  const parse = (version: string): readonly [number, number, number] => {
    const match = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version);
    if (match === null) return [0, 0, 0];
    const stage = match[2] === undefined ? 3 : match[2] === "beta" ? 2 : 1;
    return [stage, Number(match[1]), Number(match[3] ?? "0")];
  };
  const [x, y] = [parse(a), parse(b)];
  return y[0] - x[0] || y[1] - x[1] || y[2] - x[2] || compareCodePoints(a, b);
}

function groupEntry({ group, versions }: Group): JsonMap {
  const entries = versions.map((version) => ({ groupVersion: `${group}/${version}`, version }));
  return { name: group, versions: entries, preferredVersion: entries[0] ?? {} };
}

/** `/apis/GROUP/VERSION`, `/api/v1`. */
export function resourceList(registry: TypeRegistry, group: string, version: string): JsonMap {
  const types = typesOf(registry, group, version);
  if (types.length === 0) throw unknownPath();
  return {
    kind: "APIResourceList",
    apiVersion: "v1",
    groupVersion: apiVersionFor(group, version),
    resources: types.flatMap((type) => [
      {
        name: type.plural,
        singularName: singularOf(type),
        namespaced: type.namespaced,
        kind: type.kind,
        verbs: verbsOf(type),
        ...(type.shortNames !== undefined && { shortNames: type.shortNames }),
        ...(type.categories !== undefined && { categories: type.categories }),
        storageVersionHash: "",
      },
      ...subresourcesOf(type).map(({ name, kind }) => ({
        name: `${type.plural}/${name}`,
        singularName: "",
        namespaced: type.namespaced,
        kind,
        verbs: ["get", "patch", "update"],
      })),
    ]),
  };
}

function subresourcesOf(type: ServedType): readonly { readonly name: string; readonly kind: string }[] {
  return [
    ...(type.scaleSubresource === true ? [{ name: "scale", kind: "Scale" }] : []),
    ...(type.statusSubresource === true ? [{ name: "status", kind: type.kind }] : []),
  ];
}

const typesOf = (registry: TypeRegistry, group: string, version: string): readonly ServedType[] =>
  registry
    .all()
    .filter((type) => type.group === group && type.versions.some((one) => one.name === version))
    .toSorted((a, b) => compareCodePoints(a.plural, b.plural));

/** Which form of aggregated discovery (all groups in one answer) the client prefers to the plain lists. */
export function aggregatedVersion(accept: string): "v2" | "v2beta1" | undefined {
  for (const entry of accept.split(",")) {
    const parts = entry.split(";").map((part) => part.trim());
    if (parts[0] !== "application/json") continue;
    if (parts.includes("as=APIGroupDiscoveryList") && parts.includes("g=apidiscovery.k8s.io")) {
      if (parts.includes("v=v2")) return "v2";
      if (parts.includes("v=v2beta1")) return "v2beta1";
    }
    if (!parts.some((part) => part.startsWith("as="))) return undefined;
  }
  return undefined;
}

/** Aggregated discovery of `/api` (the core group) or `/apis` (all others). */
export function aggregatedDiscovery(registry: TypeRegistry, root: "api" | "apis", form: "v2" | "v2beta1"): JsonMap {
  const groups: readonly Group[] = root === "api" ? [{ group: "", versions: ["v1"] }] : groupsOf(registry);
  return {
    kind: "APIGroupDiscoveryList",
    apiVersion: `apidiscovery.k8s.io/${form}`,
    metadata: {},
    items: groups.map(({ group, versions }) => ({
      metadata: { name: group },
      versions: versions.map((version) => ({
        version,
        resources: typesOf(registry, group, version).map((type) => aggregatedResource(type, version)),
        freshness: "Current",
      })),
    })),
  };
}

function aggregatedResource(type: ServedType, version: string): Json {
  const kindIn = (kind: string, group = type.group, inVersion = version): JsonMap => ({
    group,
    version: inVersion,
    kind,
  });
  const subresources = subresourcesOf(type).map(({ name, kind }) => ({
    subresource: name,
    responseKind: name === "scale" ? kindIn("Scale", "autoscaling", "v1") : kindIn(kind),
    verbs: ["get", "patch", "update"],
  }));
  return {
    resource: type.plural,
    responseKind: kindIn(type.kind),
    scope: type.namespaced ? "Namespaced" : "Cluster",
    singularResource: singularOf(type),
    verbs: verbsOf(type),
    ...(type.shortNames !== undefined && { shortNames: type.shortNames }),
    ...(type.categories !== undefined && { categories: type.categories }),
    ...(subresources.length > 0 && { subresources }),
  };
}

/** What a wrong path may have meant. */
export function servedKinds(registry: TypeRegistry): string {
  return `this API serves ${registry
    .all()
    .map((type) => typeName(type))
    .toSorted(compareCodePoints)
    .join(", ")}`;
}
