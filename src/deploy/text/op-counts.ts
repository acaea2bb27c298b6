import type { PlanStep } from "../plan-types.ts";

/** The two footers of the table of changes (kapp.md §11.2), without their heads. */
export function opCounts(steps: readonly PlanStep[]): { readonly ops: string; readonly waits: string } {
  const active = steps.filter((step) => step.active);
  const count = (op: PlanStep["op"]): number => active.filter((step) => step.op === op).length;
  const waits = (wait: PlanStep["wait"]): number => active.filter((step) => step.wait === wait).length;
  return {
    ops: `${count("create")} create, ${count("delete")} delete, ${count("update")} update, ${count("noop")} noop, ${count("exists")} exists`,
    waits: `${waits("reconcile")} reconcile, ${waits("delete")} delete, ${waits("noop")} noop`,
  };
}
