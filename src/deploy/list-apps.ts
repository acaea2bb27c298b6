/** What kapp lists of app records: the apps of a namespace, and the changes of one app (kapp.md §1.4, §1.6, §11.5). */
import { annotationsOf, type KubeObject, labelsOf, nameOf, namespaceOf, parseJson } from "../resource/index.ts";
import { annotation, label } from "./annotations.ts";
import type { DeployCluster, Discovery } from "./cluster-port.ts";
import { configMapType, readRecord, type StoredRecord } from "./existing/read-record.ts";
import { textAt } from "./fields.ts";
import { passesFilter, type ResourceFilter } from "./filter/resource-filter.ts";
import { missingApp } from "./missing-app.ts";
import { asDeployErrors, type CallSettings, type PlanDeps } from "./plan.ts";
import type { AppTarget } from "./plan-types.ts";
import { appNameOf, parseLastChange, parseRecord, recordText } from "./record/app-record.ts";
import { type AppChange, appChangeTable, appTable } from "./text/app-tables.ts";
import type { Part } from "./text/part.ts";

export interface ListAppsInput {
  /** Absent = all namespaces. */
  readonly namespace?: string;
  /** Labels that the records must have, all of them. */
  readonly labels: readonly (readonly [string, string])[];
  /** Of the records, by age. */
  readonly filter?: ResourceFilter;
}

/** The apps that have a record. @throws DeployError for unreadable records and failed reads; `signal.reason` on abort. */
export async function listApps(
  { namespace, labels, filter }: ListAppsInput,
  cluster: DeployCluster,
  { clock }: Pick<PlanDeps, "clock">,
  { signal }: CallSettings,
): Promise<readonly Part[]> {
  return asDeployErrors(signal, async () => {
    const discovery = await cluster.discover({ signal });
    const now = clock.now();
    const labelSelector = [[label.isApp, ""], ...labels].map(([key, value]) => `${key}=${value}`).join(",");
    const found = await cluster.list(configMapType(discovery), {
      labelSelector,
      signal,
      ...(namespace === undefined ? {} : { namespace }),
    });
    const apps = found
      .filter((configMap) => labelsOf(configMap)[label.isApp] !== undefined && passesFilter(filter, configMap, now))
      .map((configMap) => {
        const { labelKey, labelValue, lastChange } = parseRecord(configMap);
        const appLabel = `${labelKey}=${labelValue}`;
        return { name: appNameOf(configMap), namespace: namespaceOf(configMap), label: appLabel, lastChange };
      });
    return [{ part: "table", table: appTable(apps, namespace, now) }];
  });
}

export interface ListAppChangesInput {
  readonly app: AppTarget;
  /** Epoch milliseconds: changes that began in between. */
  readonly before?: number;
  readonly after?: number;
}

/** An app's changes that are kept. @throws DeployError `DEPLOY_APP_MISSING` without a record; for failed reads; `signal.reason` on abort. */
export async function listAppChanges(
  { app, before = Number.POSITIVE_INFINITY, after = Number.NEGATIVE_INFINITY }: ListAppChangesInput,
  cluster: DeployCluster,
  { signal }: CallSettings,
): Promise<readonly Part[]> {
  return asDeployErrors(signal, async () => {
    const discovery = await cluster.discover({ signal });
    const stored = await storedRecord(app, cluster, discovery, signal);
    const found = await cluster.list(configMapType(discovery), {
      namespace: app.stateNamespace,
      labelSelector: `${label.isAppChange}=,${changeLabel(stored)}`,
      signal,
    });
    const changes = found.map(changeOf).filter(({ startedAt }) => {
      const at = Date.parse(startedAt);
      return at < before && at > after;
    });
    return [{ part: "table", table: appChangeTable(changes) }];
  });
}

/** The `spec` of the app's record as it is now: kapp's `--app-metadata-file-output`. `undefined` without a record. */
export async function readAppMetadata(
  app: AppTarget,
  cluster: DeployCluster,
  { signal }: CallSettings,
): Promise<string | undefined> {
  return asDeployErrors(signal, async () => {
    const stored = await readRecord(app, cluster, await cluster.discover({ signal }), signal);
    return stored === undefined ? undefined : recordText(stored.record);
  });
}

/** The app's record, by its own name. @throws DeployError `DEPLOY_APP_MISSING`. */
export async function storedRecord(
  app: AppTarget,
  cluster: DeployCluster,
  discovery: Discovery,
  signal: AbortSignal,
): Promise<StoredRecord> {
  const { name, stateNamespace } = app;
  const stored = await readRecord({ name, stateNamespace }, cluster, discovery, signal);
  if (stored === undefined) throw await missingApp(app, cluster, discovery, signal);
  return stored;
}

/** Records of old kapp versions know their changes by the app's name. */
function changeLabel({ configMap, record }: StoredRecord): string {
  return annotationsOf(configMap)[annotation.appChangesUseAppLabel] === undefined
    ? `${label.appChangeApp}=${appNameOf(configMap)}`
    : `${label.appChangeAppLabel}=${record.labelValue}`;
}

function changeOf(configMap: KubeObject): AppChange {
  const text = textAt(configMap, "data", "spec");
  return { name: nameOf(configMap), ...parseLastChange(text === "" ? undefined : parseJson(text)) };
}
