import { apiVersionOf, kindOf, type KubeObject, nameOf, namespaceOf } from "../../resource/index.ts";
import type { ChangeStrategy, PlanStep } from "../plan-types.ts";
import { clusterScope } from "../record/app-record.ts";
import { opCounts } from "./op-counts.ts";
import { ageOf, type Cell, column, comparePlaces, hiddenColumn, type Table, wrap } from "./table.ts";

const columns = [
  column("Namespace"),
  column("Name"),
  column("Kind"),
  hiddenColumn("Version"),
  column("Age"),
  column("Op"),
  column("Op st.", "op_strategy"),
  column("Wait to"),
  column("Rs", "reconcile_state"),
  column("Ri", "reconcile_info"),
];

/** kapp's table of changes with its two footers (kapp.md §11.2); `now` in epoch milliseconds. */
export function changeTable(steps: readonly PlanStep[], now: number): Table {
  const active = steps.filter((step) => step.active).sort((a, b) => comparePlaces(objectOf(a), objectOf(b)));
  const { ops, waits } = opCounts(steps);
  return {
    title: "Changes",
    columns,
    rows: active.map((step) => rowOf(step, now)),
    notes: [`Op:      ${ops}`, `Wait to: ${waits}`],
    marksRepeats: true,
  };
}

function rowOf(step: PlanStep, now: number): Cell[] {
  const object = objectOf(step);
  const state = step.existingState;
  return [
    [namespaceOf(object) || clusterScope],
    [nameOf(object)],
    [kindOf(object)],
    [apiVersionOf(object)],
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
