import { createHash } from "node:crypto";
import {
  type ApiType,
  type AwsCredentialsFor,
  type CallGate,
  type Cluster,
  type ClusterAccess,
  connectCluster,
  createCallGate,
  createForwarder,
  isClusterError,
  type LoginOptions,
  parseKubeconfig,
} from "../cluster/index.ts";
import type { Clock, Log, Redactor } from "../base/index.ts";
import type { ClusterConnector, Metrics } from "../reconcile/index.ts";
import { uidOf } from "../resource/index.ts";

/** Connections kept open; the least recently used one is closed beyond that. */
const maxConnections = 200;

/** `sts:ExternalId` of roles that are assumed with the operator's own kubeconfig, the home cluster's. */
const operatorsExternalId = "lateen";

/** `sts:ExternalId` of roles that are assumed for the Apps of a namespace. */
function externalIdOf(namespace: string): string {
  return `lateen/${namespace}`;
}

export interface ClustersOptions {
  readonly clock: Clock;
  readonly redactor: Redactor;
  /** Says whether a resolved address may be connected to: `true`, or why not. */
  readonly allowAddress: (address: string) => true | string;
  readonly log: Log;
  /** Counts requests, bytes and calls that were turned away, by server. */
  readonly metrics: Metrics;
  /** Fewer calls at once to a server that says it has too many. Default true. */
  readonly isAdaptive?: boolean;
  /** Text of the home cluster's kubeconfig. */
  readonly homeKubeconfig?: string;
  /** AWS keys to make EKS tokens with; without it kubeconfigs with an EKS stanza are refused by name. */
  readonly awsCredentials?: AwsCredentialsFor;
  /** Whether EKS tokens may be sent to a server whose name is not one that EKS gives out. Default: to none. */
  readonly allowEksServer?: (server: URL) => boolean;
}

export interface Clusters extends ClusterConnector {
  /** Passes a request on to the home cluster; absent without one. */
  readonly forwardHome?: (request: Request) => Promise<Response>;
  close(): Promise<void>;
}

/** Opens run clusters and keeps their connections, one per namespace and kubeconfig text: Apps of a namespace with the same kubeconfig share discovery and sockets. */
export function createClusters(given: ClustersOptions): Clusters {
  const options = withLogin(given);
  const open = new Map<string, Connection>();

  const reuse = (id: string, make: () => Connection): Connection => {
    const known = open.get(id);
    // Moved to the end: the map's order is the order of use.
    if (known !== undefined) open.delete(id);
    const connection = known ?? make();
    open.set(id, connection);
    for (const [stale, idle] of open) {
      if (open.size <= maxConnections) break;
      open.delete(stale);
      void idle.cluster.close();
    }
    return connection;
  };
  const gateFor = (access: ClusterAccess): CallGate => {
    const way = wayTo(access);
    return [...open.values()].find((connection) => connection.way === way)?.gate ?? openGate(access, options);
  };
  /** @param externalId for whom: namespaces share no connection, since a role may be open to one of them only. */
  const byText = (text: string, externalId: string): Connection =>
    reuse(createHash("sha256").update(`${externalId}\n${text}`).digest("hex"), () =>
      connect(text, gateFor, { ...options, externalId }),
    );

  const homeAccess = options.homeKubeconfig === undefined ? undefined : readAccess(options.homeKubeconfig, options);
  const home =
    homeAccess === undefined ? undefined : createForwarder(homeAccess, { ...options, externalId: operatorsExternalId });
  // The operator's own credentials: hidden from everybody.
  if (homeAccess !== undefined) for (const credential of credentialsOf(homeAccess)) options.redactor.add(credential);

  return {
    ...(home === undefined ? {} : { forwardHome: (request: Request) => home.forward(request) }),
    fromKubeconfig: async (text, { namespace }) => {
      const { cluster, credentials } = byText(text, externalIdOf(namespace));
      return { cluster, contextNamespace: cluster.namespace ?? "default", credentials };
    },
    home: async (namespace, serviceAccount, { signal }) => {
      if (options.homeKubeconfig === undefined) {
        throw new Error(
          `serviceaccounts "${serviceAccount}" not found (hint: no home cluster is configured: start lateen with --home-kubeconfig, or give the App spec.cluster)`,
        );
      }
      const { homeKubeconfig } = options;
      const { cluster, ...shared } = byText(homeKubeconfig, operatorsExternalId);
      // A ServiceAccount made anew is another one: tokens of the old one are no longer taken (app.md §3.10).
      const uid = await uidOfAccount(cluster, namespace, serviceAccount, signal);
      const account = reuse(`${namespace}/${serviceAccount}/${uid}`, () => ({
        ...shared,
        cluster: cluster.actAs(namespace, serviceAccount),
        credentials: [],
      }));
      return { cluster: account.cluster, contextNamespace: namespace };
    },
    close: async () => {
      await Promise.all([home?.close(), ...[...open.values()].map(({ cluster }) => cluster.close())]);
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

interface Connection {
  readonly cluster: Cluster;
  readonly way: string;
  readonly gate: CallGate;
  readonly credentials: readonly string[];
}

/** Keys and tokens that are made on the way are hidden from everybody: no App's text is the one that they belong to. */
function withLogin(options: ClustersOptions): ClustersOptions & LoginOptions {
  const { awsCredentials, redactor } = options;
  if (awsCredentials === undefined) return options;
  return {
    ...options,
    onToken: (token) => redactor.add(token),
    awsCredentials: async (identity) => {
      const credentials = await awsCredentials(identity);
      redactor.add(credentials.secretAccessKey);
      if (credentials.sessionToken !== undefined) redactor.add(credentials.sessionToken);
      return credentials;
    },
  };
}

/**
 * Connections that reach a server by the same way share its gate, whoever they log in as. Through somebody's proxy, or with another authority, it may
 * be another server, whose word must not hold up everybody's calls.
 */
function wayTo({ server, proxyUrl, tlsServerName, ca, skipTlsVerify }: ClusterAccess): string {
  return JSON.stringify([server, proxyUrl, tlsServerName, ca, skipTlsVerify]);
}

function openGate({ server }: ClusterAccess, { clock, log, metrics, isAdaptive = true }: ClustersOptions): CallGate {
  const { host } = new URL(server);
  const onThrottled = (): void => metrics.count("lateen_calls_throttled_total", { host });
  return createCallGate({ clock, log: log.child({ host }), onThrottled, isAdaptive });
}

function connect(
  text: string,
  gateFor: (access: ClusterAccess) => CallGate,
  options: ClustersOptions & LoginOptions,
): Connection {
  const { clock, allowAddress, log, metrics, awsCredentials, externalId, onToken } = options;
  const access = readAccess(text, options);
  const gate = gateFor(access);
  const onAnswer = (host: string, bytes: number): void => {
    metrics.count("lateen_requests_total", { host });
    metrics.count("lateen_received_bytes_total", { host }, bytes);
  };
  return {
    cluster: connectCluster(access, { clock, allowAddress, log, awsCredentials, externalId, onToken, onAnswer, gate }),
    way: wayTo(access),
    gate,
    credentials: credentialsOf(access),
  };
}

function readAccess(text: string, { clock, awsCredentials, allowEksServer }: ClustersOptions): ClusterAccess {
  return parseKubeconfig(text, {
    now: clock.now(),
    allowEks: awsCredentials !== undefined,
    ...(allowEksServer === undefined ? {} : { allowEksServer }),
  });
}

function credentialsOf({ token, basic, clientCertificate }: ClusterAccess): readonly string[] {
  const login = basic === undefined ? [] : [basic.password, `${basic.username}:${basic.password}`];
  return [token, ...login, clientCertificate?.key].filter((credential) => credential !== undefined);
}
