/**
 * What Lambda's own runtime does inside a function's process: loads the handler of a bundle, takes events from the Runtime API one by one, and
 * gives the answers back, those of streaming functions as they are written. Run as `node bootstrap.mjs BUNDLE`, with the API's address in
 * AWS_LAMBDA_RUNTIME_API.
 */
import { once } from "node:events";
import { request as httpRequest } from "node:http";
import { pathToFileURL } from "node:url";

const api = `http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime`;
const streaming = Symbol("streaming");
const beforeFirstWrite = Symbol("beforeFirstWrite");

globalThis.awslambda = {
  streamifyResponse: (handler) => Object.assign(handler, { [streaming]: true }),
  HttpResponseStream: {
    // Status and headers, eight zero bytes, then the body. As in the runtime, a stream that nothing is written to sends none of them.
    from: (stream, metadata) => {
      stream.setHeader("content-type", "application/vnd.awslambda.http-integration-response");
      stream[beforeFirstWrite] = (write) => {
        write(JSON.stringify(metadata));
        write(new Uint8Array(8));
      };
      return stream;
    },
  },
};

const post = (path, body) => fetch(`${api}/${path}`, { method: "POST", body: JSON.stringify(body) });
const described = (error) => ({ errorType: error?.name ?? "Error", errorMessage: String(error?.message ?? error) });

let handler;
try {
  ({ handler } = await import(pathToFileURL(process.argv[2]).href));
} catch (error) {
  await post("init/error", described(error));
  process.exit(1);
}

for (;;) {
  const next = await fetch(`${api}/invocation/next`);
  const id = next.headers.get("lambda-runtime-aws-request-id");
  const deadline = Number(next.headers.get("lambda-runtime-deadline-ms"));
  const event = await next.json();
  const context = { awsRequestId: id, getRemainingTimeInMillis: () => deadline - Date.now() };
  if (handler[streaming]) await stream(id, event, context);
  else await answer(id, event, context);
}

async function answer(id, event, context) {
  try {
    await post(`invocation/${id}/response`, await handler(event, context));
  } catch (error) {
    await post(`invocation/${id}/error`, described(error));
  }
}

/** The handler writes into the request that gives its answer; what it throws comes in the trailers. */
async function stream(id, event, context) {
  const request = httpRequest(`${api}/invocation/${id}/response`, {
    method: "POST",
    headers: {
      "content-type": "application/octet-stream",
      "lambda-runtime-function-response-mode": "streaming",
      trailer: "lambda-runtime-function-error-type, lambda-runtime-function-error-body",
      "transfer-encoding": "chunked",
    },
  });
  const taken = once(request, "response");
  const write = request.write.bind(request);
  request.write = (...written) => {
    request[beforeFirstWrite]?.(write);
    delete request[beforeFirstWrite];
    return write(...written);
  };
  try {
    await handler(event, request, context);
  } catch (error) {
    const { errorType, ...rest } = described(error);
    request.addTrailers({
      "lambda-runtime-function-error-type": errorType,
      "lambda-runtime-function-error-body": Buffer.from(JSON.stringify({ errorType, ...rest })).toString("base64"),
    });
  }
  if (!request.writableEnded) request.end();
  const [response] = await taken;
  response.resume();
}
