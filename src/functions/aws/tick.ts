/** Queue `tick` → the schedule. Each slot's winner sends the next slot's message; a schedule of one minute revives a chain that broke. */
import { runTick } from "../../reconcile/index.ts";
import { openAwsProcess } from "./aws-process.ts";
import { deadlineOf } from "./deadline.ts";
import type { LambdaContext, SqsBatchAnswer, SqsEvent } from "./lambda.ts";
import { maxSqsDelayMs, readSqsMessage } from "../../adapters/aws/index.ts";

/** A message comes up to a second late, never early; clocks of two machines may still differ by so much. */
const maxEarlyMs = 2_000;

const lambda = openAwsProcess("tick", process.env, ["app", "background", "source", "drift", "tick"]);

/**
 * Every message is settled, whatever happened: the next slot is the retry. Whatever the body says, it is a tick: the chain's `tick/SLOT`,
 * or the schedule's own text. Invoked without messages it ticks once.
 */
export async function handler(event: Partial<SqsEvent>, context: LambdaContext): Promise<SqsBatchAnswer> {
  const log = lambda.log.child({ requestId: context.awsRequestId });
  const bodies = event.Records?.map(({ body }) => body) ?? [""];
  const deadline = deadlineOf(context, lambda.clock);
  try {
    for (const body of bodies) await tick(body, { ...lambda, config: lambda.reconcile, log }, deadline);
  } finally {
    deadline.release();
    lambda.flush();
  }
  return { batchItemFailures: [] };
}

type TickDeps = Parameters<typeof runTick>[0];
type TickOptions = Parameters<typeof runTick>[1];

async function tick(body: string, deps: TickDeps, options: TickOptions): Promise<void> {
  const { clock, log, wakeUps } = deps;
  const { tickMs } = deps.config;
  await untilSlot(readSqsMessage(body)?.key, deps, options);
  let won = true;
  try {
    ({ won } = await runTick(deps, options));
  } catch (error) {
    // Perhaps ours, perhaps not: of two messages for one slot only one wins, so the chain is better sent on twice than not at all.
    log.error("tick failed", { error });
  }
  if (!won) return;
  const now = clock.now();
  const slot = Math.floor(now / tickMs) + 1;
  const delayMs = slot * tickMs - now;
  // Farther away than a message can wait: the schedule, which asks every minute, finds it.
  if (delayMs > maxSqsDelayMs) return;
  try {
    await wakeUps.send({ queue: "tick", key: `tick/${slot}`, delayMs });
  } catch (error) {
    log.error("next tick not sent, the schedule revives it within a minute", { slot, error });
  }
}

/** Waits for the slot that the message is for: begun before it, the tick would lose to the one before and the chain would end. */
async function untilSlot(key: string | undefined, { clock, config }: TickDeps, { signal }: TickOptions): Promise<void> {
  const slot = /^tick\/(\d{1,15})$/.exec(key ?? "")?.[1];
  const earlyMs = slot === undefined ? 0 : Number(slot) * config.tickMs - clock.now();
  if (earlyMs > 0 && earlyMs <= maxEarlyMs) await clock.sleep(earlyMs, signal);
}
