import type { Clock, Log, Redactor } from "../../base/index.ts";
import type { AppSummary, AppView, RunEvent, RunRecord } from "../../reconcile/index.ts";
import type { Plan } from "./contract.ts";
import type { Caller } from "./route.ts";

/** What the by-hand API does, as functions of the reconcile room with their dependencies bound. */
interface ByHandActions {
  readonly listApps: (namespace?: string) => Promise<readonly AppSummary[]>;
  readonly getApp: (namespace: string, name: string) => Promise<AppView | undefined>;
  readonly getRun: (namespace: string, name: string, runId: string) => Promise<RunRecord | undefined>;
  readonly requestReconcile: (
    namespace: string,
    name: string,
    /** `approve`: digest of deletions that are approved with it. */
    options: { readonly approve?: string | undefined },
  ) => Promise<{ readonly wanted: number } | undefined>;
  readonly requestSync: (input: {
    readonly repository?: string;
    readonly ref?: string;
  }) => Promise<{ readonly sources: number; readonly apps: readonly string[] }>;
  readonly followRuns: (
    namespace: string,
    name: string,
    wanted: number,
    options: { readonly signal: AbortSignal },
  ) => AsyncGenerator<RunEvent, void, void>;
  /** `undefined`: no such App. */
  readonly planApp: (
    namespace: string,
    name: string,
    options: { readonly signal: AbortSignal },
  ) => Promise<
    Plan | { readonly error: string; readonly stage: string; readonly usefulErrorMessage: string } | undefined
  >;
}

export interface RouteDeps extends ByHandActions {
  readonly clock: Clock;
  readonly log: Log;
  readonly authenticate: (request: Request) => Promise<Caller | undefined>;
  readonly maxWaitMs: number;
  readonly recheckMs: number;
  /** The one exit for text that no run has passed through its own. Default: nothing to hide. */
  readonly redactor?: Redactor;
}
