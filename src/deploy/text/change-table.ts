import { kindOf, type KubeObject, nameOf, namespaceOf } from "../../resource/index.ts";
import type { ChangeStrategy, PlanStep } from "../plan-types.ts";
import { clusterScope } from "../record/app-record.ts";
import { opCounts } from "./op-counts.ts";
import { ageOf, type Cell, comparePlaces, table, withoutRepeats, wrap } from "./table.ts";

const headers = ["Namespace", "Name", "Kind", "Age", "Op", "Op st.", "Wait to", "Rs", "Ri"];

/** kapp's table of changes with its two footers (kapp.md §11.2); `now` in epoch milliseconds. */
export function changeTable(
  steps: readonly PlanStep[],
  { now, columns }: { readonly now: number; readonly columns: readonly string[] },
): string {
  const active = steps.filter((step) => step.active).sort((a, b) => comparePlaces(objectOf(a), objectOf(b)));
  const rows = withoutRepeats(active.map((step) => rowOf(step, now)));
  const { ops, waits } = opCounts(steps);
  return ["Changes", "", table(headers, rows, columns), "", `Op:      ${ops}`, `Wait to: ${waits}`].join("\n");
}

function rowOf(step: PlanStep, now: number): Cell[] {
  const object = objectOf(step);
  const state = step.existingState;
  return [
    [namespaceOf(object) || clusterScope],
    [nameOf(object)],
    [kindOf(object)],
    [step.existing === undefined ? "" : ageOf(step.existing, now)],
    [step.op === "noop" ? "" : step.op],
    [strategyText(step.strategy)],
    [step.wait === "noop" ? "" : step.wait],
    [state?.state ?? ""],
    wrap(state?.message ?? "", 35),
  ];
}

function objectOf(step: PlanStep): KubeObject {
  return step.fresh ?? step.existing ?? {};
}

function strategyText(strategy: ChangeStrategy): string {
  return strategy.of === "none" ? "" : strategy.strategy.replaceAll("-", " ");
}
