/**
 * What Lambda's own runtime does inside a function's process: loads the handler of a bundle, takes events from the Runtime API one by one, and
 * gives the answers back. Run as `node bootstrap.mjs BUNDLE`, with the API's address in AWS_LAMBDA_RUNTIME_API.
 */
import { Writable } from "node:stream";
import { pathToFileURL } from "node:url";

const api = `http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime`;
const streaming = Symbol("streaming");

globalThis.awslambda = {
  streamifyResponse: (handler) => Object.assign(handler, { [streaming]: true }),
  HttpResponseStream: {
    from: (stream, metadata) => {
      stream.metadata = metadata;
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
  try {
    await post(
      `invocation/${id}/response`,
      handler[streaming] ? await streamed(event, context) : await handler(event, context),
    );
  } catch (error) {
    await post(`invocation/${id}/error`, described(error));
  }
}

async function streamed(event, context) {
  const chunks = [];
  const stream = new Writable({
    write: (chunk, _encoding, done) => {
      chunks.push(String(chunk));
      done();
    },
  });
  await handler(event, stream, context);
  return { ...stream.metadata, body: chunks.join("") };
}
