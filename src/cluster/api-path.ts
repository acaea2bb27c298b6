import type { ApiType } from "./cluster.ts";

type Query = Readonly<Record<string, string | undefined>>;

/** URL path of a collection; `namespace` is ignored for cluster-scoped types, and empty means all namespaces. */
export function collectionPath(type: ApiType, namespace: string, query: Query = {}): string {
  const root =
    type.group === "" ? `/api/${segment(type.version)}` : `/apis/${segment(type.group)}/${segment(type.version)}`;
  const scope = type.namespaced && namespace !== "" ? `/namespaces/${segment(namespace)}` : "";
  return `${root}${scope}/${segment(type.resource)}${queryText(query)}`;
}

export function objectPath(type: ApiType, namespace: string, name: string, query: Query = {}): string {
  return `${collectionPath(type, namespace)}/${segment(name)}${queryText(query)}`;
}

/** `apps/v1`, `v1`. */
export function apiVersionText(type: ApiType): string {
  return type.group === "" ? type.version : `${type.group}/${type.version}`;
}

/** `deployments.apps`, `configmaps`. */
export function resourceText(type: ApiType): string {
  return type.group === "" ? type.resource : `${type.resource}.${type.group}`;
}

/** Names come from outside: `.` and `..` would leave the path although nothing in them needs escaping. */
function segment(name: string): string {
  return /^\.{1,2}$/.test(name) ? name.replaceAll(".", "%2E") : encodeURIComponent(name);
}

/** `?a=1&b=2` of what has a value; empty without any. */
export function queryText(query: Query): string {
  const parts = Object.entries(query).flatMap(([key, value]) =>
    value === undefined || value === "" ? [] : [`${key}=${encodeURIComponent(value)}`],
  );
  return parts.length === 0 ? "" : `?${parts.join("&")}`;
}
