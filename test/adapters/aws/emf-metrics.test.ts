import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { createEmfMetrics, emfNames } from "../../../src/adapters/aws/index.ts";
import { createPrometheusMetrics } from "../../../src/http/index.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));

function measured(measure: (metrics: ReturnType<typeof createEmfMetrics>) => void): readonly unknown[] {
  const lines: string[] = [];
  const metrics = createEmfMetrics({
    write: (line) => lines.push(line),
    namespace: "lateen/test",
    functionName: "runner",
    now: () => 1_700_000_000_000.5,
  });
  measure(metrics);
  return lines.map((line): unknown => JSON.parse(line));
}

test("one line holds all counts and times of an invocation, with the function as the only dimension", () => {
  const lines = measured((metrics) => {
    metrics.count("lateen_drift_found_total");
    metrics.count("lateen_drift_found_total");
    metrics.count("lateen_received_bytes_total", { host: "git.example.org" }, 2_048);
    metrics.observe("lateen_stage_ms", 12, { stage: "fetch" });
    metrics.observe("lateen_stage_ms", 30, { stage: "fetch" });
    metrics.observe("lateen_stage_ms", 7, { stage: "plan" });
    metrics.flush();
    metrics.flush();
  });
  assert.deepEqual(lines, [
    {
      _aws: {
        Timestamp: 1_700_000_000_000,
        CloudWatchMetrics: [
          {
            Namespace: "lateen/test",
            Dimensions: [["function"]],
            Metrics: [
              { Name: "DriftFound", Unit: "Count" },
              { Name: "ReceivedBytes", Unit: "Bytes" },
              { Name: "FetchMs", Unit: "Milliseconds" },
              { Name: "PlanMs", Unit: "Milliseconds" },
            ],
          },
        ],
      },
      function: "runner",
      DriftFound: 2,
      ReceivedBytes: 2_048,
      FetchMs: [12, 30],
      PlanMs: [7],
    },
  ]);
});

test("names of Apps, hosts and unknown measurements reach no line (T26, T27)", () => {
  const lines = measured((metrics) => {
    metrics.count("kappctrl_app_reconcile_attempt_total", { name: "shop", namespace: "team-a", controller: "App" });
    metrics.count("lateen_requests_total", { host: "git.internal" });
    metrics.observe("lateen_stage_ms", 1, { stage: "__proto__" });
    metrics.count("constructor");
    metrics.flush();
  });
  assert.equal(lines.length, 1);
  assert.doesNotMatch(JSON.stringify(lines), /shop|team-a|internal|proto|constructor/);
});

test("more than 100 values of a metric, which is what CloudWatch takes in a line, go to further lines; counts are told once", () => {
  const lines = measured((metrics) => {
    metrics.count("lateen_ticks_total");
    for (let ms = 0; ms < 250; ms++) metrics.observe("lateen_run_ms", ms);
    metrics.flush();
  });
  const values = lines.flatMap((line): unknown => Reflect.get(Object(line), "RunMs"));
  assert.deepEqual(
    values,
    Array.from({ length: 250 }, (_, ms) => ms),
  );
  assert.deepEqual(
    lines.map((line): unknown => Reflect.get(Object(line), "Ticks")),
    [1, undefined, undefined],
  );
});

function takenNames(): readonly string[] {
  return globSync("src/**/*.ts", { cwd: root }).flatMap((file) =>
    [...readFileSync(`${root}/${file}`, "utf8").matchAll(/metrics\.(?:count|observe)\(\s*"(\w+)"/g)].map(
      ([, name]) => name ?? "",
    ),
  );
}

/** By App, for Prometheus only: as a dimension each App would cost money. */
const localOnly = /^kappctrl_/;

test("every measurement that lateen takes has a name in CloudWatch, or is known to be local", () => {
  const taken = takenNames();
  assert.ok(taken.length > 15, `${taken.length} measurements found`);
  assert.deepEqual(
    taken.filter((name) => !Object.hasOwn(emfNames, name) && !localOnly.test(name)),
    [],
  );
});

test("every measurement that lateen takes is served to Prometheus before its first value, with a help text", async () => {
  const text = await createPrometheusMetrics().render();
  assert.deepEqual(
    takenNames().filter((name) => !text.includes(`# HELP ${name.replace(/_ms$/, "_seconds")} `)),
    [],
  );
});

test("every alarm on a measurement of lateen's names one that is sent", () => {
  const alarms = readFileSync(`${root}/infra/alarms.yml`, "utf8");
  const sent = new Set(Object.values(emfNames).map(({ name }) => name));
  const own = [...alarms.matchAll(/Namespace: lateen\/\S+\n\s+MetricName: (\w+)/g)].map(([, name]) => name ?? "");
  assert.ok(own.length > 0);
  assert.deepEqual(
    own.filter((name) => !sent.has(name)),
    [],
  );
});
