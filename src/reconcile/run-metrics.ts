import type { Metrics } from "./ports.ts";
import type { RunEvent } from "./run-event.ts";
import { splitAppName } from "./keys.ts";

/** Counts and times a run by its events; kapp-controller's names where it has them (app.md §7.2). */
export function createRunMeter(
  run: { readonly app: string; readonly deletes: boolean; readonly isFirst: boolean },
  metrics: Metrics,
): (event: RunEvent) => void {
  const labels = { controller: "App", ...splitAppName(run.app) };
  const last = { ...labels, firstReconcile: String(run.isFirst) };
  const flow = run.deletes ? "kappctrl_app_reconcile_delete" : "kappctrl_app_reconcile";
  let beganAt = 0;
  return (event) => {
    switch (event.type) {
      case "started":
        beganAt = event.at;
        metrics.count(`${flow}_attempt_total`, labels);
        return;
      case "fetched":
        metrics.observe("lateen_stage_ms", event.ms, { stage: "fetch" });
        metrics.observe("kappctrl_reconcile_fetch_time_ms", event.ms, last);
        for (const { url } of event.sources)
          metrics.count("lateen_requests_total", { host: hostOf(url) }, event.requests / event.sources.length);
        for (const { url } of event.sources)
          metrics.count("lateen_received_bytes_total", { host: hostOf(url) }, event.bytes / event.sources.length);
        return;
      case "templated":
        metrics.observe("lateen_stage_ms", event.ms, { stage: "template" });
        metrics.observe("kappctrl_reconcile_template_time_ms", event.ms, last);
        return;
      case "planned":
        metrics.observe("lateen_stage_ms", event.ms, { stage: "plan" });
        return;
      case "finished":
        finish(event);
        return;
      default:
        return;
    }
  };

  function finish(event: Extract<RunEvent, { type: "finished" }>): void {
    if (event.outcome === "failed")
      metrics.count(run.deletes ? "kappctrl_app_reconcile_delete_failed_total" : `${flow}_failure_total`, labels);
    if (event.outcome !== "succeeded" || run.deletes) return;
    metrics.count(`${flow}_success_total`, labels);
    metrics.observe("lateen_stage_ms", event.ms, { stage: "deploy" });
    metrics.observe("kappctrl_reconcile_deploy_time_ms", event.ms, last);
    metrics.observe("kappctrl_reconcile_time_ms", event.at - beganAt, last);
  }
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : "unknown";
}
