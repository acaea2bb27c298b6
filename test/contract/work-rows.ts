import assert from "node:assert/strict";
import type { Lease, WorkRows } from "../../src/reconcile/index.ts";
import { type Make, runContract } from "./contract.ts";

const leaseMs = 60_000;
const key = "app/default/simple";

/** The meaning of work rows (aws.md §5, §7; reliability.md §0.2, I7, I18), on whichever store. */
export function workRowsContract(name: string, make: Make<WorkRows>): void {
  runContract(`${name}: work rows`, make, {
    "want creates a dirty row that is due at once": async (rows) => {
      assert.equal(await rows.want(key, 1_000), 1);
      const row = await rows.get(key);
      assert.ok(row !== undefined);
      assert.deepEqual(
        { ...row, epoch: undefined },
        { key, wanted: 1, done: 0, epoch: undefined, tries: 0, nextAt: 1_000 },
      );
      assert.deepEqual(await rows.due(1_000, 10), [key]);
      assert.deepEqual(await rows.due(999, 10), []);
    },

    "each want counts": async (rows) => {
      assert.deepEqual([await rows.want(key, 1), await rows.want(key, 2), await rows.want(key, 3)], [1, 2, 3]);
    },

    "wants at the same time are all counted": async (rows) => {
      const answers = await Promise.all(Array.from({ length: 20 }, () => rows.want(key, 5)));
      assert.deepEqual(
        [...answers].sort((a, b) => a - b),
        Array.from({ length: 20 }, (_, index) => index + 1),
      );
    },

    "a lease says why, once; nobody's wish is hidden by the schedule's (L33)": async (rows) => {
      await rows.want(key, 1, "drift");
      assert.equal((await rows.get(key))?.cause, "drift");
      await rows.want(key, 2, "by hand");
      await rows.want(key, 3, "schedule");
      await rows.want(key, 4);
      const first = await leased(rows, "a", 10);
      assert.equal(first.cause, "by hand");
      await rows.want(key, 11, "app changed");
      assert.equal(await rows.defer(first, 500, { keepTries: false }), "dirty");
      const second = await leased(rows, "b", 12);
      assert.equal(second.cause, "app changed");
      assert.equal(await rows.defer(second, 500, { keepTries: false }), "deferred");
      const third = await leased(rows, "c", 500);
      assert.equal(third.cause, undefined);
      await rows.want(key, 501, "push");
      assert.equal(await rows.finish(third), "dirty");
      const fourth = await leased(rows, "d", 502);
      assert.equal(fourth.cause, "push");
      assert.equal(await rows.finish(fourth), "clean");
      assert.equal((await rows.get(key))?.cause, undefined);
    },

    "an unknown row is not leased, and not created by trying (aws.md §5)": async (rows) => {
      assert.equal(await rows.acquire(key, "a", 1, leaseMs), undefined);
      assert.equal(await rows.get(key), undefined);
    },

    "a lease carries the wanted of its time and raises epoch and tries": async (rows) => {
      await rows.want(key, 1);
      await rows.want(key, 1);
      const before = await rows.get(key);
      const lease = await leased(rows, "a", 10);
      assert.equal(lease.wanted, 2);
      assert.equal(lease.tries, 1);
      assert.ok(lease.epoch > (before?.epoch ?? Number.NaN));
      const row = await rows.get(key);
      assert.equal(row?.holder, "a");
      assert.equal(row?.leaseUntil, 10 + leaseMs);
    },

    "of many that try at once exactly one gets the lease (F16, I1)": async (rows) => {
      await rows.want(key, 1);
      const leases = await Promise.all(
        Array.from({ length: 10 }, (_, index) => rows.acquire(key, `h${index}`, 1, leaseMs)),
      );
      assert.equal(leases.filter((lease) => lease !== undefined).length, 1);
    },

    "the same holder asking again gets the same lease (F24)": async (rows) => {
      await rows.want(key, 1);
      const first = await leased(rows, "a", 10);
      await rows.want(key, 11);
      assert.deepEqual(await rows.acquire(key, "a", 12, leaseMs), first);
    },

    "a dead holder's row is free when its lease ends, with a higher epoch and the try counted (I18, I27)": async (
      rows,
    ) => {
      await rows.want(key, 1);
      const dead = await leased(rows, "a", 10);
      assert.equal(await rows.acquire(key, "b", 10 + leaseMs - 1, leaseMs), undefined);
      assert.deepEqual(await rows.due(10 + leaseMs - 1, 10), []);
      assert.deepEqual(await rows.due(10 + leaseMs, 10), [key]);
      const next = await leased(rows, "b", 10 + leaseMs);
      assert.ok(next.epoch > dead.epoch);
      assert.equal(next.tries, 2);
    },

    "an ended lease of the same holder is taken anew": async (rows) => {
      await rows.want(key, 1);
      const first = await leased(rows, "a", 10);
      const second = await leased(rows, "a", 10 + leaseMs);
      assert.ok(second.epoch > first.epoch);
    },

    "renew moves the end of the lease, for its holder only": async (rows) => {
      await rows.want(key, 0);
      const lease = await leased(rows, "a", 0);
      assert.equal(await rows.renew(lease, 100_000), true);
      assert.equal((await rows.get(key))?.leaseUntil, 100_000);
      assert.equal(await rows.acquire(key, "b", 99_999, leaseMs), undefined);
      await leased(rows, "b", 100_000);
      assert.equal(await rows.renew(lease, 200_000), false);
    },

    "finish cleans a row that nobody asked for since": async (rows) => {
      await rows.want(key, 1);
      const lease = await leased(rows, "a", 1);
      assert.equal(await rows.finish(lease), "clean");
      const row = await rows.get(key);
      assert.deepEqual(row, { key, wanted: 1, done: 1, epoch: lease.epoch, tries: 0 });
      assert.deepEqual(await rows.due(Number.MAX_SAFE_INTEGER, 10), []);
      assert.equal(await rows.acquire(key, "b", 1_000_000, leaseMs), undefined);
    },

    "a request during the run leaves the row dirty and due": async (rows) => {
      await rows.want(key, 1);
      const lease = await leased(rows, "a", 1);
      assert.equal(await rows.want(key, 5), 2);
      assert.equal(await rows.finish(lease), "dirty");
      const row = await rows.get(key);
      assert.equal(row?.done, 1);
      assert.equal(row?.tries, 0);
      assert.deepEqual(await rows.due(5, 10), [key]);
      assert.equal((await leased(rows, "b", 5)).wanted, 2);
    },

    "a zombie's finish, defer and renew write nothing": async (rows) => {
      await rows.want(key, 0);
      const zombie = await leased(rows, "a", 0);
      const lease = await leased(rows, "b", leaseMs);
      const before = await rows.get(key);
      assert.equal(await rows.finish(zombie), "lost");
      assert.equal(await rows.defer(zombie, 5, { keepTries: true }), "lost");
      assert.equal(await rows.renew(zombie, 900_000), false);
      assert.deepEqual(await rows.get(key), before);
      assert.equal(await rows.finish(lease), "clean");
      assert.equal(await rows.finish(zombie), "lost");
    },

    "a holder past its lease may still finish while nobody took over": async (rows) => {
      await rows.want(key, 0);
      assert.equal(await rows.finish(await leased(rows, "a", 0)), "clean");
    },

    "finish with a lost reply answers the same again (F24)": async (rows) => {
      await rows.want(key, 0);
      const lease = await leased(rows, "a", 0);
      assert.equal(await rows.finish(lease), "clean");
      assert.equal(await rows.finish(lease), "clean");
      await rows.want(key, 2);
      assert.equal(await rows.finish(lease), "dirty");
      assert.equal((await rows.get(key))?.done, 1);
    },

    "defer frees the row until nextAt": async (rows) => {
      await rows.want(key, 1);
      const lease = await leased(rows, "a", 1);
      assert.equal(await rows.defer(lease, 5_000, { keepTries: true }), "deferred");
      assert.deepEqual(await rows.get(key), { key, wanted: 1, done: 0, epoch: lease.epoch, tries: 1, nextAt: 5_000 });
      assert.equal(await rows.acquire(key, "b", 4_999, leaseMs), undefined);
      assert.deepEqual(await rows.due(4_999, 10), []);
      assert.deepEqual(await rows.due(5_000, 10), [key]);
      assert.equal((await leased(rows, "b", 5_000)).tries, 2);
    },

    "defer adopts a larger epoch that the run cluster has seen (F28)": async (rows) => {
      await rows.want(key, 1);
      const lease = await leased(rows, "a", 1);
      const seen = lease.epoch + 1_000;
      assert.equal(await rows.defer(lease, 2, { keepTries: true, epochAtLeast: seen }), "deferred");
      assert.equal((await leased(rows, "b", 2)).epoch, seen + 1);
    },

    "a wait slice is no failure: defer without keepTries zeroes them": async (rows) => {
      await rows.want(key, 1);
      await rows.defer(await leased(rows, "a", 1), 2, { keepTries: false });
      assert.equal((await rows.get(key))?.tries, 0);
    },

    "defer with a lost reply answers the same again (F24)": async (rows) => {
      await rows.want(key, 1);
      const lease = await leased(rows, "a", 1);
      await rows.defer(lease, 5_000, { keepTries: true });
      assert.equal(await rows.defer(lease, 5_000, { keepTries: true }), "deferred");
      assert.equal(await rows.finish(lease), "lost");
    },

    "a request during the run beats the back-off": async (rows) => {
      await rows.want(key, 1);
      const lease = await leased(rows, "a", 1);
      await rows.want(key, 50);
      assert.equal(await rows.defer(lease, 5_000, { keepTries: true }), "dirty");
      assert.deepEqual(await rows.due(50, 10), [key]);
      assert.equal((await leased(rows, "b", 50)).wanted, 2);
    },

    "a request after the run beats the back-off": async (rows) => {
      await rows.want(key, 1);
      await rows.defer(await leased(rows, "a", 1), 5_000, { keepTries: true });
      await rows.want(key, 60);
      assert.deepEqual(await rows.due(60, 10), [key]);
    },

    "a request does not push back a row that is due already": async (rows) => {
      await rows.want(key, 1);
      await rows.want(key, 1_000);
      assert.deepEqual(await rows.due(1, 10), [key]);
    },

    "due lists dirty free rows, oldest first, at most limit": async (rows) => {
      await rows.want("app/a/late", 30);
      await rows.want("app/a/early", 10);
      await rows.want("app/a/middle", 20);
      await rows.want("app/a/busy", 1);
      await rows.acquire("app/a/busy", "a", 5, leaseMs);
      await rows.want("app/a/future", 500);
      assert.deepEqual(await rows.due(100, 10), ["app/a/early", "app/a/middle", "app/a/late"]);
      assert.deepEqual(await rows.due(100, 2), ["app/a/early", "app/a/middle"]);
    },

    "delete removes the row; its lease is lost": async (rows) => {
      await rows.want(key, 1);
      const lease = await leased(rows, "a", 1);
      await rows.delete(key);
      assert.equal(await rows.get(key), undefined);
      assert.equal(await rows.finish(lease), "lost");
      await rows.delete(key);
    },

    "a row made again after a delete hands out higher epochs (I18)": async (rows) => {
      await rows.want(key, 1_000_000);
      const first = await leased(rows, "a", 1_000_000);
      await rows.delete(key);
      await rows.want(key, 1_005_000);
      const second = await leased(rows, "a", 1_005_000);
      assert.ok(second.epoch > first.epoch, `${second.epoch} after ${first.epoch}`);
      assert.equal(await rows.renew(first, 2_000_000), false);
    },

    "an epoch is never below its time: one from a restored backup is above those that the lost rows gave out (F28)":
      async (rows) => {
        await rows.want(key, 1_000);
        await rows.finish(await leased(rows, "a", 1_000));
        await rows.want(key, 2_000_000.5);
        assert.ok((await leased(rows, "b", 2_000_000.5)).epoch >= 2_000_000);
      },

    "a clock that falls back does not take epochs back (F29)": async (rows) => {
      await rows.want(key, 500);
      const ahead = await leased(rows, "a", 900_000);
      await rows.defer(ahead, 600, { keepTries: true });
      const behind = await leased(rows, "b", 1_000);
      assert.ok(behind.epoch > ahead.epoch);
      assert.ok(Number.isSafeInteger(behind.epoch));
    },

    "odd keys are only keys": async (rows) => {
      for (const odd of ["__proto__", "app/ns/ä", "app/'; DROP TABLE rows; --", `app/${"x".repeat(500)}`]) {
        await rows.want(odd, 1);
        assert.equal((await rows.get(odd))?.key, odd);
      }
      assert.equal((await rows.due(1, 10)).length, 4);
    },
  });

  async function leased(rows: WorkRows, holder: string, now: number): Promise<Lease> {
    const lease = await rows.acquire(key, holder, now, leaseMs);
    assert.ok(lease !== undefined, `${holder} gets the lease at ${now}`);
    return lease;
  }
}
