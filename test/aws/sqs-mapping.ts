/**
 * Lambda's event source mapping from a standard queue to a function: receives with a visibility, invokes, deletes what was settled. The answer's
 * `batchItemFailures` stay for their visibility; an answer of another shape, or an error, leaves the whole batch (aws.md §5).
 */
import type { AwsApi } from "../../src/adapters/aws/index.ts";
import { type Received, receiveMessages, sqsEvent } from "../functions/aws/lambda-world.ts";
import type { LambdaFunction } from "./runtime-loop.ts";

export interface Mapping {
  /** Takes no more messages, and waits for those in hand. */
  stop(): Promise<void>;
}

export function startMapping(
  api: AwsApi,
  queueUrl: string,
  target: LambdaFunction,
  options: { readonly visibilityS: number; readonly maxConcurrency: number },
): Mapping {
  let stopped = false;
  const poll = async (): Promise<void> => {
    while (!stopped) {
      const [message] = await receiveMessages(api, queueUrl, options.visibilityS);
      if (message === undefined) await new Promise((resolve) => setTimeout(resolve, 25));
      else await deliver(message);
    }
  };
  const deliver = async (message: Received): Promise<void> => {
    try {
      const answer = await target.invoke(sqsEvent(message));
      if (isSettled(answer))
        await api.call("sqs", "DeleteMessage", { QueueUrl: queueUrl, ReceiptHandle: message.receipt });
    } catch {
      // As on AWS: the message comes again when its visibility ends. What went wrong stands in the function's log.
    }
  };
  const pollers = Array.from({ length: options.maxConcurrency }, poll);
  return {
    async stop() {
      stopped = true;
      await Promise.allSettled(pollers);
    },
  };
}

/** No list, or an empty one, settles all; an id that is not of the batch fails all of it. */
function isSettled(answer: unknown): boolean {
  const failures: unknown = Reflect.get(Object(answer), "batchItemFailures");
  if (failures === undefined || failures === null) return true;
  if (!Array.isArray(failures)) return false;
  // One message a batch: whatever id stands there is its own, or one that fails all.
  return failures.length === 0;
}
