import type { Clock } from "../base/index.ts";
import type { ClusterAccess } from "./cluster-access.ts";
import { ClusterError } from "./cluster-error.ts";
import { type Credential, fixedCredential, impersonationHeaders } from "./credential.ts";
import { type AwsCredentialsFor, eksCredential } from "./eks-credential.ts";

/** What logins need that are not fixed. */
export interface LoginOptions {
  /** AWS keys for EKS clusters; without it their kubeconfigs cannot be used. */
  readonly awsCredentials?: AwsCredentialsFor | undefined;
  /** For whom roles are assumed: `sts:ExternalId`. */
  readonly externalId?: string | undefined;
  /** Told of each token that is made for a login, for redaction. */
  readonly onToken?: ((token: string) => void) | undefined;
}

/** How calls log in as the kubeconfig says. @throws ClusterError `CLUSTER_LOGIN` for an EKS cluster without `awsCredentials`. */
export function accessCredential(access: ClusterAccess, options: LoginOptions & { readonly clock: Clock }): Credential {
  const { eks, impersonate } = access;
  if (eks === undefined) return fixedCredential(access);
  const { awsCredentials, clock, externalId, onToken } = options;
  if (awsCredentials === undefined) {
    throw new ClusterError({
      code: "CLUSTER_LOGIN",
      message: `no token for the EKS cluster ${eks.clusterName}: this process has no AWS credentials`,
    });
  }
  const own = eksCredential(eks, { clock, awsCredentials, externalId, onToken });
  if (impersonate === undefined) return own;
  return {
    isRenewable: true,
    headers: async (asked) => ({ ...(await own.headers(asked)), ...impersonationHeaders(impersonate) }),
  };
}
