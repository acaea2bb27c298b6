import type { DeployConfig } from "./config/deploy-config.ts";
import { withoutHistory, withoutIdentity } from "./diff/history.ts";
import { patchOps, type PatchOp } from "./diff/patch-ops.ts";
import { maskValues } from "./diff/mask.ts";
import { shownValue } from "./diff/shown-value.ts";
import type { PlannedChange, PlanStep } from "./plan-types.ts";

/** The active steps as data without secret values. */
export function publicChanges(steps: readonly PlanStep[], config: DeployConfig): PlannedChange[] {
  return steps
    .filter((step) => step.active)
    .map((step) => ({
      resource: step.description,
      op: step.op,
      waitFor: step.wait === "noop" ? "" : step.wait,
      reasons: step.waitsFor.map(({ reason }) => reason),
      diff: step.op === "update" || step.shown !== undefined ? fieldDiff(step, config) : [],
    }));
}

function fieldDiff(step: PlanStep, config: DeployConfig): string[] {
  const { left, shown: right = step.target } = step;
  if (left === undefined || right === undefined) return [];
  const mask = maskValues(config.maskRules);
  const ops = patchOps(mask(withoutIdentity(withoutHistory(left, config))), mask(right));
  const lines: string[] = [];
  // Each difference is a test and what follows from it.
  for (let i = 0; i + 1 < ops.length; i += 2) {
    const [test, change] = [ops[i], ops[i + 1]];
    if (test !== undefined && change !== undefined) lines.push(lineOf(test, change));
  }
  return lines;
}

function lineOf(test: PatchOp, change: PatchOp): string {
  const place = test.path;
  if (change.op === "remove") return `- ${place}${test.op === "test" ? `: ${shownValue(test.value)}` : ""}`;
  const after = change.op === "replace" ? shownValue(change.value) : "";
  return test.op === "test" ? `~ ${place}: ${shownValue(test.value)} → ${after}` : `+ ${place}: ${after}`;
}
