/**
 * kapp's app record (kapp.md §1.2): a ConfigMap whose `data.spec` is JSON text
 * `{"labelKey","labelValue","lastChangeName"?,"lastChange":{…},"usedGVs"?:[{"Group","Version"}],"usedGKs":[{"Group","Kind"}]}`.
 */
import {
  compareCodePoints,
  type GroupKind,
  type Json,
  type JsonMap,
  type KubeObject,
  nameOf,
  namespaceOf,
  parseJson,
  stringifyJson,
} from "../../resource/index.ts";
import { annotation, label } from "../annotations.ts";
import { DeployError } from "../failure.ts";
import { at, listAt, textAt } from "../fields.ts";

export interface GroupVersion {
  readonly group: string;
  readonly version: string;
}

/** What the record says of the last deploy or delete. Times are RFC 3339 texts. */
export interface LastChange {
  readonly startedAt: string;
  /** kapp's zero time while it is running. */
  readonly finishedAt: string;
  readonly successful?: boolean;
  readonly description?: string;
  /** Sorted; `(cluster)` stands for cluster-scoped resources. */
  readonly namespaces?: readonly string[];
}

export interface AppRecord {
  readonly labelKey: string;
  readonly labelValue: string;
  readonly lastChangeName: string;
  readonly lastChange: LastChange;
  readonly usedGroupVersions: readonly GroupVersion[];
  /** `undefined` in records of old kapp versions: any kind may be in use. */
  readonly usedGroupKinds: readonly GroupKind[] | undefined;
}

export const zeroTime = "0001-01-01T00:00:00Z";
export const clusterScope = "(cluster)";
/** End of a record's name when kapp runs with KAPP_FQ_CONFIGMAP_NAMES. */
export const qualifiedSuffix = ".apps.k14s.io";

export function newRecord(labelValue: string): AppRecord {
  return {
    labelKey: label.app,
    labelValue,
    lastChangeName: "",
    lastChange: { startedAt: zeroTime, finishedAt: zeroTime },
    usedGroupVersions: [],
    usedGroupKinds: [],
  };
}

/** Whether a deploy or delete began and has not ended: it is running, or was stopped for good. */
export function isUnfinished({ startedAt, finishedAt }: LastChange): boolean {
  return startedAt !== zeroTime && finishedAt === zeroTime;
}

/** Reads a record's ConfigMap. @throws DeployError `DEPLOY_RECORD_UNREADABLE`: who owns what is unknown then. */
export function parseRecord(configMap: KubeObject): AppRecord {
  const unreadable = (problem: string): DeployError =>
    new DeployError({
      code: "DEPLOY_RECORD_UNREADABLE",
      app: appNameOf(configMap),
      namespace: namespaceOf(configMap),
      configMap: nameOf(configMap),
      problem,
    });
  const text = textAt(configMap, "data", "spec");
  if (text === "") throw unreadable("unexpected end of JSON input");
  let spec: Json;
  try {
    spec = parseJson(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw unreadable(error.message);
  }
  const labelKey = textAt(spec, "labelKey");
  const labelValue = textAt(spec, "labelValue");
  if (labelKey === "" || labelValue === "") throw unreadable("labelKey or labelValue is empty");
  const kinds = at(spec, "usedGKs");
  return {
    labelKey,
    labelValue,
    lastChangeName: textAt(spec, "lastChangeName"),
    lastChange: parseLastChange(at(spec, "lastChange")),
    usedGroupVersions: listAt(spec, "usedGVs").map((entry) => ({
      group: textAt(entry, "Group"),
      version: textAt(entry, "Version"),
    })),
    usedGroupKinds:
      kinds === undefined || kinds === null
        ? undefined
        : listAt(spec, "usedGKs").map((entry) => ({ group: textAt(entry, "Group"), kind: textAt(entry, "Kind") })),
  };
}

/** `data.spec`, members in kapp's order. */
export function recordText(record: AppRecord): string {
  return stringifyJson({
    labelKey: record.labelKey,
    labelValue: record.labelValue,
    ...(record.lastChangeName === "" ? {} : { lastChangeName: record.lastChangeName }),
    lastChange: lastChangeJson(record.lastChange),
    ...(record.usedGroupVersions.length === 0
      ? {}
      : { usedGVs: record.usedGroupVersions.map(({ group, version }) => ({ Group: group, Version: version })) }),
    ...(record.usedGroupKinds === undefined
      ? {}
      : { usedGKs: record.usedGroupKinds.map(({ group, kind }) => ({ Group: group, Kind: kind })) }),
  });
}

export function lastChangeJson(change: LastChange): JsonMap {
  return {
    startedAt: change.startedAt,
    finishedAt: change.finishedAt,
    ...(change.successful === undefined ? {} : { successful: change.successful }),
    ...(change.description === undefined || change.description === "" ? {} : { description: change.description }),
    ...(change.namespaces === undefined || change.namespaces.length === 0 ? {} : { namespaces: change.namespaces }),
  };
}

/** The ConfigMap of a new app, not yet stored. */
export function recordConfigMap(
  name: string,
  namespace: string,
  record: AppRecord,
  labels: readonly (readonly [string, string])[],
): KubeObject {
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: {
      name,
      namespace,
      labels: { [label.isApp]: "", ...Object.fromEntries(labels) },
      annotations: { [annotation.appChangesUseAppLabel]: "" },
    },
    data: { spec: recordText(record) },
  };
}

/** The app's name: a qualified record's without its suffix. */
export function appNameOf(configMap: KubeObject): string {
  return trimQualified(nameOf(configMap));
}

export function trimQualified(name: string): string {
  return name.endsWith(qualifiedSuffix) ? name.slice(0, -qualifiedSuffix.length) : name;
}

/** Unique, in kapp's order: by group and kind written together. */
export function sortedGroupKinds(kinds: Iterable<GroupKind>): GroupKind[] {
  return sortedUnique(kinds, ({ group, kind }) => `${group}${kind}`);
}

export function sortedGroupVersions(versions: Iterable<GroupVersion>): GroupVersion[] {
  return sortedUnique(versions, ({ group, version }) => `${group}${version}`);
}

function sortedUnique<T>(items: Iterable<T>, keyOf: (item: T) => string): T[] {
  const byKey = new Map<string, T>();
  for (const item of items) byKey.set(keyOf(item), item);
  return [...byKey].sort(([a], [b]) => compareCodePoints(a, b)).map(([, item]) => item);
}

/** Of a record, or all of an app change. */
export function parseLastChange(value: Json | undefined): LastChange {
  const successful = at(value, "successful");
  return {
    startedAt: textAt(value, "startedAt") || zeroTime,
    finishedAt: textAt(value, "finishedAt") || zeroTime,
    ...(typeof successful === "boolean" ? { successful } : {}),
    description: textAt(value, "description"),
    namespaces: listAt(value, "namespaces").filter((entry) => typeof entry === "string"),
  };
}
