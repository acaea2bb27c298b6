import { annotationsOf, isMap, type KubeObject } from "../../resource/index.ts";
import type { DeployConfig } from "../config/deploy-config.ts";
import { withoutHistory } from "../diff/history.ts";
import { maskValues } from "../diff/mask.ts";
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
  if (plan.options.diffSummary)
    blocks.push(changeTable(plan.steps, { now: plan.plannedAt, columns: plan.options.columns }));
  if (plan.kind === "delete" && plan.isPartial) {
    const { name, stateNamespace } = plan.app;
    const app = `App '${trimQualified(name)}' (namespace: ${stateNamespace})`;
    blocks.push(`${app} will not be fully deleted because some resources are excluded by filters`);
  }
  return `${blocks.join("\n\n")}\n`;
}

function diffBlocks(plan: DeployPlan): string[] {
  const mask = maskValues(plan.config.maskRules);
  return plan.steps
    .filter((step) => step.active)
    .map((step) => {
      const head = `@@ ${opName(step)} ${step.description} @@`;
      const [left, right] = sides(step, plan.config, mask);
      const lines = showLines(diffLines(resourceLines(left), resourceLines(right)), plan.options);
      return [head, ...lines].join("\n");
    });
}

function opName(step: PlanStep): string {
  return step.op;
}

function sides(
  step: PlanStep,
  config: DeployConfig,
  mask: (object: KubeObject) => KubeObject,
): [KubeObject | undefined, KubeObject | undefined] {
  const left = step.left === undefined ? undefined : mask(shownAsLeft(step, step.left, config));
  const right = step.op === "exists" ? step.fresh : (step.shown ?? step.target);
  return [left, right === undefined ? undefined : mask(right)];
}

/** What is deleted is shown as the server has it, but for what kapp itself wrote there. */
function shownAsLeft(step: PlanStep, left: KubeObject, config: DeployConfig): KubeObject {
  const shown = withoutHistory(left, config);
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
