import type { ChangeFilter } from "../filter/change-filter.ts";
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
  /** Print what would be sent as YAML before that. Default false; kapp's command line only. */
  readonly diffChangesYaml: boolean;
  /** Which changes are shown and made. Default: all; kapp's command line only. */
  readonly diffFilter?: ChangeFilter;
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
  /** Time for one resource from the end of its call; 0 means any. Default 0; kapp's command line only. */
  readonly waitResourceTimeoutMs: number;
}

export interface NamespaceMapping {
  readonly from: string;
  readonly to: string;
}

/** Places that resources may have beside the default namespace and those that namespaces are mapped to (kapp.md §2.6). */
export interface AllowedPlaces {
  readonly namespaces: readonly string[];
  /** Every namespace, where `namespaces` is empty. */
  readonly allNamespaces: boolean;
  /** Resources without a namespace. */
  readonly cluster: boolean;
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
  /** Default: every place; kapp's command line only. */
  readonly allowed?: AllowedPlaces;
  /** Narrow selectors by the rules that every Config starts with. Default true; kapp's command line only. */
  readonly defaultLabelScoping: boolean;
  /** Look only for kinds that the app uses or has used. Default true; kapp's command line only. */
  readonly scopeToUsedKinds: boolean;
}

export type DeleteOptions = ChangeOptions;

export interface InspectOptions extends SharedOptions {
  /** `tree`: objects below what made them, instead of by place; `status` and `raw`: YAML, Secrets masked. Default `table`. */
  readonly view: "table" | "tree" | "status" | "raw";
  /** Keep `metadata.managedFields` in `raw`. Default false; kapp's command line only. */
  readonly managedFields: boolean;
}

export type CreateStrategy = "" | "fallback-on-update" | "fallback-on-update-or-noop";
export type UpdateStrategy = "" | "fallback-on-replace" | "always-replace" | "skip";
export type DeleteStrategy = "" | "orphan";

const changeDefaults: ChangeOptions = {
  columns: [],
  diffChanges: false,
  diffChangesYaml: false,
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
  waitResourceTimeoutMs: 0,
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
  defaultLabelScoping: true,
  scopeToUsedKinds: true,
};

/** kapp's defaults for a delete: objects made by controllers are waited for too. */
export const defaultDeleteOptions: DeleteOptions = { ...changeDefaults, waitIgnored: true };

export const defaultInspectOptions: InspectOptions = {
  columns: [],
  ignoreFailingApiServices: false,
  scopeToFallbackNamespaces: false,
  view: "table",
  managedFields: false,
};
