/**
 * One source: asks the git server what the ref is now, walks to the subPaths that Apps want, and wakes exactly the Apps whose subPath tree changed.
 * Tree ids decide, not the push's file list: forced pushes, truncated deliveries and lost webhooks cost only time.
 */
import { mapBounded } from "../base/index.ts";
import { credentialsOf, relativePath, resolveGitRef } from "../fetch/index.ts";
import type { Repository } from "../git/index.ts";
import { appsOfSource, getSource, type Source } from "./catalogue.ts";
import type { ReconcileDeps, SliceOptions } from "./deps.ts";
import type { PushHint } from "./intake.ts";
import { wantApp, writesAtOnce } from "./intake.ts";
import { getJson, putJson } from "./item-json.ts";
import { type AppName, appKey, appPartition, restOfKey, sourcePartition } from "./keys.ts";
import type { TreeIdsBySource } from "./last-run.ts";
import { underLease, type Verdict } from "./lease.ts";

/** What a source was seen to be. */
export interface SeenRef {
  readonly commit: string;
  readonly checkedAt: number;
  /** subPath → tree id (empty when the commit has no such path). */
  readonly treeIds: Readonly<Record<string, string>>;
  /** When the webhook that announced this commit came; absent when the schedule found it. */
  readonly pushedAt?: number;
}

/** A replica may lag behind the push that it told us about: look again after these waits (reliability.md F14). */
const replicaWaitsMs = [2_000, 5_000, 15_000, 30_000] as const;
const hintLifeMs = 60_000;

export async function runSource(key: string, deps: ReconcileDeps, options: SliceOptions): Promise<void> {
  const result = await underLease(key, deps, options, async (lease, signal): Promise<Verdict> => {
    const source = await getSource(restOfKey(key), deps);
    if (source === undefined) return { type: "done" };
    const apps = await appsOfSource(source.id, deps);
    try {
      const lagging = await lookAt(source, apps, deps, signal);
      if (!lagging) return { type: "done" };
      const waitMs = replicaWaitsMs[Math.min(lease.tries, replicaWaitsMs.length) - 1] ?? replicaWaitsMs[0];
      return { type: "later", at: deps.clock.now() + waitMs, cause: "retry", keepTries: true };
    } catch (error) {
      signal.throwIfAborted();
      deps.log.warn("source not readable", { source: source.url, ref: source.ref, error });
      deps.metrics.count("lateen_source_failures_total");
      // The Apps fetch by themselves and say in their own status what is wrong.
      for (const { app } of apps) await wantIfSettled(app, deps);
      return { type: "done" };
    }
  });
  if (result === undefined) return;
  const delayMs = result.verdict.type === "done" ? 0 : Math.max(0, result.verdict.at - deps.clock.now());
  if (result.dueAgain || result.verdict.type !== "done")
    await deps.wakeUps.send({ queue: "source", key, delayMs: result.dueAgain ? 0 : delayMs });
}

/** @returns whether a push announced a commit that the server does not show yet. */
async function lookAt(
  source: Source,
  apps: Awaited<ReturnType<typeof appsOfSource>>,
  deps: ReconcileDeps,
  signal: AbortSignal,
): Promise<boolean> {
  const { clock, git, items } = deps;
  const partition = sourcePartition(source.id);
  const startedAt = clock.now();
  const access = await credentialsOf(source, deps.vault, signal);
  if (access.credentials !== undefined) deps.redactor.scope().add(access.credentials.password);
  const repository = { url: source.url, ...access };
  const { commit } = await resolveGitRef(git, repository, source, { signal });
  const seen = await getJson<SeenRef>(items, partition, "REF", startedAt);
  const subPaths = [...new Set(apps.flatMap((app) => app.subPaths))].sort();
  const known =
    seen !== undefined && seen.commit === commit && subPaths.every((subPath) => Object.hasOwn(seen.treeIds, subPath));
  const treeIds = known ? seen.treeIds : await treeIdsAt(source, repository, commit, subPaths, deps, signal);
  if (!known) {
    await mapBounded(apps, writesAtOnce, async ({ app, subPaths: wanted }) => {
      if (await hasMoved(app, source, wanted, treeIds, deps)) await wantApp(app, "push", deps);
    });
  }
  const hint = await getJson<PushHint>(items, partition, "HINT", clock.now());
  const pushedAt = known ? seen.pushedAt : hint?.after === commit ? hint.at : undefined;
  const lagging =
    hint !== undefined &&
    clock.now() - hint.at < hintLifeMs &&
    hint.after !== commit &&
    known &&
    !/^0+$/.test(hint.after);
  const now: SeenRef = { commit, checkedAt: startedAt, treeIds, ...(pushedAt === undefined ? {} : { pushedAt }) };
  // After the Apps are marked: a kill in between repeats the look instead of losing it.
  await Promise.all([
    putJson(items, partition, "REF", now, clock.now()),
    ...(hint === undefined || lagging ? [] : [items.delete(partition, "HINT")]),
  ]);
  return lagging;
}

/** Tree ids by subPath as Apps write it; empty where the commit has no such folder. */
async function treeIdsAt(
  source: Source,
  repository: Repository,
  commit: string,
  subPaths: readonly string[],
  deps: ReconcileDeps,
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
  deps: ReconcileDeps,
): Promise<boolean> {
  const fetched = await getJson<TreeIdsBySource>(deps.items, appPartition(app), "FETCHED", deps.clock.now());
  return subPaths.some((subPath) => fetched?.[`${source.id}:${subPath}`] !== treeIds[subPath]);
}

async function wantIfSettled(app: AppName, deps: ReconcileDeps): Promise<void> {
  const row = await deps.rows.get(appKey(app));
  if (row === undefined || row.wanted > row.done) return;
  await wantApp(app, "schedule", deps);
}
