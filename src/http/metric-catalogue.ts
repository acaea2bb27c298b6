/** What is known about a measurement beside its name. `gauge`: seconds of the last run; `histogram`: seconds; `counter`: how often. */
export interface KnownMetric {
  readonly name: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly help: string;
  readonly labels: readonly string[];
}

/** kapp-controller's labels (app.md §7.2): `controller` is always `App`. */
const appLabels = ["controller", "name", "namespace"] as const;

function appCounter(name: string, help: string): KnownMetric {
  return { name, type: "counter", help, labels: appLabels };
}

function lastRunGauge(name: string, help: string): KnownMetric {
  return { name, type: "gauge", help, labels: [...appLabels, "firstReconcile"] };
}

/**
 * The measurements with a fixed name, in the order of `/metrics`. kapp-controller's keep their names, so that dashboards go on working.
 * A name that is not listed is served too: what ends in `_total` is a counter, what is observed in milliseconds a histogram in seconds.
 */
export const knownMetrics: readonly KnownMetric[] = [
  appCounter("kappctrl_app_reconcile_attempt_total", "Runs of an App that were begun"),
  appCounter("kappctrl_app_reconcile_success_total", "Runs of an App that succeeded"),
  appCounter("kappctrl_app_reconcile_failure_total", "Runs of an App that failed"),
  appCounter("kappctrl_app_reconcile_delete_attempt_total", "Deletions of an App that were begun"),
  appCounter("kappctrl_app_reconcile_delete_failed_total", "Deletions of an App that failed"),
  lastRunGauge("kappctrl_reconcile_time_seconds", "Time of the App's last run from fetch to deploy"),
  lastRunGauge("kappctrl_reconcile_fetch_time_seconds", "Time of the fetch stage of the App's last run"),
  lastRunGauge("kappctrl_reconcile_template_time_seconds", "Time of the template stage of the App's last run"),
  lastRunGauge("kappctrl_reconcile_deploy_time_seconds", "Time of the deploy stage of the App's last run"),
  {
    name: "lateen_webhooks_received_total",
    type: "counter",
    help: "Authentic deliveries, by what became of them",
    labels: ["provider", "outcome"],
  },
  {
    name: "lateen_webhooks_refused_total",
    type: "counter",
    help: "Deliveries that were refused: bad signature, too large, too slow",
    labels: ["provider", "reason"],
  },
  {
    name: "lateen_by_hand_requests_total",
    type: "counter",
    help: "Requests to the by-hand API",
    labels: ["operation", "status"],
  },
  {
    name: "lateen_push_to_applied_seconds",
    type: "histogram",
    help: "From the webhook to the last change applied",
    labels: [],
  },
  {
    name: "lateen_stage_seconds",
    type: "histogram",
    help: "Time of the stages of all runs",
    labels: ["stage"],
  },
  { name: "lateen_drift_check_seconds", type: "histogram", help: "Time of one run cluster's drift check", labels: [] },
  {
    name: "lateen_drift_found_total",
    type: "counter",
    help: "Apps that were found to differ from their run cluster",
    labels: [],
  },
  { name: "lateen_drift_repaired_total", type: "counter", help: "Runs that repaired drift", labels: [] },
  {
    name: "lateen_deletions_refused_total",
    type: "counter",
    help: "Deploys that were stopped since they would have deleted more than the App's limits allow",
    labels: [],
  },
  {
    name: "lateen_run_failures_total",
    type: "counter",
    help: "Failed runs by stage (spec: the App cannot be read, killed: runs that never ended) and by class of the cause",
    labels: ["stage", "class"],
  },
  {
    name: "lateen_source_failures_total",
    type: "counter",
    help: "Repositories that could not be asked for their ref",
    labels: [],
  },
  {
    name: "lateen_drift_missed_total",
    type: "counter",
    help: "Runs that repaired what only the full comparison saw: a fault of the cheap drift check",
    labels: [],
  },
  { name: "lateen_run_seconds", type: "histogram", help: "Time of one slice of a run", labels: [] },
  {
    name: "lateen_epoch_rejected_total",
    type: "counter",
    help: "Writers that a run cluster refused, since another had taken over",
    labels: [],
  },
  { name: "lateen_ticks_total", type: "counter", help: "Passes of the schedule", labels: [] },
  { name: "lateen_tick_gap_seconds", type: "histogram", help: "Time between two passes of the schedule", labels: [] },
  {
    name: "lateen_queue_age_seconds",
    type: "histogram",
    help: "How long wake-ups lay in their queue beyond their delay, on AWS",
    labels: [],
  },
  {
    name: "lateen_wake_ups_lost_total",
    type: "counter",
    help: "Wake-ups that could not be sent; the schedule makes up for them",
    labels: ["queue"],
  },
  {
    name: "lateen_cluster_unreachable_total",
    type: "counter",
    help: "Probes that a run cluster did not answer",
    labels: [],
  },
  {
    name: "lateen_cluster_calls_spared_total",
    type: "counter",
    help: "Runs that did not connect, since their run cluster is known not to answer",
    labels: [],
  },
  {
    name: "lateen_requests_total",
    type: "counter",
    help: "Requests to git servers and run clusters",
    labels: ["host"],
  },
  {
    name: "lateen_calls_throttled_total",
    type: "counter",
    help: "Calls that a run cluster turned away as too many",
    labels: ["host"],
  },
  {
    name: "lateen_received_bytes_total",
    type: "counter",
    help: "Bytes received from git servers and run clusters",
    labels: ["host"],
  },
];
