import {
  annotationsOf,
  type GroupKind,
  groupVersionKindOf,
  type KubeObject,
  namespaceOf,
  uniqueKey,
} from "../../resource/index.ts";
import { annotation } from "../annotations.ts";
import type { ApiType, DeployCluster, Discovery } from "../cluster-port.ts";
import type { DeployOptions } from "../options/deploy-options.ts";
import type { AppTarget } from "../plan-types.ts";
import { type AppRecord, clusterScope, sortedGroupKinds } from "../record/app-record.ts";
import type { AppLabel } from "../record/ownership.ts";
import { type ExistingObject, listLabelled } from "./labelled-objects.ts";
import { foreignObjects, refuseForeign, refuseRecords } from "./ownership-check.ts";
import { listRecords, type StoredRecord } from "./read-record.ts";
import { findUnlabelled } from "./unlabelled-objects.ts";

export interface ExistingQuery {
  readonly app: AppTarget;
  readonly options: DeployOptions;
  /** The resources that the deploy is about. */
  readonly fresh: readonly KubeObject[];
  /** All of the input, a filter's leavings too: where the app may have objects. */
  readonly input: readonly KubeObject[];
  readonly stored: StoredRecord | undefined;
  readonly record: AppRecord;
  readonly appLabel: AppLabel;
  readonly typeOf: (object: KubeObject) => ApiType | undefined;
}

/**
 * The app's objects on the cluster, and those of the same names as its new resources (kapp.md §9.1).
 * @throws DeployError `DEPLOY_OWNERSHIP`, `DEPLOY_DISALLOWED_LABEL`, `DEPLOY_LIST_INCOMPLETE`.
 */
export async function findExisting(
  query: ExistingQuery,
  cluster: DeployCluster,
  discovery: Discovery,
  signal: AbortSignal,
): Promise<ExistingObject[]> {
  const { app, options, fresh, stored, appLabel, typeOf } = query;
  const labelled = stored === undefined ? [] : await listOwn(query, cluster, discovery, signal);
  const listed = new Set(labelled.map(({ object }) => uniqueKey(object)));
  const unknown = fresh.filter((object) => !listed.has(uniqueKey(object)));
  const others = options.existingCheck
    ? await findUnlabelled(unknown, typeOf, cluster, options.existingCheckConcurrency, signal)
    : [];
  if (!options.overrideOwnership) {
    const left = new Set(fresh.filter((object) => !isOutside(object)).map(uniqueKey));
    const foreign = foreignObjects(
      others.map(({ object }) => object).filter((object) => left.has(uniqueKey(object))),
      appLabel,
    );
    if (foreign.length > 0)
      refuseForeign(foreign, appLabel, await listRecords(app.stateNamespace, cluster, discovery, signal));
  }
  const existing = [...labelled, ...others];
  refuseRecords(existing.map(({ object }) => object));
  return existing;
}

function isOutside(object: KubeObject): boolean {
  const annotations = annotationsOf(object);
  return annotations[annotation.exists] !== undefined || annotations[annotation.noop] !== undefined;
}

function listOwn(
  { app, options, input, record, appLabel }: ExistingQuery,
  cluster: DeployCluster,
  discovery: Discovery,
  signal: AbortSignal,
): Promise<ExistingObject[]> {
  const used = record.usedGroupKinds;
  const freshKinds = input.map(groupVersionKindOf);
  const ownKinds = sortedGroupKinds([...(used ?? []), ...freshKinds]);
  const groupKinds =
    !options.scopeToUsedKinds || used === undefined || ownKinds.length === 0 ? undefined : withPods(ownKinds);
  return listLabelled(
    {
      label: appLabel,
      groupKinds,
      usedGroupKinds: ownKinds,
      preferredVersions: [...freshKinds, ...record.usedGroupVersions],
      fallbackNamespaces: fallbackNamespaces(app, record, input.map(namespaceOf)),
      scopeToFallbackNamespaces: options.scopeToFallbackNamespaces,
      ignoreFailingApiServices: options.ignoreFailingApiServices,
    },
    cluster,
    discovery,
    signal,
  );
}

const podMakers: ReadonlySet<string> = new Set([
  "Deployment",
  "DaemonSet",
  "StatefulSet",
  "ReplicaSet",
  "Job",
  "CronJob",
]);

/** The Pods of workloads belong to what an app uses: kapp follows their logs, and its record then names them. */
function withPods(kinds: readonly GroupKind[]): readonly GroupKind[] {
  return kinds.some(({ kind }) => podMakers.has(kind))
    ? sortedGroupKinds([...kinds, { group: "", kind: "Pod" }])
    : kinds;
}

/** Where an app may have objects, for those who may not list the whole cluster (kapp.md §9.1 step 3). */
export function fallbackNamespaces(app: AppTarget, record: AppRecord, more: readonly string[]): string[] {
  const namespaces = new Set([
    app.defaultNamespace,
    ...(record.lastChange.namespaces ?? []),
    ...(app.knownNamespaces ?? []),
    ...more,
  ]);
  namespaces.delete("");
  namespaces.delete(clusterScope);
  return [...namespaces];
}
