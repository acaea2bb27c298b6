import { createHash, createHmac, type Hash, type Hmac } from "node:crypto";
import { SignatureV4 } from "@smithy/signature-v4";
import type { EpochMs } from "../../base/index.ts";

/** What signs a request; `sessionToken` goes with temporary keys. */
export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  /** When they stop working; absent for keys that do not. */
  readonly expiresAt?: EpochMs;
}

/**
 * The keys that the environment holds (`AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`), read anew by each call.
 * @throws Error naming the missing variable.
 */
export function environmentCredentials(
  env: Readonly<Record<string, string | undefined>>,
): () => Promise<AwsCredentials> {
  return async () => {
    const {
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_SESSION_TOKEN: sessionToken,
    } = env;
    if (accessKeyId === undefined || accessKeyId === "") throw missing("AWS_ACCESS_KEY_ID");
    if (secretAccessKey === undefined || secretAccessKey === "") throw missing("AWS_SECRET_ACCESS_KEY");
    return {
      accessKeyId,
      secretAccessKey,
      ...(sessionToken !== undefined && sessionToken !== "" && { sessionToken }),
    };
  };
}

/** Headers of a signed `POST /` (or of the path of `url`) with `body`. */
export async function signPost(request: {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Signing name and region: `dynamodb`, `eu-central-1`. */
  readonly service: string;
  readonly region: string;
  readonly credentials: AwsCredentials;
  readonly at: EpochMs;
}): Promise<Record<string, string>> {
  const { url, headers, body, service, region, credentials, at } = request;
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  const signer = new SignatureV4({
    service,
    region,
    sha256: Sha256,
    credentials: { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) },
  });
  const signed = await signer.sign(
    {
      method: "POST",
      protocol: url.protocol,
      hostname: url.hostname,
      ...(url.port !== "" && { port: Number(url.port) }),
      path: url.pathname,
      query: {},
      headers: { host: url.host, ...headers },
      body,
    },
    { signingDate: new Date(at) },
  );
  // `fetch` sets it itself and refuses another one.
  const { host: _host, ...rest } = signed.headers;
  return rest;
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

  async digest(): Promise<Uint8Array> {
    return new Uint8Array(this.#hash.digest());
  }
}

function bytesOf(data: string | ArrayBuffer | ArrayBufferView): Buffer {
  if (typeof data === "string") return Buffer.from(data);
  if (ArrayBuffer.isView(data)) return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return Buffer.from(data);
}

function missing(variable: string): Error {
  return new Error(`no AWS credentials: ${variable} is not set; in Lambda the execution role sets it`);
}
