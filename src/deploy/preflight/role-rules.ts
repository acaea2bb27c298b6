import {
  describeResource,
  groupVersionKindOf,
  isList,
  type Json,
  type KubeObject,
  kindOf,
  nameOf,
  namespaceOf,
  own,
  uniqueKey,
} from "../../resource/index.ts";
import { type ApiType, type DeployCluster, isApiFailure } from "../cluster-port.ts";
import { listAt, textAt } from "../fields.ts";

/** One permission that a role gives: a rule taken apart. */
export type RolePermission =
  | { readonly verb: string; readonly group: string; readonly resource: string; readonly name: string }
  | { readonly verb: string; readonly path: string };

export const rbacGroup = "rbac.authorization.k8s.io";

/** More than any role of Kubernetes has: each one is a question to the API server. */
const maxPermissions = 10_000;

/** What a role gives, or why nobody will go through it. */
export type RolePermissions = readonly RolePermission[] | { readonly problem: string };

/** Every combination of a role's rules: a name only where the rule has some. */
export function permissionsOf(role: KubeObject): RolePermissions {
  const rules = listAt(role, "rules").map(readRule);
  const count = rules.reduce((sum, { verbs, groups, resources, names, paths }) => {
    return sum + verbs.length * (groups.length * resources.length * names.length + paths.length);
  }, 0);
  if (count > maxPermissions)
    return {
      problem: `${describeResource(role)} has rules for ${count} permissions, more than the ${maxPermissions} that are checked`,
    };
  return rules.flatMap(({ verbs, groups, resources, names, paths }): RolePermission[] => [
    ...groups.flatMap((group) =>
      resources.flatMap((resource) => verbs.flatMap((verb) => names.map((name) => ({ verb, group, resource, name })))),
    ),
    ...paths.flatMap((path) => verbs.map((verb) => ({ verb, path }))),
  ]);
}

function readRule(rule: Json) {
  const names = textsOf(rule, "resourceNames");
  return {
    verbs: textsOf(rule, "verbs"),
    groups: textsOf(rule, "apiGroups"),
    resources: textsOf(rule, "resources"),
    names: names.length === 0 ? [""] : names,
    paths: textsOf(rule, "nonResourceURLs"),
  };
}

/** The role that a binding refers to, in the namespace of the binding where it is a Role. */
export interface RoleRef {
  readonly kind: "Role" | "ClusterRole";
  readonly namespace: string;
  readonly name: string;
}

/** `undefined`: it refers to no kind of role. */
export function roleRefOf(binding: KubeObject): RoleRef | undefined {
  const name = textAt(binding, "roleRef", "name");
  const kind = kindOf(binding) === "ClusterRoleBinding" ? "ClusterRole" : textAt(binding, "roleRef", "kind");
  if (kind === "ClusterRole") return { kind, namespace: "", name };
  return kind === "Role" ? { kind, namespace: namespaceOf(binding), name } : undefined;
}

export function roleResource({ kind }: RoleRef): string {
  return kind === "Role" ? "roles" : "clusterroles";
}

/**
 * What the role of a binding gives: as the deploy will write it, or else as the cluster has it. A role that cannot be read is a
 * problem in kapp's words.
 */
export async function permissionsOfBinding(
  binding: KubeObject,
  fresh: ReadonlyMap<string, KubeObject>,
  cluster: DeployCluster,
  signal: AbortSignal,
): Promise<RolePermissions> {
  const ref = roleRefOf(binding);
  if (ref === undefined) {
    const kind = JSON.stringify(textAt(binding, "roleRef", "kind"));
    return { problem: `fetching rules for binding: unknown role reference kind: ${kind}` };
  }
  const written = fresh.get(
    uniqueKey({
      apiVersion: `${rbacGroup}/v1`,
      kind: ref.kind,
      metadata: { name: ref.name, ...(ref.namespace === "" ? {} : { namespace: ref.namespace }) },
    }),
  );
  if (written !== undefined) return permissionsOf(written);
  const resource = roleResource(ref);
  const missing = (reason: string): { readonly problem: string } => ({
    problem: `fetching rules for binding: fetching ${ref.kind} ${JSON.stringify(ref.name)} for ${kindOf(binding)} ${JSON.stringify(nameOf(binding))}: ${reason}`,
  });
  const type: ApiType = {
    group: rbacGroup,
    version: "v1",
    kind: ref.kind,
    resource,
    namespaced: ref.kind === "Role",
    verbs: ["get"],
  };
  try {
    const role = await cluster.get(type, ref.namespace, ref.name, { signal });
    return role === undefined
      ? missing(`${resource}.${rbacGroup} ${JSON.stringify(ref.name)} not found`)
      : permissionsOf(role);
  } catch (error) {
    if (isApiFailure(error) && error.status === 403) return missing(error.apiMessage);
    throw error;
  }
}

/** Whether an object is one of RBAC's `kinds`. */
export function isRbac(object: KubeObject, ...kinds: readonly string[]): boolean {
  const { group, version, kind } = groupVersionKindOf(object);
  return group === rbacGroup && version === "v1" && kinds.includes(kind);
}

function textsOf(rule: Json, field: string): string[] {
  const values = own(rule, field);
  return isList(values) ? values.filter((value) => typeof value === "string") : [];
}
