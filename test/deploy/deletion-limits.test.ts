/** The deletion breaker (docs/adr/0015): what one deploy may prune without an approval. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  deletionRulesOf,
  type DeploymentPlan,
  formatDeployError,
  judgePruning,
  type Pruning,
  pruningOf,
} from "../../src/deploy/index.ts";
import { configMap, deploy, plan, yaml } from "./support/deploy.ts";
import { ManualClock, MemoryCluster } from "./support/memory-cluster.ts";

const newCluster = (): MemoryCluster => new MemoryCluster(new ManualClock());
const names = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => `cm-${from + index}`);
const maps = (...all: readonly string[]): string => yaml(...all.map((name) => configMap(name)));

async function planned(cluster: MemoryCluster, input: string, rawOptions: readonly string[] = []) {
  const found = await plan(cluster, input, { rawOptions });
  assert.equal(found.kind, "deploy");
  return found as DeploymentPlan;
}

describe("what a deploy prunes", () => {
  const cases: readonly {
    readonly name: string;
    readonly before: readonly string[];
    readonly now: string;
    readonly pruned: readonly string[];
    readonly total: number;
    readonly rawOptions?: readonly string[];
  }[] = [
    { name: "nothing, when all stays", before: [maps("a", "b")], now: maps("a", "b", "c"), pruned: [], total: 2 },
    { name: "what is left out", before: [maps("a", "b", "c")], now: maps("a"), pruned: ["b", "c"], total: 3 },
    {
      name: "the old name of what was renamed",
      before: [maps("a", "b")],
      now: maps("a", "b2"),
      pruned: ["b"],
      total: 2,
    },
    {
      name: "no versions beyond those that are kept",
      before: ["1", "2", "3"].map((v) => configMap("v", { versioned: "", "num-versions": "1" }, { v })),
      now: configMap("v", { versioned: "", "num-versions": "1" }, { v: "4" }),
      pruned: [],
      total: 2,
    },
    {
      name: "all versions of a resource that is left out",
      before: ["1", "2"].map((v) => yaml(configMap("a"), configMap("v", { versioned: "" }, { v }))),
      now: maps("a"),
      pruned: ["v-ver-1", "v-ver-2"],
      total: 3,
    },
    {
      name: "not what becomes versioned, nor what no longer is",
      before: [yaml(configMap("a"), configMap("v", { versioned: "" }))],
      now: yaml(configMap("a", { versioned: "" }), configMap("v")),
      pruned: [],
      total: 2,
    },
    {
      name: "not what is replaced",
      before: [configMap("a", { "update-strategy": "always-replace" }, { v: "1" })],
      now: configMap("a", { "update-strategy": "always-replace" }, { v: "2" }),
      pruned: [],
      total: 1,
    },
    {
      name: "not what is only let go of",
      before: [yaml(configMap("a"), configMap("b", { "delete-strategy": "orphan" }))],
      now: maps("a"),
      pruned: [],
      total: 2,
    },
    {
      name: "what the last of it leaves, where an empty input is allowed",
      before: [maps("a", "b")],
      now: "",
      rawOptions: ["--dangerous-allow-empty-list-of-resources=true"],
      pruned: ["a", "b"],
      total: 2,
    },
  ];
  for (const { name, before, now, pruned, total, rawOptions } of cases) {
    it(name, async () => {
      const cluster = newCluster();
      for (const input of before) await deploy(cluster, input);
      const pruning = pruningOf(await planned(cluster, now, rawOptions));
      assert.deepEqual(
        pruning.resources,
        pruned.map((one) => `configmap/${one} (v1) namespace: app`),
      );
      assert.equal(pruning.total, total);
    });
  }
});

describe("the limits of deletions", () => {
  it("stop a deploy with a text that says how many, which, and how to go on", async () => {
    const cluster = newCluster();
    await deploy(cluster, maps(...names(1, 9)));
    const pruning = pruningOf(await planned(cluster, maps("cm-9")));
    const judged = judgePruning(pruning, { limits: { objects: 7, percent: 80 } });
    assert.ok(judged.verdict === "refused");
    assert.equal(
      formatDeployError(judged.failure),
      `Refusing to delete 8 of 9 objects, more than the limit of 7 objects or 80 percent (${names(1, 5)
        .map((name) => `configmap/${name} (v1) namespace: app`)
        .join(", ")} and 3 more). Nothing was changed. To approve exactly these deletions, annotate the App with ` +
        `lateen.dev/approve-deletions=${pruning.digest} or ask for a run that approves ${pruning.digest}.`,
    );
  });

  it("let exactly what was approved pass, and the same names not a second time", async () => {
    const cluster = newCluster();
    await deploy(cluster, maps("a", "b", "c"));
    const first = pruningOf(await planned(cluster, maps("a")));
    const rules = { limits: { objects: 0 }, approved: first.digest };
    assert.equal(judgePruning(first, rules).verdict, "approved");
    assert.equal(pruningOf(await planned(cluster, maps("a"))).digest, first.digest, "the same plan, the same digest");
    const other = pruningOf(await planned(cluster, maps("b")));
    assert.equal(judgePruning(other, rules).verdict, "refused");
    await deploy(cluster, maps("a"));
    await deploy(cluster, maps("a", "b", "c"));
    const again = pruningOf(await planned(cluster, maps("a")));
    assert.deepEqual(again.resources, first.resources);
    assert.equal(judgePruning(again, rules).verdict, "refused");
  });

  it("hold for every number of objects", () => {
    const whole = fc.integer({ min: 0, max: 60 });
    fc.assert(
      fc.property(whole, whole, whole, fc.integer({ min: 0, max: 100 }), (pruned, kept, objects, percent) => {
        const pruning: Pruning = { digest: "d", uids: [], resources: names(1, pruned), total: pruned + kept };
        const verdict = (limits: { objects?: number; percent?: number }) => judgePruning(pruning, { limits }).verdict;
        assert.equal(verdict({}), "within limits");
        assert.equal(verdict({ objects }) === "refused", pruned > objects);
        assert.equal(verdict({ percent }) === "refused", pruned > (percent / 100) * (pruned + kept));
        const either = verdict({ objects }) === "refused" || verdict({ percent }) === "refused";
        assert.equal(verdict({ objects, percent }) === "refused", either);
      }),
    );
  });

  const annotations: readonly {
    readonly given: Readonly<Record<string, string>>;
    readonly want: unknown;
  }[] = [
    { given: {}, want: { objects: 10, percent: 50 } },
    { given: { "max-deletions": "3" }, want: { objects: 3, percent: 50 } },
    { given: { "max-deletions": "none", "max-deleted-percent": "none" }, want: {} },
    { given: { "max-deleted-percent": "0" }, want: { objects: 10, percent: 0 } },
    { given: { "max-deletions": "-1" }, want: ["max-deletions"] },
    { given: { "max-deletions": "1.5", "max-deleted-percent": "101" }, want: ["max-deletions", "max-deleted-percent"] },
  ];
  for (const { given, want } of annotations) {
    it(`are the operator's unless the App says otherwise: ${JSON.stringify(given)}`, () => {
      const keyed = Object.fromEntries(Object.entries(given).map(([key, value]) => [`lateen.dev/${key}`, value]));
      const parsed = deletionRulesOf(keyed, { objects: 10, percent: 50 });
      if ("rules" in parsed) assert.deepEqual(parsed.rules.limits, want);
      else {
        assert.ok(Array.isArray(want) && parsed.failure.code === "DEPLOY_INPUT_INVALID");
        assert.equal(parsed.failure.errors.length, want.length);
        for (const [index, name] of want.entries()) assert.ok(parsed.failure.errors[index]?.includes(String(name)));
      }
    });
  }
});
