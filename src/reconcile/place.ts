/**
 * Where an App lives: on which cluster, and under which app record. Two Apps with one record would prune one another's objects, and an App
 * that moves leaves its objects behind; both are told, neither deletes anything (reliability.md B94, B95).
 *
 *   REC#id    OWNER     the App that writes this record
 *   APP#…     PLACE     where its last run went
 *   APP#…     LEFT#id   what an earlier place still holds
 */
import type { App } from "../app/index.ts";
import type { ReconcileDeps } from "./deps.ts";
import { deleteInventory, loadInventories } from "./inventory.ts";
import { getJson, putJson, queryJson } from "./item-json.ts";
import { type AppName, appName, appPartition, recordPartition, shortId, splitAppName } from "./keys.ts";
import { StageFailure } from "./stage-failure.ts";
import type { Target } from "./target.ts";

interface Owner {
  readonly app: AppName;
}

interface Place {
  readonly recordId: string;
  readonly clusterId: string;
  readonly server: string;
  readonly stateNamespace: string;
}

interface Left {
  readonly server: string;
  readonly stateNamespace: string;
  readonly resources: readonly string[];
  readonly more: number;
}

/** How long it is told what an App has left behind: nobody can know when it was cleaned up. */
const tellLeftMs = 7 * 24 * 3_600_000;
const maxNamed = 20;

/**
 * Makes the place the App's own, before anything is written there.
 * @returns what to tell about earlier places.
 * @throws StageFailure naming the App that the record belongs to.
 */
export async function moveIn(app: App, target: Target, deps: ReconcileDeps): Promise<readonly string[]> {
  const { items, clock } = deps;
  const name = appName(app.namespace, app.name);
  const place = placeOf(app, target);
  const [before, left] = await Promise.all([
    getJson<Place>(items, appPartition(name), "PLACE", clock.now()),
    leftBehind(name, deps),
  ]);
  // Nobody else gets the record while this App exists.
  if (before?.recordId === place.recordId) return left;
  await claim(name, place, deps);
  if (before !== undefined) await noteLeft(name, before, place, deps);
  await items.delete(appPartition(name), `LEFT#${place.recordId}`);
  await putJson<Place>(items, appPartition(name), "PLACE", place, clock.now());
  return leftBehind(name, deps);
}

/** What the App's earlier places still hold, in sentences. */
export async function leftBehind(name: AppName, deps: ReconcileDeps): Promise<readonly string[]> {
  const left = await queryJson<Left>(deps.items, appPartition(name), "LEFT#", deps.clock.now());
  return left.map(({ value: { server, stateNamespace, resources, more } }) => {
    const others = more === 0 ? "" : ` and ${more} more`;
    return `this App was deployed to ${server} (app record in namespace '${stateNamespace}') before, and left there: ${resources.join(", ")}${others}`;
  });
}

/** For those who only look. @throws StageFailure as `moveIn` would. */
export async function refuseTakenPlace(app: App, target: Target, deps: ReconcileDeps): Promise<void> {
  const name = appName(app.namespace, app.name);
  const place = placeOf(app, target);
  const owner = await getJson<Owner>(deps.items, recordPartition(place.recordId), "OWNER", deps.clock.now());
  if (owner !== undefined && owner.app !== name && (await exists(owner.app, deps))) throw taken(app, place, owner.app);
}

/** The App is gone: its record is free. */
export async function moveOut(name: AppName, deps: ReconcileDeps): Promise<void> {
  const { items, clock } = deps;
  const place = await getJson<Place>(items, appPartition(name), "PLACE", clock.now());
  if (place === undefined) return;
  const owner = await getJson<Owner>(items, recordPartition(place.recordId), "OWNER", clock.now());
  if (owner?.app === name) await items.delete(recordPartition(place.recordId), "OWNER");
  await items.delete(appPartition(name), "PLACE");
  const left = await queryJson<Left>(items, appPartition(name), "LEFT#", clock.now());
  for (const { rest } of left) await items.delete(appPartition(name), `LEFT#${rest}`);
}

function placeOf(app: App, target: Target): Place {
  const { clusterId, stateNamespace } = target;
  const { server } = target.cluster;
  return { recordId: shortId([server, stateNamespace, app.name]), clusterId, server, stateNamespace };
}

async function claim(name: AppName, place: Place, deps: ReconcileDeps): Promise<void> {
  const { items, clock } = deps;
  const partition = recordPartition(place.recordId);
  for (;;) {
    const item = await items.get(partition, "OWNER", clock.now());
    // Only written below.
    const owner = item === undefined ? undefined : (JSON.parse(item.value) as Owner);
    if (owner?.app === name) return;
    if (owner !== undefined && (await exists(owner.app, deps))) throw taken(splitAppName(name), place, owner.app);
    const ifVersion = item?.version ?? 0;
    if (await putJson<Owner>(items, partition, "OWNER", { app: name }, clock.now(), { ifVersion })) return;
  }
}

async function exists(name: AppName, deps: ReconcileDeps): Promise<boolean> {
  const { namespace, name: shortName } = splitAppName(name);
  return (await deps.apps.get(namespace, shortName)) !== undefined;
}

function taken(app: { readonly name: string }, place: Place, owner: AppName): StageFailure {
  return new StageFailure("deploy", {
    error: `Preparing kapp: App '${owner}' already owns the app record '${app.name}.app' in namespace '${place.stateNamespace}' of ${place.server} (hint: two Apps of one name need different spec.cluster.namespace)`,
    exitCode: -1,
  });
}

async function noteLeft(name: AppName, before: Place, place: Place, deps: ReconcileDeps): Promise<void> {
  const { items, clock } = deps;
  const inventories = await loadInventories(before.clusterId, deps);
  const entries = inventories.find(({ app }) => app === name)?.entries ?? [];
  const names = entries.map(
    ({ type, namespace, name: object }) =>
      `${type.kind.toLowerCase()}/${object}${namespace === "" ? "" : ` namespace: ${namespace}`}`,
  );
  // Another Secret may name the same cluster: then the next run finds everything there.
  if (before.clusterId !== place.clusterId) await deleteInventory(before.clusterId, name, deps);
  if (names.length === 0) return;
  const { server, stateNamespace } = before;
  const left: Left = {
    server,
    stateNamespace,
    resources: names.slice(0, maxNamed),
    more: Math.max(0, names.length - maxNamed),
  };
  const expiresAt = clock.now() + tellLeftMs;
  await putJson(items, appPartition(name), `LEFT#${before.recordId}`, left, clock.now(), { expiresAt });
}
