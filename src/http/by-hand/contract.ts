import * as z from "zod";
import {
  type AppSummary,
  type AppView,
  type DriftReport,
  type FetchedSource,
  type PlannedChange,
  runCauses,
  type RunEvent,
  type RunRecord,
} from "../../reconcile/index.ts";

/** The JSON that the by-hand API speaks. Each schema is checked against the type that the code uses, and stands in the OpenAPI document. */

/** First line of a run's progress: it was asked for. */
export interface Accepted {
  readonly type: "accepted";
  readonly at: number;
  /** `NS/NAME`. */
  readonly app: string;
  /** Number of the request: the run that answers it has `wanted` at or above it. */
  readonly wanted: number;
}

/** Last line when the answer ends before the run does; the run itself goes on. */
interface Detached {
  readonly type: "detached";
  readonly at: number;
  readonly reason: string;
}

/** One line of progress. The last one is `finished` with another outcome than `waiting` or `superseded`, or `detached`. */
export type ProgressLine = Accepted | RunEvent | Detached;

/** What would change, nothing written. */
export interface Plan {
  /** Address of the run cluster. */
  readonly cluster: string;
  /** The table of changes as kapp prints it. */
  readonly text: string;
  readonly changes: readonly PlannedChange[];
}

/** Answer to a sync: what will be looked at. */
export interface SyncStarted {
  /** Repository and ref pairs that are asked for their commit; absent for tokens that see some namespaces only. */
  readonly sources?: number;
  /** Apps that hang on them, `NS/NAME`, of the token's namespaces. */
  readonly apps: readonly string[];
}

type RunSummary = Omit<RunRecord, "events" | "omitted">;

export interface ProblemBody {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

const epochMs = z.number().int().describe("milliseconds since 1970-01-01T00:00:00Z");
const milliseconds = z.number().describe("milliseconds");
const appKey = z.string().describe("NAMESPACE/NAME");
const cause = z.enum(runCauses);
const outcome = z
  .enum(["succeeded", "failed", "waiting", "superseded", "skipped"])
  .describe("waiting: only readiness is awaited, the run goes on later; superseded: a newer commit took over");

const fetchedSourceSchema: z.ZodType<FetchedSource> = z.object({
  url: z.string(),
  ref: z.string(),
  commit: z.string(),
  commitTitle: z.string(),
  subPath: z.string(),
  treeId: z.string(),
});

const plannedChangeSchema: z.ZodType<PlannedChange> = z.object({
  resource: z.string(),
  op: z.enum(["create", "update", "delete", "exists", "noop"]),
  waitFor: z.enum(["reconcile", "delete", ""]),
  reasons: z.array(z.string()).describe("why it comes where it comes in the order"),
  diff: z.array(z.string()).describe("values of Secrets are masked"),
});

const objectDriftSchema: z.ZodType<DriftReport["objects"][number]> = z.object({
  resource: z.string(),
  found: z.enum(["missing", "changed", "unexpected"]),
  fields: z.array(
    z.object({
      path: z.string().describe("JSON pointer"),
      was: z
        .exactOptional(z.string())
        .describe("as deployed, as JSON, long values clipped; absent: not deployed, or not known"),
      is: z.exactOptional(z.string()).describe("as found; absent: removed"),
      by: z.exactOptional(
        z.object({ manager: z.string(), operation: z.string(), at: z.string(), subresource: z.string() }),
      ),
    }),
  ),
  omitted: z.number().int().describe("fields that are left out"),
});

/** Each member of the union is an object with `at` and its literal `type`. */
const runEventMembers = [
  z.object({ at: epochMs, type: z.literal("started"), runId: z.string(), app: appKey, cause, epoch: z.number().int() }),
  z.object({
    at: epochMs,
    type: z.literal("fetched"),
    ms: milliseconds,
    sources: z.array(fetchedSourceSchema),
    requests: z.number().int(),
    bytes: z.number().int().describe("received from servers"),
    files: z.number().int(),
    fileBytes: z.number().int().describe("of all files together"),
    notes: z.array(z.string()),
  }),
  z.object({ at: epochMs, type: z.literal("templated"), ms: milliseconds, documents: z.number().int() }),
  z.object({
    at: epochMs,
    type: z.literal("planned"),
    ms: milliseconds,
    cluster: z.string(),
    changes: z.array(plannedChangeSchema),
  }),
  z.object({
    at: epochMs,
    type: z.literal("drifted"),
    objects: z.array(objectDriftSchema).describe("what somebody else changed on the run cluster"),
    more: z.boolean(),
  }),
  z.object({
    at: epochMs,
    type: z.literal("applied"),
    op: z.enum(["create", "update", "delete", "exists", "noop"]),
    resource: z.string(),
    reasons: z.array(z.string()),
  }),
  z.object({
    at: epochMs,
    type: z.literal("waited"),
    resource: z.string(),
    state: z.enum(["ok", "ongoing", "fail"]),
    message: z.string(),
  }),
  z.object({ at: epochMs, type: z.literal("note"), text: z.string() }),
  z.object({
    at: epochMs,
    type: z.literal("finished"),
    ms: milliseconds,
    outcome,
    description: z.string(),
    error: z.exactOptional(z.string()),
  }),
] as const;

const runEventSchema: z.ZodType<RunEvent> = z.discriminatedUnion("type", runEventMembers);

export const progressLineSchema: z.ZodType<ProgressLine> = z.discriminatedUnion("type", [
  z.object({ at: epochMs, type: z.literal("accepted"), app: appKey, wanted: z.number().int() }),
  ...runEventMembers,
  z.object({ at: epochMs, type: z.literal("detached"), reason: z.string() }),
]);

const runFields = {
  runId: z.string(),
  app: appKey,
  cause,
  epoch: z.number().int(),
  wanted: z.number().int(),
  startedAt: epochMs,
  finishedAt: z.exactOptional(epochMs),
  outcome: z.exactOptional(outcome),
  timings: z.object({
    fetch: z.exactOptional(milliseconds),
    template: z.exactOptional(milliseconds),
    plan: z.exactOptional(milliseconds),
    deploy: z.exactOptional(milliseconds),
  }),
};

const runSummarySchema: z.ZodType<RunSummary> = z.object(runFields);
export const runRecordSchema: z.ZodType<RunRecord> = z.object({
  ...runFields,
  events: z.array(runEventSchema),
  omitted: z.exactOptional(
    z
      .object({ after: z.number().int(), count: z.number().int() })
      .describe("events of a long run that are left out: how many, and behind how many of events"),
  ),
});

const appFields = {
  namespace: z.string(),
  name: z.string(),
  description: z.string().describe("status.friendlyDescription"),
  condition: z.string().describe("type of the status condition, empty before the first run"),
  deployedAt: z.exactOptional(z.string().describe("RFC 3339")),
  pending: z.boolean().describe("a run was asked for and has not ended"),
};

const appSummarySchema: z.ZodType<AppSummary> = z.object(appFields);

/** The status of an App is Kubernetes JSON, integers exact. */
type AnyStatus = AppView["status"];

export const appViewSchema: z.ZodType<AppView> = z.object({
  ...appFields,
  status: z
    .custom<AnyStatus>((value) => value !== undefined)
    .meta({ description: "status of the App, see the App's schema" }),
  repositories: z.array(z.object({ url: z.string(), ref: z.string(), subPath: z.string() })),
  succeededAt: z.exactOptional(epochMs),
  nextAt: z.exactOptional(epochMs.describe("when a pending run may begin at the earliest")),
  tries: z.number().int(),
  runs: z.array(runSummarySchema),
});

export const appListSchema: z.ZodType<{ readonly apps: readonly AppSummary[] }> = z.object({
  apps: z.array(appSummarySchema),
});

export const acceptedSchema: z.ZodType<Accepted> = z.object({
  type: z.literal("accepted"),
  at: epochMs,
  app: appKey,
  wanted: z.number().int(),
});

export const syncStartedSchema: z.ZodType<SyncStarted> = z.object({
  sources: z.exactOptional(z.number().int()),
  apps: z.array(appKey),
});

export const planSchema: z.ZodType<Plan> = z.object({
  cluster: z.string(),
  text: z.string(),
  changes: z.array(plannedChangeSchema),
});

export const problemSchema: z.ZodType<ProblemBody> = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  code: z.string().describe("for programs: never changes its meaning"),
  message: z.string(),
  hint: z.exactOptional(z.string()),
});

/** Names of the schemas in the OpenAPI document. */
export const components: Readonly<Record<string, z.ZodType>> = {
  Accepted: acceptedSchema,
  App: appViewSchema,
  AppList: appListSchema,
  AppSummary: appSummarySchema,
  FetchedSource: fetchedSourceSchema,
  Plan: planSchema,
  PlannedChange: plannedChangeSchema,
  Problem: problemSchema,
  ObjectDrift: objectDriftSchema,
  ProgressLine: progressLineSchema,
  Run: runRecordSchema,
  RunEvent: runEventSchema,
  RunSummary: runSummarySchema,
  SyncStarted: syncStartedSchema,
};
