/** Who may call the sandbox: its administrator, and ServiceAccounts with tokens of their own as far as RBAC objects let them. */
import type { Attributes, Caller } from "../kubeapi/index.ts";
import { isList, type Json, type KubeObject, own } from "../resource/index.ts";
import type { World } from "./world.ts";

const administrator: Caller = { user: "sandbox-admin", groups: ["system:masters"], may: async () => true };

interface IssuedToken {
  readonly namespace: string;
  readonly name: string;
  readonly expiresAt: number;
}

export interface Access {
  readonly adminToken: string;
  authenticate(request: Request): Promise<Caller | undefined>;
  /** A token of a ServiceAccount, good until `expiresAt`. */
  issue(namespace: string, name: string, expiresAt: number): string;
}

/** @param world Asked for RBAC objects when a ServiceAccount calls. */
export function createAccess(adminToken: string, world: () => World, newToken: () => string): Access {
  const issued = new Map<string, IssuedToken>();
  return {
    adminToken,
    issue: (namespace, name, expiresAt) => {
      const token = newToken();
      issued.set(token, { namespace, name, expiresAt });
      return token;
    },
    authenticate: async (request) => {
      const token = /^bearer (\S+)$/i.exec(request.headers.get("authorization") ?? "")?.[1];
      if (token === undefined) return undefined;
      if (token === adminToken) return administrator;
      const found = issued.get(token);
      if (found === undefined || found.expiresAt <= world().clock.now()) return undefined;
      const { namespace, name } = found;
      if ((await world().get("ServiceAccount", namespace, name)) === undefined) return undefined;
      return serviceAccountCaller(namespace, name, world());
    },
  };
}

function serviceAccountCaller(namespace: string, name: string, world: World): Caller {
  const user = `system:serviceaccount:${namespace}:${name}`;
  const groups = ["system:serviceaccounts", `system:serviceaccounts:${namespace}`, "system:authenticated"];
  return { user, groups, may: (attributes) => isAllowed(attributes, { user, groups, namespace, name }, world) };
}

interface Identity {
  readonly user: string;
  readonly groups: readonly string[];
  readonly namespace: string;
  readonly name: string;
}

/** RBAC: some binding gives some role that has a rule for it. */
async function isAllowed(attributes: Attributes, identity: Identity, world: World): Promise<boolean> {
  // Reviews of oneself are for everybody, as the basic-user role has it.
  if (attributes.resource.startsWith("selfsubject")) return true;
  const clusterWide = await world.list("ClusterRoleBinding");
  const local = attributes.namespace === "" ? [] : await world.list("RoleBinding", attributes.namespace);
  for (const binding of [...clusterWide, ...local]) {
    const namespace = text(own(own(binding, "metadata"), "namespace"));
    if (!names(binding, identity, namespace)) continue;
    const rules = await rulesOf(own(binding, "roleRef"), namespace, world);
    if (rules.some((rule) => covers(rule, attributes))) return true;
  }
  return false;
}

function names(binding: KubeObject, identity: Identity, bindingNamespace: string): boolean {
  const subjects = own(binding, "subjects");
  return (
    isList(subjects) &&
    subjects.some((subject) => {
      const name = text(own(subject, "name"));
      switch (own(subject, "kind")) {
        case "ServiceAccount":
          return name === identity.name && (text(own(subject, "namespace")) || bindingNamespace) === identity.namespace;
        case "Group":
          return identity.groups.includes(name);
        case "User":
          return name === identity.user;
        default:
          return false;
      }
    })
  );
}

async function rulesOf(roleRef: Json | undefined, namespace: string, world: World): Promise<readonly Json[]> {
  const kind = own(roleRef, "kind") === "Role" ? "Role" : "ClusterRole";
  const role = await world.get(kind, kind === "Role" ? namespace : "", text(own(roleRef, "name")));
  const rules = own(role, "rules");
  return isList(rules) ? rules : [];
}

function covers(rule: Json, { verb, group, resource, subresource, name }: Attributes): boolean {
  const full = subresource === "" ? resource : `${resource}/${subresource}`;
  const restricted = texts(own(rule, "resourceNames"));
  return (
    includes(own(rule, "verbs"), verb) &&
    includes(own(rule, "apiGroups"), group) &&
    (includes(own(rule, "resources"), full) ||
      (subresource !== "" && texts(own(rule, "resources")).includes(`*/${subresource}`))) &&
    (restricted.length === 0 || restricted.includes(name))
  );
}

const includes = (list: Json | undefined, wanted: string): boolean => {
  const values = texts(list);
  return values.includes("*") || values.includes(wanted);
};
const text = (value: Json | undefined): string => (typeof value === "string" ? value : "");
const texts = (value: Json | undefined): readonly string[] =>
  isList(value) ? value.filter((one) => typeof one === "string") : [];
