/** How to reach one cluster and as whom: what is left of a kubeconfig after the checks. Holds credentials: never log it. */
export interface ClusterAccess {
  /** `https://host:port/path`, without a slash at the end. */
  readonly server: string;
  /** PEM certificates that sign the server's; absent = the system's roots. */
  readonly ca?: string;
  /** Name to expect in the server's certificate, where it is not the host of `server`. */
  readonly tlsServerName?: string;
  /** The operator allowed any certificate. */
  readonly skipTlsVerify: boolean;
  readonly proxyUrl?: string;
  /** Namespace of the context. */
  readonly namespace?: string;
  readonly token?: string;
  readonly basic?: { readonly username: string; readonly password: string };
  readonly clientCertificate?: ClientCertificate;
  readonly impersonate?: Impersonation;
  /** Tokens are made for this cluster, by AWS credentials that the process has. */
  readonly eks?: EksLogin;
}

/** What an EKS token is made for. */
export interface EksLogin {
  readonly clusterName: string;
  readonly region: string;
  /** Role to assume first; absent: lateen's own AWS identity. */
  readonly roleArn?: string;
}

/** PEM texts. */
export interface ClientCertificate {
  readonly certificate: string;
  readonly key: string;
}

export interface Impersonation {
  readonly user: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra: readonly (readonly [key: string, value: string])[];
}
