import { backgroundCauses, type QueueName, type RunCause, type WakeUp, type WakeUps } from "../../reconcile/index.ts";
import { type Connection, numberOf, optionalCause, optionalText, textOf } from "./connection.ts";

/** Longest delay of one wake-up in milliseconds, as SQS has it (aws.md §5). */
const maxDelayMs = 900_000;
/** A message received this often without an ack becomes a dead letter (reliability.md L22). */
const maxReceives = 5;
/** Messages older than this are dropped unread: a stale sweep deletes itself (aws.md §14). */
const retentionMs: Readonly<Record<QueueName, number>> = {
  app: 14 * 86_400_000,
  source: 120_000,
  drift: 120_000,
  tick: 300_000,
};
/** Messages of one fair-share group of the queue `app` that may be in hand at once, so that a slow cluster leaves workers to the others (docs/adr/0010-sweeps-and-breaker.md). */
const maxPerGroup: Readonly<Record<QueueName, number>> = {
  app: 12,
  source: 1_000_000,
  drift: 1_000_000,
  tick: 1_000_000,
};
/** Causes that say nothing which a waiting message would not say as well. */
const reminders: readonly RunCause[] = [...backgroundCauses, "retry", "wait"];
const listed = (causes: readonly RunCause[]): string => causes.map((cause) => `'${cause}'`).join(", ");
/** Oldest visible messages that one receive looks at when it shares turns between groups. */
const fairWindow = 1_000;

/** A wake-up in hand: invisible to others until its visibility ends. */
export interface ReceivedWakeUp {
  /** Names this delivery; a later delivery of the same message has another. */
  readonly id: string;
  readonly queue: QueueName;
  readonly key: string;
  readonly group?: string;
  readonly cause?: RunCause;
  /** Deliveries so far, this one included. */
  readonly receives: number;
}

interface DeadLetter {
  readonly queue: QueueName;
  readonly key: string;
  readonly sentAt: number;
  readonly diedAt: number;
}

/** The local stand-in for the four standard queues of aws.md §14. */
export interface LocalQueue extends WakeUps {
  /**
   * Takes up to `max` visible messages and hides them for `visibilityMs`: what somebody waits for before what only the schedule asked for,
   * then groups with less in hand, then the oldest. A group with its full share in hand gets nothing.
   * A message past its fifth delivery becomes a dead letter instead.
   */
  receive(queue: QueueName, max: number, visibilityMs: number, now: number): Promise<readonly ReceivedWakeUp[]>;
  /** Removes the message; nothing when it was delivered again since or is gone. */
  ack(id: string): Promise<void>;
  /** Makes the message visible at `visibleAt` instead of when its visibility ends; nothing when it was delivered again since. */
  changeVisibility(id: string, visibleAt: number): Promise<void>;
  /** When the next message of these queues becomes visible; in the past when one is waiting. `undefined`: they are empty. */
  nextVisibleAt(...queues: readonly QueueName[]): Promise<number | undefined>;
  /** Calls `listener` after each send of this process is stored; answers the function that stops it. Other processes' sends are found by `nextVisibleAt`. */
  onSend(listener: (wakeUp: WakeUp) => void): () => void;
  /** Messages of a queue, in hand or delayed ones included. */
  size(queue: QueueName): Promise<number>;
  /** Newest first. */
  deadLetters(limit: number): Promise<readonly DeadLetter[]>;
}

/**
 * Wake-ups in SQLite. A send is dropped when a message for the same key waits undelivered and is visible no later: whoever
 * receives that one looks at the row after this send.
 */
export function createQueue(connection: Connection, now: () => number): LocalQueue {
  const send = connection.prepare(`
    INSERT INTO messages (queue, key, grp, cause, sent_at, visible_at, receives)
    SELECT :queue, :key, :group, :cause, :now, :visibleAt, 0
    WHERE NOT EXISTS (SELECT 1 FROM messages WHERE queue = :queue AND key = :key AND receives = 0 AND visible_at <= :visibleAt AND sent_at > :now - :retentionMs)`);

  // A waiting message takes over the reason of one that it stands for, if that is more than a reminder.
  const giveCause = connection.prepare(`
    UPDATE messages SET cause = :cause
    WHERE queue = :queue AND key = :key AND receives = 0 AND (cause IS NULL OR cause IN (${listed(reminders)}))`);

  const waiting = connection.prepare("SELECT 1 FROM messages WHERE queue = :queue AND visible_at <= :now LIMIT 1");
  const dropStale = connection.prepare(
    "DELETE FROM messages WHERE queue = :queue AND visible_at <= :now AND sent_at <= :now - :retentionMs",
  );
  const bury = connection.prepare(`
    INSERT OR REPLACE INTO dead_letters (id, queue, key, sent_at, died_at)
    SELECT id, queue, key, sent_at, :now FROM messages WHERE queue = :queue AND visible_at <= :now AND receives >= ${maxReceives}`);
  const dropBuried = connection.prepare(`
    DELETE FROM messages WHERE queue = :queue AND visible_at <= :now AND receives >= ${maxReceives}`);
  const receive = connection.prepare(`
    WITH
      inHand AS (SELECT grp, count(*) AS held FROM messages WHERE queue = :queue AND visible_at > :now AND receives > 0 GROUP BY grp),
      visible AS (
        SELECT id, grp, visible_at, coalesce(cause IN (${listed(backgroundCauses)}), 0) AS patient FROM messages
        WHERE queue = :queue AND visible_at <= :now AND (grp IS NULL OR grp NOT IN (SELECT grp FROM inHand WHERE grp IS NOT NULL AND held >= :share))
        ORDER BY patient, visible_at, id LIMIT ${fairWindow}),
      turns AS (
        SELECT id, visible.grp AS grp, visible_at, patient,
          row_number() OVER (PARTITION BY visible.grp ORDER BY patient, visible_at, id) + coalesce(held, 0) AS turn
        FROM visible LEFT JOIN inHand ON inHand.grp IS visible.grp)
    UPDATE messages SET visible_at = :now + :visibilityMs, receives = receives + 1
    WHERE id IN (SELECT id FROM turns WHERE grp IS NULL OR turn <= :share ORDER BY patient, turn, visible_at, id LIMIT :max)
    RETURNING id, key, grp, cause, receives`);

  const ack = connection.prepare("DELETE FROM messages WHERE id = :id AND receives = :receives");
  const changeVisibility = connection.prepare(
    "UPDATE messages SET visible_at = :visibleAt WHERE id = :id AND receives = :receives",
  );
  const nextVisibleAt = connection.prepare("SELECT min(visible_at) AS at FROM messages WHERE queue = ?");
  // Groups with their full share in hand are waited for, not polled.
  const nextOfFree = connection.prepare(`
    SELECT min(visible_at) AS at FROM messages
    WHERE queue = :queue AND (visible_at > :now OR grp IS NULL OR grp NOT IN (
      SELECT grp FROM messages WHERE queue = :queue AND visible_at > :now AND receives > 0 AND grp IS NOT NULL GROUP BY grp HAVING count(*) >= :share))`);
  const size = connection.prepare("SELECT count(*) AS size FROM messages WHERE queue = ?");
  const deadLetters = connection.prepare("SELECT * FROM dead_letters ORDER BY died_at DESC, id DESC LIMIT ?");

  const listeners = new Set<(wakeUp: WakeUp) => void>();
  return {
    async send(wakeUp) {
      const { queue, key, delayMs = 0, group, cause } = wakeUp;
      if (!(delayMs >= 0 && delayMs <= maxDelayMs)) {
        throw new RangeError(`wake-up ${queue} ${key}: delayMs ${delayMs} is not within 0 to ${maxDelayMs}`);
      }
      await connection.write(() => {
        const at = now();
        const { changes } = send.run({
          queue,
          key,
          group: group ?? null,
          cause: cause ?? null,
          now: at,
          visibleAt: at + delayMs,
          retentionMs: retentionMs[queue],
        });
        if (changes === 0 && cause !== undefined && !reminders.includes(cause)) giveCause.run({ queue, key, cause });
      });
      for (const listener of listeners) listener(wakeUp);
    },

    async receive(queue, max, visibilityMs, at) {
      // Idle polls take no write lock.
      if (connection.read(() => waiting.get({ queue, now: at })) === undefined) return [];
      return connection.write(() => {
        dropStale.run({ queue, now: at, retentionMs: retentionMs[queue] });
        if (bury.run({ queue, now: at }).changes !== 0) dropBuried.run({ queue, now: at });
        return receive
          .all({ queue, now: at, visibilityMs, max, share: maxPerGroup[queue] })
          .map((row): ReceivedWakeUp => {
            const receives = numberOf(row, "receives");
            return {
              id: `${numberOf(row, "id")}.${receives}`,
              queue,
              key: textOf(row, "key"),
              ...optionalText(row, "grp", "group"),
              ...optionalCause(row),
              receives,
            };
          });
      });
    },

    ack: (id) =>
      connection.write(() => {
        ack.run(deliveryOf(id));
      }),

    changeVisibility: (id, visibleAt) =>
      connection.write(() => {
        changeVisibility.run({ ...deliveryOf(id), visibleAt });
      }),

    nextVisibleAt: async (...queues) =>
      connection.read(() => {
        let earliest: number | undefined;
        for (const queue of queues) {
          const row = nextVisibleAt.get(queue);
          if (row?.["at"] === null) continue;
          let at = numberOf(row, "at");
          // Something is visible: perhaps only what may not be taken now.
          if (at <= now() && queue === "app") {
            const free = nextOfFree.get({ queue, now: now(), share: maxPerGroup[queue] });
            if (free?.["at"] === null) continue;
            at = numberOf(free, "at");
          }
          if (earliest === undefined || at < earliest) earliest = at;
        }
        return earliest;
      }),

    onSend(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },

    size: async (queue) => connection.read(() => numberOf(size.get(queue), "size")),

    deadLetters: async (limit) =>
      connection.read(() =>
        deadLetters.all(limit).map((row) => ({
          // Only `send` and `bury` write this column, from a QueueName.
          queue: textOf(row, "queue") as QueueName,
          key: textOf(row, "key"),
          sentAt: numberOf(row, "sent_at"),
          diedAt: numberOf(row, "died_at"),
        })),
      ),
  };
}

function deliveryOf(id: string): { readonly id: number; readonly receives: number } {
  const [message, receives] = id.split(".");
  return { id: Number(message), receives: Number(receives) };
}
