/**
 * Measurements as CloudWatch takes them from a log: a line of JSON in the Embedded Metric Format, of which CloudWatch makes metrics without a
 * call of ours. Dimensions cost money each, so there is one, the function; what concerns one App stands in its runs and in the log.
 */
import { failureClasses, type Metrics } from "../../reconcile/index.ts";

export interface EmfOptions {
  /** Writes one line of the function's log. */
  readonly write: (line: string) => void;
  /** CloudWatch namespace, such as `lateen/prod`. */
  readonly namespace: string;
  readonly functionName: string;
  readonly now: () => number;
}

export interface EmfMetrics extends Metrics {
  /** Writes what was measured since the last time: a frozen process writes nothing, so each invocation ends with it. */
  flush(): void;
}

type Unit = "Count" | "Milliseconds" | "Bytes";

/** What a measurement is called in CloudWatch; one with a label has a metric for each of its values, and one for all if `total` says so. */
interface EmfName {
  readonly name: string;
  readonly unit: Unit;
  /** Label whose value, capitalised, stands before the name; only these values are kept. */
  readonly by?: { readonly label: string; readonly values: readonly string[]; readonly total?: boolean };
}

const stages = ["fetch", "template", "plan", "deploy"] as const;

/** Names that are not here are not sent: kapp-controller's, which are by App, belong to Prometheus. */
export const emfNames: Readonly<Record<string, EmfName>> = {
  lateen_webhooks_received_total: { name: "HooksAccepted", unit: "Count" },
  lateen_webhooks_refused_total: { name: "HooksRefused", unit: "Count" },
  lateen_by_hand_requests_total: { name: "ByHandRequests", unit: "Count" },
  lateen_push_to_applied_ms: { name: "PushToAppliedMs", unit: "Milliseconds" },
  lateen_stage_ms: { name: "Ms", unit: "Milliseconds", by: { label: "stage", values: stages } },
  lateen_run_ms: { name: "RunMs", unit: "Milliseconds" },
  lateen_run_failures_total: {
    name: "RunFailures",
    unit: "Count",
    by: { label: "class", values: failureClasses, total: true },
  },
  lateen_source_failures_total: { name: "SourceFailures", unit: "Count" },
  lateen_drift_check_ms: { name: "DriftCheckMs", unit: "Milliseconds" },
  lateen_drift_found_total: { name: "DriftFound", unit: "Count" },
  lateen_drift_repaired_total: { name: "DriftRepaired", unit: "Count" },
  lateen_drift_missed_total: { name: "DriftMissed", unit: "Count" },
  lateen_deletions_refused_total: { name: "DeletionsRefused", unit: "Count" },
  lateen_cluster_unreachable_total: { name: "ClusterProbeFailed", unit: "Count" },
  lateen_cluster_calls_spared_total: { name: "ClusterCallsSpared", unit: "Count" },
  lateen_epoch_rejected_total: { name: "EpochRejected", unit: "Count" },
  lateen_queue_age_ms: { name: "QueueAgeMs", unit: "Milliseconds" },
  lateen_ticks_total: { name: "Ticks", unit: "Count" },
  lateen_tick_gap_ms: { name: "TickGapMs", unit: "Milliseconds" },
  lateen_wake_ups_lost_total: { name: "WakeUpsLost", unit: "Count" },
  lateen_requests_total: { name: "Requests", unit: "Count" },
  lateen_received_bytes_total: { name: "ReceivedBytes", unit: "Bytes" },
  lateen_calls_throttled_total: { name: "CallsThrottled", unit: "Count" },
};

/** CloudWatch takes this many values of one metric in a line; more go to further lines. */
const maxValues = 100;
/** Values of one metric kept between two flushes. */
const maxKept = 10_000;

export function createEmfMetrics({ write, namespace, functionName, now }: EmfOptions): EmfMetrics {
  const counts = new Map<string, number>();
  const times = new Map<string, number[]>();
  const units = new Map<string, Unit>();
  const namesOf = (port: string, labels: Readonly<Record<string, string>>): readonly string[] => {
    const known = Object.hasOwn(emfNames, port) ? emfNames[port] : undefined;
    if (known === undefined) return [];
    const { name, unit, by } = known;
    const value = by === undefined ? "" : (labels[by.label] ?? "");
    const isKnown = by?.values.includes(value) === true;
    const names = [
      ...(by === undefined || by.total === true ? [name] : []),
      ...(isKnown ? [`${value.charAt(0).toUpperCase()}${value.slice(1)}${name}`] : []),
    ];
    for (const each of names) units.set(each, unit);
    return names;
  };

  return {
    count(port, labels = {}, by = 1) {
      for (const name of namesOf(port, labels)) counts.set(name, (counts.get(name) ?? 0) + by);
    },
    observe(port, ms, labels = {}) {
      for (const name of namesOf(port, labels)) {
        const values = times.get(name) ?? [];
        if (values.length < maxKept) values.push(ms);
        times.set(name, values);
      }
    },
    flush() {
      let first: Readonly<Record<string, number>> = Object.fromEntries(counts);
      counts.clear();
      // A line holds at most 100 metrics; the table above has fewer.
      for (let from = 0; ; from += maxValues) {
        const part = [...times].flatMap(([name, values]) =>
          values.length > from ? [[name, values.slice(from, from + maxValues)] as const] : [],
        );
        const values = { ...first, ...Object.fromEntries(part) };
        if (Object.keys(values).length === 0) break;
        write(lineOf(values));
        first = {};
      }
      times.clear();
    },
  };

  function lineOf(values: Readonly<Record<string, number | readonly number[]>>): string {
    const metrics = Object.keys(values).map((Name) => ({ Name, Unit: units.get(Name) ?? "None" }));
    return JSON.stringify({
      _aws: {
        Timestamp: Math.floor(now()),
        CloudWatchMetrics: [{ Namespace: namespace, Dimensions: [["function"]], Metrics: metrics }],
      },
      function: functionName,
      ...values,
    });
  }
}
