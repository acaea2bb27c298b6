/**
 * The App's status and how it moves (app.md §2). Transitions are pure: a status in, a status out. Blocks of later stages are not
 * cleared when an earlier stage fails; they show the run before.
 */
import type { EpochMs } from "../base/index.ts";
import { clipStatus } from "./clip.ts";

export type ConditionType = "Reconciling" | "ReconcileSucceeded" | "ReconcileFailed" | "Deleting" | "DeleteFailed";

/** There is never more than one. */
export interface AppCondition {
  readonly type: ConditionType;
  readonly message: string;
}

/** Absent texts are empty, absent times are unknown. */
export interface StageStatus {
  readonly stdout: string;
  readonly stderr: string;
  /** The tool's exit code; -1 when the failure was no exit of a tool. */
  readonly exitCode: number;
  readonly error: string;
  readonly startedAt?: EpochMs;
  readonly updatedAt?: EpochMs;
}

export interface DeployStatus extends StageStatus {
  readonly finished: boolean;
  readonly associatedResources?: AssociatedResources;
}

/** What the last deploy that got far enough knew of the App's resources; kept over failures and deletes. */
export interface AssociatedResources {
  /** `kapp.k14s.io/app=1700000000000000000`. */
  readonly label: string;
  /** Holds the literal `(cluster)` for cluster-scoped resources. */
  readonly namespaces: readonly string[];
  readonly groupKinds: readonly { readonly group: string; readonly kind: string }[];
}

export interface AppStatus {
  readonly observedGeneration: number;
  readonly condition?: AppCondition;
  readonly friendlyDescription: string;
  readonly usefulErrorMessage: string;
  readonly consecutiveReconcileSuccesses: number;
  readonly consecutiveReconcileFailures: number;
  readonly fetch?: StageStatus;
  readonly template?: StageStatus;
  readonly deploy?: DeployStatus;
  readonly inspect?: StageStatus;
}

export type Stage = "fetch" | "template" | "deploy";

/** How a stage ended. `error` is empty when it went well. */
export interface StageResult {
  readonly stdout?: string;
  readonly stderr?: string;
  readonly exitCode?: number;
  readonly error?: string;
}

/** A failed stage: `error` and `exitCode` are known. */
export interface StageFailureResult extends StageResult {
  readonly error: string;
  readonly exitCode: number;
}

export const emptyStatus: AppStatus = {
  observedGeneration: 0,
  friendlyDescription: "",
  usefulErrorMessage: "",
  consecutiveReconcileSuccesses: 0,
  consecutiveReconcileFailures: 0,
};

const emptyStage: StageStatus = { stdout: "", stderr: "", exitCode: 0, error: "" };

/** A deploy begins; the useful error of the run before stays until this one ends. */
export function startReconciling(status: AppStatus, generation: number): AppStatus {
  return {
    ...status,
    observedGeneration: generation,
    condition: { type: "Reconciling", message: "" },
    friendlyDescription: "Reconciling",
  };
}

/** A stage begins: only its start is set, what the run before left stays readable until it ends. */
export function stageStarted(status: AppStatus, stage: "fetch" | "deploy", now: EpochMs): AppStatus {
  if (stage === "fetch") return { ...status, fetch: { ...(status.fetch ?? emptyStage), startedAt: now } };
  return { ...status, deploy: { ...(status.deploy ?? { ...emptyStage, finished: false }), startedAt: now } };
}

/** Output of a deploy or delete that is still running. */
export function deployProgress(
  status: AppStatus,
  output: { readonly stdout: string; readonly stderr?: string },
  now: EpochMs,
): AppStatus {
  const { startedAt, associatedResources } = status.deploy ?? {};
  const deploy: DeployStatus = {
    ...emptyStage,
    stdout: tidyOutput(output.stdout),
    stderr: tidyOutput(output.stderr ?? ""),
    finished: false,
    ...(startedAt === undefined ? {} : { startedAt }),
    updatedAt: now,
    ...(associatedResources === undefined ? {} : { associatedResources }),
  };
  return clipStatus({ ...status, deploy });
}

/** A stage ended well; `associatedResources` of a deploy replace the ones known so far. */
export function stageSucceeded(
  status: AppStatus,
  stage: Stage,
  result: StageResult & { readonly associatedResources?: AssociatedResources },
  now: EpochMs,
): AppStatus {
  return clipStatus(withStage(status, stage, result, now));
}

/** A stage failed, and with it the run. */
export function stageFailed(
  status: AppStatus,
  stage: Stage,
  failure: StageFailureResult & { readonly associatedResources?: AssociatedResources },
  now: EpochMs,
): AppStatus {
  const after = withStage(status, stage, failure, now);
  // kapp's output is tidied before it is looked at, the other tools' is taken raw.
  const stderr = stage === "deploy" ? tidyOutput(failure.stderr ?? "") : (failure.stderr ?? "");
  return clipStatus({ ...after, ...failed("ReconcileFailed", "Reconcile failed", failure.error, stderr, after) });
}

/** All stages went well. */
export function succeeded(status: AppStatus): AppStatus {
  return {
    ...status,
    condition: { type: "ReconcileSucceeded", message: "" },
    friendlyDescription: "Reconcile succeeded",
    usefulErrorMessage: "",
    consecutiveReconcileSuccesses: status.consecutiveReconcileSuccesses + 1,
    consecutiveReconcileFailures: 0,
  };
}

/** A delete begins; its output goes to the deploy block (`deployProgress`). */
export function deleting(status: AppStatus, generation: number, now: EpochMs): AppStatus {
  const after = {
    ...status,
    observedGeneration: generation,
    condition: { type: "Deleting", message: "" },
    friendlyDescription: "Deleting",
  } as const;
  return status.deploy === undefined ? after : stageStarted(after, "deploy", now);
}

/** A delete failed; the finalizer stays. The deploy block keeps what was last written to it. */
export function deleteFailed(status: AppStatus, failure: StageFailureResult): AppStatus {
  return clipStatus({
    ...status,
    ...failed("DeleteFailed", "Delete failed", failure.error, failure.stderr ?? "", status),
  });
}

/** The App is paused or canceled: nothing else moves. */
export function paused(status: AppStatus, generation: number): AppStatus {
  return { ...status, observedGeneration: generation, friendlyDescription: "Canceled/paused" };
}

/** Result of the inspection after a deploy; `undefined` when the App does not ask for one. Never changes the condition. */
export function inspected(status: AppStatus, result: StageResult | undefined, now: EpochMs): AppStatus {
  const { inspect: _before, ...rest } = status;
  if (result === undefined) return rest;
  const { stdout = "", stderr = "", exitCode = 0, error = "" } = result;
  return clipStatus({
    ...rest,
    inspect: { stdout: tidyOutput(stdout), stderr: tidyOutput(stderr), exitCode, error, updatedAt: now },
  });
}

/** Error of a stage that ran a tool: its exit status 1 says nothing, so it points to where something is said (app.md §1.5). */
export function stageError(prefix: string, detail: string): string {
  return `${prefix}: ${detail === "exit status 1" ? "Error (see .status.usefulErrorMessage for details)" : detail}`;
}

/** Output as the status shows it: no blank lines, no trailing blanks. */
export function tidyOutput(output: string): string {
  return output
    .split("\n")
    .map((line) => line.trimEnd())
    .filter((line) => line !== "")
    .join("\n")
    .trim();
}

function withStage(
  status: AppStatus,
  stage: Stage,
  result: StageResult & { readonly associatedResources?: AssociatedResources },
  now: EpochMs,
): AppStatus {
  const { stdout = "", stderr = "", exitCode = 0, error = "" } = result;
  const startedAt = status[stage]?.startedAt;
  const block = { stdout, stderr, exitCode, error, ...(startedAt === undefined ? {} : { startedAt }), updatedAt: now };
  switch (stage) {
    case "fetch":
      return { ...status, fetch: block };
    case "template": {
      const { startedAt: _none, ...timeless } = block;
      return { ...status, template: { ...timeless, stdout: "" } };
    }
    case "deploy": {
      const known = result.associatedResources ?? status.deploy?.associatedResources;
      const output = { stdout: tidyOutput(stdout), stderr: tidyOutput(stderr) };
      return {
        ...status,
        deploy: { ...block, ...output, finished: true, ...(known === undefined ? {} : { associatedResources: known }) },
      };
    }
  }
}

function failed(
  type: ConditionType,
  words: string,
  error: string,
  stderr: string,
  status: AppStatus,
): Partial<AppStatus> {
  return {
    condition: { type, message: error },
    friendlyDescription: `${words}: ${error}`,
    usefulErrorMessage: stderr === "" ? error : stderr,
    consecutiveReconcileFailures: status.consecutiveReconcileFailures + 1,
    consecutiveReconcileSuccesses: 0,
  };
}
