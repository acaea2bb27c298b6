/** `<source id>:<subPath>` → tree id. Of the newest run that fetched: `APP#ns/name`, `FETCHED`. */
export type TreeIdsBySource = Readonly<Record<string, string>>;

/** What an App's last completed run had used: `APP#ns/name`, `LAST`. Decides what needs no new run; losing it costs one run. */
export interface LastRun {
  readonly treeIds: TreeIdsBySource;
  /** `secret/NAME`, `configmap/NAME` → version seen. */
  readonly references: Readonly<Record<string, string>>;
  readonly succeededAt: number;
}
