import type { LocalQueue, ReceivedWakeUp } from "../adapters/local/index.ts";
import type { Clock, Log } from "../base/index.ts";
import type { QueueName } from "../reconcile/index.ts";
import { visibilityMs } from "./handlers.ts";

/** Longest sleep between looks at the queue: another process on the same data directory may have sent something. */
const maxIdleMs = 1_000;

export interface WorkerPool {
  /** Takes no more messages; resolves when those in hand are settled. */
  drain(): Promise<void>;
}

/** Works on one queue with at most `concurrency` messages in hand, in the place of SQS and its event source mapping. */
export function startWorkers(
  options: {
    readonly queue: LocalQueue;
    readonly name: QueueName;
    readonly concurrency: number;
    readonly clock: Clock;
    readonly log: Log;
  },
  work: (message: ReceivedWakeUp) => Promise<void>,
): WorkerPool {
  const { queue, name, concurrency, clock, log } = options;
  const inHand = new Set<Promise<void>>();
  let draining = false;
  // A wake-up may come while the queue is being asked: it is remembered, not lost.
  let nudged = false;
  let endSleep: (() => void) | undefined;
  const wake = (): void => {
    nudged = true;
    endSleep?.();
  };
  const stopListening = queue.onSend((wakeUp) => {
    if (wakeUp.queue === name) wake();
  });

  const settle = async (message: ReceivedWakeUp): Promise<void> => {
    try {
      await work(message);
    } catch (error) {
      // The row stays dirty and its lease runs out: the sweep starts over. The message is no work list.
      log.error("run failed", { queue: name, key: message.key, error });
    }
    await queue.ack(message.id);
  };

  const sleep = async (ms: number): Promise<void> => {
    if (nudged || ms <= 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      endSleep = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    endSleep = undefined;
  };

  const turn = async (): Promise<void> => {
    nudged = false;
    const free = concurrency - inHand.size;
    const messages = free > 0 ? await queue.receive(name, free, visibilityMs[name], clock.now()) : [];
    for (const message of messages) {
      const run = settle(message)
        .catch((error: unknown) => log.error("message not settled", { queue: name, key: message.key, error }))
        .finally(() => {
          inHand.delete(run);
          wake();
        });
      inHand.add(run);
    }
    if (messages.length > 0) return;
    const next = free > 0 ? await queue.nextVisibleAt(name) : undefined;
    await sleep(Math.min(maxIdleMs, next === undefined ? maxIdleMs : next - clock.now()));
  };

  const loop = async (): Promise<void> => {
    while (!draining) {
      try {
        await turn();
      } catch (error) {
        // The store is busy or its disk is full: nothing is lost, look again later.
        log.error("queue not readable", { queue: name, error });
        await sleep(maxIdleMs);
      }
    }
  };
  const running = loop();

  return {
    async drain() {
      draining = true;
      wake();
      await running;
      stopListening();
      await Promise.all(inHand);
    },
  };
}
