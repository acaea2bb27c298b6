/**
 * The function URL's side of response streaming: the runtime sends the answer as the body of one request, JSON with status and headers, eight zero
 * bytes, then the answer's own body as it is written; what went wrong on the way stands in the trailers.
 */
import type { IncomingMessage } from "node:http";
import { failureOf, InvocationError } from "./invocation-error.ts";

export interface StreamedAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  /** The body as it comes, to be read once. Who leaves early stops nothing. @throws InvocationError when the function failed on the way. */
  readonly body: AsyncGenerator<string, void, void>;
}

const contentType = "application/vnd.awslambda.http-integration-response";
const delimiter = Buffer.alloc(8);

export function isStreamed(request: IncomingMessage): boolean {
  return request.headers["lambda-runtime-function-response-mode"] === "streaming";
}

/** Resolves when status and headers are there. @throws InvocationError */
export async function readStreamedAnswer(request: IncomingMessage): Promise<StreamedAnswer> {
  // Bodies of requests without an encoding are Buffers.
  const chunks = request[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let head = Buffer.alloc(0);
  for (let at = -1; at < 0; at = head.indexOf(delimiter)) {
    const next = await chunks.next();
    if (next.done === true) throw failureIn(request) ?? invalid("it ended before status and headers");
    head = Buffer.concat([head, next.value]);
  }
  if (request.headers["content-type"] !== contentType)
    throw invalid(`its type is ${String(request.headers["content-type"])}`);
  const at = head.indexOf(delimiter);
  // Written by the function as Lambda's guide to response streaming has it.
  const metadata = JSON.parse(head.subarray(0, at).toString()) as Pick<StreamedAnswer, "statusCode" | "headers">;
  return { ...metadata, body: rest(head.subarray(at + delimiter.length), chunks, request) };
}

async function* rest(
  first: Buffer,
  chunks: AsyncIterator<Buffer>,
  request: IncomingMessage,
): AsyncGenerator<string, void, void> {
  const decoder = new TextDecoder();
  try {
    if (first.length > 0) yield decoder.decode(first, { stream: true });
    for (let next = await chunks.next(); next.done !== true; next = await chunks.next())
      yield decoder.decode(next.value, { stream: true });
  } finally {
    request.resume();
  }
  const failure = failureIn(request);
  if (failure !== undefined) throw failure;
}

function failureIn({ trailers }: IncomingMessage): InvocationError | undefined {
  const body = trailers["lambda-runtime-function-error-body"];
  return body === undefined ? undefined : failureOf(Buffer.from(body, "base64").toString());
}

function invalid(why: string): InvocationError {
  return new InvocationError("Runtime.InvalidStreamedResponse", `a streamed answer: ${why}`);
}
