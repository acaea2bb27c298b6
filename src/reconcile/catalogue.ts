/**
 * What follows what: which sources an App fetches from, which Apps hang on a source or a run cluster, and what the tick fans out over.
 * Everything here is an index of the hub's Apps: written when an App changes, rebuilt by the next change, never the truth.
 *
 *   SRC#id   META, APP#ns/name …      one source: repository + ref + the Secret that opens it
 *   REPO#url SRC#id                   by normal repository URL, for pushes
 *   CLU#id   APP#ns/name …            one run cluster
 *   CAT      SRC#id, CLU#id           the tick's list, with the shortest period that somebody asked for
 *   CAT      TICK                     when the last tick ran
 *   APP#…    INDEX                    what this App put there
 */
import { type App, type GitFetch, normalizeRepositoryUrl, syncPeriodMs, type VersionSelection } from "../app/index.ts";
import type { FetchSuccess } from "../fetch/index.ts";
import { getJson, putJson, queryJson } from "./item-json.ts";
import {
  type AppName,
  appName,
  appPartition,
  cataloguePartition,
  clusterPartition,
  repositoryPartition,
  shortId,
  sourcePartition,
} from "./keys.ts";
import type { TreeIdsBySource } from "./last-run.ts";
import type { Items, Runtime } from "./ports.ts";
import { clusterIdOf } from "./target.ts";

/** A repository and the ref that Apps follow in it. */
export interface Source {
  readonly id: string;
  readonly url: string;
  readonly ref?: string;
  readonly refSelection?: VersionSelection;
  /** Namespace of the Apps: the Secret is theirs. */
  readonly namespace: string;
  readonly secretName?: string;
}

export interface IndexedApp {
  readonly subPaths: readonly string[];
  /** Where the App goes to: its wake-ups' fair-share group. */
  readonly clusterId?: string;
}

interface CatalogueEntry {
  readonly periodMs: number;
  /** Sources with the same one are read from the same server with the same Secret. */
  readonly repository?: string;
}

interface AppIndex {
  readonly sources: readonly { readonly id: string; readonly url: string }[];
  readonly clusterId?: string;
}

/** What reading the index takes; a small function can have it. */
type ReadDeps = Pick<Runtime, "clock"> & { readonly items: Items };

type CatalogueDeps = ReadDeps & {
  readonly config: { readonly defaultSyncPeriodMs: number; readonly minimumSyncPeriodMs: number };
};

/** The sources of an App, each with the subPaths that it wants from it. */
function sourcesOf(app: App): readonly { readonly source: Source; readonly subPaths: readonly string[] }[] {
  const byId = new Map<string, { source: Source; subPaths: string[] }>();
  for (const step of app.spec.fetch) {
    if (step.type !== "git" || step.url === "") continue;
    const { url, ref, refSelection, subPath, secretName } = step;
    const id = sourceIdOf(app.namespace, step);
    const source: Source = {
      id,
      url,
      namespace: app.namespace,
      ...(ref === "" ? {} : { ref }),
      ...(refSelection === undefined ? {} : { refSelection }),
      ...(secretName === undefined ? {} : { secretName }),
    };
    const known = byId.get(id) ?? { source, subPaths: [] };
    known.subPaths.push(subPath);
    byId.set(id, known);
  }
  return [...byId.values()];
}

/** Two fetch steps with the same id see the same commits. */
export function sourceIdOf(
  namespace: string,
  git: Pick<GitFetch, "url" | "ref" | "refSelection" | "secretName">,
): string {
  const selection = git.refSelection === undefined ? "" : JSON.stringify(git.refSelection.raw);
  return shortId([git.url, git.ref, selection, namespace, git.secretName ?? ""]);
}

/** Sources with the same id ask the same server as the same user. */
export function repositoryIdOf({ url, namespace, secretName }: Source): string {
  return shortId([normalizeRepositoryUrl(url), secretName === undefined ? "" : namespace, secretName ?? ""]);
}

/** What a run has fetched, as the source check compares it. */
export function treeIdsOf(app: App, fetched: FetchSuccess): TreeIdsBySource {
  return Object.fromEntries(
    fetched.sources.map((source) => [`${sourceIdOf(app.namespace, source.step)}:${source.subPath}`, source.treeId]),
  );
}

/** Writes the index of one App and removes what an earlier version of it had put there. */
export async function indexApp(app: App, deps: CatalogueDeps): Promise<void> {
  const { items, clock } = deps;
  const now = clock.now();
  const name = appName(app.namespace, app.name);
  const periodMs = syncPeriodMs(app.spec, deps.config);
  const sources = sourcesOf(app);
  const clusterId = clusterIdOf(app);
  const index: AppIndex = {
    sources: sources.map(({ source }) => ({ id: source.id, url: normalizeRepositoryUrl(source.url) })),
    ...(clusterId === undefined ? {} : { clusterId }),
  };
  const before = await getJson<AppIndex>(items, appPartition(name), "INDEX", now);
  if (before !== undefined) await removeStale(name, before, index, deps);
  for (const { source, subPaths } of sources) {
    await putJson(items, sourcePartition(source.id), "META", source, now);
    const indexed: IndexedApp = { subPaths, ...(clusterId === undefined ? {} : { clusterId }) };
    await putJson<IndexedApp>(items, sourcePartition(source.id), `APP#${name}`, indexed, now);
    await putJson(items, repositoryPartition(normalizeRepositoryUrl(source.url)), `SRC#${source.id}`, source, now);
    await offer(`SRC#${source.id}`, { periodMs, repository: repositoryIdOf(source) }, deps);
  }
  if (clusterId !== undefined) {
    await putJson(items, clusterPartition(clusterId), `APP#${name}`, {}, now);
    await offer(`CLU#${clusterId}`, { periodMs }, deps);
  }
  await putJson(items, appPartition(name), "INDEX", index, now);
}

/** Removes an App from every index. */
export async function unindexApp(name: AppName, deps: CatalogueDeps): Promise<void> {
  const before = await getJson<AppIndex>(deps.items, appPartition(name), "INDEX", deps.clock.now());
  if (before === undefined) return;
  await removeStale(name, before, { sources: [] }, deps);
  await deps.items.delete(appPartition(name), "INDEX");
}

export function getSource(id: string, deps: ReadDeps): Promise<Source | undefined> {
  return getJson<Source>(deps.items, sourcePartition(id), "META", deps.clock.now());
}

/** An App that fetches from a source. */
export interface SourceApp extends IndexedApp {
  readonly app: AppName;
}

export async function appsOfSource(id: string, deps: ReadDeps): Promise<readonly SourceApp[]> {
  const found = await queryJson<IndexedApp>(deps.items, sourcePartition(id), "APP#", deps.clock.now());
  // The sort key was made from an AppName above.
  return found.map(({ rest, value }) => ({ ...value, app: rest as AppName }));
}

/** The sources of one repository, by any spelling of its URL. */
export async function sourcesOfRepository(url: string, deps: ReadDeps): Promise<readonly Source[]> {
  const found = await queryJson<Source>(
    deps.items,
    repositoryPartition(normalizeRepositoryUrl(url)),
    "SRC#",
    deps.clock.now(),
  );
  return found.map(({ value }) => value);
}

export async function appsOfCluster(clusterId: string, deps: ReadDeps): Promise<readonly AppName[]> {
  const found = await queryJson<object>(deps.items, clusterPartition(clusterId), "APP#", deps.clock.now());
  return found.map(({ rest }) => rest as AppName);
}

interface Scheduled extends CatalogueEntry {
  readonly id: string;
}

/** Everything the tick visits: ids with the shortest sync period among their Apps. */
export async function catalogue(deps: ReadDeps): Promise<{
  readonly sources: readonly Scheduled[];
  readonly clusters: readonly Scheduled[];
}> {
  const now = deps.clock.now();
  const entries = async (prefix: string): Promise<readonly Scheduled[]> =>
    (await queryJson<CatalogueEntry>(deps.items, cataloguePartition, prefix, now)).map(({ rest, value }) => ({
      ...value,
      id: rest,
    }));
  const [sources, clusters] = await Promise.all([entries("SRC#"), entries("CLU#")]);
  return { sources, clusters };
}

/** Notes an entry for the tick; the shortest period wins (a longer one waits until the entry is dropped and offered anew). */
async function offer(sk: string, entry: CatalogueEntry, deps: CatalogueDeps): Promise<void> {
  const now = deps.clock.now();
  const known = await getJson<CatalogueEntry>(deps.items, cataloguePartition, sk, now);
  if (known !== undefined && known.periodMs <= entry.periodMs && known.repository === entry.repository) return;
  const periodMs = Math.min(entry.periodMs, known?.periodMs ?? entry.periodMs);
  await putJson<CatalogueEntry>(deps.items, cataloguePartition, sk, { ...entry, periodMs }, now);
}

async function removeStale(name: AppName, before: AppIndex, after: AppIndex, deps: CatalogueDeps): Promise<void> {
  const { items } = deps;
  const kept = new Set(after.sources.map((source) => source.id));
  for (const source of before.sources) {
    if (kept.has(source.id)) continue;
    await items.delete(sourcePartition(source.id), `APP#${name}`);
    if ((await appsOfSource(source.id, deps)).length > 0) continue;
    await items.delete(cataloguePartition, `SRC#${source.id}`);
    await items.delete(repositoryPartition(source.url), `SRC#${source.id}`);
    for (const sk of ["META", "REF", "HINT", "PROBE"]) await items.delete(sourcePartition(source.id), sk);
  }
  if (before.clusterId === undefined || before.clusterId === after.clusterId) return;
  await items.delete(clusterPartition(before.clusterId), `APP#${name}`);
  if ((await appsOfCluster(before.clusterId, deps)).length === 0)
    await items.delete(cataloguePartition, `CLU#${before.clusterId}`);
}
