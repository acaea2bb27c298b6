/**
 * The change graph alone: Apps of mixed kinds with change groups and rules in annotations, beside kapp's default rules, which put thousands of resources
 * behind thousands of others. Processor time, which is steady on a busy machine; ten times as many resources tell whether it grows with resources and rules, or with
 * their pairs.
 */
import { defaultConfig } from "../src/deploy/config/deploy-config.ts";
import { buildChangeGraph, type GraphNode } from "../src/deploy/order/change-graph.ts";
import type { KubeObject } from "../src/resource/index.ts";
import type { Benchmark } from "./support/benchmark.ts";
import { median } from "./support/statistics.ts";
import { measured } from "./support/timing.ts";

const sizes = [1_000, 10_000] as const;

export const graph: Benchmark = {
  name: "graph",
  summary: `order of ${sizes.join(" and ")} changes with rules`,
  async run(report, { rounds = 9 }) {
    report.section("change graph, mixed kinds");
    const perResource: number[] = [];
    for (const size of sizes) {
      const samples = await measure(nodesOf(size, tier), rounds);
      report.row(`${size} resources with rules`, samples, size === 10_000 ? { target: { median: 1_000 } } : {});
      perResource.push(median(samples) / size);
    }
    const [small = Number.NaN, large = Number.NaN] = perResource;
    report.row("  time per resource, 10,000 / 1,000", [large / small], { unit: "x", digits: 1 });
    for (const size of sizes) {
      const contrary = await measure(
        nodesOf(size, (place) => place % 10),
        rounds,
      );
      report.row(`${size} resources with rules against the default order`, contrary);
    }
  },
};

async function measure(nodes: readonly GraphNode[], rounds: number): Promise<readonly number[]> {
  const samples: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    const { cpuMs } = await measured(async () => {
      buildChangeGraph(nodes, defaultConfig.changeGroups, defaultConfig.changeRules);
    });
    // The first round warms the compiler.
    if (round > 0) samples.push(cpuMs);
  }
  return samples;
}

/** In each hundred: a namespace, a CRD with nine resources, and things in the namespace, each step of a chain after the one before. */
function nodesOf(size: number, stepOf: (place: number) => number): GraphNode[] {
  return Array.from({ length: size }, (_, index): GraphNode => {
    const [hundred, place] = [Math.floor(index / 100), index % 100];
    return { object: objectOf(hundred, place, stepOf(place), `r-${index}`), op: "upsert", active: true };
  });
}

function objectOf(hundred: number, place: number, step: number, name: string): KubeObject {
  const namespace = `ns-${hundred}`;
  if (place === 0) return object("v1", "Namespace", { name: namespace });
  if (place === 1) {
    const group = `g${hundred}.example.com`;
    const spec = {
      group,
      scope: "Namespaced",
      names: { kind: "Widget", plural: "widgets" },
      versions: [{ name: "v1" }],
    };
    return { ...object("apiextensions.k8s.io/v1", "CustomResourceDefinition", { name: `widgets.${group}` }), spec };
  }
  if (place < 11) return object(`g${hundred}.example.com/v1`, "Widget", { name, namespace });
  const annotations = {
    "kapp.k14s.io/change-group": `${namespace}/step-${step}`,
    ...(step === 0 ? {} : { "kapp.k14s.io/change-rule": `upsert after upserting ${namespace}/step-${step - 1}` }),
  };
  const [apiVersion = "v1", kind = "ConfigMap"] = kinds[tier(place)] ?? [];
  return object(apiVersion, kind, { name, namespace, annotations });
}

/** In the order that the default rules want, too. */
const kinds: readonly (readonly [string, string])[] = [
  ["rbac.authorization.k8s.io/v1", "Role"],
  ["rbac.authorization.k8s.io/v1", "RoleBinding"],
  ["v1", "ConfigMap"],
  ["v1", "Secret"],
  ["v1", "Service"],
  ["apps/v1", "Deployment"],
];
const tier = (place: number): number => Math.floor(place / 10) % kinds.length;

function object(
  apiVersion: string,
  kind: string,
  metadata: Record<string, string | Record<string, string>>,
): KubeObject {
  return { apiVersion, kind, metadata };
}
