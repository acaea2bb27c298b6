import type { Comparison } from "../diff/compare.ts";
import { maskSecrets } from "../diff/mask.ts";
import { DeployError, failureText } from "../failure.ts";
import type { PlanStep } from "../plan-types.ts";
import { minimalDiff } from "../text/text-diff.ts";

/** kapp's number of tries against conflicts. */
export const conflictTries = 10;

export function recalculation(step: PlanStep, problem: string): DeployError {
  return new DeployError({ code: "DEPLOY_RECALCULATION", op: step.op, resource: step.description, problem });
}

export function conflict(step: PlanStep, problem: string, cause: unknown, comparison?: Comparison): DeployError {
  const said = cause instanceof DeployError ? failureText(cause.failure) : "";
  const mask = maskSecrets();
  const diff =
    comparison === undefined
      ? ""
      : minimalDiff(comparison.left === undefined ? undefined : mask(comparison.left), mask(comparison.right));
  return new DeployError(
    { code: "DEPLOY_CONFLICT", op: step.op, resource: step.description, problem, cause: said, diff },
    { cause },
  );
}
