import type { PreflightCheck } from "../preflight/check-names.ts";
import type { ResourceFilter } from "../filter/resource-filter.ts";

/** Options that deploy, delete and inspect share (kapp.md §10): where objects are looked for. */
export interface SharedOptions {
  /** What it is about. Default: everything. */
  readonly filter?: ResourceFilter;
  /** Columns of tables, by title or key. Default: all. */
  readonly columns: readonly string[];
  readonly ignoreFailingApiServices: boolean;
  readonly scopeToFallbackNamespaces: boolean;
}

/** Options that deploy and delete share. Times in milliseconds. */
export interface ChangeOptions extends SharedOptions {
  /** Print the differences before the table. Default false. */
  readonly diffChanges: boolean;
  readonly diffContext: number;
  readonly diffLineNumbers: boolean;
  readonly diffMask: boolean;
  /** Print the table of changes. Default true. */
  readonly diffSummary: boolean;
  /** Plan only. Default false. */
  readonly diffRun: boolean;
  readonly diffAgainstLastApplied: boolean;
  readonly applyCheckIntervalMs: number;
  /** Calls in flight while applying. Default 20: changes of one batch do not depend on one another. */
  readonly applyConcurrency: number;
  readonly applyDefaultUpdateStrategy: UpdateStrategy;
  readonly applyIgnored: boolean;
  readonly applyTimeoutMs: number;
  readonly exitEarlyOnApplyError: boolean;
  readonly exitEarlyOnWaitError: boolean;
  readonly wait: boolean;
  readonly waitIgnored: boolean;
  /** Longest time between two looks at a change; the first looks come sooner. */
  readonly waitCheckIntervalMs: number;
  readonly waitConcurrency: number;
  /** Time without any change finishing. */
  readonly waitTimeoutMs: number;
}

export interface NamespaceMapping {
  readonly from: string;
  readonly to: string;
}

export interface DeployOptions extends ChangeOptions {
  readonly intoNamespace?: string;
  readonly mapNamespaces: readonly NamespaceMapping[];
  readonly allowEmpty: boolean;
  readonly existingCheck: boolean;
  readonly existingCheckConcurrency: number;
  readonly overrideOwnership: boolean;
  /** App-change ConfigMaps kept after a deploy. Default 5 (kapp-controller's). */
  readonly appChangesMaxToKeep: number;
  /** Labels of the app record. */
  readonly labels: readonly (readonly [string, string])[];
  /** Only touch what the input names: nothing is pruned. */
  readonly patch: boolean;
  /** Tell what Pods write, where their annotations ask for it. Default true. */
  readonly logs: boolean;
  /** And what all the app's Pods write. Default false. */
  readonly logsAll: boolean;
  /** Preflight checks to run, instead of those that Configs name. */
  readonly preflight?: readonly PreflightCheck[];
}

export type DeleteOptions = ChangeOptions;

export interface InspectOptions extends SharedOptions {
  /** Objects below what made them, instead of by place. Default false. */
  readonly tree: boolean;
}

export type CreateStrategy = "" | "fallback-on-update" | "fallback-on-update-or-noop";
export type UpdateStrategy = "" | "fallback-on-replace" | "always-replace" | "skip";
export type DeleteStrategy = "" | "orphan";

const changeDefaults: ChangeOptions = {
  columns: [],
  diffChanges: false,
  diffContext: 2,
  diffLineNumbers: true,
  diffMask: true,
  diffSummary: true,
  diffRun: false,
  diffAgainstLastApplied: true,
  applyCheckIntervalMs: 1_000,
  applyConcurrency: 20,
  applyDefaultUpdateStrategy: "",
  applyIgnored: false,
  applyTimeoutMs: 900_000,
  exitEarlyOnApplyError: true,
  exitEarlyOnWaitError: true,
  wait: true,
  waitIgnored: false,
  waitCheckIntervalMs: 3_000,
  waitConcurrency: 20,
  waitTimeoutMs: 900_000,
  ignoreFailingApiServices: false,
  scopeToFallbackNamespaces: false,
};

/** kapp's defaults, with those that kapp-controller passes to a deploy (app.md §6.1). */
export const defaultDeployOptions: DeployOptions = {
  ...changeDefaults,
  applyTimeoutMs: 300_000,
  mapNamespaces: [],
  allowEmpty: false,
  existingCheck: true,
  existingCheckConcurrency: 100,
  overrideOwnership: false,
  appChangesMaxToKeep: 5,
  labels: [],
  patch: false,
  logs: true,
  logsAll: false,
};

/** kapp's defaults for a delete: objects made by controllers are waited for too. */
export const defaultDeleteOptions: DeleteOptions = { ...changeDefaults, waitIgnored: true };

export const defaultInspectOptions: InspectOptions = {
  columns: [],
  ignoreFailingApiServices: false,
  scopeToFallbackNamespaces: false,
  tree: false,
};
