/** Queue `source` → asks git servers for their refs and wakes the Apps whose subPath changed. Knows git and nothing of run clusters. */
import { createMemoryObjectCache } from "../../git/index.ts";
import { runSource } from "../../reconcile/index.ts";
import { openAwsProcess } from "./aws-process.ts";
import type { LambdaContext, SqsBatchAnswer, SqsEvent } from "./lambda.ts";
import { openGit } from "./open-git.ts";
import { openVault } from "./open-vault.ts";
import { settleBatch } from "./settle-batch.ts";
import { keepWarm } from "./warm.ts";

const lambda = openAwsProcess("source", process.env, ["app", "background", "source"]);
const vault = openVault(lambda);
const objects = createMemoryObjectCache();
const warm = keepWarm(lambda, async () => openGit(lambda, objects));

export async function handler(event: SqsEvent, context: LambdaContext): Promise<SqsBatchAnswer> {
  try {
    return await warm.use(({ git }) =>
      settleBatch(
        event,
        context,
        "source",
        { ...lambda, config: lambda.reconcile, vault, git },
        (message, deps, options) => runSource(message.key, deps, options),
      ),
    );
  } finally {
    lambda.flush();
  }
}
