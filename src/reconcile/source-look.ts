/** One look at a source: what the store knows of it, what the git server says now, and which Apps that moves. */
import { mapBounded } from "../base/index.ts";
import { credentialsOf, relativePath, resolveGitRef } from "../fetch/index.ts";
import { findRef, prefixesFor, type Ref, type Repository } from "../git/index.ts";
import type { IndexedApp, Source, SourceApp } from "./catalogue.ts";
import type { SourceDeps } from "./deps.ts";
import type { PushHint } from "./intake.ts";
import { wantApp, writesAtOnce } from "./intake.ts";
import { getJson, putJson } from "./item-json.ts";
import { type AppName, appKey, appPartition, sourcePartition } from "./keys.ts";
import type { TreeIdsBySource } from "./last-run.ts";
import { probeBackOffMs } from "./probe-back-off.ts";

/** What a source was seen to be; written only when that changes. */
export interface SeenRef {
  readonly commit: string;
  readonly checkedAt: number;
  /** subPath → tree id (empty when the commit has no such path). */
  readonly treeIds: Readonly<Record<string, string>>;
  /** When the webhook that announced this commit came; absent when the schedule found it. */
  readonly pushedAt?: number;
  /** Commits that the ref left in the last minutes, newest first, each with when. */
  readonly previous?: readonly SeenCommit[];
  /** One of `previous` that the server showed again: perhaps a mirror that lags behind. */
  readonly doubted?: SeenCommit;
}

interface SeenCommit {
  readonly commit: string;
  readonly at: number;
}

/** A source whose server failed is not asked by the schedule before `probeAt` (reliability.md L33). */
interface SourceProbe {
  readonly failures: number;
  readonly at: number;
  readonly probeAt: number;
}

/** All that the store holds about one source. */
export interface SourceState {
  readonly source: Source;
  readonly apps: readonly SourceApp[];
  readonly seen: SeenRef | undefined;
  readonly hint: PushHint | undefined;
  readonly probe: SourceProbe | undefined;
}

/** What the next look waits for. */
export type LookAgain = "a push that the server does not show yet" | { readonly at: number };

const hintLifeMs = 60_000;
/** A ref that goes back to what it was within `backLifeMs` is looked at a second time (reliability.md F33). */
const backLifeMs = 600_000;
const confirmMs = 15_000;
const maxPrevious = 10;
const keepProbeMs = 24 * 3_600_000;

/** One read. `undefined`: no App fetches it any more. */
export async function loadSource(id: string, deps: SourceDeps): Promise<SourceState | undefined> {
  const items = await deps.items.query(sourcePartition(id), deps.clock.now());
  // Only this room writes these partitions: META, APP#…, REF, HINT and PROBE, each with one type.
  const read = <Value>(sk: string): Value | undefined => {
    const item = items.find((each) => each.sk === sk);
    return item === undefined ? undefined : (JSON.parse(item.value) as Value);
  };
  const source = read<Source>("META");
  if (source === undefined) return undefined;
  const apps = items
    .filter(({ sk }) => sk.startsWith("APP#"))
    .map(({ sk, value }) => ({ ...(JSON.parse(value) as IndexedApp), app: sk.slice("APP#".length) as AppName }));
  return {
    source,
    apps,
    seen: read<SeenRef>("REF"),
    hint: read<PushHint>("HINT"),
    probe: read<SourceProbe>("PROBE"),
  };
}

export async function openRepository(source: Source, deps: SourceDeps, signal: AbortSignal): Promise<Repository> {
  const access = await credentialsOf(source, deps.vault, signal);
  if (access.credentials !== undefined) deps.redactor.scope().add(access.credentials.password);
  return { url: source.url, ...access };
}

/** The refs that several sources of one repository need, in one request. */
export async function listRefsFor(
  sources: readonly Source[],
  repository: Repository,
  deps: SourceDeps,
  signal: AbortSignal,
): Promise<readonly Ref[]> {
  const prefixes = new Set(sources.flatMap(({ ref }) => (ref === undefined ? [] : prefixesFor(ref, { tags: false }))));
  return (await deps.git.listRefs(repository, { prefixes: [...prefixes] }, { signal })).refs;
}

/** @param refs what `listRefsFor` gave, to spare a request. */
export async function commitOf(
  source: Source,
  repository: Repository,
  deps: SourceDeps,
  signal: AbortSignal,
  refs: readonly Ref[] = [],
): Promise<string> {
  const listed = source.ref === undefined ? undefined : findRef(source.ref, refs)?.commit;
  return listed ?? (await resolveGitRef(deps.git, repository, source, { signal })).commit;
}

/** Whether nothing has to be done or written for a source whose ref is at `commit`. */
export function isKnown({ seen, apps }: SourceState, commit: string): boolean {
  return (
    seen !== undefined &&
    seen.commit === commit &&
    apps.every(({ subPaths }) => subPaths.every((subPath) => Object.hasOwn(seen.treeIds, subPath)))
  );
}

/** Asks the server and wakes the Apps that its answer moves. @returns what to look for again, if anything. */
export async function lookAt(
  state: SourceState,
  deps: SourceDeps,
  signal: AbortSignal,
): Promise<LookAgain | undefined> {
  const { source, apps, seen } = state;
  const { clock, items } = deps;
  const partition = sourcePartition(source.id);
  const startedAt = clock.now();
  const repository = await openRepository(source, deps, signal);
  const commit = await commitOf(source, repository, deps, signal);
  // Read again: a push may have come while the server was asked.
  const hint = await getJson<PushHint>(items, partition, "HINT", clock.now());
  const doubted = doubtedBack(seen, commit, hint, clock.now());
  if (doubted !== undefined && seen !== undefined) {
    if (seen.doubted?.at !== doubted.at)
      await putJson<SeenRef>(items, partition, "REF", { ...seen, doubted }, clock.now());
    deps.log.info("ref went back, looked at again before that is believed", {
      source: source.url,
      ref: source.ref,
      commit,
    });
    return { at: doubted.at + confirmMs };
  }
  const known = isKnown(state, commit);
  const subPaths = [...new Set(apps.flatMap((app) => app.subPaths))].sort();
  const treeIds =
    known && seen !== undefined ? seen.treeIds : await treeIdsAt(source, repository, commit, subPaths, deps, signal);
  if (!known) {
    await mapBounded(apps, writesAtOnce, async ({ app, subPaths: wanted, clusterId }) => {
      if (await hasMoved(app, source, wanted, treeIds, deps)) await wantApp(app, "push", deps, clusterId);
    });
  }
  const lagging =
    hint !== undefined &&
    clock.now() - hint.at < hintLifeMs &&
    hint.after !== commit &&
    known &&
    !/^0+$/.test(hint.after);
  // After the Apps are marked: a kill in between repeats the look instead of losing it.
  await Promise.all([
    ...(known && seen?.doubted === undefined
      ? []
      : [putJson(items, partition, "REF", nextSeen(seen, commit, treeIds, hint, startedAt), clock.now())]),
    ...(hint === undefined || lagging ? [] : [items.delete(partition, "HINT")]),
    ...(state.probe === undefined ? [] : [items.delete(partition, "PROBE")]),
  ]);
  return lagging ? "a push that the server does not show yet" : undefined;
}

/** The server could not be read: the schedule leaves it alone for a while, and the Apps say in their own status what is wrong. */
export async function noteFailure(state: SourceState, error: unknown, deps: SourceDeps): Promise<void> {
  const { source, apps, probe } = state;
  const now = deps.clock.now();
  deps.log.warn("source not readable", { source: source.url, ref: source.ref, error });
  deps.metrics.count("lateen_source_failures_total");
  const failures = (probe?.failures ?? 0) + 1;
  const next: SourceProbe = { failures, at: now, probeAt: now + probeBackOffMs(failures, deps.random) };
  await putJson(deps.items, sourcePartition(source.id), "PROBE", next, now, { expiresAt: now + keepProbeMs });
  for (const { app, clusterId } of apps) await wantIfSettled(app, clusterId, deps);
}

/** Whether the schedule leaves this source alone: its server failed a moment ago and no push was heard of since. */
export function isBackingOff({ probe, hint }: SourceState, now: number): boolean {
  return probe !== undefined && now < probe.probeAt && !(hint !== undefined && hint.at > probe.at);
}

/** The ref went back to what it was a moment ago, and neither a push nor a second look has confirmed that. */
function doubtedBack(
  seen: SeenRef | undefined,
  commit: string,
  hint: PushHint | undefined,
  now: number,
): SeenCommit | undefined {
  if (seen === undefined || seen.commit === commit || hint?.after === commit) return undefined;
  if (seen.previous?.some((left) => left.commit === commit && now - left.at < backLifeMs) !== true) return undefined;
  const doubted = seen.doubted?.commit === commit ? seen.doubted : { commit, at: now };
  return now - doubted.at < confirmMs ? doubted : undefined;
}

function nextSeen(
  seen: SeenRef | undefined,
  commit: string,
  treeIds: Readonly<Record<string, string>>,
  hint: PushHint | undefined,
  now: number,
): SeenRef {
  const left = seen === undefined || seen.commit === commit ? [] : [{ commit: seen.commit, at: now }];
  const previous = [...left, ...(seen?.previous ?? [])]
    .filter((each) => each.commit !== commit && now - each.at < backLifeMs)
    .slice(0, maxPrevious);
  const announced = hint?.after === commit ? hint.at : undefined;
  const pushedAt = announced ?? (seen?.commit === commit ? seen.pushedAt : undefined);
  return {
    commit,
    checkedAt: now,
    treeIds,
    ...(pushedAt === undefined ? {} : { pushedAt }),
    ...(previous.length === 0 ? {} : { previous }),
  };
}

/** Tree ids by subPath as Apps write it; empty where the commit has no such folder. */
async function treeIdsAt(
  source: Source,
  repository: Repository,
  commit: string,
  subPaths: readonly string[],
  deps: SourceDeps,
  signal: AbortSignal,
): Promise<Readonly<Record<string, string>>> {
  const clean = new Map(subPaths.map((subPath) => [subPath, relativePath(subPath) ?? ""]));
  const ref = source.ref === undefined ? {} : { ref: source.ref };
  const { treeIds } = await deps.git.treeIdsOf(
    repository,
    { commit, ...ref, subPaths: [...new Set(clean.values())] },
    { signal },
  );
  return Object.fromEntries([...clean].map(([subPath, path]) => [subPath, treeIds.get(path) ?? ""]));
}

/** Whether the App's newest run, also one that is still at work, fetched another tree at one of its subPaths. */
async function hasMoved(
  app: AppName,
  source: Source,
  subPaths: readonly string[],
  treeIds: Readonly<Record<string, string>>,
  deps: SourceDeps,
): Promise<boolean> {
  const fetched = await getJson<TreeIdsBySource>(deps.items, appPartition(app), "FETCHED", deps.clock.now());
  return subPaths.some((subPath) => fetched?.[`${source.id}:${subPath}`] !== treeIds[subPath]);
}

async function wantIfSettled(app: AppName, clusterId: string | undefined, deps: SourceDeps): Promise<void> {
  const row = await deps.rows.get(appKey(app));
  if (row === undefined || row.wanted > row.done) return;
  await wantApp(app, "schedule", deps, clusterId);
}
