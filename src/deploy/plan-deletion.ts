import { annotationsOf, uidOf } from "../resource/index.ts";
import { annotation } from "./annotations.ts";
import type { DeployCluster, Discovery } from "./cluster-port.ts";
import { defaultConfig } from "./config/deploy-config.ts";
import { discoverKinds } from "./existing/discover-kinds.ts";
import { fallbackNamespaces } from "./existing/find-existing.ts";
import { type ExistingObject, listLabelled } from "./existing/labelled-objects.ts";
import { readRecord, type StoredRecord } from "./existing/read-record.ts";
import { describeTarget } from "./existing/target.ts";
import { passesFilter } from "./filter/resource-filter.ts";
import type { DeleteOptions, SharedOptions } from "./options/deploy-options.ts";
import { namespacesWithApp } from "./missing-app.ts";
import { asDeployErrors, type CallSettings, type PlanDeps, typeFinder } from "./plan.ts";
import { planSteps } from "./plan-steps.ts";
import type { AppTarget, DeletionPlan } from "./plan-types.ts";
import { publicChanges } from "./public-changes.ts";

export interface DeleteInput {
  readonly app: AppTarget;
  readonly options: DeleteOptions;
}

/**
 * Works out what deleting an app would do: everything that carries its label, of every kind (kapp.md §9.4). Reads only.
 * An app that has no record is no error: there is nothing to delete.
 * @throws DeployError for incomplete lists, unreadable records, bad rules and failed reads; `signal.reason` on abort.
 */
export async function planDelete(
  input: DeleteInput,
  cluster: DeployCluster,
  deps: PlanDeps,
  { signal }: CallSettings,
): Promise<DeletionPlan> {
  return asDeployErrors(signal, async () => {
    const { app, options } = input;
    const remembered = await cluster.discover({ signal });
    const target = describeTarget(cluster, remembered, signal);
    void Promise.allSettled([target]);
    const stored = await readRecord(app, cluster, remembered, signal);
    const discovery = await discoverKinds(stored?.record.usedGroupKinds ?? [], remembered, cluster, signal);
    const now = deps.clock.now();
    const listed = stored === undefined ? [] : await listOwned(input, stored, cluster, discovery, signal);
    const existing = listed.filter(({ object }) => passesFilter(options.filter, object, now));
    // What was deployed by the rules of a Config is deleted without them: it is not in the input any more.
    const config = defaultConfig;
    const { steps, skipped } = planSteps({ fresh: [], existing, typeOf: typeFinder(discovery), options, config, now });
    return {
      kind: "delete",
      target: await target,
      app,
      options,
      config,
      isPartial: existing.length < listed.length || skipped.length > 0,
      stored,
      elsewhere: stored === undefined ? await namespacesWithApp(app, cluster, discovery, signal) : [],
      steps,
      changes: publicChanges(steps, config),
      discovery,
      plannedAt: now,
      associated:
        stored === undefined
          ? undefined
          : {
              label: `${stored.record.labelKey}=${stored.record.labelValue}`,
              namespaces: stored.record.lastChange.namespaces ?? [],
              groupKinds: stored.record.usedGroupKinds ?? [],
            },
    };
  });
}

/** All objects with the app's label; those that controllers made are deleted only where they say so (`owned-for-deletion`). */
export async function listOwned(
  input: DeleteInput,
  stored: Pick<StoredRecord, "record">,
  cluster: DeployCluster,
  discovery: Discovery,
  signal: AbortSignal,
): Promise<ExistingObject[]> {
  const objects = await listAllOfApp(input, stored, cluster, discovery, signal);
  // An App among its own resources is what is being deleted: it goes last, by its finalizer.
  const others = objects.filter(({ live }) => uidOf(live) === "" || uidOf(live) !== input.app.ownUid);
  return others.map((found) =>
    annotationsOf(found.object)[annotation.ownedForDeletion] === undefined ? found : { ...found, transient: false },
  );
}

/** Everything with the app's label, of every kind that can be listed. */
export function listAllOfApp(
  input: { readonly app: AppTarget; readonly options: SharedOptions },
  { record }: Pick<StoredRecord, "record">,
  cluster: DeployCluster,
  discovery: Discovery,
  signal: AbortSignal,
): Promise<ExistingObject[]> {
  return listLabelled(
    {
      label: { key: record.labelKey, value: record.labelValue },
      groupKinds: undefined,
      usedGroupKinds: record.usedGroupKinds ?? [],
      preferredVersions: record.usedGroupVersions,
      fallbackNamespaces: fallbackNamespaces(input.app, record, []),
      scopeToFallbackNamespaces: input.options.scopeToFallbackNamespaces,
      ignoreFailingApiServices: input.options.ignoreFailingApiServices,
    },
    cluster,
    discovery,
    signal,
  );
}
