import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Metrics } from "../reconcile/index.ts";
import { type KnownMetric, knownMetrics } from "./metric-catalogue.ts";

/** Measurements that Prometheus can read. */
export interface PrometheusMetrics extends Metrics {
  /** Prometheus' text format. */
  readonly render: () => Promise<string>;
  /** Drops what was measured for one App, once it is gone. */
  readonly forgetApp: (namespace: string, name: string) => void;
}

/** Series of one measurement; a further one is left out and counted, so that labels from outside cannot fill the memory. */
const maxSeries = 10_000;
/** A deploy takes a fraction of a second; waiting for readiness up to 15 minutes. */
const bucketsS = [0.01, 0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.5, 3, 6, 15, 30, 60, 300, 900];

type Labels = Readonly<Record<string, string>>;

interface Series {
  readonly metric: Counter | Gauge | Histogram;
  readonly labels: readonly string[];
  readonly seen: Set<string>;
}

/**
 * Measurements in memory. Names are Prometheus' names; a duration may be given as `…_ms` and is served as `…_seconds`.
 * What kapp-controller measures keeps its names and labels (app.md §7.2).
 */
export function createPrometheusMetrics(): PrometheusMetrics {
  const registry = new Registry();
  const series = new Map<string, Series>();
  const dropped = new Counter({
    name: "lateen_metrics_dropped_total",
    help: "Measurements left out because their name has too many label values",
    registers: [registry],
  });
  for (const known of knownMetrics) series.set(known.name, register(known, registry));

  const find = (name: string, type: KnownMetric["type"], labels: Labels): Series => {
    const found = series.get(name);
    if (found !== undefined) return found;
    const added = register({ name, type, help: name.replaceAll("_", " "), labels: Object.keys(labels) }, registry);
    series.set(name, added);
    return added;
  };
  const labelsFor = (target: Series, given: Labels): Record<string, string> | undefined => {
    const labels = Object.fromEntries(target.labels.map((label) => [label, given[label] ?? defaultLabel(label)]));
    const key = JSON.stringify(labels);
    if (!target.seen.has(key)) {
      if (target.seen.size >= maxSeries) {
        dropped.inc();
        return undefined;
      }
      target.seen.add(key);
    }
    return labels;
  };

  return {
    count(name, labels = {}, by = 1) {
      const target = find(plainName(name), "counter", labels);
      const own = labelsFor(target, labels);
      if (own !== undefined && target.metric instanceof Counter) target.metric.inc(own, by);
    },
    observe(name, ms, labels = {}) {
      const target = find(plainName(name).replace(/_ms$/, "_seconds"), "histogram", labels);
      const own = labelsFor(target, labels);
      if (own === undefined) return;
      if (target.metric instanceof Gauge) target.metric.set(own, ms / 1_000);
      if (target.metric instanceof Histogram) target.metric.observe(own, ms / 1_000);
    },
    forgetApp(namespace, name) {
      for (const { metric, seen } of series.values()) {
        for (const key of seen) {
          // Written by `labelsFor` above.
          const labels = JSON.parse(key) as Record<string, string>;
          if (labels["namespace"] !== namespace || labels["name"] !== name) continue;
          metric.remove(labels);
          seen.delete(key);
        }
      }
    },
    render: () => registry.metrics(),
  };
}

function register({ name, type, help, labels }: KnownMetric, registry: Registry): Series {
  const options = { name, help, labelNames: [...labels], registers: [registry] };
  const metric =
    type === "counter"
      ? new Counter(options)
      : type === "gauge"
        ? new Gauge(options)
        : new Histogram({ ...options, buckets: bucketsS });
  return { metric, labels, seen: new Set() };
}

function defaultLabel(label: string): string {
  return label === "controller" ? "App" : "";
}

/** A measurement must never break what it measures: other characters than Prometheus allows are replaced. */
function plainName(name: string): string {
  return name.replace(/[^a-zA-Z0-9_:]/g, "_");
}
