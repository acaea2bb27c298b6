import type { Clock, Log } from "../base/index.ts";
import {
  annotationsOf,
  type GroupKind,
  groupVersionKindOf,
  type KubeObject,
  labelsOf,
  namespaceOf,
  type SourcedResource,
  uniqueKey,
} from "../resource/index.ts";
import { annotation, label } from "./annotations.ts";
import { type ApiType, type DeployCluster, type Discovery, isApiFailure } from "./cluster-port.ts";
import { listLabelled, type ExistingObject } from "./existing/labelled-objects.ts";
import { foreignObjects, refuseForeign, refuseRecords } from "./existing/ownership-check.ts";
import { listRecords, readRecord, type StoredRecord } from "./existing/read-record.ts";
import { describeTarget } from "./existing/target.ts";
import { findUnlabelled } from "./existing/unlabelled-objects.ts";
import { DeployError } from "./failure.ts";
import { checkStrategies, fillNonce } from "./input/check-annotations.ts";
import { checkSize } from "./input/check-size.ts";
import { placeResources, typeKey } from "./input/place.ts";
import { readInput, unique } from "./input/read-input.ts";
import type { DeployOptions } from "./options/deploy-options.ts";
import { planSteps } from "./plan-steps.ts";
import type { AppTarget, DeploymentPlan } from "./plan-types.ts";
import { publicChanges } from "./public-changes.ts";
import { type AppRecord, clusterScope, newRecord, sortedGroupKinds, sortedGroupVersions } from "./record/app-record.ts";
import { type AppLabel, withOwnershipLabels } from "./record/ownership.ts";

export interface DeployInput {
  readonly app: AppTarget;
  readonly resources: readonly SourcedResource[];
  readonly options: DeployOptions;
}

export interface PlanDeps {
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly log?: Log;
}

export interface CallSettings {
  readonly signal: AbortSignal;
}

/**
 * Works out what a deploy would do (kapp.md §0 steps 1 to 5). Reads only: nothing is written, not even the app record, so every check
 * happens before the first write. A second call gives the same plan.
 * @throws DeployError for invalid input, foreign owners, incomplete lists and failed reads; `signal.reason` on abort.
 */
export async function planDeploy(
  input: DeployInput,
  cluster: DeployCluster,
  deps: PlanDeps,
  { signal }: CallSettings,
): Promise<DeploymentPlan> {
  return asDeployErrors(signal, async () => {
    const { app, options } = input;
    const resources = readInput(input.resources);
    const discovery = await cluster.discover({ signal });
    const target = describeTarget(cluster, discovery, signal);
    const lookup = readRecord(app, cluster, discovery, signal);
    // Whatever fails below first is reported; this only keeps the other promise from failing unheard.
    void Promise.allSettled([target, lookup]);
    const served = await place(resources, discovery, input, cluster, signal);
    const stored = await lookup;
    checkRecordLabels(stored, options.labels);
    const record = stored?.record ?? newRecord(newLabelValue(deps));
    const appLabel: AppLabel = { key: record.labelKey, value: record.labelValue };
    const nanos = `${deps.clock.now()}000000`;
    const fresh = served.resources.map(({ object }) => withOwnershipLabels(fillNonce(object, nanos), appLabel));
    for (const object of fresh) {
      checkStrategies(object);
      checkSize(object);
    }

    const typeOf = typeFinder(served.discovery);
    const existing = await findExisting(
      { fresh, stored, record, appLabel, typeOf },
      input,
      served.discovery,
      cluster,
      signal,
    );
    if (fresh.length === 0 && !options.patch && !options.allowEmpty) throw new DeployError({ code: "DEPLOY_EMPTY" });
    const steps = planSteps(fresh, existing, typeOf, options, app.ownUid);
    return {
      kind: "deploy",
      target: await target,
      app,
      options,
      label: appLabel,
      stored,
      record,
      steps,
      changes: publicChanges(steps),
      discovery: served.discovery,
      plannedAt: deps.clock.now(),
      ...kindsInUse(fresh, existing, stored, appLabel),
    };
  });
}

/** A kind that the cached discovery does not know may have come since: it is asked once more before giving up. */
async function place(
  resources: readonly SourcedResource[],
  discovery: Discovery,
  input: DeployInput,
  cluster: DeployCluster,
  signal: AbortSignal,
): Promise<{ readonly resources: readonly SourcedResource[]; readonly discovery: Discovery }> {
  const { app, options } = input;
  const placement = { ...options, defaultNamespace: app.defaultNamespace };
  try {
    return { resources: unique(placeResources(resources, discovery, placement)), discovery };
  } catch (error) {
    if (!(error instanceof DeployError) || error.failure.code !== "DEPLOY_KIND_UNKNOWN") throw error;
    const fresh = await cluster.discover({ fresh: true, signal });
    return { resources: unique(placeResources(resources, fresh, placement)), discovery: fresh };
  }
}

interface KnownSoFar {
  readonly fresh: readonly KubeObject[];
  readonly stored: StoredRecord | undefined;
  readonly record: AppRecord;
  readonly appLabel: AppLabel;
  readonly typeOf: (object: KubeObject) => ApiType | undefined;
}

async function findExisting(
  known: KnownSoFar,
  input: DeployInput,
  discovery: Discovery,
  cluster: DeployCluster,
  signal: AbortSignal,
): Promise<ExistingObject[]> {
  const { fresh, stored, appLabel, typeOf } = known;
  const { app, options } = input;
  const labelled = stored === undefined ? [] : await listOwn(known, input, discovery, cluster, signal);
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
  if (!options.patch) return existing;
  const wanted = new Set(fresh.map(uniqueKey));
  return existing.filter(({ object }) => wanted.has(uniqueKey(object)));

  function isOutside(object: KubeObject): boolean {
    const annotations = annotationsOf(object);
    return annotations[annotation.exists] !== undefined || annotations[annotation.noop] !== undefined;
  }
}

function listOwn(
  known: KnownSoFar,
  input: DeployInput,
  discovery: Discovery,
  cluster: DeployCluster,
  signal: AbortSignal,
): Promise<ExistingObject[]> {
  const { fresh, record, appLabel } = known;
  const used = record.usedGroupKinds;
  const freshKinds = fresh.map(groupVersionKindOf);
  const ownKinds = sortedGroupKinds([...(used ?? []), ...freshKinds]);
  const groupKinds = used === undefined || ownKinds.length === 0 ? undefined : withPods(ownKinds);
  return listLabelled(
    {
      label: appLabel,
      groupKinds,
      usedGroupKinds: ownKinds,
      preferredVersions: [...freshKinds, ...record.usedGroupVersions],
      fallbackNamespaces: fallbackNamespaces(input.app, record, fresh.map(namespaceOf)),
      scopeToFallbackNamespaces: input.options.scopeToFallbackNamespaces,
      ignoreFailingApiServices: input.options.ignoreFailingApiServices,
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

function kindsInUse(
  fresh: readonly KubeObject[],
  existing: readonly ExistingObject[],
  stored: StoredRecord | undefined,
  appLabel: AppLabel,
): Pick<
  DeploymentPlan,
  "namespaces" | "newGroupKinds" | "newGroupVersions" | "existingGroupKinds" | "existingGroupVersions" | "associated"
> {
  const kindsOf = fresh.map(groupVersionKindOf);
  const existingKinds = existing.map(({ object }) => groupVersionKindOf(object));
  const namespaces = [...new Set(fresh.map((object) => namespaceOf(object) || clusterScope))].sort();
  return {
    namespaces,
    newGroupKinds: sortedGroupKinds(kindsOf.map(({ group, kind }) => ({ group, kind }))),
    newGroupVersions: sortedGroupVersions(kindsOf.map(({ group, version }) => ({ group, version }))),
    existingGroupKinds: sortedGroupKinds(existingKinds.map(({ group, kind }) => ({ group, kind }))),
    existingGroupVersions: sortedGroupVersions(existingKinds.map(({ group, version }) => ({ group, version }))),
    associated: {
      label: `${appLabel.key}=${appLabel.value}`,
      namespaces: stored?.record.lastChange.namespaces ?? [],
      groupKinds: stored?.record.usedGroupKinds ?? [],
    },
  };
}

/** Finds the served type of an object: same group, version and kind. */
export function typeFinder(discovery: Discovery): (object: KubeObject) => ApiType | undefined {
  const types = new Map(discovery.types.map((type) => [typeKey(type), type]));
  return (object) => types.get(typeKey(groupVersionKindOf(object)));
}

/** Unix nanoseconds, as kapp makes them; the digits below a millisecond are random. */
function newLabelValue({ clock, random }: PlanDeps): string {
  return `${clock.now()}${String(Math.floor(random() * 1_000_000)).padStart(6, "0")}`;
}

function checkRecordLabels(stored: StoredRecord | undefined, labels: DeployOptions["labels"]): void {
  if (stored === undefined || stored.previous) return;
  const current = labelsOf(stored.configMap);
  for (const [key, value] of labels) {
    const before = key === label.isApp ? "" : current[key];
    if (before !== undefined && before !== value) throw new DeployError({ code: "DEPLOY_RECORD_LABEL", label: key });
  }
}

/** Failed calls of the cluster become the room's own error. */
export async function asDeployErrors<Result>(signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    signal.throwIfAborted();
    if (!isApiFailure(error)) throw error;
    throw new DeployError(
      { code: "DEPLOY_CALL", status: error.status, reason: error.reason, message: error.message },
      { retryable: error.retryable || error.status === 403, cause: error },
    );
  }
}
