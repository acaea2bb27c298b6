import { type Clock, type EpochMs, retry } from "../../base/index.ts";
import { type AwsCredentials, awsHost, type AwsIdentity } from "../../signing/index.ts";
import { NoAnswer, sendSigned } from "./send-signed.ts";

export interface StsCredentialsOptions {
  /** The process' own keys. */
  readonly base: () => Promise<AwsCredentials>;
  readonly clock: Clock;
  /** For emulators and private endpoints. Default: the region's STS. */
  readonly endpoint?: string;
  /** Default: Node's `fetch`. */
  readonly fetch?: typeof fetch;
  /** Uniform in [0, 1), spreads retries. Default `Math.random`. */
  readonly random?: () => number;
}

/** A role that could not be assumed; the text names role and action and no key. */
export class StsError extends Error {
  override readonly name = "StsError";
  /** AWS' own error code such as `AccessDenied`; `NetworkError` or `TimeoutError` when there was no answer. */
  readonly code: string;
  /** The same call may work later. */
  readonly retryable: boolean;

  constructor(code: string, retryable: boolean, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.retryable = retryable;
  }
}

/** Longest session that a session may open: a function's own keys are one. */
const sessionSeconds = 3600;
/** Keys are renewed this long before they end, by the wall clock: a frozen process renews at its next use. */
const earlyMs = 5 * 60_000;
const tryTimeoutMs = 10_000;
const tries = 3;
/** Answers are about 1 KB. */
const maxAnswerChars = 65_536;

const throttled = new Set(["Throttling", "ThrottlingException", "RequestLimitExceeded", "TooManyRequestsException"]);

/**
 * Keys of roles (`AssumeRole`), kept until five minutes before they end; many callers of one role wait for one call. Without a role: the
 * process' own keys. Failures are not remembered.
 */
export function createStsCredentials(
  options: StsCredentialsOptions,
): (identity: AwsIdentity) => Promise<AwsCredentials> {
  const { base, clock, random = Math.random } = options;
  const held = new Map<string, AwsCredentials & { readonly expiresAt: EpochMs }>();
  const asking = new Map<string, Promise<AwsCredentials>>();

  const assume = async (key: string, wanted: RoleIdentity): Promise<AwsCredentials> => {
    const credentials = await retry(() => assumeRole(wanted, options), {
      clock,
      random,
      tries,
      retryable: (error) => error instanceof StsError && error.retryable,
    });
    const now = clock.now();
    for (const [other, { expiresAt }] of held) if (expiresAt <= now) held.delete(other);
    held.set(key, credentials);
    return credentials;
  };
  return async ({ roleArn, sessionName, region, externalId }) => {
    if (roleArn === undefined) return base();
    const key = JSON.stringify([roleArn, sessionName, region, externalId]);
    const known = held.get(key);
    if (known !== undefined && clock.now() < known.expiresAt - earlyMs) return known;
    const asked =
      asking.get(key) ??
      assume(key, { roleArn, sessionName, region, externalId }).finally(() => void asking.delete(key));
    asking.set(key, asked);
    return asked;
  };
}

type RoleIdentity = AwsIdentity & { readonly roleArn: string };

async function assumeRole(
  wanted: RoleIdentity,
  options: StsCredentialsOptions,
): Promise<AwsCredentials & { readonly expiresAt: EpochMs }> {
  const { roleArn, sessionName, region, externalId } = wanted;
  const { clock } = options;
  const url = new URL(options.endpoint ?? `https://${awsHost("sts", region)}/`);
  const body = new URLSearchParams({
    Action: "AssumeRole",
    Version: "2011-06-15",
    RoleArn: roleArn,
    RoleSessionName: sessionName,
    DurationSeconds: String(sessionSeconds),
    ...(externalId === undefined ? {} : { ExternalId: externalId }),
  }).toString();
  const title = `sts:AssumeRole of ${roleArn} at ${url.host}`;
  const answer = await sendSigned({
    url,
    headers: { "content-type": "application/x-www-form-urlencoded; charset=utf-8" },
    body,
    service: "sts",
    region,
    credentials: await options.base(),
    at: clock.now(),
    timeoutMs: tryTimeoutMs,
    fetch: options.fetch,
  }).catch((error: unknown) => {
    if (!(error instanceof NoAnswer)) throw error;
    throw new StsError(error.code, true, `${title}: ${error.message}`, { cause: error.cause });
  });
  const { status } = answer;
  const text = answer.text.slice(0, maxAnswerChars);
  if (status !== 200) throw refusal(title, status, text, externalId);
  const credentials = /<Credentials>(.*?)<\/Credentials>/s.exec(text)?.[1] ?? "";
  const [accessKeyId, secretAccessKey, sessionToken, expiration] = [
    "AccessKeyId",
    "SecretAccessKey",
    "SessionToken",
    "Expiration",
  ].map((name) => element(credentials, name));
  const expiresAt = Date.parse(expiration ?? "");
  if (!accessKeyId || !secretAccessKey || !sessionToken || Number.isNaN(expiresAt))
    throw new StsError("BadAnswer", true, `${title}: the answer holds no credentials`);
  return { accessKeyId, secretAccessKey, sessionToken, expiresAt };
}

function refusal(title: string, status: number, text: string, externalId: string | undefined): StsError {
  const code = element(text, "Code") ?? `HTTP${status}`;
  const said = element(text, "Message");
  const hint =
    code === "AccessDenied"
      ? ` (hint: lateen's own role needs sts:AssumeRole on it, and the role's trust policy must name lateen's role${externalId === undefined ? "" : `; if it asks for sts:ExternalId, with '${externalId}' among the values`})`
      : "";
  return new StsError(
    code,
    status >= 500 || status === 429 || throttled.has(code),
    `${title} failed: ${code} (status ${status})${said === undefined ? "" : `: ${said.slice(0, 500)}`}${hint}`,
  );
}

/** The text of the first element of that name, which holds no other element. */
function element(xml: string, name: string): string | undefined {
  const text = new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1]?.trim();
  return text?.replace(/&(lt|gt|quot|apos|amp);/g, (_, entity: string) => entities[entity] ?? "");
}

const entities: Readonly<Record<string, string>> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };
