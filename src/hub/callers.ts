import type { Attributes, Caller } from "../kubeapi/index.ts";
import type { HubTokens, Scope, TokenRecord } from "./token-door.ts";

/** What a request is about, as far as scopes tell resources apart. */
type Area = "apps" | "secrets" | "namespaces" | "identities" | "reviews" | "unknown";

const areas: ReadonlyMap<string, Area> = new Map<string, Area>([
  ["kappctrl.k14s.io/apps", "apps"],
  ["/configmaps", "apps"],
  ["/events", "apps"],
  ["/secrets", "secrets"],
  ["/namespaces", "namespaces"],
  ["/serviceaccounts", "identities"],
  ["rbac.authorization.k8s.io/roles", "identities"],
  ["rbac.authorization.k8s.io/rolebindings", "identities"],
  ["rbac.authorization.k8s.io/clusterroles", "identities"],
  ["rbac.authorization.k8s.io/clusterrolebindings", "identities"],
  ["authorization.k8s.io/selfsubjectaccessreviews", "reviews"],
  ["authorization.k8s.io/selfsubjectrulesreviews", "reviews"],
  ["authentication.k8s.io/selfsubjectreviews", "reviews"],
]);

const readVerbs: ReadonlySet<string> = new Set(["get", "list", "watch"]);
const writeVerbs: ReadonlySet<string> = new Set(["create", "update", "patch", "delete", "deletecollection"]);

/** Whether a token allows a request. Default deny; decided without looking anything up, so that names cannot be guessed. */
function mayDo(record: TokenRecord, attributes: Attributes): boolean {
  if (!inNamespaces(record, attributes)) return false;
  if (record.scopes.includes("admin")) return true;
  const needed = neededScopes(attributes);
  return needed === "none" || needed.some((scope) => record.scopes.includes(scope));
}

/** Any one of these scopes is enough; `none`: every token may. */
function neededScopes({ group, resource, subresource, verb }: Attributes): readonly Scope[] | "none" {
  const area = areas.get(`${group}/${resource}`) ?? "unknown";
  // Status is written by reconciliation alone.
  if (subresource !== "" && !readVerbs.has(verb)) return [];
  switch (area) {
    case "identities":
      // Without a home cluster to go to they grant nothing: whoever may write Apps may keep them beside those.
      if (readVerbs.has(verb)) return ["apps:read", "apps:write", "identities:write"];
      return writeVerbs.has(verb) ? ["apps:write", "identities:write"] : [];
    case "apps":
    case "namespaces":
      if (readVerbs.has(verb)) return ["apps:read", "apps:write"];
      return writeVerbs.has(verb) ? ["apps:write"] : [];
    case "secrets":
      if (verb === "reveal") return ["secrets:read"];
      // Without the scope to reveal, what is read is masked.
      if (readVerbs.has(verb)) return ["secrets:read", "secrets:write"];
      return writeVerbs.has(verb) ? ["secrets:write"] : [];
    case "reviews":
      return verb === "create" ? "none" : [];
    case "unknown":
      return [];
  }
}

function inNamespaces(record: TokenRecord, { group, resource, namespace, name }: Attributes): boolean {
  if (record.namespaces === "*") return true;
  if (areas.get(`${group}/${resource}`) === "reviews") return true;
  // A Namespace is in itself; lists over all namespaces and cluster-scoped objects are in none.
  const place = group === "" && resource === "namespaces" ? name : namespace;
  return place !== "" && record.namespaces.includes(place);
}

/** The caller behind a token. Asked again while a watch goes on, so that a revoked token ends it. */
export function callerOf(record: TokenRecord, tokens: HubTokens): Caller {
  return {
    user: `lateen:token:${record.id}`,
    groups: ["lateen:tokens", ...record.scopes.map((scope) => `lateen:scope:${scope}`)],
    may: async (attributes) => {
      if (attributes.verb === "watch" && !(await tokens.isLive(record.id))) return false;
      return mayDo(record, attributes);
    },
  };
}

const everything = async (): Promise<boolean> => true;

/** Reconciliation itself: its writes wake nothing. */
export const reconcileCaller: Caller = { user: "lateen:reconcile", groups: ["lateen:system"], may: everything };

/** Objects of the operator's own configuration. */
export const configurationCaller: Caller = { user: "lateen:configuration", groups: ["lateen:system"], may: everything };

/** RBAC rules that say what a token's scopes allow, for `kubectl auth can-i --list`. */
export function rulesOfScopes(groups: readonly string[]): readonly {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}[] {
  const has = (scope: Scope): boolean => groups.includes(`lateen:scope:${scope}`);
  if (has("admin") || groups.includes("lateen:system")) return [{ apiGroups: ["*"], resources: ["*"], verbs: ["*"] }];
  const rules = [];
  const verbsFor = (read: boolean, write: boolean): readonly string[] => [
    ...(read ? readVerbs : []),
    ...(write ? writeVerbs : []),
  ];
  const appVerbs = verbsFor(has("apps:read") || has("apps:write"), has("apps:write"));
  const secretVerbs = verbsFor(has("secrets:read") || has("secrets:write"), has("secrets:write"));
  const identityVerbs = has("identities:write") ? verbsFor(true, true) : appVerbs;
  if (appVerbs.length > 0)
    rules.push(
      { apiGroups: ["kappctrl.k14s.io"], resources: ["apps"], verbs: appVerbs },
      { apiGroups: [""], resources: ["configmaps", "namespaces", "events"], verbs: appVerbs },
    );
  if (identityVerbs.length > 0)
    rules.push(
      { apiGroups: [""], resources: ["serviceaccounts"], verbs: identityVerbs },
      {
        apiGroups: ["rbac.authorization.k8s.io"],
        resources: ["roles", "rolebindings", "clusterroles", "clusterrolebindings"],
        verbs: identityVerbs,
      },
    );
  if (secretVerbs.length > 0) rules.push({ apiGroups: [""], resources: ["secrets"], verbs: secretVerbs });
  return rules;
}
