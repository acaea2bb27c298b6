import { mapBounded } from "../../base/index.ts";
import { groupVersionKindOf, type KubeObject, nameOf, namespaceOf, uniqueKey } from "../../resource/index.ts";
import type { DeployCluster } from "../cluster-port.ts";
import { textAt } from "../fields.ts";
import type { DeploymentPlan, PlanStep } from "../plan-types.ts";
import { type Access, AccessReviews } from "./access-reviews.ts";
import { isUpsert } from "./preflight-steps.ts";
import {
  isRbac,
  permissionsOf,
  permissionsOfBinding,
  rbacGroup,
  type RolePermission,
  roleRefOf,
  roleResource,
} from "./role-rules.ts";

/**
 * What the caller may not do of a plan (kapp.md §8): create and update what is written, delete what is deleted. For a role `escalate` is
 * enough, or every permission that it gives; for a binding `bind` on its role, or every permission of that role.
 */
export async function permissionProblem(
  plan: DeploymentPlan,
  cluster: DeployCluster,
  signal: AbortSignal,
): Promise<string | undefined> {
  const validator = new PermissionValidator(plan, cluster, signal);
  const { steps, options } = plan;
  const problems = await mapBounded(steps, options.applyConcurrency, async (step) =>
    givesPermissions(step) ? [] : validator.problemsOf(step),
  );
  // One after another: each asks many questions at once.
  for (const [index, step] of steps.entries()) {
    if (givesPermissions(step)) problems[index] = await validator.problemsOf(step);
  }
  // The texts name no object: once is enough.
  const told = new Set(problems.flat());
  return told.size === 0 ? undefined : [...told].join("\n");
}

const roles = ["Role", "ClusterRole"];
const bindings = ["RoleBinding", "ClusterRoleBinding"];

function givesPermissions({ fresh }: PlanStep): boolean {
  return fresh !== undefined && isRbac(fresh, ...roles, ...bindings);
}

class PermissionValidator {
  readonly #reviews: AccessReviews;
  readonly #cluster: DeployCluster;
  readonly #signal: AbortSignal;
  readonly #concurrency: number;
  /** The plan's objects and, of kinds that come with it, the definitions. */
  readonly #fresh: ReadonlyMap<string, KubeObject>;
  readonly #plurals: ReadonlyMap<string, string>;

  constructor({ steps, options }: DeploymentPlan, cluster: DeployCluster, signal: AbortSignal) {
    this.#reviews = new AccessReviews(cluster, signal);
    this.#cluster = cluster;
    this.#signal = signal;
    this.#concurrency = options.applyConcurrency;
    const fresh = steps.flatMap((step) => (step.fresh === undefined ? [] : [step.fresh]));
    this.#fresh = new Map(fresh.map((object) => [uniqueKey(object), object]));
    this.#plurals = new Map(
      fresh
        .filter((object) => groupVersionKindOf(object).kind === "CustomResourceDefinition")
        .map((crd) => [
          kindKey(textAt(crd, "spec", "group"), textAt(crd, "spec", "names", "kind")),
          textAt(crd, "spec", "names", "plural"),
        ]),
    );
  }

  async problemsOf(step: PlanStep): Promise<string[]> {
    const object = step.fresh ?? step.existing;
    if (object === undefined) return [];
    const verbs = isUpsert(step) ? ["create", "update"] : step.op === "delete" ? ["delete"] : [];
    const problems: string[] = [];
    for (const verb of verbs) {
      const problem = await this.#problemOf(verb, object, step);
      if (problem !== undefined) problems.push(problem);
    }
    return problems;
  }

  async #problemOf(verb: string, object: KubeObject, step: PlanStep): Promise<string | undefined> {
    const { group, version, kind } = groupVersionKindOf(object);
    const resource = step.type?.resource ?? this.#plurals.get(kindKey(group, kind));
    if (resource === undefined)
      return `no matches for kind ${JSON.stringify(kind)} in version ${JSON.stringify(group === "" ? version : `${group}/${version}`)}`;
    const access: Access = { verb, group, version, resource, namespace: namespaceOf(object), name: nameOf(object) };
    if (verb === "delete") return this.#reviews.problemOf(access);
    const isRole = isRbac(object, ...roles);
    if (!isRole && !isRbac(object, ...bindings)) return this.#reviews.problemOf(access);
    const free = isRole ? { ...access, verb: "escalate" } : bindAccess(object);
    if (free !== undefined && (await this.#reviews.problemOf(free)) === undefined)
      // kapp takes the right to escalate for the right to write, which an API server asks for as well.
      return this.#reviews.problemOf(access);
    return (await this.#reviews.problemOf(access)) ?? this.#escalation(object, isRole, access);
  }

  async #escalation(object: KubeObject, isRole: boolean, { verb, namespace }: Access): Promise<string | undefined> {
    const given = isRole
      ? permissionsOf(object)
      : await permissionsOfBinding(object, this.#fresh, this.#cluster, this.#signal);
    if ("problem" in given) return given.problem;
    const answers = await mapBounded(given, this.#concurrency, (permission) =>
      this.#heldProblem(permission, namespace),
    );
    const problems = answers.filter((answer) => answer !== undefined);
    if (problems.length === 0) return undefined;
    const { version, kind } = groupVersionKindOf(object);
    return [
      `potential privilege escalation, not permitted to ${JSON.stringify(verb)} ${rbacGroup}/${version}, Kind=${kind}`,
      ...problems,
    ].join("\n");
  }

  #heldProblem(permission: RolePermission, namespace: string): Promise<string | undefined> {
    return "path" in permission
      ? this.#reviews.problemOfPath(permission.verb, permission.path)
      : this.#reviews.problemOf({ ...permission, version: "", namespace });
  }
}

/** What an API server asks before it lets somebody bind a role that gives more than they have. */
function bindAccess(binding: KubeObject): Access | undefined {
  const ref = roleRefOf(binding);
  if (ref === undefined) return undefined;
  return {
    verb: "bind",
    group: rbacGroup,
    version: "v1",
    resource: roleResource(ref),
    namespace: namespaceOf(binding),
    name: ref.name,
  };
}

function kindKey(group: string, kind: string): string {
  return `${group}/${kind}`;
}
