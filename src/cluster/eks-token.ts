import type { EpochMs } from "../base/index.ts";
import { type AwsCredentials, awsHost, createSigner } from "../signing/index.ts";

export interface EksTokenRequest {
  /** The id instead of the name for local clusters on Outposts. */
  readonly clusterName: string;
  readonly region: string;
  readonly credentials: AwsCredentials;
  readonly now: EpochMs;
  /** Of STS; default: the region's own. */
  readonly endpoint?: string;
}

/** STS takes the URL for this long after the time that it was signed with, whatever the URL itself says (aws.md §9). */
export const eksTokenLifeMs: number = 15 * 60_000;

/** The `X-Amz-Expires` of the AWS CLI; STS does not look at it. */
const expiresInSeconds = 60;

/**
 * The bearer token that `aws eks get-token` prints: a signed URL that asks STS who the signer is, sent by the API server. Made in this
 * process, without a call to anybody.
 */
export async function mintEksToken(request: EksTokenRequest): Promise<string> {
  const { clusterName, region, now } = request;
  const endpoint = new URL(request.endpoint ?? `https://${awsHost("sts", region)}`);
  const { query } = await createSigner("sts", region, request.credentials).presign(
    {
      method: "GET",
      protocol: endpoint.protocol,
      hostname: endpoint.hostname,
      path: "/",
      query: { Action: "GetCallerIdentity", Version: "2011-06-15" },
      headers: { host: endpoint.host, "x-k8s-aws-id": clusterName },
    },
    { expiresIn: expiresInSeconds, signingDate: new Date(now) },
  );
  const url = `${endpoint.origin}/?${queryText(query ?? {})}`;
  return `k8s-aws-v1.${Buffer.from(url).toString("base64url")}`;
}

function queryText(query: Readonly<Record<string, string | readonly string[] | null>>): string {
  return Object.entries(query)
    .flatMap(([name, values]) => [values ?? ""].flat().map((value) => `${escaped(name)}=${escaped(value)}`))
    .join("&");
}

/** As the signature was made over it: everything but letters, digits and `-._~` (RFC 3986). */
function escaped(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}
