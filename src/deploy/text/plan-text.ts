import { annotationsOf, isMap, type KubeObject } from "../../resource/index.ts";
import type { DeployConfig } from "../config/deploy-config.ts";
import { withoutHistory } from "../diff/history.ts";
import { withoutManagedFields } from "../diff/metadata.ts";
import { maskValues } from "../diff/mask.ts";
import type { ChangeOptions } from "../options/deploy-options.ts";
import type { DeployPlan, PlanStep } from "../plan-types.ts";
import { trimQualified } from "../record/app-record.ts";
import { changeTable } from "./change-table.ts";
import { missingAppText } from "./missing-app-text.ts";
import { formatParts, type Part } from "./part.ts";
import { diffLines, type DiffLine, resourceLines, resourceYaml } from "./text-diff.ts";

/** What kapp prints behind the target before it applies: differences if asked for, table (kapp.md §11.2, §4.4). No secret values. */
export function planParts(plan: DeployPlan): Part[] {
  const { name, stateNamespace } = plan.app;
  const app = trimQualified(name);
  if (plan.kind === "delete" && plan.stored === undefined) {
    return [{ part: "line", text: missingAppText(app, stateNamespace, plan.elsewhere) }];
  }
  const { diffChanges, diffChangesYaml, diffSummary } = plan.options;
  const table: Part = { part: "table", table: changeTable(plan.steps, plan.plannedAt) };
  const partial = `App '${app}' (namespace: ${stateNamespace}) will not be fully deleted because some resources are excluded by filters`;
  return [
    ...(diffChangesYaml ? yamlParts(plan) : []),
    ...(diffChanges ? diffParts(plan) : []),
    ...(diffSummary ? [table] : []),
    ...(plan.kind === "delete" && plan.isPartial ? [{ part: "line", text: partial } as const] : []),
  ];
}

/** Target and parts as one text, with the columns that the plan's options ask for (kapp.md §11.1). */
export function formatPlan(plan: DeployPlan): string {
  return formatParts([{ part: "line", text: plan.target }, ...planParts(plan)], { columns: plan.options.columns });
}

/** What would be sent, as `--diff-changes-yaml` shows it. */
function yamlParts(plan: DeployPlan): Part[] {
  const mask = maskValues(plan.config.maskRules);
  return plan.steps
    .filter((step) => step.active && step.op !== "noop")
    .map((step) => {
      const strategy = step.strategy.of === "none" || step.strategy.strategy === "" ? "" : step.strategy.strategy;
      const head = `# ${step.op}: ${step.description}${strategy === "" ? "" : ` (strategy: ${strategy})`}`;
      const sent = step.op === "create" || step.op === "update" ? step.target : undefined;
      const yaml = sent === undefined ? "" : resourceYaml(mask(withoutManagedFields(sent)));
      return { part: "block", text: `---\n${head}\n${yaml}\n` };
    });
}

function diffParts(plan: DeployPlan): Part[] {
  const mask = maskValues(plan.config.maskRules);
  return plan.steps
    .filter((step) => step.active)
    .flatMap((step): Part[] => {
      const [left, right] = sides(step, plan.config, mask);
      const lines = showLines(diffLines(resourceLines(left), resourceLines(right)), plan.options);
      return [
        { part: "log", text: `@@ ${step.op} ${step.description} @@\n` },
        { part: "diff", lines },
      ];
    });
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

type ShownLine = (Part & { readonly part: "diff" })["lines"][number];

/** `context`: N−1 common lines before a changed one and N after, as kapp does it. */
function showLines(lines: readonly DiffLine[], options: ChangeOptions): ShownLine[] {
  const shown = new Set<number>();
  lines.forEach((line, index) => {
    if (line.line === "same") return;
    for (let i = index - options.diffContext + 1; i <= index + options.diffContext; i++) shown.add(i);
    shown.add(index);
  });
  const out: ShownLine[] = [];
  let gap = false;
  lines.forEach((line, index) => {
    if (!shown.has(index)) {
      gap = true;
      return;
    }
    if (gap) out.push({ text: "  ...", line: "same" });
    gap = false;
    out.push({ text: showLine(line, options.diffLineNumbers), line: line.line });
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
