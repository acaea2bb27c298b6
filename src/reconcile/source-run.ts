/**
 * Sources: asks the git server what a ref is now, walks to the subPaths that Apps want, and wakes exactly the Apps whose subPath tree changed.
 * Tree ids decide, not the push's file list: forced pushes, truncated deliveries and lost webhooks cost only time.
 * A push comes with the source's own key and row; the schedule comes with many ids at once, and only those that changed get a row and a lease.
 */
import { mapBounded } from "../base/index.ts";
import { repositoryIdOf } from "./catalogue.ts";
import type { SourceDeps, SliceOptions } from "./deps.ts";
import { wake } from "./intake.ts";
import { restOfKey, sourceKey, sweptIds } from "./keys.ts";
import { underLease, type Verdict } from "./lease.ts";
import {
  commitOf,
  isBackingOff,
  isKnown,
  listRefsFor,
  loadSource,
  lookAt,
  noteFailure,
  openRepository,
  type SourceState,
} from "./source-look.ts";
import { withTimeLimit } from "./time-limit.ts";

/** A replica may lag behind the push that it told us about: look again after these waits (reliability.md F14). */
const replicaWaitsMs = [2_000, 5_000, 15_000, 30_000] as const;
/** What one repository of a sweep may take; a hanging server costs its own sources only. */
const repositoryLimitMs = 20_000;
const repositoriesAtOnce = 13;

/** @param key `source/ID`, or `sources/ID,ID,…` for a look at many. */
export async function runSource(key: string, deps: SourceDeps, options: SliceOptions): Promise<void> {
  const swept = sweptIds(key);
  return swept === undefined ? runOne(key, deps, options) : sweep(swept, deps, options);
}

async function runOne(key: string, deps: SourceDeps, options: SliceOptions): Promise<void> {
  const result = await underLease(key, deps, options, async (lease, signal): Promise<Verdict> => {
    const state = await loadSource(restOfKey(key), deps);
    if (state === undefined) return { type: "done" };
    try {
      const again = await lookAt(state, deps, signal);
      if (again === undefined) return { type: "done" };
      if (typeof again === "object") return { type: "later", at: again.at, cause: "retry", keepTries: false };
      const waitMs = replicaWaitsMs[Math.min(lease.tries, replicaWaitsMs.length) - 1] ?? replicaWaitsMs[0];
      return { type: "later", at: deps.clock.now() + waitMs, cause: "retry", keepTries: true };
    } catch (error) {
      signal.throwIfAborted();
      await noteFailure(state, error, deps);
      return { type: "done" };
    }
  });
  if (result === undefined) return;
  const delayMs = result.verdict.type === "done" ? 0 : Math.max(0, result.verdict.at - deps.clock.now());
  if (result.dueAgain || result.verdict.type !== "done")
    await wake({ queue: "source", key, delayMs: result.dueAgain ? 0 : delayMs }, deps);
}

/** One read of the store per source and one request per repository; nothing is written unless something changed or failed. */
async function sweep(ids: readonly string[], deps: SourceDeps, options: SliceOptions): Promise<void> {
  const { clock } = deps;
  const found = await mapBounded(ids, repositoriesAtOnce, (id) => loadSource(id, deps));
  const states = found.filter((state) => state !== undefined).filter((state) => !isBackingOff(state, clock.now()));
  const repositories = [...Map.groupBy(states, ({ source }) => repositoryIdOf(source)).values()];
  await mapBounded(repositories, repositoriesAtOnce, async (group) => {
    options.signal.throwIfAborted();
    // What does not fit into this slice has its turn at the next tick.
    if (clock.now() + repositoryLimitMs > options.deadline) return;
    await sweepRepository(group, deps, options);
  });
}

async function sweepRepository(group: readonly SourceState[], deps: SourceDeps, options: SliceOptions): Promise<void> {
  const limit = { clock: deps.clock, signal: options.signal };
  const changed: SourceState[] = [];
  const failed: { readonly state: SourceState; readonly error: unknown }[] = [];
  try {
    await withTimeLimit(repositoryLimitMs, "asking the git server", limit, async (signal) => {
      const [first, ...others] = group;
      if (first === undefined) return;
      const repository = await openRepository(first.source, deps, signal);
      const sources = group.map(({ source }) => source);
      const refs = others.length === 0 ? [] : await listRefsFor(sources, repository, deps, signal);
      for (const state of group) {
        try {
          const commit = await commitOf(state.source, repository, deps, signal, refs);
          const settled = isKnown(state, commit) && state.seen?.doubted === undefined && state.probe === undefined;
          if (!settled) changed.push(state);
        } catch (error) {
          signal.throwIfAborted();
          failed.push({ state, error });
        }
      }
    });
  } catch (error) {
    options.signal.throwIfAborted();
    for (const state of group) if (!changed.includes(state)) failed.push({ state, error });
  }
  for (const { state, error } of failed) await noteFailure(state, error, deps);
  for (const { source } of changed) {
    const key = sourceKey(source.id);
    await deps.rows.want(key, deps.clock.now());
    try {
      await runOne(key, deps, options);
    } catch (error) {
      // Its row stays dirty: the sweep of rows starts over.
      options.signal.throwIfAborted();
      deps.log.error("source run failed", { key, error });
    }
  }
}
