import type { EpochMs } from "../base/index.ts";
import { isMap, type Json, type JsonMap, own } from "../resource/index.ts";
import { flagOf, listOf, optionalMap, stringsOf, textOf } from "./read.ts";
import type {
  AppCondition,
  AppStatus,
  AssociatedResources,
  ConditionType,
  DeployStatus,
  StageStatus,
} from "./status.ts";

const conditionTypes: readonly ConditionType[] = [
  "Reconciling",
  "ReconcileSucceeded",
  "ReconcileFailed",
  "Deleting",
  "DeleteFailed",
];

/** Reads `.status` leniently: whatever does not fit reads as if it were not there. */
export function readAppStatus(json: Json | undefined): AppStatus {
  const condition = listOf(json, "conditions")
    .map(readCondition)
    .findLast((found) => found !== undefined);
  const fetch = optionalMap(json, "fetch");
  const template = optionalMap(json, "template");
  const deploy = optionalMap(json, "deploy");
  const inspect = optionalMap(json, "inspect");
  return {
    observedGeneration: numberOf(json, "observedGeneration"),
    ...(condition === undefined ? {} : { condition }),
    friendlyDescription: textOf(json, "friendlyDescription"),
    usefulErrorMessage: textOf(json, "usefulErrorMessage"),
    consecutiveReconcileSuccesses: numberOf(json, "consecutiveReconcileSuccesses"),
    consecutiveReconcileFailures: numberOf(json, "consecutiveReconcileFailures"),
    ...(fetch === undefined ? {} : { fetch: readStage(fetch) }),
    ...(template === undefined ? {} : { template: readStage(template) }),
    ...(deploy === undefined ? {} : { deploy: readDeploy(deploy) }),
    ...(inspect === undefined ? {} : { inspect: readStage(inspect) }),
  };
}

/** `.status` as kapp-controller serialises it: some fields always, empty ones left out, unknown times `null` (app.md §2.1). */
export function appStatusJson(status: AppStatus): JsonMap {
  const { condition, fetch, template, deploy, inspect } = status;
  return {
    observedGeneration: status.observedGeneration,
    conditions:
      condition === undefined
        ? []
        : [{ type: condition.type, status: "True", ...unlessEmpty("message", condition.message) }],
    friendlyDescription: status.friendlyDescription,
    ...unlessEmpty("usefulErrorMessage", status.usefulErrorMessage),
    ...unlessZero("consecutiveReconcileSuccesses", status.consecutiveReconcileSuccesses),
    ...unlessZero("consecutiveReconcileFailures", status.consecutiveReconcileFailures),
    ...(fetch === undefined ? {} : { fetch: { ...stageJson(fetch), startedAt: timeJson(fetch.startedAt) } }),
    ...(template === undefined ? {} : { template: stageJson(template) }),
    ...(deploy === undefined ? {} : { deploy: deployJson(deploy) }),
    ...(inspect === undefined ? {} : { inspect: stageJson(inspect) }),
  };
}

function readCondition(json: Json): AppCondition | undefined {
  const type = conditionTypes.find((candidate) => candidate === own(json, "type"));
  return type === undefined ? undefined : { type, message: textOf(json, "message") };
}

function readStage(json: JsonMap): StageStatus {
  const startedAt = timeOf(json, "startedAt");
  const updatedAt = timeOf(json, "updatedAt");
  return {
    stdout: textOf(json, "stdout"),
    stderr: textOf(json, "stderr"),
    exitCode: numberOf(json, "exitCode"),
    error: textOf(json, "error"),
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(updatedAt === undefined ? {} : { updatedAt }),
  };
}

function readDeploy(json: JsonMap): DeployStatus {
  const associated = optionalMap(own(json, "kapp"), "associatedResources");
  return {
    ...readStage(json),
    finished: flagOf(json, "finished"),
    ...(associated === undefined ? {} : { associatedResources: readAssociated(associated) }),
  };
}

function readAssociated(json: JsonMap): AssociatedResources {
  return {
    label: textOf(json, "label"),
    namespaces: stringsOf(json, "namespaces"),
    groupKinds: listOf(json, "groupKinds")
      .filter(isMap)
      .map((item) => ({ group: textOf(item, "group"), kind: textOf(item, "kind") })),
  };
}

function stageJson(stage: StageStatus): JsonMap {
  return {
    ...unlessEmpty("stdout", stage.stdout),
    ...unlessEmpty("stderr", stage.stderr),
    exitCode: stage.exitCode,
    ...unlessEmpty("error", stage.error),
    updatedAt: timeJson(stage.updatedAt),
  };
}

function deployJson(deploy: DeployStatus): JsonMap {
  const known = deploy.associatedResources;
  const kapp =
    known === undefined
      ? {}
      : { kapp: { associatedResources: { ...known, groupKinds: known.groupKinds.map((item) => ({ ...item })) } } };
  return { ...stageJson(deploy), startedAt: timeJson(deploy.startedAt), finished: deploy.finished, ...kapp };
}

/** RFC 3339 in whole seconds. */
function timeJson(at: EpochMs | undefined): string | null {
  return at === undefined ? null : new Date(at).toISOString().replace(/\.\d{3}Z$/, "Z");
}

function timeOf(json: Json | undefined, key: string): EpochMs | undefined {
  const at = Date.parse(textOf(json, key));
  return Number.isNaN(at) ? undefined : at;
}

function numberOf(json: Json | undefined, key: string): number {
  const value = own(json, key);
  return typeof value === "number" ? value : 0;
}

function unlessEmpty(key: string, value: string): JsonMap {
  return value === "" ? {} : { [key]: value };
}

function unlessZero(key: string, value: number): JsonMap {
  return value === 0 ? {} : { [key]: value };
}
