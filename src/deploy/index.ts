export { appLogs, type AppLogsInput } from "./app-logs.ts";
export { type ApplyDeps, applyPlan } from "./apply-plan.ts";
export type { ChildState, DeployEvent, DeployOutcome } from "./apply/events.ts";
export {
  type ApiFailure,
  type ApiType,
  type CallOptions,
  type DeployCluster,
  type Discovery,
  isApiFailure,
  type ListOptions,
  type LogLine,
} from "./cluster-port.ts";
export { followedKappVersion } from "./config/kapp-version.ts";
export type { ConfigTools, RenderYtt } from "./config/tools.ts";
export {
  type DeletionLimits,
  type DeletionRules,
  deletionRulesOf,
  judgePruning,
  type Pruning,
  pruningOf,
  type PruningVerdict,
} from "./deletion-limits.ts";
export type { DeployConfig } from "./config/deploy-config.ts";
export type { FieldOwner } from "./diff/field-owners.ts";
export { recordedStateHolds } from "./diff/history.ts";
export { type FieldDrift, objectDrift, type ObjectDrift, planDrift } from "./drift.ts";
export { describeTarget } from "./existing/target.ts";
export { type CallVerb, DeployError, type DeployFailure, failureText, isControllerFailure } from "./failure.ts";
export type { ChangeFilter } from "./filter/change-filter.ts";
export type { FilterCriteria, FilterExpression, ResourceFilter } from "./filter/resource-filter.ts";
export { inspectApp, type InspectInput } from "./inspect.ts";
export {
  listAppChanges,
  type ListAppChangesInput,
  listApps,
  type ListAppsInput,
  readAppMetadata,
} from "./list-apps.ts";
export { type GivenFlag, readDeleteFlags, readDeployFlags, readInspectFlags } from "./options/command-line-options.ts";
export type {
  AllowedPlaces,
  ChangeOptions,
  CreateStrategy,
  DeleteOptions,
  DeleteStrategy,
  DeployOptions,
  InspectOptions,
  NamespaceMapping,
  UpdateStrategy,
} from "./options/deploy-options.ts";
export {
  type DeleteOptionsInput,
  type DeployOptionsInput,
  type InspectOptionsInput,
  parseDeleteOptions,
  parseDeployOptions,
  parseInspectOptions,
} from "./options/parse-options.ts";
export { type KeptRules, keptRulesOf, readKeptRules } from "./kept-rules.ts";
export { type CallSettings, type DeployInput, planDeploy, type PlanDeps } from "./plan.ts";
export { type DeleteInput, planDelete } from "./plan-deletion.ts";
export type {
  ApplyOp,
  AppTarget,
  ChangeStrategy,
  DeletionPlan,
  DeploymentPlan,
  DeployPlan,
  DeployProgress,
  LogProgress,
  PlannedChange,
  PlanStep,
  WaitOp,
} from "./plan-types.ts";
export { type AssociatedResources, type InventoryEntry, inventoryEntryOf } from "./record/inventory.ts";
export { namesItself } from "./record/ownership.ts";
export { formatDeployError, shapeErrorText } from "./text/error-text.ts";
export { createEventFormatter } from "./text/event-text.ts";
export { createPartPrinter, type Part, type PartPrinter, type PartPrinterOptions, type Tone } from "./text/part.ts";
export { formatPlan, planParts } from "./text/plan-text.ts";
export type { Table } from "./text/table.ts";
export type { WaitState } from "./wait/wait-state.ts";
