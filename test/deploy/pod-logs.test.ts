import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { MutableJsonMap } from "../../src/resource/index.ts";
import { carryOut, deploy, ending, plan, type Result, type Settings } from "./support/deploy.ts";
import { ManualClock, MemoryCluster } from "./support/memory-cluster.ts";

const pod = (name: string, annotations: Readonly<Record<string, string>>, image = "1"): string =>
  `${JSON.stringify({ apiVersion: "v1", kind: "Pod", metadata: { name, annotations }, spec: { image } })}\n`;
const asked = (value: string, more: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> => ({
  "kapp.k14s.io/deploy-logs": value,
  ...more,
});
const at = (second: number, fraction = "1"): string => `2026-01-01T00:00:0${second}.${fraction}Z`;
const told = ({ events }: Result): string[] => events.flatMap((event) => (event.type === "log" ? [event.text] : []));

/** A cluster whose Pods have containers that wrote one line each and are never ready. */
function newCluster(): MemoryCluster {
  const cluster = new MemoryCluster(new ManualClock());
  cluster.admit = (object: MutableJsonMap) => {
    if (object["kind"] !== "Pod") return;
    const running = (name: string): MutableJsonMap => ({ name, state: { running: {} } });
    object["status"] = {
      phase: "Running",
      containerStatuses: [running("app"), running("side"), { name: "late", state: { waiting: {} } }],
    };
  };
  for (const container of ["app", "side"])
    cluster.logs.set(`p/${container}`, [{ time: at(1), text: `hello from ${container}` }]);
  return cluster;
}

const settings: Settings = { rawOptions: ["--wait-timeout=2s"] };

describe("logs of Pods", () => {
  it("are told line by line, once", async () => {
    const cluster = newCluster();
    cluster.before = ({ target }) => {
      // More is written while the deploy waits, in the second of the last line.
      if (target === "log p/app") cluster.logs.get("p/app")?.splice(1, 1, { time: at(1, "2"), text: "more" });
    };
    const result = await deploy(cluster, pod("p", asked("")), settings);
    assert.match(ending(result), /^Timed out waiting/);
    const lines = told(result);
    assert.deepEqual(lines.toSorted(), [
      "logs | # starting tailing 'p > app' logs",
      "logs | # starting tailing 'p > side' logs",
      "logs | p > app | hello from app",
      "logs | p > app | more",
      "logs | p > side | hello from side",
    ]);
    assert.ok(result.log.includes("logs | p > app | more"));
  });

  const cases: {
    readonly name: string;
    readonly annotations: Readonly<Record<string, string>>;
    readonly options?: readonly string[];
    readonly fresh: readonly string[];
    readonly again: readonly string[];
  }[] = [
    { name: "of new Pods", annotations: asked("for-new"), fresh: ["app", "side"], again: [] },
    { name: "of existing Pods", annotations: asked("for-existing"), fresh: [], again: ["app", "side"] },
    { name: "of both", annotations: asked("for-new-or-existing"), fresh: ["app", "side"], again: ["app", "side"] },
    { name: "of no Pods for another word", annotations: asked("yes"), fresh: [], again: [] },
    {
      name: "of named containers",
      annotations: asked("for-new-or-existing", { "kapp.k14s.io/deploy-logs-container-names": "si%,other" }),
      fresh: ["side"],
      again: ["side"],
    },
    { name: "without a word", annotations: {}, fresh: [], again: [] },
    {
      name: "of all Pods",
      annotations: {},
      options: ["--logs-all=true"],
      fresh: ["app", "side"],
      again: ["app", "side"],
    },
    { name: "not at all", annotations: asked(""), options: ["--logs=false"], fresh: [], again: [] },
  ];
  for (const { name, annotations, options = [], fresh, again } of cases) {
    it(name, async () => {
      const cluster = newCluster();
      const rawOptions = [...options, "--wait-timeout=1s"];
      const starts = (result: Result): string[] =>
        told(result)
          .flatMap((line) => /starting tailing 'p > (\w+)'/.exec(line)?.[1] ?? [])
          .sort();
      assert.deepEqual(starts(await deploy(cluster, pod("p", annotations), { rawOptions })), fresh);
      assert.deepEqual(starts(await deploy(cluster, pod("p", annotations, "2"), { rawOptions })), again);
    });
  }

  it("go on where the slice before ended", async () => {
    const cluster = newCluster();
    const input = pod("p", asked(""));
    const first = await carryOut(await plan(cluster, input), cluster, { handOverAt: cluster.clock.now() });
    assert.ok(first.outcome.state === "waiting");
    cluster.logs.get("p/app")?.push({ time: at(3), text: "later" });
    const second = await carryOut(await plan(cluster, input), cluster, {
      handOverAt: cluster.clock.now(),
      resume: first.outcome.progress,
    });
    assert.deepEqual(told(second), ["logs | p > app | later"]);
  });

  it("that cannot be read fail no deploy", async () => {
    const cluster = newCluster();
    const broken = Object.assign(new Error("reading a log: forbidden"), {
      status: 403,
      reason: "Forbidden",
      apiMessage: "forbidden",
      retryable: false,
      outcomeUnknown: false,
    });
    cluster.before = ({ target }) => {
      if (target.startsWith("log ")) throw broken;
    };
    const result = await deploy(cluster, pod("p", asked("")), settings);
    assert.deepEqual(told(result), ["Pod logs tailing error: reading a log: forbidden"]);
    assert.match(ending(result), /^Timed out waiting/);
  });
});
