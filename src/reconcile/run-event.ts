import type { EpochMs } from "../base/index.ts";
import type { ObjectDrift } from "../deploy/index.ts";

/** Why a run began. */
export const runCauses = [
  "push",
  "app changed",
  "secret changed",
  "drift",
  "full comparison",
  "by hand",
  "retry",
  "wait",
  "schedule",
  "deletion",
] as const;

export type RunCause = (typeof runCauses)[number];

/** A cause as it was stored or sent; `undefined` for none, and for one of a newer lateen: a lost cause costs nothing. */
export function readRunCause(text: unknown): RunCause | undefined {
  return runCauses.find((cause) => cause === text);
}

/** Causes that nobody waits for: queues let every other one go first, and rows keep another one. */
export const backgroundCauses: readonly RunCause[] = ["drift", "full comparison", "schedule"];

export function isBackground(cause: RunCause | undefined): boolean {
  return cause !== undefined && backgroundCauses.includes(cause);
}

/** What was fetched for one git entry of `spec.fetch`. */
export interface FetchedSource {
  /** As the App writes it, credentials masked. */
  readonly url: string;
  readonly ref: string;
  /** Hex object id of the commit. */
  readonly commit: string;
  readonly commitTitle: string;
  readonly subPath: string;
  /** Object id of the tree at `subPath`. */
  readonly treeId: string;
}

/** One change of the plan, secrets masked. */
export interface PlannedChange {
  /** `configmap/cfg (v1) namespace: default`. */
  readonly resource: string;
  readonly op: "create" | "update" | "delete" | "exists" | "noop";
  readonly waitFor: "reconcile" | "delete" | "";
  /** Why it comes where it comes: `after upserting cert-manager (kapp.k14s.io/change-rule.create-order)`. */
  readonly reasons: readonly string[];
  /** Field differences as text lines, values of Secrets masked. */
  readonly diff: readonly string[];
}

/** What was found on the run cluster that was not deployed so. */
export interface DriftReport {
  readonly objects: readonly ObjectDrift[];
  /** There are more that differ. */
  readonly more: boolean;
}

/** A run as it happens: what the timeline, the by-hand API and the run record show. Every text has passed the redactor. */
export type RunEvent = { readonly at: EpochMs } & (
  | {
      readonly type: "started";
      readonly runId: string;
      readonly app: string;
      readonly cause: RunCause;
      readonly epoch: number;
    }
  | {
      readonly type: "fetched";
      readonly ms: number;
      readonly sources: readonly FetchedSource[];
      readonly requests: number;
      /** Received from servers. */
      readonly bytes: number;
      readonly files: number;
      /** Of all files together. */
      readonly fileBytes: number;
      readonly notes: readonly string[];
    }
  | { readonly type: "templated"; readonly ms: number; readonly documents: number }
  | {
      readonly type: "planned";
      readonly ms: number;
      readonly cluster: string;
      readonly changes: readonly PlannedChange[];
    }
  /** What made the run necessary, or what a full comparison found by itself. */
  | ({ readonly type: "drifted" } & DriftReport)
  /** One call on the run cluster came back. */
  | {
      readonly type: "applied";
      readonly op: PlannedChange["op"];
      readonly resource: string;
      readonly reasons: readonly string[];
    }
  | {
      readonly type: "waited";
      readonly resource: string;
      readonly state: "ok" | "ongoing" | "fail";
      readonly message: string;
    }
  /** Anything else worth a line: kapp's section lines, notes, warnings of the API server. */
  | { readonly type: "note"; readonly text: string }
  | {
      readonly type: "finished";
      readonly ms: number;
      /** `waiting`: only waits are left, the worker is given back and the run goes on in a later slice. */
      readonly outcome: "succeeded" | "failed" | "waiting" | "superseded" | "skipped";
      /** One sentence, as `friendlyDescription`. */
      readonly description: string;
      readonly error?: string;
    }
);

/** A run as it is kept (30 days, newest first). */
export interface RunRecord {
  readonly runId: string;
  /** `NS/NAME`. */
  readonly app: string;
  readonly cause: RunCause;
  readonly epoch: number;
  /** The `wanted` that this run answers. */
  readonly wanted: number;
  readonly startedAt: EpochMs;
  /** Absent while the run is going on. */
  readonly finishedAt?: EpochMs;
  readonly outcome?: "succeeded" | "failed" | "waiting" | "superseded" | "skipped";
  /** Milliseconds by stage. */
  readonly timings: {
    readonly fetch?: number;
    readonly template?: number;
    readonly plan?: number;
    readonly deploy?: number;
  };
  /** In order. Of a long run the middle is left out, and long texts and plans are shortened: a record has 128 KB at most. */
  readonly events: readonly RunEvent[];
  /** How many events are left out, and behind how many of `events`. Absent: none. */
  readonly omitted?: { readonly after: number; readonly count: number };
}
