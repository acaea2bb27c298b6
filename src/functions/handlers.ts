/**
 * One handler per function: what a queue message makes happen. A handler settles its row by itself and never throws for a failed deploy:
 * that is state. The local process and the functions on AWS run exactly these (aws.md §14).
 */
import {
  type QueueName,
  type ReconcileDeps,
  type RunCause,
  runApp,
  runDrift,
  runSource,
  runTick,
} from "../reconcile/index.ts";

/** A message in hand. */
export interface Message {
  readonly key: string;
  readonly cause?: RunCause;
}

export interface HandlerOptions {
  readonly signal: AbortSignal;
  /** Epoch milliseconds at which the slice should have settled its row. */
  readonly deadline: number;
}

export type Handler = (message: Message, deps: ReconcileDeps, options: HandlerOptions) => Promise<void>;

/** Longest slice of each kind of work in milliseconds (reliability.md L19; aws.md §14). */
export const sliceMs: Readonly<Record<QueueName, number>> = {
  app: 240_000,
  source: 60_000,
  drift: 60_000,
  tick: 30_000,
};

/** How long a message stays hidden while it is worked on: longer than the slice, so that only a dead worker's message comes back. */
export const visibilityMs: Readonly<Record<QueueName, number>> = {
  app: 330_000,
  source: 90_000,
  drift: 90_000,
  tick: 60_000,
};

export const handlers: Readonly<Record<QueueName, Handler>> = {
  app: (message, deps, options) =>
    runApp(message.key, deps, { ...options, ...(message.cause === undefined ? {} : { cause: message.cause }) }),
  source: (message, deps, options) => runSource(message.key, deps, options),
  drift: (message, deps, options) => runDrift(message.key, deps, options),
  tick: async (_message, deps, options) => {
    await runTick(deps, options);
  },
};
