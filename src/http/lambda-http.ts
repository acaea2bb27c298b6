/**
 * HTTP as API Gateway (HTTP API, payload 2.0) and function URLs hand it to a function: one JSON event with the whole body as text or base64,
 * header names in lower case, doubled headers joined by commas.
 */
import type { RequestAnswerer } from "./create-http.ts";
import { problemResponse } from "./problem.ts";

export interface LambdaHttpEvent {
  readonly rawPath: string;
  readonly rawQueryString?: string;
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly cookies?: readonly string[];
  readonly requestContext: {
    readonly domainName?: string;
    readonly http: { readonly method: string; readonly sourceIp?: string };
  };
  readonly body?: string | null;
  readonly isBase64Encoded?: boolean;
}

export interface LambdaHttpResult {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly cookies?: readonly string[];
  readonly body: string;
  readonly isBase64Encoded: boolean;
}

export interface LambdaHttpOptions {
  /** Larger bodies are refused before they are decoded. */
  readonly maxBodyBytes: number;
  /** What is said instead of an answer that is too large for the platform. Default: a 413 problem. */
  readonly tooLarge?: (request: Request) => Response;
  /** Aborts the request's signal. */
  readonly signal?: AbortSignal;
  /** Lambda's id of the invocation; becomes the answer's `x-request-id`. */
  readonly requestId?: string;
}

/** reliability.md L1. */
const maxHeaderBytes = 16 * 1024;
/** Lambda takes 6 MB of JSON as a function's answer; the rest is for its own fields. */
const maxAnswerBytes = 6 * 1024 * 1024 - 1024;

/** Answers one event; never rejects. */
export async function answerLambda(
  app: RequestAnswerer,
  event: LambdaHttpEvent,
  options: LambdaHttpOptions,
): Promise<LambdaHttpResult> {
  const request = requestOfLambda(event, options);
  if (request instanceof Response) return toResult(request, () => request);
  const response = await app.fetch(request, environmentOf(event, options));
  return toResult(response, () => options.tooLarge?.(request) ?? answerTooLarge());
}

/** What the platform says about the connection, in the shape that `clientAddressOf` and the edge read. */
export function environmentOf(event: LambdaHttpEvent, options: Pick<LambdaHttpOptions, "requestId">): object {
  return { requestContext: event.requestContext, lambdaRequestId: options.requestId };
}

/** The event as a request, or the refusal of one that is too large or malformed: nothing has been decoded or asked then. */
export function requestOfLambda(event: LambdaHttpEvent, options: LambdaHttpOptions): Request | Response {
  const { maxBodyBytes, signal } = options;
  const { method } = event.requestContext.http;
  const headers = Object.entries(event.headers ?? {}).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as [string, string]],
  );
  const headerBytes = headers.reduce((sum, [name, value]) => sum + name.length + Buffer.byteLength(value) + 4, 0);
  if (headerBytes > maxHeaderBytes)
    return problemResponse({
      status: 431,
      code: "HEADERS_TOO_LARGE",
      message: `more than ${maxHeaderBytes} bytes of headers`,
    });
  const text = event.body ?? "";
  const isBase64 = event.isBase64Encoded === true;
  const bodyBytes = isBase64 ? Math.floor((text.length * 3) / 4) - 2 : Buffer.byteLength(text);
  if (bodyBytes > maxBodyBytes)
    return problemResponse({
      status: 413,
      code: "BODY_TOO_LARGE",
      message: `the body is larger than ${maxBodyBytes} bytes`,
    });
  if (event.cookies !== undefined && event.cookies.length > 0) headers.push(["cookie", event.cookies.join("; ")]);
  const query = event.rawQueryString === undefined || event.rawQueryString === "" ? "" : `?${event.rawQueryString}`;
  const hasBody = text !== "" && method !== "GET" && method !== "HEAD";
  try {
    return new Request(`https://${event.requestContext.domainName ?? "lambda.invalid"}${event.rawPath}${query}`, {
      method,
      headers,
      // Decoded first: a signature is made over the bytes that the caller sent (aws.md §16.11).
      ...(hasBody ? { body: Buffer.from(text, isBase64 ? "base64" : "utf8") } : {}),
      ...(signal === undefined ? {} : { signal }),
    });
  } catch {
    return problemResponse({ status: 400, code: "INVALID_REQUEST", message: "method, path or a header is malformed" });
  }
}

async function toResult(response: Response, tooLarge: () => Response): Promise<LambdaHttpResult> {
  const bytes = await bodyWithin(response, maxAnswerBytes);
  const result = bytes === undefined ? undefined : resultOf(response, bytes);
  // What JSON makes of quotes and control characters counts too.
  if (result !== undefined && Buffer.byteLength(JSON.stringify(result)) <= maxAnswerBytes) return result;
  const refusal = tooLarge();
  return resultOf(refusal, new Uint8Array(await refusal.arrayBuffer()));
}

function resultOf(response: Response, bytes: Uint8Array): LambdaHttpResult {
  const cookies = response.headers.getSetCookie();
  const headers = Object.fromEntries([...response.headers].filter(([name]) => name !== "set-cookie"));
  const text = utf8(bytes);
  return {
    statusCode: response.status,
    headers,
    ...(cookies.length === 0 ? {} : { cookies }),
    body: text ?? Buffer.from(bytes).toString("base64"),
    isBase64Encoded: text === undefined,
  };
}

/** The whole body; `undefined` when it is longer, and the rest of it is not read. */
async function bodyWithin(response: Response, maxBytes: number): Promise<Uint8Array | undefined> {
  if (response.body === null) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let length = 0;
  // Leaving the loop early cancels the body.
  for await (const chunk of response.body) {
    length += chunk.byteLength;
    if (length > maxBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function utf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function answerTooLarge(): Response {
  return problemResponse({
    status: 413,
    code: "ANSWER_TOO_LARGE",
    message: "the answer is larger than the 6 MB that a function may give",
    hint: "ask for less at once",
  });
}
