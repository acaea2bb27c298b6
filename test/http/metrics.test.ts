import assert from "node:assert/strict";
import { test } from "node:test";
import { silentLog } from "../../src/base/index.ts";
import { createHealth, createMetricsRoute, createPrometheusMetrics } from "../../src/http/index.ts";

const app = { name: "contour", namespace: "team-a" };

async function linesWith(metrics: { render(): Promise<string> }, name: string): Promise<readonly string[]> {
  return (await metrics.render()).split("\n").filter((line) => line.startsWith(name));
}

test("kapp-controller's counters keep their names and labels", async () => {
  const metrics = createPrometheusMetrics();
  metrics.count("kappctrl_app_reconcile_attempt_total", app);
  metrics.count("kappctrl_app_reconcile_attempt_total", app);
  assert.deepEqual(await linesWith(metrics, "kappctrl_app_reconcile_attempt_total"), [
    'kappctrl_app_reconcile_attempt_total{controller="App",name="contour",namespace="team-a"} 2',
  ]);
});

test("kapp-controller's times are those of the last run, in seconds", async () => {
  const metrics = createPrometheusMetrics();
  for (const ms of [900, 250])
    metrics.observe("kappctrl_reconcile_time_seconds", ms, { ...app, firstReconcile: "false" });
  assert.deepEqual(await linesWith(metrics, "kappctrl_reconcile_time_seconds"), [
    'kappctrl_reconcile_time_seconds{controller="App",name="contour",namespace="team-a",firstReconcile="false"} 0.25',
  ]);
});

test("durations in milliseconds become histograms in seconds, known or not", async () => {
  const metrics = createPrometheusMetrics();
  metrics.observe("lateen_drift_check_ms", 42);
  metrics.observe("lateen_something_new_ms", 1_500, { stage: "fetch" });
  assert.deepEqual(await linesWith(metrics, "lateen_drift_check_seconds_sum"), [
    "lateen_drift_check_seconds_sum 0.042",
  ]);
  assert.deepEqual(await linesWith(metrics, "lateen_something_new_seconds_sum"), [
    'lateen_something_new_seconds_sum{stage="fetch"} 1.5',
  ]);
});

test("an unknown counter, odd names and labels that come and go never throw", async () => {
  const metrics = createPrometheusMetrics();
  metrics.count("lateen new/things", { kind: "a" });
  metrics.count("lateen new/things");
  metrics.count("lateen new/things", { kind: "b", more: "x" }, 3);
  metrics.observe("lateen_ticks_total", 5);
  metrics.count("lateen_stage_seconds");
  assert.deepEqual(await linesWith(metrics, "lateen_new_things"), [
    'lateen_new_things{kind="a"} 1',
    'lateen_new_things{kind=""} 1',
    'lateen_new_things{kind="b"} 3',
  ]);
});

test("what was measured for an App goes with it", async () => {
  const metrics = createPrometheusMetrics();
  metrics.count("kappctrl_app_reconcile_attempt_total", app);
  metrics.count("kappctrl_app_reconcile_attempt_total", { ...app, namespace: "team-b" });
  metrics.forgetApp("team-a", "contour");
  assert.deepEqual(await linesWith(metrics, "kappctrl_app_reconcile_attempt_total"), [
    'kappctrl_app_reconcile_attempt_total{controller="App",name="contour",namespace="team-b"} 1',
  ]);
});

test("labels from outside cannot fill the memory", async () => {
  const metrics = createPrometheusMetrics();
  for (let n = 0; n < 10_005; n++) metrics.count("lateen_requests_total", { host: `h${n}` });
  assert.equal((await linesWith(metrics, "lateen_requests_total")).length, 10_000);
  assert.deepEqual(await linesWith(metrics, "lateen_metrics_dropped_total"), ["lateen_metrics_dropped_total 5"]);
});

test("/metrics is Prometheus' text, for whom it is allowed", async () => {
  const { render } = createPrometheusMetrics();
  const open = await createMetricsRoute({ render, log: silentLog }).request("/metrics");
  assert.equal(open.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  assert.match(await open.text(), /^# TYPE lateen_ticks_total counter$/m);
  const closed = createMetricsRoute({ render, log: silentLog, allowed: () => Promise.resolve(false) });
  assert.equal((await closed.request("/metrics")).status, 403);
});

test("/healthz answers while /readyz lists what is missing", async () => {
  const problems: string[] = [];
  const health = createHealth({
    log: silentLog,
    ready: () => Promise.resolve({ ok: problems.length === 0, problems }),
  });
  assert.equal((await health.request("/healthz")).status, 200);
  assert.equal((await health.request("/readyz")).status, 200);
  problems.push("the database is locked");
  const response = await health.request("/readyz");
  assert.equal(response.status, 503);
  assert.deepEqual(await response.json(), { ok: false, problems });
  const broken = createHealth({ log: silentLog, ready: () => Promise.reject(new Error("secret")) });
  assert.doesNotMatch(await (await broken.request("/readyz")).text(), /secret/);
});
