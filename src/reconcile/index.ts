export { runApp } from "./app-run.ts";
export type {
  ClusterConnector,
  ConnectedCluster,
  IntakeDeps,
  ReconcileConfig,
  ReconcileDeps,
  SliceOptions,
  SourceDeps,
  TickDeps,
} from "./deps.ts";
export { driftLines } from "./drift-text.ts";
export { runDrift } from "./drift-run.ts";
export { failureClasses } from "./failure-class.ts";
export {
  acceptPush,
  noteAppChanged,
  noteConfigMapChanged,
  noteSecretChanged,
  type Push,
  requestReconcile,
  requestSync,
} from "./intake.ts";
export { type AppPlan, deployOnce, planApp, renderApp, type RenderedApp, type StageProblem } from "./plan-app.ts";
export type {
  AppObjects,
  ConfigMaps,
  Item,
  Items,
  Lease,
  Metrics,
  QueueName,
  Runtime,
  Secret,
  SecretVault,
  WakeUp,
  WakeUps,
  WorkRow,
  WorkRows,
} from "./ports.ts";
export {
  backgroundCauses,
  type DriftReport,
  type FetchedSource,
  isBackground,
  type PlannedChange,
  readRunCause,
  type RunCause,
  runCauses,
  type RunEvent,
  type RunRecord,
} from "./run-event.ts";
export { runSource } from "./source-run.ts";
export { runTick } from "./tick.ts";
export { type AppSummary, type AppView, followRuns, getApp, getRun, listApps } from "./views.ts";
