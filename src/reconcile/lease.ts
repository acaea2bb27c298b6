import type { Lease, Runtime, WorkRows } from "./ports.ts";

/** Life of a lease, time between renewals, and how long without one until the holder stops itself (reliability.md L21). */
const leaseMs = 60_000;
const heartbeatMs = 15_000;
const selfStopMs = 45_000;

/** What a run says when it ends: completed, or to be continued at a time. */
export type Verdict =
  | { readonly type: "done" }
  /** To be continued at a time. `keepTries`: the attempt counts as one that did not end (else only kills count). `epochAtLeast`: see `WorkRows.defer`. */
  | {
      readonly type: "later";
      readonly at: number;
      readonly cause: "wait" | "retry";
      readonly keepTries: boolean;
      readonly epochAtLeast?: number;
    };

export class LeaseLost extends Error {
  override readonly name = "LeaseLost";
}

/**
 * Runs `work` under the row's lease: takes it (or answers `undefined`: somebody else has it, or nothing is due), renews it while `work` runs,
 * aborts `work` when it cannot be renewed, and afterwards finishes or defers the row. A thrown error leaves the lease to run out, as a kill would:
 * what failed may be anything, and starting over from the live state is always safe.
 * @returns the verdict, and whether the row is due again at once because somebody asked for a run meanwhile.
 */
export async function underLease(
  key: string,
  deps: Runtime & { readonly rows: WorkRows },
  options: { readonly signal: AbortSignal; readonly deadline: number },
  work: (lease: Lease, signal: AbortSignal) => Promise<Verdict>,
): Promise<{ readonly verdict: Verdict; readonly dueAgain: boolean } | undefined> {
  const { clock, rows } = deps;
  const lease = await rows.acquire(key, deps.newId(), clock.now(), leaseMs);
  if (lease === undefined) return undefined;
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  const heart = beat(lease, deps, stop);
  let verdict: Verdict;
  try {
    verdict = await work(lease, signal);
  } finally {
    stop.abort(new Error("run ended"));
    await heart;
  }
  const result = verdict.type === "done" ? await rows.finish(lease) : await rows.defer(lease, verdict.at, verdict);
  if (result === "lost") deps.log.warn("lease lost before the run was settled", { key, epoch: lease.epoch });
  return { verdict, dueAgain: result === "dirty" };
}

/** Renews until stopped; stops the run when the lease is gone or renewals have failed for too long. */
async function beat(lease: Lease, deps: Runtime & { readonly rows: WorkRows }, stop: AbortController): Promise<void> {
  const { clock, rows, log } = deps;
  let renewedAt = clock.now();
  while (!stop.signal.aborted) {
    try {
      await clock.sleep(heartbeatMs, stop.signal);
    } catch {
      return; // the run ended
    }
    try {
      if (!(await rows.renew(lease, clock.now() + leaseMs))) {
        stop.abort(new LeaseLost(`another run took over ${lease.key}`));
        return;
      }
      renewedAt = clock.now();
    } catch (error) {
      log.warn("lease not renewed", { key: lease.key, error });
    }
    if (clock.now() - renewedAt > selfStopMs)
      stop.abort(new LeaseLost(`the lease of ${lease.key} could not be renewed`));
  }
}
