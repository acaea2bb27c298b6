import { type KubeObject, labelsOf } from "../../resource/index.ts";
import { label } from "../annotations.ts";
import type { ApiType, DeployCluster, Discovery } from "../cluster-port.ts";
import { DeployError } from "../failure.ts";
import { type AppRecord, isUnfinished, parseRecord, qualifiedSuffix, trimQualified } from "../record/app-record.ts";

export interface StoredRecord {
  readonly configMap: KubeObject;
  readonly record: AppRecord;
  /** Found under the previous name of the app: it will be renamed. */
  readonly previous: boolean;
  /** The same record under the name that it had before: whoever moved it was stopped before it was deleted. */
  readonly leftover?: KubeObject;
}

export interface RecordLookup {
  readonly name: string;
  readonly prevName?: string;
  readonly stateNamespace: string;
}

/**
 * Looks the app's record up by its name, qualified first, and then by its previous name (kapp.md §1.1, §1.3).
 * @throws DeployError `DEPLOY_RECORD_UNREADABLE`.
 */
export async function readRecord(
  lookup: RecordLookup,
  cluster: DeployCluster,
  discovery: Discovery,
  signal: AbortSignal,
): Promise<StoredRecord | undefined> {
  const { name, prevName = "", stateNamespace } = lookup;
  const type = configMapType(discovery);
  const find = async (candidate: string, previous: boolean): Promise<StoredRecord | undefined> => {
    const trimmed = trimQualified(candidate);
    const [qualified, plain] = await Promise.all(
      [`${trimmed}${qualifiedSuffix}`, trimmed].map((name) => cluster.get(type, stateNamespace, name, { signal })),
    );
    const configMap = qualified ?? plain;
    if (configMap === undefined) return undefined;
    const stored = { configMap, record: parseRecord(configMap), previous };
    return qualified === undefined ? stored : withLeftover(stored, plain);
  };
  const current = await find(name, false);
  if (prevName === "") return current;
  if (current === undefined) return find(prevName, true);
  // Only a run that did not end can have left something under the previous name.
  return isUnfinished(current.record.lastChange)
    ? withLeftover(current, (await find(prevName, true))?.configMap)
    : current;
}

function withLeftover(stored: StoredRecord, other: KubeObject | undefined): StoredRecord {
  const isSame = other !== undefined && parseRecord(other).labelValue === stored.record.labelValue;
  return isSame ? { ...stored, leftover: other } : stored;
}

/** The records of all apps in the state namespace: names the owner of an object in ownership errors. */
export async function listRecords(
  namespace: string,
  cluster: DeployCluster,
  discovery: Discovery,
  signal: AbortSignal,
): Promise<readonly KubeObject[]> {
  const objects = await cluster.list(configMapType(discovery), { namespace, labelSelector: label.isApp, signal });
  return objects.filter((object) => labelsOf(object)[label.isApp] !== undefined);
}

/** ConfigMaps hold the records: without the type there is nothing to do. @throws DeployError `DEPLOY_LIST_INCOMPLETE` */
export function configMapType(discovery: Discovery): ApiType {
  const type = discovery.types.find(
    ({ group, version, kind }) => group === "" && version === "v1" && kind === "ConfigMap",
  );
  if (type !== undefined) return type;
  throw new DeployError({
    code: "DEPLOY_LIST_INCOMPLETE",
    what: "API types",
    reason: "the API server did not name ConfigMap (v1)",
  });
}
