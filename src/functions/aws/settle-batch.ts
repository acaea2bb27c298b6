import { readSqsMessage } from "../../adapters/aws/index.ts";
import type { Clock, Log } from "../../base/index.ts";
import type { Metrics, QueueName, WorkRows } from "../../reconcile/index.ts";
import type { HandlerOptions, Message } from "../handlers.ts";
import { deadlineOf } from "./deadline.ts";
import type { LambdaContext, SqsBatchAnswer, SqsEvent, SqsRecord } from "./lambda.ts";

interface BatchDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly rows: WorkRows;
}

/** A further message is begun while at least this share of the invocation's time is left. */
const startShare = 0.5;

/**
 * Works on each message by itself and answers which of them SQS shall deliver again.
 *
 * | what happened | answer |
 * |---|---|
 * | worked, also when the deploy failed: that is state | settled |
 * | unparsable, or of a key that means nothing | logged, settled: it would be as wrong the next time |
 * | failed after a lease was taken | logged, settled: the lease ends in 60 s, the row is still dirty, the sweep starts over |
 * | failed before: the store could not be read | again after the visibility timeout, and after five times in the dead-letter queue as evidence |
 * | too little time left to begin it | again |
 *
 * A second delivery finds the row done or its lease held, and does nothing.
 */
export async function settleBatch<Deps extends BatchDeps>(
  event: SqsEvent,
  context: LambdaContext,
  queue: QueueName,
  deps: Deps,
  work: (message: Message, deps: Deps, options: HandlerOptions) => Promise<void>,
): Promise<SqsBatchAnswer> {
  const least = context.getRemainingTimeInMillis() * startShare;
  const again: { readonly itemIdentifier: string }[] = [];
  const batch = { ...deps, log: deps.log.child({ requestId: context.awsRequestId, queue }) };
  for (const record of event.Records) {
    const isSettled = context.getRemainingTimeInMillis() >= least && (await settle(record, context, batch, work));
    if (!isSettled) again.push({ itemIdentifier: record.messageId });
  }
  return { batchItemFailures: again };
}

async function settle<Deps extends BatchDeps>(
  record: SqsRecord,
  context: LambdaContext,
  deps: Deps,
  work: (message: Message, deps: Deps, options: HandlerOptions) => Promise<void>,
): Promise<boolean> {
  const { log } = deps;
  const message = readSqsMessage(record.body);
  if (message === undefined) {
    log.error("message not understood", { messageId: record.messageId });
    return true;
  }
  deps.metrics.observe("lateen_queue_age_ms", Math.max(0, deps.clock.now() - message.dueAt));
  const deadline = deadlineOf(context, deps.clock);
  const watched = watchLeases(deps.rows);
  try {
    await work(message, { ...deps, rows: watched.rows }, deadline);
    return true;
  } catch (error) {
    const isSettled = watched.hasTaken();
    log.error(isSettled ? "run failed" : "run not begun, the message comes again", { key: message.key, error });
    return isSettled;
  } finally {
    deadline.release();
  }
}

/** The same rows, which tell whether a lease was asked for and answered. */
function watchLeases(rows: WorkRows): { readonly rows: WorkRows; readonly hasTaken: () => boolean } {
  let taken = false;
  const acquire: WorkRows["acquire"] = async (...lease) => {
    const answer = await rows.acquire(...lease);
    taken = true;
    return answer;
  };
  return { rows: { ...rows, acquire }, hasTaken: () => taken };
}
