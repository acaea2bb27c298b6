import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  type App,
  failureBackOffMs,
  formatGoDuration,
  nextWakeMs,
  parseApp,
  parseGoDuration,
  type ReconcileDecision,
  reconcileDecision,
  syncPeriodMs,
} from "../../src/app/index.ts";
import type { JsonMap } from "../../src/resource/index.ts";

const config = { defaultSyncPeriodMs: 30_000, minimumSyncPeriodMs: 30_000 };
const now = Date.parse("2026-01-01T00:10:00Z");

function app(spec: JsonMap, status: JsonMap = {}, metadata: JsonMap = {}): App {
  const parsed = parseApp({
    apiVersion: "kappctrl.k14s.io/v1alpha1",
    kind: "App",
    metadata: { name: "a", namespace: "n", generation: 2, ...metadata },
    spec,
    status,
  });
  assert.ok("app" in parsed, JSON.stringify(parsed));
  return parsed.app;
}

function settled(type: string, secondsAgo: number, failures = 0): JsonMap {
  const updatedAt = new Date(now - secondsAgo * 1000).toISOString();
  return {
    observedGeneration: 2,
    conditions: [{ type, status: "True" }],
    consecutiveReconcileFailures: failures,
    fetch: { exitCode: 0, updatedAt: "2026-01-01T00:00:00Z" },
    deploy: { exitCode: 0, updatedAt },
  };
}

describe("periods", () => {
  it("the App's period, the default, never below the minimum", () => {
    assert.equal(syncPeriodMs(app({ syncPeriod: "10m" }).spec, config), 600_000);
    assert.equal(syncPeriodMs(app({}).spec, config), 30_000);
    assert.equal(syncPeriodMs(app({ syncPeriod: "5s" }).spec, config), 30_000);
  });
  it("failures wait 2, 4, 8, 16, 30, 30 … seconds (L32)", () => {
    assert.deepEqual(
      [0, 1, 2, 3, 4, 5, 6, 29, 30, 1000].map((n) => failureBackOffMs(n, 30_000) / 1000),
      [30, 2, 4, 8, 16, 30, 30, 30, 30, 30],
    );
    assert.equal(
      failureBackOffMs(1, 30_000, () => 0),
      1000,
    );
  });
  it("the next wake has up to 5 s of spread after a success, none after a failure (L34)", () => {
    assert.equal(
      nextWakeMs(app({}, settled("ReconcileSucceeded", 0)).status, app({}).spec, config, () => 0.5),
      32_500,
    );
    assert.equal(
      nextWakeMs(app({}, settled("ReconcileFailed", 0, 2)).status, app({}).spec, config, () => 0.5),
      4000,
    );
  });
});

describe("what to do on a wake-up (app.md §3.1, §3.2)", () => {
  const cases: readonly {
    readonly name: string;
    readonly app: App;
    readonly forced?: boolean;
    readonly want: ReconcileDecision;
  }[] = [
    {
      name: "a new App runs",
      app: app({}, { observedGeneration: 2 }),
      want: { type: "reconcile", reason: "never run" },
    },
    {
      name: "a changed spec runs",
      app: app({}, { ...settled("ReconcileSucceeded", 1), observedGeneration: 1 }),
      want: { type: "reconcile", reason: "spec changed" },
    },
    {
      name: "within the period nothing runs",
      app: app({}, settled("ReconcileSucceeded", 29)),
      want: { type: "idle", dueInMs: 1000 },
    },
    {
      name: "after the period it runs",
      app: app({}, settled("ReconcileSucceeded", 30)),
      want: { type: "reconcile", reason: "sync period" },
    },
    {
      name: "a failure is retried after its back-off",
      app: app({}, settled("ReconcileFailed", 4, 2)),
      want: { type: "reconcile", reason: "retry" },
    },
    { name: "but not before", app: app({}, settled("ReconcileFailed", 3, 2)), want: { type: "idle", dueInMs: 1000 } },
    {
      name: "a forced run does not wait",
      app: app({}, settled("ReconcileSucceeded", 1)),
      forced: true,
      want: { type: "reconcile", reason: "forced" },
    },
    {
      name: "paused blocks, also forced",
      app: app({ paused: true }, { ...settled("ReconcileSucceeded", 99), observedGeneration: 1 }),
      forced: true,
      want: { type: "blocked" },
    },
    { name: "canceled blocks", app: app({ canceled: true }), want: { type: "blocked" } },
    {
      name: "deletion passes over paused",
      app: app({ paused: true }, {}, { deletionTimestamp: "2026-01-01T00:00:00Z" }),
      want: { type: "delete", canceled: false },
    },
    {
      name: "canceled stops a deletion",
      app: app({ canceled: true }, {}, { deletionTimestamp: "2026-01-01T00:00:00Z" }),
      want: { type: "delete", canceled: true },
    },
  ];
  for (const { name, app: subject, forced = false, want } of cases) {
    it(name, () => assert.deepEqual(reconcileDecision(subject, { forced }, now, config), want));
  }
});

describe("Go durations", () => {
  const parsed: readonly (readonly [string, number | string])[] = [
    ["10m", 600_000],
    ["1h30m", 5_400_000],
    ["1.5s", 1500],
    [".5s", 500],
    ["1.s", 1000],
    ["-2ms", -2],
    ["+1us", 0.001],
    ["1µs", 0.001],
    ["0", 0],
    ["", 'time: invalid duration ""'],
    ["10", 'time: missing unit in duration "10"'],
    ["1d", 'time: unknown unit "d" in duration "1d"'],
    ["1m x", 'time: unknown unit "m x" in duration "1m x"'],
    ["m", 'time: invalid duration "m"'],
    [".s", 'time: invalid duration ".s"'],
    ["99999999999h", 'time: invalid duration "99999999999h"'],
  ];
  for (const [text, want] of parsed) {
    it(JSON.stringify(text), () =>
      assert.deepEqual(parseGoDuration(text), typeof want === "number" ? { ms: want } : { problem: want }),
    );
  }
  it("are printed as Go prints them", () => {
    assert.deepEqual([600_000, 3_600_000, 30_000, 1500, 250, 0.5, 0, -90_000].map(formatGoDuration), [
      "10m0s",
      "1h0m0s",
      "30s",
      "1.5s",
      "250ms",
      "500µs",
      "0s",
      "-1m30s",
    ]);
  });
  it("are read back the same", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10_000_000_000 }), (ms) =>
        assert.deepEqual(parseGoDuration(formatGoDuration(ms)), { ms }),
      ),
    );
  });
});
