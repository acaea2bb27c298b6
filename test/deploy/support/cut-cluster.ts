/** Clusters that are lost at their n-th write. */
import type { TestCluster } from "./deploy.ts";
import { failure } from "./memory-cluster.ts";

export interface CutCluster {
  readonly cluster: TestCluster;
  /** Aborted by the death of the caller. */
  readonly signal: AbortSignal;
  /** Writes that were asked for, the one that was cut included. */
  readonly writes: () => number;
}

/** Where the caller dies: the write is never sent, or it is carried out and its answer is lost. */
export type Cut = "unsent" | "unanswered";
export const cuts: readonly Cut[] = ["unsent", "unanswered"];

/**
 * The caller dies at the write `at`, which counts from 1: nothing that it does afterwards arrives, and it hears no answer any more. With
 * `Infinity` nobody dies and the writes are only counted.
 */
export function dieAt(cluster: TestCluster, at: number, cut: Cut): CutCluster {
  const death = new AbortController();
  const die = (): void => death.abort(new Error("killed"));
  let writes = 0;
  const around: Around = async (isWrite, work) => {
    death.signal.throwIfAborted();
    const isLast = isWrite && ++writes === at;
    if (isLast && cut === "unsent") die();
    death.signal.throwIfAborted();
    try {
      return await work();
    } finally {
      if (isLast) die();
      death.signal.throwIfAborted();
    }
  };
  return { cluster: wrap(cluster, around), signal: death.signal, writes: () => writes };
}

/** What became of a write without an answer: it never arrived, it was carried out, or it is carried out after the caller has looked. */
export type Loss = "unsent" | "unanswered" | "late";
export const losses: readonly Loss[] = ["unsent", "unanswered", "late"];

/** The connection breaks at the write `at`, which counts from 1, and is there again for the next call. */
export function loseAnswer(cluster: TestCluster, at: number, loss: Loss): TestCluster {
  let writes = 0;
  let late: (() => Promise<unknown>) | undefined;
  return wrap(cluster, async (isWrite, work) => {
    if (!isWrite || ++writes !== at) {
      const answer = await work();
      const carryOut = late;
      late = undefined;
      // It may be refused by then; nobody hears of it.
      await carryOut?.().catch(() => undefined);
      return answer;
    }
    if (loss === "unanswered") await work();
    if (loss === "late") late = work;
    throw failure(0, "", "connection reset", true);
  });
}

type Around = <Answer>(isWrite: boolean, work: () => Promise<Answer>) => Promise<Answer>;

function wrap(cluster: TestCluster, around: Around): TestCluster {
  return {
    server: cluster.server,
    clock: cluster.clock,
    discover: (...args) => around(false, () => cluster.discover(...args)),
    list: (...args) => around(false, () => cluster.list(...args)),
    get: (...args) => around(false, () => cluster.get(...args)),
    create: (...args) => around(true, () => cluster.create(...args)),
    replace: (...args) => around(true, () => cluster.replace(...args)),
    patch: (...args) => around(true, () => cluster.patch(...args)),
    delete: (...args) => around(true, () => cluster.delete(...args)),
  };
}
