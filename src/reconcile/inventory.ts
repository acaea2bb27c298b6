/**
 * What an App has on its run cluster, as of its last successful run: enough to tell by a metadata-only LIST whether anything moved.
 * Kept per cluster and App in parts of bounded size (`CLU#id`, `INV#ns/name#nn`).
 */
import type { InventoryEntry, KeptRules } from "../deploy/index.ts";
import { putJson, queryJson } from "./item-json.ts";
import { type AppName, clusterPartition } from "./keys.ts";
import type { Items, Runtime } from "./ports.ts";

/** An entry is about 300 bytes of JSON, rules have 64 KB at most; an item holds at most 300 KB. */
const entriesPerPart = 600;

type InventoryDeps = Runtime & { readonly items: Items };

export interface AppInventory {
  readonly app: AppName;
  readonly entries: readonly InventoryEntry[];
  /** The rules that it was deployed by, where they are not kapp's own. */
  readonly rules?: KeptRules;
}

/** The first part holds the rules. */
type Part = AppInventory;

export async function storeInventory(
  clusterId: string,
  { app, entries, rules }: AppInventory,
  deps: InventoryDeps,
): Promise<void> {
  const { items, clock } = deps;
  const parts = Math.max(1, Math.ceil(entries.length / entriesPerPart));
  for (let i = 0; i < parts; i++) {
    const part: Part = {
      app,
      entries: entries.slice(i * entriesPerPart, (i + 1) * entriesPerPart),
      ...(i > 0 || rules === undefined ? {} : { rules }),
    };
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
  const byApp = Map.groupBy(parts, ({ value }) => value.app);
  return [...byApp].map(([app, own]) => {
    const rules = own[0]?.value.rules;
    return { app, entries: own.flatMap(({ value }) => value.entries), ...(rules === undefined ? {} : { rules }) };
  });
}

function partKey(app: AppName, part: number): string {
  return `INV#${app}#${String(part).padStart(2, "0")}`;
}
