import type { Clock } from "../base/index.ts";
import type { ClusterAccess } from "./cluster-access.ts";
import { ClusterError } from "./cluster-error.ts";
import { type Credential, fixedCredential, impersonationHeaders } from "./credential.ts";
import { type AwsCredentialsFor, eksCredential } from "./eks-credential.ts";
import { type BearerToken, tokenCredential } from "./token-credential.ts";

/** What logins need that are not fixed. */
export interface LoginOptions {
  /** AWS keys for EKS clusters; without it their kubeconfigs cannot be used. */
  readonly awsCredentials?: AwsCredentialsFor | undefined;
  /** For whom roles are assumed: `sts:ExternalId`. */
  readonly externalId?: string | undefined;
  /** Gets the tokens that calls log in with, instead of what the kubeconfig holds. */
  readonly requestToken?: (() => Promise<BearerToken>) | undefined;
  /** Told of each token that is made for a login, for redaction. */
  readonly onToken?: ((token: string) => void) | undefined;
}

/** How calls log in as the kubeconfig says. @throws ClusterError `CLUSTER_LOGIN` for an EKS cluster without `awsCredentials`. */
export function accessCredential(access: ClusterAccess, options: LoginOptions & { readonly clock: Clock }): Credential {
  const { impersonate } = access;
  const own = renewableCredential(access, options);
  if (own === undefined) return fixedCredential(access);
  if (impersonate === undefined) return own;
  return {
    isRenewable: true,
    headers: async (asked) => ({ ...(await own.headers(asked)), ...impersonationHeaders(impersonate) }),
  };
}

function renewableCredential(
  { eks }: ClusterAccess,
  { awsCredentials, clock, externalId, onToken, requestToken }: LoginOptions & { readonly clock: Clock },
): Credential | undefined {
  if (requestToken !== undefined) return tokenCredential(requestToken, clock);
  if (eks === undefined) return undefined;
  if (awsCredentials === undefined) {
    throw new ClusterError({
      code: "CLUSTER_LOGIN",
      message: `no token for the EKS cluster ${eks.clusterName}: this process has no AWS credentials`,
    });
  }
  return eksCredential(eks, { clock, awsCredentials, externalId, onToken });
}
