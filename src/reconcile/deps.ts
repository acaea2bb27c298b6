import type { Cluster } from "../cluster/index.ts";
import type { DeletionLimits, DeployCluster } from "../deploy/index.ts";
import type { GitClient } from "../git/index.ts";
import type { AppObjects, ConfigMaps, Items, Runtime, SecretVault, WakeUps, WorkRows } from "./ports.ts";

/** A connection to a run cluster. */
export interface ConnectedCluster {
  readonly cluster: DeployCluster & Pick<Cluster, "version">;
  /** Namespace of the kubeconfig's current context, `default` when it names none. */
  readonly contextNamespace: string;
  /** What the kubeconfig proves itself with, to be hidden in every text; absent for the home cluster. */
  readonly credentials?: readonly string[];
}

/** Opens run clusters; connections are shared and kept by the implementation. */
export interface ClusterConnector {
  /**
   * @param options.namespace of the App: what its kubeconfig may log in to can depend on it.
   * @throws Error whose message says what is wrong with the kubeconfig, without any of its values.
   */
  fromKubeconfig(
    text: string,
    options: { readonly namespace: string; readonly signal: AbortSignal },
  ): Promise<ConnectedCluster>;
  /**
   * The home cluster, acting as a ServiceAccount by TokenRequest.
   * @throws Error `serviceaccounts "x" not found`, or that no home cluster is configured.
   */
  home(namespace: string, serviceAccount: string, options: { readonly signal: AbortSignal }): Promise<ConnectedCluster>;
}

export interface ReconcileConfig {
  /** Sync period of an App that names none. Default 30 000. */
  readonly defaultSyncPeriodMs: number;
  /** Shorter sync periods are raised to this. Default 30 000 (app.md §3.3). */
  readonly minimumSyncPeriodMs: number;
  /** Time between two ticks. Default 30 000. */
  readonly tickMs: number;
  /** How often an App is compared in full although the cheap check found nothing. Default 600 000. */
  readonly fullComparePeriodMs: number;
  /** How long a slice waits for readiness before it gives the worker back. Default 5 000. */
  readonly waitSliceMs: number;
  /** Raw kapp options for every deploy, before the App's own (app.md §6.1). Default `["--app-changes-max-to-keep=5", "--apply-timeout=5m"]`. */
  readonly kappDeployRawOptions: readonly string[];
  /** What one deploy may prune without an approval, where an App says nothing else. Default: everything. */
  readonly deletionLimits: DeletionLimits;
  /** kapp options that Apps may not use, with their dashes. Default none. */
  readonly forbiddenRawOptions: readonly string[];
}

/** Everything the reconcile room works with; made once in src/functions/compose.ts. */
export interface ReconcileDeps extends Runtime {
  readonly rows: WorkRows;
  readonly items: Items;
  readonly wakeUps: WakeUps;
  readonly vault: SecretVault;
  readonly apps: AppObjects;
  readonly configMaps: ConfigMaps;
  /** Names of the Secrets in a namespace, for hints when one is missing. */
  readonly secretNames: (namespace: string) => Promise<readonly string[]>;
  readonly git: GitClient;
  readonly clusters: ClusterConnector;
  readonly config: ReconcileConfig;
}

/** What marking a row and waking its worker takes. */
export type WakeDeps = Pick<ReconcileDeps, "clock" | "log" | "metrics" | "rows" | "wakeUps">;

/** What taking in a push takes: no run cluster, no git server, no secret, so that a small function can do it. */
export type IntakeDeps = WakeDeps & Pick<ReconcileDeps, "items">;

/** What the schedule takes. */
export type TickDeps = IntakeDeps & Pick<ReconcileDeps, "config">;

/** What a look at git servers takes. */
export type SourceDeps = Runtime & IntakeDeps & Pick<ReconcileDeps, "vault" | "git">;

/** One bounded slice of work. */
export interface SliceOptions {
  readonly signal: AbortSignal;
  /** No new change is begun after this time. */
  readonly deadline: number;
}
