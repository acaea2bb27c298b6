import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import fc from "fast-check";
import { type Clock, retry, systemClock } from "../../src/base/index.ts";
import {
  type ApiType,
  type CallGate,
  type Cluster,
  ClusterError,
  connectCluster,
  createCallGate,
  isClusterError,
} from "../../src/cluster/index.ts";
import { createClusters } from "../../src/functions/clusters.ts";
import { type Answer, type FaultServer, startFaultServer } from "./fault-server.ts";

const configMap: ApiType = {
  group: "",
  version: "v1",
  kind: "ConfigMap",
  resource: "configmaps",
  namespaced: true,
  verbs: ["get"],
};
const object: Answer = { body: { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" } } };
const tooMany: Answer = {
  status: 429,
  headers: { "retry-after": "1" },
  body: {
    kind: "Status",
    apiVersion: "v1",
    reason: "TooManyRequests",
    message: "too many requests, please try again later",
  },
};

const toStop: (() => Promise<unknown>)[] = [];
after(() => Promise.all(toStop.map((stop) => stop())));

/** Seconds pass in hundredths: Retry-After is never under one. */
const hurried: Clock = {
  now: () => systemClock.now() * 100,
  sleep: (ms, signal) => systemClock.sleep(ms / 100, signal),
};

/** Time passes by sleeping only, however slow the machine is: two milliseconds after the last one the next sleeper wakes. */
function createSleepingClock(): Clock {
  let now = 0;
  const sleepers = new Set<{ readonly at: number; readonly wake: () => void }>();
  let pacer: NodeJS.Timeout | undefined;
  const pace = (): void => {
    if (sleepers.size > 0) now = Math.max(now, Math.min(...[...sleepers].map(({ at }) => at)));
    for (const { at, wake } of sleepers) if (at <= now) wake();
    pacer = sleepers.size === 0 ? undefined : setTimeout(pace, 2);
  };
  return {
    now: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        const end = (): void => {
          sleepers.delete(sleeper);
          signal?.removeEventListener("abort", abort);
        };
        const abort = (): void => {
          end();
          reject(signal?.reason);
        };
        const sleeper = {
          at: now + ms,
          wake: () => {
            end();
            resolve();
          },
        };
        sleepers.add(sleeper);
        signal?.addEventListener("abort", abort, { once: true });
        pacer ??= setTimeout(pace, 2);
      }),
  };
}

interface Busy {
  readonly server: FaultServer;
  /** Calls that it works on at once; more are turned away. */
  most: number;
  /** Calls that it has turned away. */
  refused: number;
  /** The most calls that it had at once since this was last set. */
  peak: number;
}

/** An API server that works on each call for five milliseconds, and on no more than `most` at once. */
async function startBusyServer(most: number): Promise<Busy> {
  let working = 0;
  const server = await startFaultServer(
    async () => {
      busy.peak = Math.max(busy.peak, working + 1);
      if (working >= busy.most) {
        busy.refused++;
        return tooMany;
      }
      working++;
      await systemClock.sleep(5);
      working--;
      return object;
    },
    { protocol: "h2" },
  );
  const busy: Busy = { server, most, refused: 0, peak: 0 };
  toStop.push(server.stop);
  return busy;
}

function connect({ access }: FaultServer, gate: CallGate, clock: Clock = hurried): Cluster {
  const cluster = connectCluster(access, { clock, random: () => 0.5, gate });
  toStop.unshift(() => cluster.close());
  return cluster;
}

const get = (cluster: Cluster): Promise<unknown> => cluster.get(configMap, "team", "a");
const getMany = (cluster: Cluster, count: number): Promise<unknown> =>
  Promise.all(Array.from({ length: count }, () => get(cluster)));

describe("a server that turns away what is too much", () => {
  it("gets as many calls as it takes, all of which succeed", async () => {
    const busy = await startBusyServer(6);
    const cluster = connect(busy.server, createCallGate({ clock: hurried }));
    await getMany(cluster, 400);
    const first = busy.refused;
    assert.ok(first < 80, `${first} of 400 calls were turned away`);
    // By now the limit is known.
    busy.peak = 0;
    await getMany(cluster, 400);
    assert.ok(busy.refused - first < 60, `${busy.refused - first} of 400 later calls were turned away`);
    assert.ok(busy.peak <= 12, `${busy.peak} calls at once`);
  });

  it("gets more again once it can", async () => {
    const busy = await startBusyServer(3);
    const cluster = connect(busy.server, createCallGate({ clock: hurried }));
    await getMany(cluster, 200);
    busy.most = 1_000;
    busy.refused = 0;
    await getMany(cluster, 600);
    busy.peak = 0;
    await getMany(cluster, 100);
    assert.equal(busy.refused, 0);
    assert.ok(busy.peak >= 15, `${busy.peak} calls at once`);
  });

  it("is left alone for as long as it says, when it takes none at all", async () => {
    const busy = await startBusyServer(0);
    const times: number[] = [];
    const clock = createSleepingClock();
    const gate = createCallGate({ clock, onThrottled: () => times.push(clock.now()) });
    const cluster = connect(busy.server, gate, clock);
    const results = await Promise.allSettled(Array.from({ length: 30 }, () => get(cluster)));
    assert.ok(results.every(({ status }) => status === "rejected"));
    assert.equal(busy.peak, 1);
    // 30 calls, and the ten retries of the budget with the little that it gains meanwhile.
    assert.ok(busy.server.requests.length <= 50, `${busy.server.requests.length} requests`);
    const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    assert.ok(Math.min(...gaps) >= 1_000, `requests after ${Math.min(...gaps)} ms`);
  });

  it("is asked in the same way by all who reach it by the same way", async () => {
    const busy = await startBusyServer(2);
    const gate = createCallGate({ clock: hurried });
    await getMany(connect(busy.server, gate), 100);
    busy.peak = 0;
    const refused = busy.refused;
    await getMany(connect(busy.server, gate), 20);
    assert.ok(busy.peak <= 4, `${busy.peak} calls at once`);
    assert.ok(busy.refused - refused < 15, `${busy.refused - refused} of 20 calls were turned away`);
  });

  it("is asked as often as ever where the limit is fixed", async () => {
    const busy = await startBusyServer(1_000);
    const cluster = connect(busy.server, createCallGate({ clock: hurried, maxInFlight: 40, isAdaptive: false }));
    await get(cluster);
    await getMany(cluster, 200);
    assert.ok(busy.peak > 20 && busy.peak <= 40, `${busy.peak} calls at once`);
  });

  it("is counted by host, for kubeconfigs of two namespaces together", async () => {
    const busy = await startBusyServer(1);
    const { server, ca = "" } = busy.server.access;
    const counted: string[] = [];
    const clusters = createClusters({
      clock: hurried,
      redactor: { add: () => undefined, redact: (text) => text, scope: () => assert.fail("no scope is needed") },
      allowAddress: () => true,
      log: silent,
      metrics: {
        count: (name, labels) => counted.push(`${name} ${labels?.["host"] ?? ""}`),
        observe: () => undefined,
      },
    });
    toStop.unshift(() => clusters.close());
    const kubeconfig = JSON.stringify({
      apiVersion: "v1",
      kind: "Config",
      clusters: [{ name: "c", cluster: { server, "certificate-authority-data": Buffer.from(ca).toString("base64") } }],
      users: [{ name: "u", user: { token: "t" } }],
      contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
      "current-context": "x",
    });
    const { signal } = new AbortController();
    const open = async (namespace: string): Promise<Cluster> =>
      (await clusters.fromKubeconfig(kubeconfig, { namespace, signal })).cluster as Cluster;
    await getMany(await open("a"), 20);
    const { host } = new URL(server);
    assert.equal(counted.filter((line) => line === `lateen_calls_throttled_total ${host}`).length, busy.refused);
    busy.peak = 0;
    await getMany(await open("b"), 5);
    assert.ok(busy.peak <= 3, `${busy.peak} calls at once`);
  });
});

const silent = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silent,
};

/** Time that passes when nothing else is to be done. */
class VirtualClock implements Clock {
  #now = 0;
  readonly #timers: { readonly at: number; readonly run: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#timers.push({ at: this.#now + ms, run: resolve });
      signal?.addEventListener("abort", () => reject(signal.reason));
    });
  }

  async until<Result>(work: Promise<Result>): Promise<Result> {
    let isDone = false;
    const end = (): void => {
      isDone = true;
    };
    work.then(end, end);
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      if (isDone) return work;
      this.#timers.sort((a, b) => a.at - b.at);
      const next = this.#timers.shift();
      if (next === undefined) return assert.fail("everybody waits and nobody works");
      this.#now = Math.max(this.#now, next.at);
      next.run();
    }
  }
}

interface Simulation {
  readonly gate: CallGate;
  readonly clock: VirtualClock;
  most: number;
  refused: number;
  peak: number;
  call(): Promise<void>;
}

/** A server that works on `most` calls at once, each for as long as `tookMs` says. */
function simulate(most: number, tookMs: (inFlight: number) => number): Simulation {
  const clock = new VirtualClock();
  const gate = createCallGate({ clock });
  let working = 0;
  const attempt = async (): Promise<void> => {
    working++;
    simulation.peak = Math.max(simulation.peak, working);
    const isRefused = working > simulation.most;
    await clock.sleep(isRefused ? 1 : tookMs(working));
    working--;
    if (!isRefused) return;
    simulation.refused++;
    throw new ClusterError({ code: "CLUSTER_API", message: "busy", status: 429, retryAfterMs: 1_000, retryable: true });
  };
  const simulation: Simulation = {
    gate,
    clock,
    most,
    refused: 0,
    peak: 0,
    call: () =>
      retry(() => gate.run(attempt, { signal: undefined, isObjectRead: true }), {
        clock,
        random: () => 0.5,
        tries: 10,
        retryable: (error) => isClusterError(error) && { afterMs: error.retryAfterMs },
      }),
  };
  return simulation;
}

const run = (simulation: Simulation, count: number): Promise<unknown> =>
  simulation.clock.until(Promise.all(Array.from({ length: count }, () => simulation.call())));

describe("the number of calls at once", () => {
  it("settles near what the server takes, whatever that is", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 2, max: 400 }), async (most, tookMs) => {
        const simulation = simulate(most, () => tookMs);
        await run(simulation, 1_000);
        assert.ok(simulation.peak <= 64, `${simulation.peak} calls at once`);
        simulation.refused = simulation.peak = 0;
        await run(simulation, 1_000);
        assert.ok(simulation.peak <= Math.min(64, most + Math.max(2, most / 4)), `${simulation.peak} calls at once`);
        assert.ok(simulation.refused <= 100, `${simulation.refused} of 1,000 calls were turned away`);
      }),
      { numRuns: 50 },
    );
  });

  it("rises again after an outage, in which the server got one call at a time", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 100 }), async (count) => {
        const simulation = simulate(50, () => 10);
        await run(simulation, 200);
        simulation.most = simulation.peak = 0;
        const begin = simulation.clock.now();
        await simulation.clock.until(Promise.allSettled(Array.from({ length: count }, () => simulation.call())));
        // The calls of six halvings, and then one call for each second that the server asked for.
        const seconds = (simulation.clock.now() - begin) / 1_000;
        assert.ok(simulation.refused <= 150 + seconds, `${simulation.refused} calls in ${seconds} s`);
        simulation.most = 50;
        simulation.refused = 0;
        await run(simulation, 1_000);
        assert.ok(simulation.refused <= 20, `${simulation.refused} of 1,000 calls were turned away`);
        assert.ok(simulation.peak >= 30, `${simulation.peak} calls at once`);
      }),
      { numRuns: 20 },
    );
  });

  it("is halved when reads of one object become far slower than they were", async () => {
    // Beyond ten calls at once each further one makes all of them slower.
    const simulation = simulate(1_000, (inFlight) => (inFlight <= 10 ? 100 : 100 * 2 ** (inFlight - 10)));
    for (let round = 0; round < 20; round++) await run(simulation, 1);
    await run(simulation, 200);
    simulation.peak = 0;
    await run(simulation, 200);
    assert.ok(simulation.peak <= 18, `${simulation.peak} calls at once`);
  });

  it("never falls below kapp's own for a server that is only slow", async () => {
    let tookMs = 20;
    const simulation = simulate(1_000, () => tookMs);
    await run(simulation, 100);
    tookMs = 3_000;
    await run(simulation, 300);
    simulation.peak = 0;
    await run(simulation, 10);
    assert.ok(simulation.peak >= 5, `${simulation.peak} calls at once`);
    assert.ok(simulation.peak < 20, `${simulation.peak} calls at once`);
  });

  it("does not change where the cluster was slow from the start", async () => {
    const simulation = simulate(1_000, () => 2_000);
    await run(simulation, 300);
    simulation.peak = 0;
    await run(simulation, 100);
    assert.equal(simulation.peak, 64);
  });
});
