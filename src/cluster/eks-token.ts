import { createHash, createHmac, type Hash, type Hmac } from "node:crypto";
import { SignatureV4 } from "@smithy/signature-v4";
import type { EpochMs } from "../base/index.ts";

/** What signs; `sessionToken` goes with temporary keys. */
export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  /** When they stop working; absent for keys that do not. */
  readonly expiresAt?: EpochMs;
}

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
  const { accessKeyId, secretAccessKey, sessionToken } = request.credentials;
  const endpoint = new URL(request.endpoint ?? `https://${stsHost(region)}`);
  const signer = new SignatureV4({
    service: "sts",
    region,
    sha256: Sha256,
    credentials: { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) },
  });
  const { query } = await signer.presign(
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

function stsHost(region: string): string {
  return `sts.${region}.amazonaws.com${region.startsWith("cn-") ? ".cn" : ""}`;
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

/** The hash that the signer asks for as a constructor: SHA-256, or HMAC-SHA-256 with a secret. */
class Sha256 {
  readonly #hash: Hash | Hmac;

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash("sha256") : createHmac("sha256", bytesOf(secret));
  }

  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(bytesOf(data));
  }

  digest(): Promise<Uint8Array> {
    return Promise.resolve(new Uint8Array(this.#hash.digest()));
  }
}

function bytesOf(data: string | ArrayBuffer | ArrayBufferView): Buffer {
  if (typeof data === "string") return Buffer.from(data);
  if (ArrayBuffer.isView(data)) return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return Buffer.from(data);
}
