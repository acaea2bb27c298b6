import {
  describeResource,
  type GroupVersionKind,
  groupVersionKindOf,
  isMap,
  kindOf,
  type KubeObject,
  namespaceOf,
  type SourcedResource,
} from "../../resource/index.ts";
import type { Discovery } from "../cluster-port.ts";
import { removeField, withMember } from "../diff/field-copy.ts";
import { DeployError } from "../failure.ts";
import { listAt, textAt } from "../fields.ts";
import type { NamespaceMapping } from "../options/deploy-options.ts";

export interface Placement {
  readonly defaultNamespace: string;
  readonly intoNamespace?: string;
  readonly mapNamespaces: readonly NamespaceMapping[];
}

/**
 * Gives every namespaced resource its namespace and takes it off cluster-scoped ones (kapp.md §2.4). Scope comes from the input's
 * own CRDs, then from discovery.
 * @throws DeployError `DEPLOY_KIND_UNKNOWN`, `DEPLOY_NAMESPACE_UNMAPPED`.
 */
export function placeResources(
  resources: readonly SourcedResource[],
  discovery: Discovery,
  placement: Placement,
): SourcedResource[] {
  const scopes = new Map<string, boolean>();
  for (const type of discovery.types) scopes.set(typeKey(type), type.namespaced);
  for (const { object } of resources) for (const [key, namespaced] of scopesOfCrd(object)) scopes.set(key, namespaced);
  return resources.map(({ object, origin }) => {
    const namespaced = scopes.get(typeKey(groupVersionKindOf(object)));
    if (namespaced === undefined) throw unknownKind(object);
    return { object: place(object, namespaced, placement), origin };
  });
}

function place(object: KubeObject, namespaced: boolean, placement: Placement): KubeObject {
  const given = namespaceOf(object);
  if (!namespaced) return removeField(object, ["metadata", "namespace"]);
  const wanted = placedNamespace(given, placement);
  const metadata = object["metadata"];
  if (wanted === given || !isMap(metadata)) return object;
  return withMember(object, "metadata", withMember(metadata, "namespace", wanted));
}

function placedNamespace(given: string, placement: Placement): string {
  const namespace = placement.intoNamespace ?? (given === "" ? placement.defaultNamespace : given);
  if (placement.mapNamespaces.length === 0) return namespace;
  const mapping = placement.mapNamespaces.findLast(({ from }) => from === namespace);
  if (mapping === undefined) throw new DeployError({ code: "DEPLOY_NAMESPACE_UNMAPPED", namespace });
  return mapping.to;
}

/** The kinds that a CRD in the input will bring. */
function scopesOfCrd(object: KubeObject): (readonly [string, boolean])[] {
  if (kindOf(object) !== "CustomResourceDefinition" || groupVersionKindOf(object).group !== "apiextensions.k8s.io")
    return [];
  const versions = [
    textAt(object, "spec", "version"),
    ...listAt(object, "spec", "versions").map((entry) => textAt(entry, "name")),
  ];
  const group = textAt(object, "spec", "group");
  const kind = textAt(object, "spec", "names", "kind");
  const namespaced = textAt(object, "spec", "scope") === "Namespaced";
  return versions.filter((version) => version !== "").map((version) => [typeKey({ group, version, kind }), namespaced]);
}

function unknownKind(object: KubeObject): DeployError {
  const { group, version, kind } = groupVersionKindOf(object);
  return new DeployError({
    code: "DEPLOY_KIND_UNKNOWN",
    groupVersionKind: `${group}/${version}/${kind}`,
    resource: describeResource(object),
  });
}

export function typeKey({ group, version, kind }: GroupVersionKind): string {
  return `${group}/${version}/${kind}`;
}
