import type { Clock, EpochMs } from "../base/index.ts";
import type { AwsCredentials, AwsIdentity } from "../signing/index.ts";
import { abortable } from "./abortable.ts";
import type { EksLogin } from "./cluster-access.ts";
import { ClusterError } from "./cluster-error.ts";
import type { Credential } from "./credential.ts";
import { eksTokenLifeMs, mintEksToken } from "./eks-token.ts";

/** AWS keys for an identity. */
export type AwsCredentialsFor = (identity: AwsIdentity) => Promise<AwsCredentials>;

export interface EksCredentialOptions {
  readonly clock: Clock;
  readonly awsCredentials: AwsCredentialsFor;
  /** See `AwsIdentity`. */
  readonly externalId?: string | undefined;
  /** Told of each token that is made, for redaction. */
  readonly onToken?: ((token: string) => void) | undefined;
}

/** A token serves for 12 of its 15 minutes: a call that begins with it ends before it does (aws.md §9, reliability.md F38). */
const serveMs = 12 * 60_000;
/** Signed with keys that expire, it ends with them: renewed this long before. */
const earlyMs = 2 * 60_000;

interface Held {
  readonly token: string;
  readonly madeAt: EpochMs;
  readonly renewAt: EpochMs;
}

/**
 * Tokens of an EKS cluster, made when first needed and again by the wall clock: a process that was frozen for an hour makes a new one
 * before its next call. No timer runs in between.
 */
export function eksCredential(login: EksLogin, options: EksCredentialOptions): Credential {
  const { clock, awsCredentials, externalId, onToken } = options;
  const { clusterName, region, roleArn } = login;
  let held: Held | undefined;
  let making: Promise<Held> | undefined;

  const make = async (): Promise<Held> => {
    const sessionName = roleSessionName(`lateen-${clusterName}`);
    const credentials = await awsCredentials({ roleArn, sessionName, region, externalId }).catch((error: unknown) => {
      throw noLogin(login, error);
    });
    const now = clock.now();
    const end = Math.min(now + eksTokenLifeMs, credentials.expiresAt ?? Number.POSITIVE_INFINITY);
    if (end <= now) throw noLogin(login, new Error("the AWS credentials have expired"));
    const token = await mintEksToken({ clusterName, region, credentials, now });
    onToken?.(token);
    held = { token, madeAt: now, renewAt: Math.min(now + serveMs, end - earlyMs) };
    return held;
  };
  const current = (renew: boolean): Promise<Held> => {
    const now = clock.now();
    // A clock that was set back says nothing about the token's age.
    if (held !== undefined && !renew && held.madeAt <= now && now < held.renewAt) return Promise.resolve(held);
    // Many calls wait for one token; none of their signals may end it for the others.
    making ??= make().finally(() => {
      making = undefined;
    });
    return making;
  };
  return {
    isRenewable: true,
    async headers({ renew, signal }) {
      const { token } = await abortable(current(renew), signal);
      return { authorization: `Bearer ${token}` };
    },
  };
}

/** A text as `RoleSessionName`: letters, digits and `_=,.@-`, 2 to 64 characters; `/` becomes `.`. */
export function roleSessionName(text: string): string {
  const safe = text.replaceAll("/", ".").replace(/[^\w=,.@-]/g, "-");
  return safe.slice(0, 64).padEnd(2, "-");
}

function noLogin({ clusterName, roleArn }: EksLogin, error: unknown): ClusterError {
  const reason = error instanceof Error ? error.message : String(error);
  const retryable = error instanceof Error && "retryable" in error && error.retryable === true;
  return new ClusterError({
    code: "CLUSTER_LOGIN",
    message: `no token for the EKS cluster ${clusterName}${roleArn === undefined ? "" : ` as ${roleArn}`}: ${reason}`,
    retryable,
    cause: error,
  });
}
