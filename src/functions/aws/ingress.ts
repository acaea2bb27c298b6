/** HTTP API → webhooks: verify, mark rows, wake, answer. Nothing that a deploy needs is part of this function. */
import { createHookSecrets } from "../../adapters/aws/index.ts";
import {
  answerLambda,
  checkWebhookSecrets,
  createWebhooks,
  type LambdaHttpEvent,
  type LambdaHttpResult,
  problemResponse,
  type RequestAnswerer,
  type WebhookSecret,
} from "../../http/index.ts";
import { acceptPush, type WakeUps } from "../../reconcile/index.ts";
import { type AwsProcess, openAwsProcess } from "./aws-process.ts";
import type { LambdaContext } from "./lambda.ts";
import { within } from "./within.ts";

/** reliability.md L1; larger pushes are found by the next tick. */
const maxBodyBytes = 4 * 1024 * 1024;
/** Together with the 3 s that storing a push may take (L3) far below the function's 8 s and GitHub's 10 s. */
const secretsTimeoutMs = 2_500;
/** A stored push is not answered 503 because SQS is slow: the sweep finds its row (F15). */
const sendTimeoutMs = 1_500;

const lambda = openAwsProcess("ingress", process.env, ["source"]);
const app = openWebhooks(lambda);

export async function handler(event: LambdaHttpEvent, context: LambdaContext): Promise<LambdaHttpResult> {
  try {
    return await answerLambda(app, event, { maxBodyBytes, requestId: context.awsRequestId });
  } finally {
    lambda.flush();
  }
}

function openWebhooks(lambda: AwsProcess): RequestAnswerer {
  const { config, clock, log, metrics, redactor, rows, items, api } = lambda;
  const readSecrets = createHookSecrets({ api, names: config.hookSecrets, clock });
  const deps = { clock, log, metrics, rows, items, wakeUps: sendInTime(lambda) };
  let secrets: readonly WebhookSecret[] = [];
  let read: readonly string[] | undefined;
  let webhooks: RequestAnswerer | undefined;

  /** Asks each time: the reader caches, and knows by the wall clock when what it has is too old. */
  const refresh = async (): Promise<void> => {
    const now = await within(secretsTimeoutMs, "reading the webhook secrets", clock, readSecrets());
    if (now === read) return;
    read = now;
    secrets = now.map((secret) => ({ secret }));
    for (const secret of now) redactor.add(secret);
    for (const fault of checkWebhookSecrets(secrets).faults) log.error("webhook secret not usable", { fault });
    secrets = secrets.filter((secret) => checkWebhookSecrets([secret]).faults.length === 0);
  };

  return {
    fetch: async (request, env) => {
      try {
        await refresh();
      } catch (error) {
        log.error("webhook secrets not readable", { error });
        return unavailable();
      }
      webhooks ??= createWebhooks({
        secrets: () => secrets,
        acceptPush: (push) => acceptPush(push, deps),
        log,
        metrics,
        clock,
      });
      return webhooks.fetch(request, env);
    },
  };
}

function sendInTime({ wakeUps, clock }: AwsProcess): WakeUps {
  return { send: (wakeUp) => within(sendTimeoutMs, "sending the wake-up", clock, wakeUps.send(wakeUp)) };
}

function unavailable(): Response {
  return problemResponse(
    {
      status: 503,
      code: "SECRETS_NOT_READABLE",
      message: "the delivery could not be checked",
      hint: "redeliver it, or wait for the next sync period",
    },
    { "retry-after": "10" },
  );
}
