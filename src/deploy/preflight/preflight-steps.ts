import type { PlanStep } from "../plan-types.ts";

/** What the preflight checks take for a write: in kapp a resource that only has to exist counts too. */
export function isUpsert({ op }: PlanStep): boolean {
  return op === "create" || op === "update" || op === "exists";
}
