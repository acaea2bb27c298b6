import { describeOrigin, describeResource, namespaceOf, type SourcedResource } from "../../resource/index.ts";
import type { DeployOptions } from "../options/deploy-options.ts";

/** What is wrong with resources in places that `--allow-check` does not name (kapp.md §2.6); `resources` after they were placed. */
export function placesNotAllowed(
  resources: readonly SourcedResource[],
  { allowed, intoNamespace, mapNamespaces }: Pick<DeployOptions, "allowed" | "intoNamespace" | "mapNamespaces">,
  defaultNamespace: string,
): string[] {
  if (allowed === undefined) return [];
  const namespaces = new Set([
    ...allowed.namespaces,
    defaultNamespace,
    ...(intoNamespace === undefined ? [] : [intoNamespace]),
    ...mapNamespaces.map(({ to }) => to),
  ]);
  const anyNamespace = allowed.allNamespaces && allowed.namespaces.length === 0;
  return resources.flatMap(({ object, origin }) => {
    const namespace = namespaceOf(object);
    if (namespace === "")
      return allowed.cluster
        ? []
        : [`Cluster level resource '${describeResource(object)}' is not allowed (${describeOrigin(origin)})`];
    return anyNamespace || namespaces.has(namespace)
      ? []
      : [`Resource '${describeResource(object)}' is outside of allowed namespaces (${describeOrigin(origin)})`];
  });
}
