/**
 * What an App has on its run cluster, as of its last successful run: enough to tell by a metadata-only LIST whether anything moved.
 * Kept per cluster and App in parts of bounded size (`CLU#id`, `INV#ns/name#nn`).
 */
import type { InventoryEntry } from "../deploy/index.ts";
import { putJson, queryJson } from "./item-json.ts";
import { type AppName, clusterPartition } from "./keys.ts";
import type { Items, Runtime } from "./ports.ts";

/** An entry is about 300 bytes of JSON; an item holds at most 300 KB. */
const entriesPerPart = 600;

type InventoryDeps = Runtime & { readonly items: Items };

export interface AppInventory {
  readonly app: AppName;
  readonly entries: readonly InventoryEntry[];
}

interface Part {
  readonly app: AppName;
  readonly entries: readonly InventoryEntry[];
}

export async function storeInventory(
  clusterId: string,
  app: AppName,
  entries: readonly InventoryEntry[],
  deps: InventoryDeps,
): Promise<void> {
  const { items, clock } = deps;
  const parts = Math.max(1, Math.ceil(entries.length / entriesPerPart));
  for (let i = 0; i < parts; i++) {
    const part: Part = { app, entries: entries.slice(i * entriesPerPart, (i + 1) * entriesPerPart) };
    await putJson(items, clusterPartition(clusterId), partKey(app, i), part, clock.now());
  }
  // A shorter inventory must not leave the tail of a longer one.
  const stale = await queryJson<Part>(items, clusterPartition(clusterId), `INV#${app}#`, clock.now());
  for (const { rest } of stale)
    if (Number(rest) >= parts) await items.delete(clusterPartition(clusterId), `INV#${app}#${rest}`);
}

export async function deleteInventory(clusterId: string, app: AppName, deps: InventoryDeps): Promise<void> {
  const parts = await queryJson<Part>(deps.items, clusterPartition(clusterId), `INV#${app}#`, deps.clock.now());
  for (const { rest } of parts) await deps.items.delete(clusterPartition(clusterId), `INV#${app}#${rest}`);
}

/** The inventories of all Apps on a run cluster. */
export async function loadInventories(clusterId: string, deps: InventoryDeps): Promise<readonly AppInventory[]> {
  const parts = await queryJson<Part>(deps.items, clusterPartition(clusterId), "INV#", deps.clock.now());
  const byApp = new Map<AppName, InventoryEntry[]>();
  for (const { value } of parts) {
    const entries = byApp.get(value.app);
    if (entries === undefined) byApp.set(value.app, [...value.entries]);
    else entries.push(...value.entries);
  }
  return [...byApp].map(([app, entries]) => ({ app, entries }));
}

function partKey(app: AppName, part: number): string {
  return `INV#${app}#${String(part).padStart(2, "0")}`;
}
