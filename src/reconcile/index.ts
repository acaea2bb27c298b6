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
export type { FetchedSource, PlannedChange, RunCause, RunEvent, RunRecord } from "./run-event.ts";
