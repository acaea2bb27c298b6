import { createHash } from "node:crypto";
import type { Clock, EpochMs } from "../../base/index.ts";
import { isBackground, type QueueName, readRunCause, type RunCause, type WakeUps } from "../../reconcile/index.ts";
import type { AwsApi } from "./aws-api.ts";

/** Longest delay of one message in milliseconds (aws.md §5). */
export const maxSqsDelayMs = 900_000;

/** What one message says. */
export interface SqsWakeUp {
  readonly key: string;
  readonly cause?: RunCause;
  /** When it was to be received at the earliest: what is later is the queue's age. */
  readonly dueAt: EpochMs;
}

/**
 * A queue of the installation. SQS knows no priorities: runs of Apps that nobody waits for have the queue `background`, so that no
 * push stands behind them.
 */
export type SqsQueueName = QueueName | "background";

export interface SqsWakeUpsOptions {
  readonly api: AwsApi;
  /** Only the queues that this process may send to. */
  readonly queueUrls: { readonly [Queue in SqsQueueName]?: string };
  readonly clock: Pick<Clock, "now">;
}

/**
 * Wake-ups on standard queues. SQS delays by whole seconds: a wake-up never comes early and up to a second late. A send whose reply was lost
 * may be two messages, which is what a wake-up may be.
 * @throws RangeError for a delay outside 0 to 900 s; AwsError when SQS refuses or is out of reach.
 */
export function createSqsWakeUps({ api, queueUrls, clock }: SqsWakeUpsOptions): WakeUps {
  return {
    async send({ queue, key, delayMs = 0, group, cause }) {
      if (!(delayMs >= 0 && delayMs <= maxSqsDelayMs)) {
        throw new RangeError(`wake-up ${queue} ${key}: delayMs ${delayMs} is not within 0 to ${maxSqsDelayMs}`);
      }
      const target = sqsQueueOf(queue, cause);
      const queueUrl = queueUrls[target];
      if (queueUrl === undefined) {
        throw new Error(`wake-up ${queue} ${key}: no URL of the queue "${target}" is configured for this function`);
      }
      const message: SqsWakeUp = { key, ...(cause !== undefined && { cause }), dueAt: clock.now() + delayMs };
      await api.call("sqs", "SendMessage", {
        QueueUrl: queueUrl,
        MessageBody: JSON.stringify(message),
        DelaySeconds: Math.ceil(delayMs / 1_000),
        ...(group !== undefined && { MessageGroupId: groupId(group) }),
      });
    },
  };
}

function sqsQueueOf(queue: QueueName, cause: RunCause | undefined): SqsQueueName {
  return queue === "app" && isBackground(cause) ? "background" : queue;
}

/** What a received body says; `undefined` when lateen did not write it. */
export function readSqsMessage(body: string): SqsWakeUp | undefined {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null || !("key" in value) || !("dueAt" in value)) return undefined;
  const { key, dueAt } = value;
  if (typeof key !== "string" || key === "" || typeof dueAt !== "number" || !Number.isFinite(dueAt)) return undefined;
  const cause = readRunCause("cause" in value ? value.cause : undefined);
  return { key, ...(cause !== undefined && { cause }), dueAt };
}

/** A fair-share group by its hash: group ids of SQS are ASCII and at most 128 characters, and names of clusters are nobody's business there. */
function groupId(group: string): string {
  return createHash("sha256").update(group).digest("hex").slice(0, 32);
}
