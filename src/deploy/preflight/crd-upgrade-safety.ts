import { mapBounded } from "../../base/index.ts";
import { compareCodePoints, groupVersionKindOf, type Json, type KubeObject, nameOf } from "../../resource/index.ts";
import type { ApiType, DeployCluster } from "../cluster-port.ts";
import { at, listAt, textAt } from "../fields.ts";
import type { DeploymentPlan, PlanStep } from "../plan-types.ts";
import { flattenSchema, schemaProblems } from "./crd-schema.ts";
import { isUpsert } from "./preflight-steps.ts";

/** What is wrong with a change of a CustomResourceDefinition, one text per finding. */
type Validation = (before: KubeObject, after: KubeObject) => readonly string[];

const validations: readonly (readonly [name: string, validate: Validation])[] = [
  ["NoScopeChange", scopeChange],
  ["NoStoredVersionRemoved", removedStoredVersion],
  ["NoExistingFieldRemoved", removedFields],
  ["ChangeValidator", changedFields],
];

/** Whether the CustomResourceDefinitions of a plan may take the place of those on the cluster, by kapp's rules (kapp.md §8). */
export async function crdUpgradeProblem(
  plan: DeploymentPlan,
  cluster: DeployCluster,
  signal: AbortSignal,
): Promise<string | undefined> {
  const steps = plan.steps.filter((step) => isUpsert(step) && isDefinition(step.fresh));
  const problems = await mapBounded(steps, plan.options.applyConcurrency, async (step) => {
    const after = step.target ?? step.fresh;
    const before = step.live ?? (await definitionOnCluster(step, cluster, signal));
    return after === undefined || before === undefined ? [] : problemsOf(before, after);
  });
  const told = problems.flat();
  return told.length === 0 ? undefined : ["validation for safe CRD upgrades failed", ...told].join("\n");
}

function problemsOf(before: KubeObject, after: KubeObject): string[] {
  return validations.flatMap(([name, validate]) => {
    const found = validate(before, after);
    if (found.length === 0) return [];
    return `CustomResourceDefinition ${nameOf(after)} failed upgrade safety validation. ${JSON.stringify(name)} validation failed: ${found.join("\n")}`;
  });
}

function isDefinition(object: KubeObject | undefined): boolean {
  if (object === undefined) return false;
  const { group, version, kind } = groupVersionKindOf(object);
  return group === "apiextensions.k8s.io" && version === "v1" && kind === "CustomResourceDefinition";
}

async function definitionOnCluster(
  { fresh, type }: PlanStep,
  cluster: DeployCluster,
  signal: AbortSignal,
): Promise<KubeObject | undefined> {
  return fresh === undefined ? undefined : cluster.get(type ?? definitionType, "", nameOf(fresh), { signal });
}

const definitionType: ApiType = {
  group: "apiextensions.k8s.io",
  version: "v1",
  kind: "CustomResourceDefinition",
  resource: "customresourcedefinitions",
  namespaced: false,
  verbs: ["get"],
};

function scopeChange(before: KubeObject, after: KubeObject): string[] {
  const [from, to] = [textAt(before, "spec", "scope"), textAt(after, "spec", "scope")];
  return from === to ? [] : [`scope changed from ${JSON.stringify(from)} to ${JSON.stringify(to)}`];
}

function removedStoredVersion(before: KubeObject, after: KubeObject): string[] {
  const served = versionsOf(after);
  const gone = listAt(before, "status", "storedVersions").find(
    (version) => typeof version === "string" && !served.has(version),
  );
  return typeof gone === "string" ? [`stored version ${JSON.stringify(gone)} removed`] : [];
}

function removedFields(before: KubeObject, after: KubeObject): string[] {
  const known = versionsOf(before);
  return [...versionsOf(after)].flatMap(([version, schema]) => {
    const old = known.get(version);
    if (old === undefined) return [];
    const kept = flattenSchema(schema);
    const gone = [...flattenSchema(old).keys()].filter((field) => !kept.has(field));
    return gone
      .sort(compareCodePoints)
      .map((field) => `crd/${nameOf(after)} version/${version} field/${field} may not be removed`);
  });
}

function changedFields(before: KubeObject, after: KubeObject): string[] {
  const wanted = versionsOf(after);
  return [...versionsOf(before)].flatMap(([version, schema]) => {
    const next = wanted.get(version);
    return next === undefined ? [] : schemaProblems(version, schema, next);
  });
}

/** Schemas by version, in their order. */
function versionsOf(definition: KubeObject): ReadonlyMap<string, Json> {
  return new Map(
    listAt(definition, "spec", "versions").map((version) => [
      textAt(version, "name"),
      at(version, "schema", "openAPIV3Schema") ?? {},
    ]),
  );
}
