import { createHash } from "node:crypto";

/** `NS/NAME`: how an App is named in rows, items, events and URLs. */
export type AppName = `${string}/${string}`;

export function appName(namespace: string, name: string): AppName {
  return `${namespace}/${name}`;
}

/** A namespace holds no slash, so the first one splits. */
export function splitAppName(app: string): { readonly namespace: string; readonly name: string } {
  const slash = app.indexOf("/");
  return { namespace: app.slice(0, slash), name: app.slice(slash + 1) };
}

/** Keys of work rows. */
export const appKey = (app: AppName): string => `app/${app}`;
export const sourceKey = (sourceId: string): string => `source/${sourceId}`;
export const driftKey = (clusterId: string): string => `drift/${clusterId}`;

/** Keys of messages that have no row: the schedule's look at many sources or run clusters. */
export const sourceSweepKey = (sourceIds: readonly string[]): string => `sources/${sourceIds.join(",")}`;
export const driftSweepKey = (clusterIds: readonly string[]): string => `drifts/${clusterIds.join(",")}`;

/** The ids of a sweep; `undefined`: the key is that of a row. */
export function sweptIds(key: string): readonly string[] | undefined {
  return key.startsWith("sources/") || key.startsWith("drifts/")
    ? restOfKey(key)
        .split(",")
        .filter((id) => id !== "")
    : undefined;
}

/** What follows the kind in a row key. */
export function restOfKey(key: string): string {
  return key.slice(key.indexOf("/") + 1);
}

/** Partitions of small state (aws.md §7). */
export const appPartition = (app: string): string => `APP#${app}`;
export const sourcePartition = (sourceId: string): string => `SRC#${sourceId}`;
export const repositoryPartition = (normalUrl: string): string => `REPO#${normalUrl}`;
export const clusterPartition = (clusterId: string): string => `CLU#${clusterId}`;
export const recordPartition = (recordId: string): string => `REC#${recordId}`;
export const cataloguePartition = "CAT";
export const tickPartition = (slot: number): string => `TICK#${slot}`;

/** A short stable id of a composite identity; 80 bits are plenty for the number of sources and clusters one installation has. */
export function shortId(parts: readonly string[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 20);
}
