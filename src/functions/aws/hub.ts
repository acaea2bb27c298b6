/** HTTP API → the hub's Kubernetes API, the by-hand API and health. Answers are whole: what streams elsewhere ends early here. */
import {
  answerLambda,
  createByHand,
  createHealth,
  createHttp,
  type LambdaHttpEvent,
  type LambdaHttpResult,
  type RequestAnswerer,
} from "../../http/index.ts";
import { ApiError } from "../../kubeapi/index.ts";
import { byHandDeps } from "../compose-deps.ts";
import { openAwsProcess } from "./aws-process.ts";
import { type AwsComposition, composeAws } from "./compose-aws.ts";
import { deadlineOf } from "./deadline.ts";
import type { LambdaContext } from "./lambda.ts";

/** What Lambda takes as a request; the hub's own bound is 3 MiB (reliability.md L29). */
const maxBodyBytes = 6 * 1024 * 1024;
/** Of the 29 s that API Gateway waits for this function. Watches then begin again, runs by hand are followed by the function `byhand`. */
const maxWatchMs = 20_000;
const maxWaitMs = 22_000;

const lambda = openAwsProcess("hub", process.env, ["app", "background", "source"]);
const warm = composeAws(lambda, openHttp, { maxWatchMs, mayLackHome: true });

export async function handler(event: LambdaHttpEvent, context: LambdaContext): Promise<LambdaHttpResult> {
  const deadline = deadlineOf(context, lambda.clock);
  try {
    return await warm.use(({ served }) =>
      answerLambda(served, event, {
        maxBodyBytes,
        requestId: context.awsRequestId,
        signal: deadline.signal,
        tooLarge: answerTooLarge,
      }),
    );
  } finally {
    deadline.release();
    lambda.flush();
  }
}

function openHttp({ deps, hub }: AwsComposition): RequestAnswerer {
  const { log } = lambda;
  return createHttp({
    byHand: createByHand({ ...byHandDeps(deps, hub, lambda.config.version), maxWaitMs }),
    hub: (request) => hub.handle(request),
    health: createHealth({
      log,
      ready: async () => {
        // Throws when the store cannot be read.
        await deps.rows.due(0, 1);
        return { ok: true, problems: [] };
      },
    }),
    log,
  });
}

/** In the form that kubectl prints. */
function answerTooLarge(request: Request): Response {
  const { pathname } = new URL(request.url);
  const message = `the answer to ${request.method} ${pathname} is larger than the 6 MB that a function may give (hint: ask for pages with ?limit=100, or for one namespace; kubectl get --chunk-size=100)`;
  const error = new ApiError("RequestEntityTooLarge", message);
  return Response.json(error.toStatus(), { status: error.code });
}
