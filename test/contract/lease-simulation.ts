import assert from "node:assert/strict";
import { test } from "node:test";
import type { Lease, WorkRows } from "../../src/reconcile/index.ts";
import type { Make } from "./contract.ts";

const key = "app/default/simulated";
const leaseMs = 60_000;
const pushes = 12;
/** Share of runs that are killed, and of runs that freeze past their lease and then go on. */
const crashShare = 0.15;
const zombieShare = 0.1;

/** What a run cluster holds: the commit that was applied last, behind a fence on the epoch (reliability.md §0.4). */
interface Cluster {
  commit: number;
  epoch: number;
}

/**
 * The randomised proof of aws.md §5: pushes, one to three copies of each wake-up in any order, killed runs, and zombies that wake
 * after their lease was given away. Always: the cluster ends at the newest commit and never goes back, no epoch has two holders,
 * `done` and `wanted` only rise. The fence compares epochs in the cluster; `fenced: false` shows that it is needed.
 */
export function leaseSimulation(name: string, make: Make<WorkRows>, runs: number): void {
  test(`${name}: ${runs} contended histories end at the newest commit, one holder per epoch (I1, I7, I18, F16, F21, F29, F57)`, async () => {
    for (let seed = 1; seed <= runs; seed++) {
      await make(async (rows) => {
        const end = await simulate(rows, seed, true);
        assert.deepEqual(end, { commit: pushes, backwardSteps: 0 }, `seed ${seed}`);
      });
    }
  });

  test(`${name}: without the fence in the cluster some of the same histories do not`, async () => {
    let wrong = 0;
    for (let seed = 1; seed <= runs; seed++) {
      await make(async (rows) => {
        const end = await simulate(rows, seed, false);
        if (end.commit !== pushes || end.backwardSteps > 0) wrong++;
      });
    }
    assert.ok(wrong > 0, "the simulation is hard enough to need the fence");
  });
}

async function simulate(
  rows: WorkRows,
  seed: number,
  fenced: boolean,
): Promise<{ readonly commit: number; readonly backwardSteps: number }> {
  const random = randomFrom(seed);
  const cluster: Cluster = { commit: 0, epoch: 0 };
  const holders = new Map<number, string>();
  const zombies: { readonly lease: Lease; readonly commit: number; readonly wakesAt: number }[] = [];
  const wakeUps: number[] = [];
  let head = 0;
  let backwardSteps = 0;
  let holderCount = 0;
  let now = 1_000_000;
  let seen = { wanted: 0, done: 0, epoch: 0 };

  const apply = (lease: Lease, commit: number): void => {
    if (fenced && lease.epoch < cluster.epoch) return;
    if (commit < cluster.commit) backwardSteps++;
    cluster.commit = commit;
    cluster.epoch = lease.epoch;
  };

  const run = async (): Promise<void> => {
    // Clocks of different machines: up to 5 s apart.
    const localNow = now + Math.floor(random() * 10_000) - 5_000;
    const holder = `run-${holderCount++}`;
    let lease = await rows.acquire(key, holder, localNow, leaseMs);
    // A lost reply: the caller asks again.
    if (random() < 0.2) {
      const again = await rows.acquire(key, holder, localNow, leaseMs);
      if (lease !== undefined) assert.deepEqual(again, lease);
      lease = again;
    }
    if (lease === undefined) return;
    assert.equal(holders.get(lease.epoch), undefined, `seed ${seed}: epoch ${lease.epoch} has a second holder`);
    holders.set(lease.epoch, holder);
    const commit = head; // The run asks the server what the ref is now.
    const fate = random();
    if (fate < crashShare) {
      if (random() < 0.5) apply(lease, commit);
      return;
    }
    if (fate < crashShare + zombieShare) {
      zombies.push({ lease, commit, wakesAt: now + leaseMs + Math.floor(random() * leaseMs) });
      return;
    }
    now += Math.floor(random() * 2_000);
    await push(0.3);
    apply(lease, commit);
    if (random() < 0.2) {
      await rows.defer(lease, now + Math.floor(random() * 5_000), { keepTries: random() < 0.5 });
      wakeUps.push(now + 5_000);
    } else if ((await rows.finish(lease)) === "dirty") wakeUps.push(now);
  };

  const push = async (chance: number): Promise<void> => {
    if (head === pushes || random() >= chance) return;
    head++;
    await rows.want(key, now);
    const copies = 1 + Math.floor(random() * 3);
    for (let copy = 0; copy < copies; copy++) wakeUps.push(now + Math.floor(random() * 30_000));
  };

  const wakeZombies = async (): Promise<void> => {
    for (const zombie of zombies.splice(0)) {
      if (zombie.wakesAt > now) {
        zombies.push(zombie);
        continue;
      }
      apply(zombie.lease, zombie.commit);
      await rows.finish(zombie.lease);
    }
  };

  for (let step = 0; ; step++) {
    assert.ok(step < 10_000, `seed ${seed}: comes to rest`);
    now += Math.floor(random() * 4_000);
    await push(0.3);
    await wakeZombies();
    const ready = wakeUps.findIndex((at) => at <= now);
    if (ready !== -1) {
      wakeUps.splice(ready, 1);
      await run();
    }
    // The sweep finds what wake-ups lost (F15).
    if (step % 15 === 0 && (await rows.due(now, 10)).includes(key)) wakeUps.push(now);
    const row = await rows.get(key);
    if (row === undefined) continue;
    assert.ok(row.done <= row.wanted && row.wanted >= seen.wanted && row.done >= seen.done && row.epoch >= seen.epoch);
    seen = row;
    if (head === pushes && row.done === row.wanted && zombies.length === 0) break;
  }
  return { commit: cluster.commit, backwardSteps };
}

/** Repeatable numbers in [0, 1): a linear congruential generator, its upper bits only. */
function randomFrom(seed: number): () => number {
  let state = Math.imul(seed, 2_654_435_761);
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state >>> 8) / 2 ** 24;
  };
}
