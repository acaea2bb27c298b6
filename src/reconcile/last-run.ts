/** What an App's last completed run had used: `APP#ns/name`, `LAST`. Decides what needs no new run; losing it costs one run. */
export interface LastRun {
  /** `<source id>:<subPath>` → tree id. */
  readonly treeIds: Readonly<Record<string, string>>;
  /** `secret/NAME`, `configmap/NAME` → version seen. */
  readonly references: Readonly<Record<string, string>>;
  readonly succeededAt: number;
}
