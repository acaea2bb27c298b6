import type { DeployConfig } from "../config/deploy-config.ts";
import type { Comparison } from "../diff/compare.ts";
import { maskValues } from "../diff/mask.ts";
import { DeployError, failureText } from "../failure.ts";
import type { PlanStep } from "../plan-types.ts";
import { minimalDiff } from "../text/text-diff.ts";

/** kapp's number of tries against conflicts. */
export const conflictTries = 10;

export function recalculation(step: PlanStep, problem: string): DeployError {
  return new DeployError({ code: "DEPLOY_RECALCULATION", op: step.op, resource: step.description, problem });
}

export function conflict(
  step: PlanStep,
  problem: string,
  cause: unknown,
  shown?: { readonly comparison: Comparison; readonly config: DeployConfig },
): DeployError {
  const said = cause instanceof DeployError ? failureText(cause.failure) : "";
  const diff = shown === undefined ? "" : maskedDiff(shown.comparison, shown.config);
  return new DeployError(
    { code: "DEPLOY_CONFLICT", op: step.op, resource: step.description, problem, cause: said, diff },
    { cause },
  );
}

function maskedDiff({ left, right }: Comparison, { maskRules }: DeployConfig): string {
  const mask = maskValues(maskRules);
  return minimalDiff(left === undefined ? undefined : mask(left), mask(right));
}
