import { annotationsOf, isMap, type KubeObject } from "../../resource/index.ts";
import { withoutHistory } from "../diff/history.ts";
import { maskSecrets } from "../diff/mask.ts";
import type { ChangeOptions } from "../options/deploy-options.ts";
import type { DeployPlan, PlanStep } from "../plan-types.ts";
import { trimQualified } from "../record/app-record.ts";
import { changeTable } from "./change-table.ts";
import { missingAppText } from "./missing-app-text.ts";
import { diffLines, type DiffLine, resourceLines } from "./text-diff.ts";

/** What kapp prints before it applies: target, differences if asked for, table (kapp.md §11.1, §11.2, §4.4). No secret values. */
export function formatPlan(plan: DeployPlan): string {
  if (plan.kind === "delete" && plan.stored === undefined) {
    const { name, stateNamespace } = plan.app;
    return `${plan.target}\n\n${missingAppText(trimQualified(name), stateNamespace, plan.elsewhere)}`;
  }
  const blocks = [plan.target];
  if (plan.options.diffChanges) blocks.push(...diffBlocks(plan));
  if (plan.options.diffSummary) blocks.push(changeTable(plan.steps, plan.plannedAt));
  return `${blocks.join("\n\n")}\n`;
}

function diffBlocks(plan: DeployPlan): string[] {
  const mask = maskSecrets();
  return plan.steps
    .filter((step) => step.active)
    .map((step) => {
      const head = `@@ ${opName(step)} ${step.description} @@`;
      const [left, right] = sides(step, mask);
      const lines = showLines(diffLines(resourceLines(left), resourceLines(right)), plan.options);
      return [head, ...lines].join("\n");
    });
}

function opName(step: PlanStep): string {
  return step.op;
}

function sides(
  step: PlanStep,
  mask: (object: KubeObject) => KubeObject,
): [KubeObject | undefined, KubeObject | undefined] {
  const left = step.left === undefined ? undefined : mask(shownAsLeft(step, step.left));
  const right = step.op === "exists" ? step.fresh : step.target;
  return [left, right === undefined ? undefined : mask(right)];
}

/** What is deleted is shown as the server has it, but for what kapp itself wrote there. */
function shownAsLeft(step: PlanStep, left: KubeObject): KubeObject {
  const shown = withoutHistory(left);
  const metadata = shown["metadata"];
  if (step.fresh !== undefined || !isMap(metadata) || Object.keys(annotationsOf(shown)).length > 0) return shown;
  const { annotations: _empty, ...kept } = metadata;
  return { ...shown, metadata: kept };
}

/** `context`: N−1 common lines before a changed one and N after, as kapp does it. */
function showLines(lines: readonly DiffLine[], options: ChangeOptions): string[] {
  const shown = new Set<number>();
  lines.forEach((line, index) => {
    if (line.line === "same") return;
    for (let i = index - options.diffContext + 1; i <= index + options.diffContext; i++) shown.add(i);
    shown.add(index);
  });
  const out: string[] = [];
  let gap = false;
  lines.forEach((line, index) => {
    if (!shown.has(index)) {
      gap = true;
      return;
    }
    if (gap) out.push("  ...");
    gap = false;
    out.push(showLine(line, options.diffLineNumbers));
  });
  return out;
}

function showLine(line: DiffLine, numbers: boolean): string {
  const pad = (number: number): string => String(number).padStart(3);
  switch (line.line) {
    case "same":
      return `${numbers ? `${pad(line.left)},${pad(line.right)} ` : ""}  ${line.text}`;
    case "removed":
      return `${numbers ? `${pad(line.left)}     ` : ""}- ${line.text}`;
    case "added":
      return `${numbers ? `    ${pad(line.right)} ` : ""}+ ${line.text}`;
  }
}
