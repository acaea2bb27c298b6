/** One App's part of the drift check: what its last successful run left against what a metadata-only LIST shows (design.md §6). */
import type { Log } from "../base/index.ts";
import {
  type DeployCluster,
  DeployError,
  type DeployConfig,
  type InventoryEntry,
  inventoryEntryOf,
  namesItself,
  objectDrift,
  type ObjectDrift,
  readKeptRules,
  recordedStateHolds,
} from "../deploy/index.ts";
import { describeResource, type KubeObject, resourceVersionOf, uidOf } from "../resource/index.ts";
import { loadConfigTools } from "../template/index.ts";
import { boundedDrift, maxObjects } from "./drift-report.ts";
import type { AppInventory } from "./inventory.ts";
import type { DriftReport } from "./run-event.ts";

export interface LiveList {
  /** By uid: the metadata of every object that carries the ownership label. */
  readonly byUid: ReadonlyMap<string, KubeObject>;
  /** By the value of that label. */
  readonly byLabel: ReadonlyMap<string, readonly KubeObject[]>;
  /** Kinds whose list was refused: nothing is concluded about them. */
  readonly unknown: ReadonlySet<string>;
}

export type Comparison =
  | { readonly type: "same" }
  /** Only status, bookkeeping or what the App's rules leave to the cluster moved: the inventory with the new resource versions. */
  | { readonly type: "moved"; readonly entries: readonly InventoryEntry[] }
  | { readonly type: "drifted"; readonly report: DriftReport };

interface Options {
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** Looks no further when it has found more objects than are told. */
export async function compareApp(
  cluster: DeployCluster,
  inventory: AppInventory,
  live: LiveList,
  options: Options,
): Promise<Comparison> {
  const { entries } = inventory;
  const drifted: ObjectDrift[] = [];
  const next: InventoryEntry[] = [];
  let moved = false;
  let config: Promise<DeployConfig | undefined> | undefined;
  for (const entry of entries) {
    if (drifted.length > maxObjects) break;
    if (live.unknown.has(typeKey(entry))) {
      next.push(entry);
      continue;
    }
    const metadata = live.byUid.get(entry.uid);
    if (metadata === undefined) {
      drifted.push(found("missing", describe(entry)));
      continue;
    }
    if (resourceVersionOf(metadata) === entry.resourceVersion) {
      next.push(entry);
      continue;
    }
    const now = inventoryEntryOf(metadata, entry.type);
    moved = true;
    const onlyStatus =
      entry.generation !== undefined && now.generation === entry.generation && now.metaDigest === entry.metaDigest;
    if (!onlyStatus) {
      const object = await cluster.get(entry.type, entry.namespace, entry.name, { signal: options.signal });
      config ??= rulesOf(inventory, options);
      const rules = await config;
      if (object === undefined) drifted.push(found("missing", describe(entry)));
      else if (recordedStateHolds(object, rules) !== true) drifted.push(objectDrift(describe(entry), object, rules));
    }
    next.push(now);
  }
  drifted.push(...unexpected(entries, live));
  if (drifted.length > 0) return { type: "drifted", report: boundedDrift(drifted) };
  return moved ? { type: "moved", entries: next } : { type: "same" };
}

export function typeKey(entry: InventoryEntry): string {
  return `${entry.type.group}/${entry.type.version}/${entry.type.resource}`;
}

/** kapp's ownership label. */
export const appLabel = "kapp.k14s.io/app";

/** The rules that the App was deployed by; `undefined` for kapp's own. The template engine is loaded only for rules that need it. */
async function rulesOf({ app, rules }: AppInventory, { log }: Options): Promise<DeployConfig | undefined> {
  if (rules === undefined) return undefined;
  try {
    return readKeptRules(rules, rules.needsTools ? await loadConfigTools() : {});
  } catch (error) {
    if (!(error instanceof DeployError)) throw error;
    // Kept by another version: the App is compared by kapp's own rules until its next run keeps them anew.
    log.warn("rules of the App's Config cannot be read for the drift check", { app, error });
    return undefined;
  }
}

/** Objects with this App's label and an identity naming themselves that the last run did not leave there: kapp would prune them. */
function unexpected(entries: readonly InventoryEntry[], live: LiveList): readonly ObjectDrift[] {
  const label = entries[0]?.appLabel;
  if (label === undefined) return [];
  const known = new Set(entries.map((entry) => entry.uid));
  const strangers = live.byLabel.get(label)?.filter((object) => !known.has(uidOf(object)) && namesItself(object)) ?? [];
  return strangers.slice(0, maxObjects + 1).map((object) => found("unexpected", describeResource(object)));
}

function found(how: "missing" | "unexpected", resource: string): ObjectDrift {
  return { resource, found: how, fields: [], omitted: 0 };
}

function describe({ type: { group, version, kind }, namespace, name }: InventoryEntry): string {
  const apiVersion = group === "" ? version : `${group}/${version}`;
  return describeResource({ apiVersion, kind, metadata: { name, ...(namespace === "" ? {} : { namespace }) } });
}
