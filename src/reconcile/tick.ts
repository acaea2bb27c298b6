/**
 * The schedule: claims its slot once among all workers, fans out over sources and run clusters that are due, and sweeps rows whose wake-up was lost.
 * A missed tick costs one period; two ticks at once cost a few needless wake-ups.
 */
import { mapBounded } from "../base/index.ts";
import { catalogue, getSource } from "./catalogue.ts";
import type { ReconcileDeps, SliceOptions } from "./deps.ts";
import { wantSource } from "./intake.ts";
import { putJson } from "./item-json.ts";
import { driftKey, shortId, tickPartition } from "./keys.ts";
import type { QueueName } from "./ports.ts";

/** Rows that one tick may re-queue; the rest waits for the next one. */
const sweepLimit = 500;

export async function runTick(deps: ReconcileDeps, options: SliceOptions): Promise<void> {
  const { clock, items, config, metrics } = deps;
  const now = clock.now();
  const slot = Math.floor(now / config.tickMs);
  if (!(await putJson(items, tickPartition(slot), "T", {}, now, { expiresAt: now + 3_600_000, ifVersion: 0 }))) return;
  const { sources, clusters } = await catalogue(deps);
  await mapBounded(
    sources.filter((entry) => isDue(entry, now, config.tickMs)),
    8,
    async ({ id }) => {
      options.signal.throwIfAborted();
      const source = await getSource(id, deps);
      if (source !== undefined) await wantSource(source, "schedule", deps);
    },
  );
  await mapBounded(
    clusters.filter((entry) => isDue(entry, now, config.tickMs)),
    8,
    async ({ id }) => {
      options.signal.throwIfAborted();
      await deps.rows.want(driftKey(id), now);
      await deps.wakeUps.send({ queue: "drift", key: driftKey(id), cause: "schedule" });
    },
  );
  const lost = await deps.rows.due(now, sweepLimit);
  for (const key of lost) await deps.wakeUps.send({ queue: queueOf(key), key, cause: "retry" });
  metrics.count("lateen_ticks_total");
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
