import type { Json, KubeObject } from "../../resource/index.ts";
import { intAt, listAt, textAt } from "../fields.ts";

/** How far an object is (kapp.md §7). kapp keeps three booleans for it; four of their eight combinations mean nothing. */
export type WaitState =
  | { readonly state: "ok"; readonly message: string }
  /** `unblocks`: what waits for it may go on. */
  | { readonly state: "ongoing"; readonly message: string; readonly unblocks?: true }
  | { readonly state: "fail"; readonly message: string };

export const ok = (message = ""): WaitState => ({ state: "ok", message });
export const ongoing = (message = ""): WaitState & { readonly state: "ongoing" } => ({ state: "ongoing", message });
export const fail = (message: string): WaitState => ({ state: "fail", message });

export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
  readonly observedGeneration: number;
}

/** `status.conditions`; entries of another shape are skipped. */
export function conditionsOf(object: KubeObject): Condition[] {
  return listAt(object, "status", "conditions").map((condition: Json) => ({
    type: textAt(condition, "type"),
    status: textAt(condition, "status"),
    reason: textAt(condition, "reason"),
    message: textAt(condition, "message"),
    observedGeneration: intAt(condition, "observedGeneration") ?? 0,
  }));
}

/** `undefined` once the controller has seen the current generation. */
export function observedGeneration(object: KubeObject): WaitState | undefined {
  const generation = intAt(object, "metadata", "generation");
  if (generation === intAt(object, "status", "observedGeneration")) return undefined;
  return ongoing(`Waiting for generation ${generation ?? 0} to be observed`);
}

/** `undefined` when all of the conditions are True. */
export function requireConditions(object: KubeObject, ...types: readonly string[]): WaitState | undefined {
  const conditions = conditionsOf(object);
  for (const type of types) {
    const condition = conditions.find((candidate) => candidate.type === type);
    if (condition === undefined) return ongoing(`Condition ${type} is not set`);
    if (condition.status !== "True") return ongoing(`Condition ${type} is not True (${condition.status})`);
  }
  return undefined;
}
