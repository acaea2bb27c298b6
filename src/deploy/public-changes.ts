import { type Json, type KubeObject, stringifyJson } from "../resource/index.ts";
import { withoutHistory, withoutIdentity } from "./diff/history.ts";
import { patchOps, type PatchOp } from "./diff/patch-ops.ts";
import { maskSecrets } from "./diff/mask.ts";
import type { PlannedChange, PlanStep } from "./plan-types.ts";

/** The active steps as data without secret values. */
export function publicChanges(steps: readonly PlanStep[]): PlannedChange[] {
  return steps
    .filter((step) => step.active)
    .map((step) => ({
      resource: step.description,
      op: step.op,
      waitFor: step.wait === "noop" ? "" : step.wait,
      reasons: step.waitsFor.map(({ reason }) => reason),
      diff: step.op === "update" ? fieldDiff(step.left, step.target) : [],
    }));
}

/** Longest value that a line shows. */
const maxValueLength = 200;

function fieldDiff(left: KubeObject | undefined, right: KubeObject | undefined): string[] {
  if (left === undefined || right === undefined) return [];
  const mask = maskSecrets();
  const ops = patchOps(mask(withoutIdentity(withoutHistory(left))), mask(right));
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
  if (change.op === "remove") return `- ${place}${test.op === "test" ? `: ${shown(test.value)}` : ""}`;
  const after = change.op === "replace" ? shown(change.value) : "";
  return test.op === "test" ? `~ ${place}: ${shown(test.value)} → ${after}` : `+ ${place}: ${after}`;
}

function shown(value: Json): string {
  const text = stringifyJson(value);
  return text.length > maxValueLength ? `${text.slice(0, maxValueLength)}…` : text;
}
