/** Queue `drift` → compares run clusters with what was deployed and wakes the Apps that differ. */
import { runDrift } from "../../reconcile/index.ts";
import { openAwsProcess } from "./aws-process.ts";
import { composeAws } from "./compose-aws.ts";
import type { LambdaContext, SqsBatchAnswer, SqsEvent } from "./lambda.ts";
import { settleBatch } from "./settle-batch.ts";

const lambda = openAwsProcess("drift", process.env, ["app", "background", "drift"]);
const warm = composeAws(lambda, () => undefined);

export async function handler(event: SqsEvent, context: LambdaContext): Promise<SqsBatchAnswer> {
  try {
    return await warm.use(({ deps }) =>
      settleBatch(event, context, "drift", deps, (message, own, options) => runDrift(message.key, own, options)),
    );
  } finally {
    lambda.flush();
  }
}
