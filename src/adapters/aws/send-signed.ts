import type { EpochMs } from "../../base/index.ts";
import { type AwsCredentials, createSigner } from "../../signing/index.ts";

export interface SignedPost {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Signing name and region: `dynamodb`, `eu-central-1`. */
  readonly service: string;
  readonly region: string;
  readonly credentials: AwsCredentials;
  readonly at: EpochMs;
  /** For this one try, connecting included. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Default: Node's `fetch`. */
  readonly fetch?: typeof fetch | undefined;
}

/** AWS gave no answer; `message` says why without the request. */
export class NoAnswer extends Error {
  override readonly name = "NoAnswer";
  readonly code: "NetworkError" | "TimeoutError";

  constructor(code: NoAnswer["code"], message: string, options: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** One signed POST, without a retry. @throws NoAnswer; `signal.reason` on abort. */
export async function sendSigned(post: SignedPost): Promise<{ readonly status: number; readonly text: string }> {
  const { url, body, signal, timeoutMs } = post;
  const headers = await signedHeaders(post);
  const limit = AbortSignal.timeout(timeoutMs);
  try {
    const response = await (post.fetch ?? fetch)(url, {
      method: "POST",
      headers,
      body,
      redirect: "error",
      signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
    });
    return { status: response.status, text: await response.text() };
  } catch (error) {
    signal?.throwIfAborted();
    throw limit.aborted
      ? new NoAnswer("TimeoutError", `no answer in ${timeoutMs} ms`, { cause: error })
      : new NoAnswer("NetworkError", networkReason(error), { cause: error });
  }
}

async function signedHeaders({
  url,
  headers,
  body,
  service,
  region,
  credentials,
  at,
}: SignedPost): Promise<Record<string, string>> {
  const signed = await createSigner(service, region, credentials).sign(
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

/** Node's `fetch` says only "fetch failed"; what happened is the code of its cause. */
function networkReason(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  if (cause instanceof Error && "code" in cause) return `no connection: ${String(cause.code)}`;
  return cause instanceof Error ? `no connection: ${cause.name}` : "no connection";
}
