import type { Matcher } from "./matchers.ts";
import type { RenderYtt } from "./tools.ts";

/** Says when a resource is ready (kapp.md §7.4): by its conditions or by a function. The first rule that matches counts. */
export interface WaitRule {
  readonly matcher: Matcher;
  /** `status.observedGeneration` must be current first. */
  readonly supportsObservedGeneration: boolean;
  readonly conditions: readonly ConditionMatcher[];
  /** `is_done(resource)`; takes the place of conditions. */
  readonly script?: { readonly text: string; readonly renderYtt: RenderYtt };
}

export interface ConditionMatcher {
  readonly type: string;
  readonly status: string;
  readonly failure: boolean;
  readonly success: boolean;
  /** What waits for the resource may go on. */
  readonly unblockChanges: boolean;
  /** The condition's own `observedGeneration` must be current. */
  readonly supportsObservedGeneration: boolean;
  /** A failure counts once it has lasted this long. */
  readonly timeout?: { readonly text: string; readonly ms: number };
}
