import type { Clock, Log } from "../base/index.ts";
import {
  groupVersionKindOf,
  type KubeObject,
  labelsOf,
  namespaceOf,
  type SourcedResource,
  uniqueKey,
} from "../resource/index.ts";
import { label } from "./annotations.ts";
import { type ApiType, type DeployCluster, type Discovery, isApiFailure } from "./cluster-port.ts";
import { withoutDefaultLabelScoping } from "./config/deploy-config.ts";
import type { ConfigTools } from "./config/tools.ts";
import { discoverKinds } from "./existing/discover-kinds.ts";
import { findExisting } from "./existing/find-existing.ts";
import type { ExistingObject } from "./existing/labelled-objects.ts";
import { readRecord, type StoredRecord } from "./existing/read-record.ts";
import { describeTarget } from "./existing/target.ts";
import { DeployError } from "./failure.ts";
import { passesFilter } from "./filter/resource-filter.ts";
import { checkStrategies, fillNonce } from "./input/check-annotations.ts";
import { placesNotAllowed } from "./input/allowed-places.ts";
import { checkSize } from "./input/check-size.ts";
import { placeResources, typeKey } from "./input/place.ts";
import { readInput, unique } from "./input/read-input.ts";
import type { DeployOptions } from "./options/deploy-options.ts";
import { planSteps } from "./plan-steps.ts";
import type { AppTarget, DeploymentPlan } from "./plan-types.ts";
import { publicChanges } from "./public-changes.ts";
import { clusterScope, newRecord, sortedGroupKinds, sortedGroupVersions } from "./record/app-record.ts";
import { type AppLabel, namesItself, withOwnershipLabels } from "./record/ownership.ts";
import { planVersions } from "./versions/plan-versions.ts";
import { renew } from "./versions/renewals.ts";
import { withBaseName } from "./versions/version-name.ts";

export interface DeployInput {
  readonly app: AppTarget;
  readonly resources: readonly SourcedResource[];
  readonly options: DeployOptions;
}

export interface PlanDeps extends ConfigTools {
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
    const { resources, config: given } = readInput(input.resources, deps);
    const config = options.defaultLabelScoping ? given : withoutDefaultLabelScoping(given);
    const remembered = await cluster.discover({ signal });
    const target = describeTarget(cluster, remembered, signal);
    const lookup = readRecord(app, cluster, remembered, signal);
    // Whatever fails below first is reported; this only keeps the other promise from failing unheard.
    void Promise.allSettled([target, lookup]);
    const placed = await place(resources, remembered, input, cluster, signal);
    const stored = await lookup;
    const kinds = [
      ...(stored?.record.usedGroupKinds ?? []),
      ...resources.map(({ object }) => groupVersionKindOf(object)),
    ];
    const discovery = await discoverKinds(kinds, placed.discovery, cluster, signal);
    checkRecordLabels(stored, options.labels);
    const record = stored?.record ?? newRecord(newLabelValue(deps));
    const appLabel: AppLabel = { key: record.labelKey, value: record.labelValue };
    const now = deps.clock.now();
    const all = placed.resources.map(({ object }) =>
      withOwnershipLabels(fillNonce(object, `${now}000000`), appLabel, config),
    );
    const fresh = all.filter((object) => passesFilter(options.filter, object, now));
    for (const object of fresh) {
      checkStrategies(object);
      checkSize(object);
    }

    const typeOf = typeFinder(discovery);
    const query = { app, options, fresh, input: all, stored, record, appLabel, typeOf };
    const existing = await findExisting(query, cluster, discovery, signal);
    if (fresh.length === 0 && !options.patch && !options.allowEmpty) throw new DeployError({ code: "DEPLOY_EMPTY" });
    const inScope = scopeOf(fresh, options, now);
    const scoped = existing.filter(inScope);
    const rules = { config, againstLastApplied: options.diffAgainstLastApplied };
    const { versions, plain, others, surplus, kept } = planVersions(renew(fresh, scoped, now), scoped, rules);
    const { steps, skipped } = planSteps({
      versions,
      fresh: plain,
      existing: [...others, ...surplus],
      typeOf,
      options,
      config,
      now,
      ...(app.ownUid === undefined ? {} : { ownUid: app.ownUid }),
    });
    const left = new Set(skipped.flatMap(({ op, live }) => (op === "delete" && live !== undefined ? [live] : [])));
    const isLeft = (found: ExistingObject): boolean => !inScope(found) || left.has(found.live);
    const untouched = [...kept, ...existing.filter((found) => isLeft(found) && isOwned(found, appLabel))];
    return {
      kind: "deploy",
      target: await target,
      app,
      options,
      config,
      label: appLabel,
      stored,
      record,
      steps,
      changes: publicChanges(steps, config),
      untouched,
      notAllowed: placesNotAllowed(
        placed.resources.filter(({ object }) => passesFilter(options.filter, object, now)),
        options,
        app.defaultNamespace,
      ),
      discovery,
      plannedAt: now,
      ...kindsInUse({ fresh, all, existing: scoped, untouched, stored, appLabel }),
    };
  });
}

/** Which existing objects a deploy is about: with `--patch` those that the input names, with a filter those that pass it. */
function scopeOf(
  fresh: readonly KubeObject[],
  { patch, filter }: DeployOptions,
  now: number,
): (found: ExistingObject) => boolean {
  const wanted = new Set(fresh.map(uniqueKey));
  return (found) => {
    // A version is meant by the name of its resource as well.
    const base = withBaseName(found);
    const isMeant = !patch || wanted.has(uniqueKey(found.object)) || wanted.has(uniqueKey(base));
    return isMeant && (passesFilter(filter, found.object, now) || passesFilter(filter, base, now));
  };
}

function isOwned({ live, transient }: ExistingObject, appLabel: AppLabel): boolean {
  return !transient && labelsOf(live)[appLabel.key] === appLabel.value && namesItself(live);
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

interface Known {
  readonly fresh: readonly KubeObject[];
  readonly all: readonly KubeObject[];
  readonly existing: readonly ExistingObject[];
  readonly untouched: readonly ExistingObject[];
  readonly stored: StoredRecord | undefined;
  readonly appLabel: AppLabel;
}

/** What stays on the cluster goes on being looked for: kapp's record forgets it after a deploy with a filter. */
function kindsInUse({
  fresh,
  all,
  existing,
  untouched,
  stored,
  appLabel,
}: Known): Pick<
  DeploymentPlan,
  "namespaces" | "newGroupKinds" | "newGroupVersions" | "existingGroupKinds" | "existingGroupVersions" | "associated"
> {
  const newKinds = [...fresh, ...untouched.map(({ object }) => object)].map(groupVersionKindOf);
  const existingKinds = existing.map(({ object }) => groupVersionKindOf(object));
  const namespaces = [...new Set(all.map((object) => namespaceOf(object) || clusterScope))].sort();
  return {
    namespaces,
    newGroupKinds: sortedGroupKinds(newKinds.map(({ group, kind }) => ({ group, kind }))),
    newGroupVersions: sortedGroupVersions(newKinds.map(({ group, version }) => ({ group, version }))),
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
