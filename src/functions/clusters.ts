import { createHash } from "node:crypto";
import {
  type ApiType,
  type Cluster,
  type ClusterAccess,
  connectCluster,
  createForwarder,
  isClusterError,
  parseKubeconfig,
} from "../cluster/index.ts";
import type { Clock, Log, Redactor } from "../base/index.ts";
import type { ClusterConnector, ConnectedCluster } from "../reconcile/index.ts";
import { uidOf } from "../resource/index.ts";

/** Connections kept open; the least recently used one is closed beyond that. */
const maxConnections = 200;

export interface ClustersOptions {
  readonly clock: Clock;
  readonly redactor: Redactor;
  /** Says whether a resolved address may be connected to: `true`, or why not. */
  readonly allowAddress: (address: string) => true | string;
  readonly log: Log;
  /** Text of the home cluster's kubeconfig. */
  readonly homeKubeconfig?: string;
}

export interface Clusters extends ClusterConnector {
  /** Passes a request on to the home cluster; absent without one. */
  readonly forwardHome?: (request: Request) => Promise<Response>;
  close(): Promise<void>;
}

/** Opens run clusters and keeps their connections, one per kubeconfig text: Apps with the same kubeconfig share discovery and sockets. */
export function createClusters(options: ClustersOptions): Clusters {
  const open = new Map<string, Cluster>();

  const reuse = (id: string, make: () => Cluster): Cluster => {
    const known = open.get(id);
    // Moved to the end: the map's order is the order of use.
    if (known !== undefined) open.delete(id);
    const cluster = known ?? make();
    open.set(id, cluster);
    for (const [stale, idle] of open) {
      if (open.size <= maxConnections) break;
      open.delete(stale);
      void idle.close();
    }
    return cluster;
  };
  const byText = (text: string): Cluster =>
    reuse(createHash("sha256").update(text).digest("hex"), () => connect(text, options));

  const home =
    options.homeKubeconfig === undefined
      ? undefined
      : createForwarder(readAccess(options.homeKubeconfig, options), options);

  return {
    ...(home === undefined ? {} : { forwardHome: (request: Request) => home.forward(request) }),
    fromKubeconfig: async (text) => connected(byText(text)),
    home: async (namespace, serviceAccount, { signal }) => {
      if (options.homeKubeconfig === undefined) {
        throw new Error(
          `serviceaccounts "${serviceAccount}" not found (hint: no home cluster is configured: start lateen with --home-kubeconfig, or give the App spec.cluster)`,
        );
      }
      const { homeKubeconfig } = options;
      const cluster = byText(homeKubeconfig);
      // A ServiceAccount made anew is another one: tokens of the old one are no longer taken (app.md §3.10).
      const uid = await uidOfAccount(cluster, namespace, serviceAccount, signal);
      const account = reuse(`${namespace}/${serviceAccount}/${uid}`, () => cluster.actAs(namespace, serviceAccount));
      return { cluster: account, contextNamespace: namespace };
    },
    close: async () => {
      await Promise.all([home?.close(), ...[...open.values()].map((cluster) => cluster.close())]);
      open.clear();
    },
  };
}

const accounts: ApiType = {
  group: "",
  version: "v1",
  kind: "ServiceAccount",
  resource: "serviceaccounts",
  namespaced: true,
  verbs: ["get"],
};

/** @throws Error when there is no such ServiceAccount, in kapp-controller's words. */
async function uidOfAccount(home: Cluster, namespace: string, name: string, signal: AbortSignal): Promise<string> {
  try {
    const account = await home.get(accounts, namespace, name, { signal });
    if (account === undefined) throw new Error(`serviceaccounts "${name}" not found`);
    return uidOf(account);
  } catch (error) {
    // Whoever may ask for tokens need not be allowed to read the account: the token request then says what is missing.
    if (isClusterError(error) && error.status === 403) return "";
    throw error;
  }
}

function connect(text: string, options: ClustersOptions): Cluster {
  const { clock, allowAddress, log } = options;
  return connectCluster(readAccess(text, options), { clock, allowAddress, log });
}

function readAccess(text: string, { clock, redactor }: ClustersOptions): ClusterAccess {
  const access = parseKubeconfig(text, { now: clock.now() });
  for (const secret of [access.token, access.basic?.password, access.clientCertificate?.key])
    if (secret !== undefined) redactor.add(secret);
  return access;
}

function connected(cluster: Cluster): ConnectedCluster {
  return { cluster, contextNamespace: cluster.namespace ?? "default" };
}
