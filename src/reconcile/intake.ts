/**
 * Which Apps may have work? Intake only marks rows and wakes; it never deploys. Whatever it answers is durable:
 * the row is stored before the wake-up is sent, and the sweep finds rows whose wake-up was lost.
 */
import { type AppReference, appReferences, parseApp, refTracks } from "../app/index.ts";
import { mapBounded } from "../base/index.ts";
import { nameOf, namespaceOf } from "../resource/index.ts";
import {
  appsOfSource,
  catalogue,
  getSource,
  indexApp,
  type Source,
  sourcesOfRepository,
  unindexApp,
} from "./catalogue.ts";
import { approveDeletions } from "./deletion-approval.ts";
import type { IntakeDeps, ReconcileDeps, WakeDeps } from "./deps.ts";
import { putJson } from "./item-json.ts";
import { type AppName, appKey, appName, sourceKey, sourcePartition } from "./keys.ts";
import type { WakeUp } from "./ports.ts";
import type { RunCause } from "./run-event.ts";
import { clusterIdOf } from "./target.ts";

/** Rows that are marked side by side. */
export const writesAtOnce = 32;

/** What a forge told us. Only a hint: the source run asks the git server for the truth. */
export interface Push {
  readonly provider: "github";
  /** Every spelling of the repository that the delivery holds (clone, ssh, git, html URL). */
  readonly repositoryUrls: readonly string[];
  /** `refs/heads/main`. */
  readonly ref: string;
  /** Object id after the push, all zero for a deletion. */
  readonly after: string;
  readonly deliveryId: string;
}

/** What the source run should soon see; older hints are forgotten. */
export interface PushHint {
  readonly after: string;
  readonly at: number;
}

/**
 * Marks every source that a push may have moved. Durable when it resolves; a second delivery of the same push only wakes again.
 * @returns the Apps that fetch this repository and ref; none = "no App fetches this".
 */
export async function acceptPush(push: Push, deps: IntakeDeps): Promise<{ readonly apps: readonly AppName[] }> {
  const sources = new Map<string, Source>();
  for (const url of push.repositoryUrls)
    for (const source of await sourcesOfRepository(url, deps)) sources.set(source.id, source);
  const apps = new Set<AppName>();
  const hint: PushHint = { after: push.after, at: deps.clock.now() };
  // A semver selection looks at tags only.
  const moved = [...sources.values()].filter((source) =>
    source.ref === undefined ? push.ref.startsWith("refs/tags/") : refTracks(source.ref, push.ref),
  );
  // Together: a store that can stores all of it at once, and the forge waits for the answer.
  await mapBounded(moved, writesAtOnce, async (source) => {
    for (const { app } of await appsOfSource(source.id, deps)) apps.add(app);
    const expiresAt = hint.at + 3_600_000;
    await Promise.all([
      putJson(deps.items, sourcePartition(source.id), "HINT", hint, hint.at, { expiresAt }),
      deps.rows.want(sourceKey(source.id), hint.at),
    ]);
    await wakeForSource(source, "push", deps);
  });
  return { apps: [...apps].sort() };
}

/** The hub created, changed, marked for deletion or removed an App. */
export async function noteAppChanged(namespace: string, name: string, deps: ReconcileDeps): Promise<void> {
  const object = await deps.apps.get(namespace, name);
  const key = appName(namespace, name);
  if (object === undefined) {
    await unindexApp(key, deps);
    // A row without an App is cleaned up by its own run; one that never existed needs none.
    if ((await deps.rows.get(appKey(key))) !== undefined) await wantApp(key, "app changed", deps);
    return;
  }
  const parsed = parseApp(object);
  if ("app" in parsed) await indexApp(parsed.app, deps);
  await wantApp(key, "app changed", deps, "app" in parsed ? clusterIdOf(parsed.app) : undefined);
}

/** A Secret changed: Apps that reference it run (app.md §3.4; lateen also counts the kubeconfig). */
export async function noteSecretChanged(namespace: string, name: string, deps: ReconcileDeps): Promise<void> {
  await wantReferrers(namespace, { kind: "secret", name }, "secret changed", deps);
}

export async function noteConfigMapChanged(namespace: string, name: string, deps: ReconcileDeps): Promise<void> {
  await wantReferrers(namespace, { kind: "configMap", name }, "secret changed", deps);
}

/** Somebody asks for a run of one App. `undefined`: there is no such App. @param options.approve digest of deletions that are approved with it. */
export async function requestReconcile(
  namespace: string,
  name: string,
  deps: ReconcileDeps,
  { approve }: { readonly approve?: string | undefined } = {},
): Promise<{ readonly wanted: number } | undefined> {
  const object = await deps.apps.get(namespace, name);
  if (object === undefined) return undefined;
  const parsed = parseApp(object);
  const group = "app" in parsed ? clusterIdOf(parsed.app) : undefined;
  if (approve !== undefined) await approveDeletions(appName(namespace, name), approve, deps);
  return { wanted: await wantApp(appName(namespace, name), "by hand", deps, group) };
}

/** Somebody asks to look at sources now: all of them, or those of one repository and ref. */
export async function requestSync(
  input: { readonly repository?: string; readonly ref?: string },
  deps: ReconcileDeps,
): Promise<{ readonly sources: number; readonly apps: readonly AppName[] }> {
  const { repository, ref } = input;
  const candidates = repository === undefined ? await allSources(deps) : await sourcesOfRepository(repository, deps);
  const sources = candidates.filter(
    (source) => ref === undefined || source.ref === undefined || refTracks(source.ref, ref),
  );
  const apps = new Set<AppName>();
  for (const source of sources) {
    for (const { app } of await appsOfSource(source.id, deps)) apps.add(app);
    await wantSource(source, "by hand", deps);
  }
  return { sources: sources.length, apps: [...apps].sort() };
}

/** @param clusterId where the App goes to, where the caller knows it: the wake-up's fair-share group. */
export async function wantApp(app: AppName, cause: RunCause, deps: WakeDeps, clusterId?: string): Promise<number> {
  const wanted = await deps.rows.want(appKey(app), deps.clock.now(), cause);
  await wake({ queue: "app", key: appKey(app), cause, ...(clusterId === undefined ? {} : { group: clusterId }) }, deps);
  return wanted;
}

async function wantSource(source: Pick<Source, "id" | "url">, cause: RunCause, deps: WakeDeps): Promise<void> {
  await deps.rows.want(sourceKey(source.id), deps.clock.now());
  await wakeForSource(source, cause, deps);
}

function wakeForSource({ id, url }: Pick<Source, "id" | "url">, cause: RunCause, deps: WakeDeps): Promise<void> {
  return wake({ queue: "source", key: sourceKey(id), group: hostOf(url), cause }, deps);
}

/** A wake-up that cannot be sent is no failure: its row is stored, and the tick finds it or sends what has no row again (reliability.md F15). */
export async function wake(
  wakeUp: WakeUp,
  { wakeUps, log, metrics }: Pick<WakeDeps, "wakeUps" | "log" | "metrics">,
): Promise<void> {
  try {
    await wakeUps.send(wakeUp);
  } catch (error) {
    metrics.count("lateen_wake_ups_lost_total", { queue: wakeUp.queue });
    log.warn("wake-up not sent, the schedule makes up for it", { queue: wakeUp.queue, key: wakeUp.key, error });
  }
}

async function allSources(deps: ReconcileDeps): Promise<readonly Source[]> {
  const { sources } = await catalogue(deps);
  const found = await Promise.all(sources.map(({ id }) => getSource(id, deps)));
  return found.filter((source) => source !== undefined);
}

async function wantReferrers(
  namespace: string,
  wanted: AppReference,
  cause: RunCause,
  deps: ReconcileDeps,
): Promise<void> {
  for (const object of await deps.apps.list(namespace)) {
    const parsed = parseApp(object);
    if ("problems" in parsed) continue;
    const refers = appReferences(parsed.app).some(({ kind, name }) => kind === wanted.kind && name === wanted.name);
    if (refers) await wantApp(appName(namespaceOf(object), nameOf(object)), cause, deps, clusterIdOf(parsed.app));
  }
}

/** The git host, for fair sharing; a URL that does not parse is its own group. */
function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url;
}
