/** Lambda's response streaming, which the runtime gives as the global `awslambda`. */
import type { Writable } from "node:stream";
import type { LambdaHttpEvent } from "../../http/index.ts";
import type { LambdaContext } from "./lambda.ts";

export type ResponseStream = Writable;

interface StreamMetadata {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly cookies?: readonly string[];
}

export type StreamingHandler = (
  event: LambdaHttpEvent,
  stream: ResponseStream,
  context: LambdaContext,
) => Promise<void>;

interface AwsLambdaGlobal {
  streamifyResponse(handler: StreamingHandler): StreamingHandler;
  readonly HttpResponseStream: { from(stream: ResponseStream, metadata: StreamMetadata): ResponseStream };
}

function awsLambda(): AwsLambdaGlobal {
  const found: unknown = Reflect.get(globalThis, "awslambda");
  if (typeof found !== "object" || found === null)
    throw new Error(
      "the global awslambda is missing: this function needs Lambda's own runtime, which streams responses",
    );
  // The runtime's own object; its shape is documented with response streaming.
  return found as AwsLambdaGlobal;
}

/** Marks a handler as one that streams. @throws Error outside Lambda's runtime. */
export const streamifyResponse: AwsLambdaGlobal["streamifyResponse"] = (handler) =>
  awsLambda().streamifyResponse(handler);

/** Sends status and headers, then each chunk as it comes. A caller who leaves ends the body's source too. */
export async function sendResponse(response: Response, stream: ResponseStream): Promise<void> {
  const cookies = response.headers.getSetCookie();
  const out = awsLambda().HttpResponseStream.from(stream, {
    statusCode: response.status,
    headers: Object.fromEntries([...response.headers].filter(([name]) => name !== "set-cookie")),
    ...(cookies.length === 0 ? {} : { cookies }),
  });
  const gone = new Promise<"gone">((resolve) => {
    out.once("close", () => resolve("gone"));
    // What goes wrong with the connection is the caller's leaving; the run goes on without them.
    out.once("error", () => resolve("gone"));
  });
  // The runtime sends status and headers with the first write: without it, an answer without a body had neither.
  out.write("");
  const reader = response.body?.getReader();
  let isGone = false;
  while (reader !== undefined && !isGone) {
    const next = await Promise.race([reader.read(), gone]);
    isGone = next === "gone";
    if (next === "gone" || next.done) break;
    if (!out.write(next.value)) isGone = (await Promise.race([drained(out), gone])) === "gone";
  }
  if (isGone) {
    await reader?.cancel();
    return;
  }
  await new Promise<void>((resolve) => {
    void gone.then(() => resolve());
    out.end(() => resolve());
  });
}

function drained(stream: ResponseStream): Promise<"drained"> {
  return new Promise((resolve) => stream.once("drain", () => resolve("drained")));
}
