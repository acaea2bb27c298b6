import type { DeployCluster } from "../cluster-port.ts";
import { assertNever } from "../../base/index.ts";
import { DeployError } from "../failure.ts";
import type { DeploymentPlan } from "../plan-types.ts";
import { type PreflightCheck, preflightChecks } from "./check-names.ts";
import { crdUpgradeProblem } from "./crd-upgrade-safety.ts";
import { permissionProblem } from "./permission-validation.ts";

/**
 * Runs the preflight checks that the options name or, where these say nothing, the Configs (kapp.md §8). Reads only: reviews are posted, but
 * nothing is stored. kapp stops at the first check that fails; here all are told.
 * @throws DeployError `DEPLOY_PREFLIGHT`
 */
export async function runPreflight(plan: DeploymentPlan, cluster: DeployCluster, signal: AbortSignal): Promise<void> {
  const enabled = new Set(plan.options.preflight ?? plan.config.preflightRules);
  const failed: { readonly check: PreflightCheck; readonly problem: string }[] = [];
  for (const check of preflightChecks.filter((name) => enabled.has(name))) {
    const problem = await problemOf(check, plan, cluster, signal);
    if (problem !== undefined) failed.push({ check, problem });
  }
  if (failed.length > 0) throw new DeployError({ code: "DEPLOY_PREFLIGHT", checks: failed });
}

function problemOf(
  check: PreflightCheck,
  plan: DeploymentPlan,
  cluster: DeployCluster,
  signal: AbortSignal,
): Promise<string | undefined> {
  switch (check) {
    case "PermissionValidation":
      return permissionProblem(plan, cluster, signal);
    case "CRDUpgradeSafety":
      return crdUpgradeProblem(plan, cluster, signal);
    default:
      return assertNever(check);
  }
}
