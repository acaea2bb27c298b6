/** Queue `app` → runs one App: lease, slice, status, release. */
import { runApp } from "../../reconcile/index.ts";
import { openAwsProcess } from "./aws-process.ts";
import { composeAws } from "./compose-aws.ts";
import type { LambdaContext, SqsBatchAnswer, SqsEvent } from "./lambda.ts";
import { settleBatch } from "./settle-batch.ts";

const lambda = openAwsProcess("runner", process.env, ["app", "background"]);
const warm = composeAws(lambda, () => undefined);

export async function handler(event: SqsEvent, context: LambdaContext): Promise<SqsBatchAnswer> {
  try {
    return await warm.use(({ deps }) =>
      settleBatch(event, context, "app", deps, ({ key, cause }, own, options) =>
        runApp(key, own, { ...options, ...(cause === undefined ? {} : { cause }) }),
      ),
    );
  } finally {
    lambda.flush();
  }
}
