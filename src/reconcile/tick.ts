/**
 * The schedule: claims its slot once among all workers, sends sources and run clusters that are due in bounded batches, and sweeps rows whose wake-up was lost.
 * It reads one list per kind and writes nothing per source or cluster: an idle tick costs what its messages cost (docs/adr/0010-sweeps-and-breaker.md).
 * A missed tick costs one period; two ticks at once cost a few needless wake-ups.
 */
import { mapBounded } from "../base/index.ts";
import { catalogue } from "./catalogue.ts";
import type { TickDeps, SliceOptions } from "./deps.ts";
import { wake } from "./intake.ts";
import { getJson, putJson } from "./item-json.ts";
import { cataloguePartition, driftSweepKey, shortId, sourceSweepKey, tickPartition } from "./keys.ts";
import type { QueueName, WakeUp } from "./ports.ts";

/** Rows that one tick may re-queue; the rest waits for the next one. */
const sweepLimit = 500;
const sourcesPerSweep = 25;
const clustersPerSweep = 10;
/** Sweeps start at this distance, closer when there are so many that half of the tick would not do. */
const staggerMs = 250;
const sendsAtOnce = 8;

/** @returns whether this worker won the slot; who lost has done nothing. */
export async function runTick(deps: TickDeps, options: SliceOptions): Promise<{ readonly won: boolean }> {
  const { clock, items, config, metrics } = deps;
  const now = clock.now();
  const slot = Math.floor(now / config.tickMs);
  if (!(await putJson(items, tickPartition(slot), "T", {}, now, { expiresAt: now + 3_600_000, ifVersion: 0 })))
    return { won: false };
  await observeGap(now, deps);
  const { sources, clusters } = await catalogue(deps);
  const due = sources.filter((entry) => isDue(entry, now, config.tickMs));
  const dueClusters = clusters.filter((entry) => isDue(entry, now, config.tickMs)).map(({ id }) => id);
  const sweeps: readonly WakeUp[] = [
    ...batchesOf(byRepository(due), sourcesPerSweep).map(
      (ids): WakeUp => ({ queue: "source", key: sourceSweepKey(ids), cause: "schedule" }),
    ),
    ...batchesOf(dueClusters, clustersPerSweep).map(
      (ids): WakeUp => ({ queue: "drift", key: driftSweepKey(ids), cause: "schedule" }),
    ),
  ];
  await send(
    sweeps.map((sweep, index) => ({ ...sweep, delayMs: delayOf(index, sweeps.length, config.tickMs) })),
    deps,
    options,
  );
  const lost = await deps.rows.due(now, sweepLimit);
  await send(
    lost.map((key): WakeUp => ({ queue: queueOf(key), key, cause: "retry" })),
    deps,
    options,
  );
  metrics.count("lateen_ticks_total");
  return { won: true };
}

/** Time since the slot that ran last: the alarm on a schedule that stands still. */
async function observeGap(now: number, { items, metrics }: TickDeps): Promise<void> {
  const last = await getJson<{ readonly at: number }>(items, cataloguePartition, "TICK", now);
  await putJson(items, cataloguePartition, "TICK", { at: now }, now);
  if (last !== undefined) metrics.observe("lateen_tick_gap_ms", Math.max(0, now - last.at));
}

/** A wake-up that cannot be sent costs one period; the others go out. */
function send(wakeUps: readonly WakeUp[], deps: TickDeps, { signal }: SliceOptions): Promise<unknown> {
  return mapBounded(wakeUps, sendsAtOnce, async (wakeUp) => {
    signal.throwIfAborted();
    await wake(wakeUp, deps);
  });
}

/** Sources of one repository side by side, so that a sweep asks its server once. */
function byRepository(sources: readonly { readonly id: string; readonly repository?: string }[]): readonly string[] {
  const groups = Map.groupBy(sources, ({ id, repository }) => repository ?? id);
  return [...groups.values()].flat().map(({ id }) => id);
}

function batchesOf<Entry>(entries: readonly Entry[], size: number): readonly (readonly Entry[])[] {
  return Array.from({ length: Math.ceil(entries.length / size) }, (_, index) =>
    entries.slice(index * size, (index + 1) * size),
  );
}

function delayOf(index: number, count: number, tickMs: number): number {
  return Math.floor(index * Math.min(staggerMs, tickMs / 2 / count));
}

/**
 * Due when a period boundary lies between the last tick and this one. Boundaries are shifted by a hash of the id, which spreads the load and needs no stored time.
 */
function isDue(entry: { readonly id: string; readonly periodMs: number }, now: number, tickMs: number): boolean {
  if (entry.periodMs <= tickMs) return true;
  const shift = Number.parseInt(shortId([entry.id]).slice(0, 8), 16) % entry.periodMs;
  return Math.floor((now - shift) / entry.periodMs) !== Math.floor((now - tickMs - shift) / entry.periodMs);
}

function queueOf(key: string): QueueName {
  if (key.startsWith("source/")) return "source";
  return key.startsWith("drift/") ? "drift" : "app";
}
