import type { Value } from "../../starlark/index.ts";
import type { Position } from "../tree/position.ts";

/** What a node's final value must pass. */
export interface Validation {
  /** In the order in which they run. */
  readonly rules: readonly Rule[];
  /** Says whether the rules apply: a callable. */
  readonly when: Value | undefined;
  /** Of the annotation. */
  readonly position: Position;
}

export interface Rule {
  /** What a valid value is. */
  readonly message: string;
  /** A callable that answers True for a valid value. */
  readonly check: Value;
  /** Looks at null as well, comes first, and where it does not hold the others say nothing. */
  readonly isCritical: boolean;
}
