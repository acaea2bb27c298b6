import type { DeployFailure } from "../failure.ts";
import type { ApplyOp, DeployProgress, WaitOp } from "../plan-types.ts";
import type { AssociatedResources, InventoryEntry } from "../record/inventory.ts";
import type { WaitState } from "../wait/wait-state.ts";

/** What happens while a plan is carried out, in order. */
export type DeployEvent =
  /** A round of applying or waiting begins: `count` changes, `done` of `total` are behind us. */
  | {
      readonly type: "section";
      readonly phase: "applying" | "waiting";
      readonly count: number;
      readonly done: number;
      readonly total: number;
    }
  /** A change's calls came back, with or without success. */
  | {
      readonly type: "applied";
      readonly op: ApplyOp;
      readonly resource: string;
      readonly reasons: readonly string[];
      readonly succeeded: boolean;
      /** Milliseconds that its calls took. */
      readonly ms: number;
    }
  /** A change could not be applied yet and will be tried again. */
  | { readonly type: "retry"; readonly op: ApplyOp; readonly resource: string; readonly message: string }
  | {
      readonly type: "waited";
      readonly op: WaitOp;
      readonly resource: string;
      readonly state: WaitState["state"];
      readonly message: string;
      readonly children: readonly ChildState[];
    }
  | { readonly type: "complete"; readonly phase: "applying" | "waiting"; readonly done: number; readonly total: number }
  | { readonly type: "warning"; readonly text: string }
  /** A line of a Pod's log, or about one. */
  | { readonly type: "log"; readonly text: string };

/** An object that belongs to one that is waited for: a Deployment's ReplicaSets and Pods. */
export interface ChildState {
  readonly resource: string;
  readonly state: WaitState["state"];
  readonly message: string;
}

/** How a slice of a deploy ended. */
export type DeployOutcome =
  | {
      readonly state: "succeeded";
      readonly associated: AssociatedResources | undefined;
      /** What the App has on the cluster now; nothing after a `diffRun`, which keeps nothing up. */
      readonly inventory: readonly InventoryEntry[];
    }
  | {
      readonly state: "failed";
      readonly failure: DeployFailure;
      readonly retryable: boolean;
      readonly associated: AssociatedResources | undefined;
    }
  /** Only waits are left and the slice is over: plan again and go on with `resume: progress`. */
  | {
      readonly state: "waiting";
      readonly progress: DeployProgress;
      readonly associated: AssociatedResources | undefined;
    }
  /** Somebody wants something newer. */
  | { readonly state: "superseded" };
