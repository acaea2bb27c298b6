export type {
  App,
  AppCluster,
  AppProblem,
  AppReference,
  AppSpec,
  DeployStep,
  FetchStep,
  GitFetch,
  InlineFiles,
  PathsFrom,
  RawOptions,
  TemplateStep,
  UnbuiltFetchKind,
  UnbuiltTemplateKind,
  ValuesFrom,
  VersionSelection,
  YttStep,
} from "./app.ts";
export { clipText } from "./clip.ts";
export { formatGoDuration, parseGoDuration } from "./duration.ts";
export { appProblems, parseApp, pruneAppFields } from "./parse-app.ts";
export { refTracks } from "./ref-tracks.ts";
export { appReferences } from "./references.ts";
export { normalizeRepositoryUrl } from "./repository-url.ts";
export {
  failureBackOffMs,
  nextWakeMs,
  type ReconcileDecision,
  reconcileDecision,
  type SyncConfig,
  syncPeriodMs,
} from "./schedule.ts";
export { appFinalizer, appOpenApiSchema, appPrinterColumns, appResource, type PrinterColumn } from "./schema.ts";
export { deployProblem, fetchProblem, templateProblem } from "./stage-problems.ts";
export {
  type AppCondition,
  type AppStatus,
  type AssociatedResources,
  type ConditionType,
  deleteFailed,
  deleting,
  deployProgress,
  type DeployStatus,
  emptyStatus,
  inspected,
  paused,
  type Stage,
  stageError,
  stageFailed,
  type StageFailureResult,
  type StageResult,
  stageStarted,
  type StageStatus,
  stageSucceeded,
  startReconciling,
  succeeded,
  tidyOutput,
} from "./status.ts";
export { appStatusJson, readAppStatus } from "./status-json.ts";
