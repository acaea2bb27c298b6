import { createHash, createHmac, type Hash, type Hmac } from "node:crypto";
import { SignatureV4 } from "@smithy/signature-v4";
import type { EpochMs } from "../base/index.ts";

/** What signs a request; `sessionToken` goes with temporary keys. Never log them. */
export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  /** When they stop working; absent for keys that do not. */
  readonly expiresAt?: EpochMs;
}

/** Whose AWS keys are wanted. */
export interface AwsIdentity {
  /** Absent: lateen's own. */
  readonly roleArn?: string | undefined;
  /** Shows in CloudTrail. */
  readonly sessionName: string;
  readonly region: string;
  /** For whom a role is assumed: a trust policy may ask for it as `sts:ExternalId`, so that no other namespace gets in by lateen (reliability.md T13). */
  readonly externalId?: string | undefined;
}

/** Signs for one service and region: `dynamodb`, `eu-central-1`. */
export function createSigner(service: string, region: string, credentials: AwsCredentials): SignatureV4 {
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  return new SignatureV4({
    service,
    region,
    sha256: Sha256,
    credentials: { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) },
  });
}

/** Where a service answers in a region; China's regions have a domain of their own. */
export function awsHost(service: string, region: string): string {
  return `${service}.${region}.amazonaws.com${region.startsWith("cn-") ? ".cn" : ""}`;
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
