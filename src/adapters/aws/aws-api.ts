import { type Clock, retry } from "../../base/index.ts";
import { AwsError } from "./aws-error.ts";
import { type AwsCredentials, awsHost } from "../../signing/index.ts";
import { NoAnswer, sendSigned } from "./send-signed.ts";

/** Services with one JSON protocol: a POST whose `x-amz-target` names the operation. */
export type AwsService = "dynamodb" | "sqs" | "secretsmanager";

export interface AwsApi {
  /**
   * Calls one operation with its input and answers its output, parsed but not checked.
   * @throws AwsError; `signal.reason` on abort.
   */
  call(
    service: AwsService,
    operation: string,
    input: object,
    options?: { readonly signal?: AbortSignal },
  ): Promise<unknown>;
}

export interface AwsApiOptions {
  readonly region: string;
  /** Asked before each call, so that renewed keys are used at once. */
  readonly credentials: () => Promise<AwsCredentials>;
  /** For emulators and private endpoints: all services, or single ones. */
  readonly endpoint?: string;
  readonly endpoints?: { readonly [Service in AwsService | "sts"]?: string };
  readonly clock: Clock;
  /** Default: Node's `fetch`. */
  readonly fetch?: typeof fetch;
  /** Uniform in [0, 1), spreads retries. Default `Math.random`. */
  readonly random?: () => number;
  /** Milliseconds that one try may take, connecting included. Default 10,000. */
  readonly timeoutMs?: number;
}

const protocols: Readonly<Record<AwsService, { readonly target: string; readonly contentType: string }>> = {
  dynamodb: { target: "DynamoDB_20120810", contentType: "application/x-amz-json-1.0" },
  sqs: { target: "AmazonSQS", contentType: "application/x-amz-json-1.0" },
  secretsmanager: { target: "secretsmanager", contentType: "application/x-amz-json-1.1" },
};

/** Errors of status 400 that pass by themselves (reliability.md L30); 429 and 5xx always do. */
const passing = new Set([
  "ProvisionedThroughputExceededException",
  "ThrottlingException",
  "Throttling",
  "RequestThrottled",
  "RequestThrottledException",
  "RequestLimitExceeded",
  "TooManyRequestsException",
  "LimitExceededException",
  "TransactionInProgressException",
]);
/** Errors whose text names principal, action and resource, which the operator needs, and nothing of the request's content. */
const explained = new Set([
  "AccessDeniedException",
  "AccessDenied",
  "UnrecognizedClientException",
  "ExpiredTokenException",
  // Secrets Manager: whether a secret is being deleted is told by the text only.
  "InvalidRequestException",
]);

const defaultTimeoutMs = 10_000;
const maxTries = 5;
/** First back-off step: these services answer in milliseconds, and a frozen process' connections are dead at its next use (aws.md §16.9). */
const baseMs = 50;
const maxMs = 3_000;
/** No further try after this time: a process that was frozen meanwhile must not write what was decided long ago. */
const maxCallMs = 60_000;

/**
 * The AWS calls of lateen's adapters, signed, with a time limit and at most five tries with full jitter. It holds no timer between calls:
 * a process that is frozen and thawed finds its connection dead at worst, and the retry opens another.
 */
export function createAwsApi(options: AwsApiOptions): AwsApi {
  const { region, clock, random = Math.random, timeoutMs = defaultTimeoutMs } = options;

  const once = async (
    service: AwsService,
    operation: string,
    body: string,
    tries: number,
    signal: AbortSignal | undefined,
  ): Promise<unknown> => {
    const url = new URL(options.endpoints?.[service] ?? options.endpoint ?? `https://${awsHost(service, region)}/`);
    const { target, contentType } = protocols[service];
    const { status, text } = await sendSigned({
      url,
      headers: { "content-type": contentType, "x-amz-target": `${target}.${operation}` },
      body,
      service,
      region,
      credentials: await options.credentials(),
      at: clock.now(),
      timeoutMs,
      signal,
      fetch: options.fetch,
    }).catch((error: unknown) => {
      if (!(error instanceof NoAnswer)) throw error;
      throw new AwsError(
        { service, operation, code: error.code, retryable: true, tries },
        `AWS ${service} ${operation} at ${url.host}: ${error.message}`,
        { cause: error.cause },
      );
    });
    if (status === 200) return parse(text) ?? {};
    throw answeredError({ service, operation, status, tries }, parse(text));
  };

  return {
    call: (service, operation, input, { signal } = {}) => {
      const body = JSON.stringify(input);
      const startedAt = clock.now();
      let tries = 0;
      signal?.throwIfAborted();
      return retry(() => once(service, operation, body, ++tries, signal), {
        clock,
        random,
        signal,
        tries: maxTries,
        baseMs,
        maxMs,
        retryable: (error) => error instanceof AwsError && error.retryable && clock.now() - startedAt < maxCallMs,
      });
    },
  };
}

function answeredError(
  at: { readonly service: AwsService; readonly operation: string; readonly status: number; readonly tries: number },
  answer: unknown,
): AwsError {
  // `com.amazonaws.dynamodb.v20120810#ThrottlingException`, or with a link behind a colon.
  const type = member(answer, "__type") ?? "";
  const code = /^[\w.]+/.exec(type.slice(type.lastIndexOf("#") + 1))?.[0] ?? `HTTP${at.status}`;
  const retryable = at.status >= 500 || at.status === 429 || passing.has(code);
  const detail = explained.has(code) ? (member(answer, "message") ?? member(answer, "Message")) : undefined;
  return new AwsError(
    { ...at, code, retryable },
    `AWS ${at.service} ${at.operation} failed: ${code} (status ${at.status}${at.tries > 1 ? `, ${at.tries} tries` : ""})${detail === undefined ? "" : `: ${detail}`}`,
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A gateway's HTML page, or nothing: status and operation tell enough.
    return undefined;
  }
}

function member(value: unknown, name: string): string | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const found: unknown = Reflect.get(value, name);
  return typeof found === "string" ? found : undefined;
}
