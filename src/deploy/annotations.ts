/** Every annotation and label key under `kapp.k14s.io/` that the engine reads or writes (kapp.md §2.7), and lateen's own. */
export const annotation = {
  exists: "kapp.k14s.io/exists",
  noop: "kapp.k14s.io/noop",
  nonce: "kapp.k14s.io/nonce",
  versioned: "kapp.k14s.io/versioned",
  versionedKeepOriginal: "kapp.k14s.io/versioned-keep-original",
  numVersions: "kapp.k14s.io/num-versions",
  versionedExplicitRef: "kapp.k14s.io/versioned-explicit-ref",
  renewDuration: "kapp.k14s.io/renew-duration",
  lastRenewedTime: "kapp.k14s.io/last-renewed-time",
  createStrategy: "kapp.k14s.io/create-strategy",
  updateStrategy: "kapp.k14s.io/update-strategy",
  deleteStrategy: "kapp.k14s.io/delete-strategy",
  ownedForDeletion: "kapp.k14s.io/owned-for-deletion",
  changeGroup: "kapp.k14s.io/change-group",
  changeRule: "kapp.k14s.io/change-rule",
  disableDefaultChangeGroupAndRules: "kapp.k14s.io/disable-default-change-group-and-rules",
  disableDefaultOwnershipLabelRules: "kapp.k14s.io/disable-default-ownership-label-rules",
  disableDefaultLabelScopingRules: "kapp.k14s.io/disable-default-label-scoping-rules",
  disableLabelScoping: "kapp.k14s.io/disable-label-scoping",
  disableDefaultSecretgenRebaseRules: "kapp.k14s.io/disable-default-secretgen-rebase-rules",
  disableOriginal: "kapp.k14s.io/disable-original",
  disableWait: "kapp.k14s.io/disable-wait",
  disableAssociatedResourcesWait: "kapp.k14s.io/disable-associated-resources-wait",
  deployLogs: "kapp.k14s.io/deploy-logs",
  deployLogsContainerNames: "kapp.k14s.io/deploy-logs-container-names",
  minimumReplicas: "kapp.k14s.io/apps-v1-deployment-wait-minimum-replicas-available",
  identity: "kapp.k14s.io/identity",
  original: "kapp.k14s.io/original",
  originalDiffMd5: "kapp.k14s.io/original-diff-md5",
  originalDiff: "kapp.k14s.io/original-diff",
  originalDiffFull: "kapp.k14s.io/original-diff-full",
  isConfigMapMigrated: "kapp.k14s.io/is-configmap-migrated",
  appChangesUseAppLabel: "kapp.k14s.io/app-changes-use-app-label",
  /** The fence: epoch of the last writer, in the app record. */
  epoch: "lateen.dev/epoch",
  /** How long what is wrong with a workload's Pods may last before the wait for it ends: a duration, or `never`. */
  failEarlyAfter: "lateen.dev/fail-early-after",
  /** On the App: the pruning that may be carried out though it is over a limit, and the App's own limits. */
  approveDeletions: "lateen.dev/approve-deletions",
  maxDeletions: "lateen.dev/max-deletions",
  maxDeletedPercent: "lateen.dev/max-deleted-percent",
} as const;

export const label = {
  app: "kapp.k14s.io/app",
  association: "kapp.k14s.io/association",
  orphaned: "kapp.k14s.io/orphaned",
  isApp: "kapp.k14s.io/is-app",
  isAppChange: "kapp.k14s.io/is-app-change",
  appChangeApp: "kapp.k14s.io/app-change-app",
  appChangeAppLabel: "kapp.k14s.io/app-change-app-label",
  config: "kapp.k14s.io/config",
} as const;

/** Annotations in which kapp keeps what it last applied; taken off before diffing, showing and applying. */
export const historyAnnotations: readonly string[] = [
  annotation.original,
  annotation.originalDiffMd5,
  annotation.originalDiff,
  annotation.originalDiffFull,
];
