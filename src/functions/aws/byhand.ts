/**
 * Function URL with response streaming → the by-hand API, with a run's progress line by line as it happens. IAM decides at the URL who may call;
 * the hub's token decides what may be asked. The signature of IAM stands in `Authorization`, so the token comes in `x-lateen-token`.
 */
import {
  createByHand,
  environmentOf,
  type LambdaHttpEvent,
  requestOfLambda,
  type RequestAnswerer,
} from "../../http/index.ts";
import { byHandDeps } from "../compose-deps.ts";
import { openAwsProcess } from "./aws-process.ts";
import { type AwsComposition, composeAws } from "./compose-aws.ts";
import { deadlineOf } from "./deadline.ts";
import type { LambdaContext } from "./lambda.ts";
import { type ResponseStream, sendResponse, streamifyResponse, type StreamingHandler } from "./response-stream.ts";

const maxBodyBytes = 64 * 1024;
/** Of the function's 300 s. */
const maxWaitMs = 285_000;

const lambda = openAwsProcess("byhand", process.env, ["app", "background", "source"]);
const warm = composeAws(lambda, openByHand);

export const handler: StreamingHandler = streamifyResponse(
  async (event: LambdaHttpEvent, stream: ResponseStream, context: LambdaContext): Promise<void> => {
    const deadline = deadlineOf(context, lambda.clock);
    try {
      await warm.use(async ({ served }) => {
        const options = { maxBodyBytes, requestId: context.awsRequestId, signal: deadline.signal };
        const request = requestOfLambda(withToken(event), options);
        const response =
          request instanceof Response ? request : await served.fetch(request, environmentOf(event, options));
        await sendResponse(response, stream);
      });
    } finally {
      deadline.release();
      lambda.flush();
    }
  },
);

function openByHand({ deps, hub }: AwsComposition): RequestAnswerer {
  return createByHand({ ...byHandDeps(deps, hub, lambda.config.version), maxWaitMs });
}

/** The hub's token where the hub looks for it. A signature of IAM never reaches the hub. */
function withToken(event: LambdaHttpEvent): LambdaHttpEvent {
  const { authorization, "x-lateen-token": token, ...headers } = event.headers ?? {};
  if (token !== undefined) return { ...event, headers: { ...headers, authorization: `Bearer ${token}` } };
  const isBearer = authorization !== undefined && /^bearer /i.test(authorization);
  return { ...event, headers: isBearer ? { ...headers, authorization } : headers };
}
