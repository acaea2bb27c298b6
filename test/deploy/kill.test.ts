/** A run that dies between any two of its writes, and the next one that starts from the live cluster: always the end of a run that was left alone. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { cuts, dieAt, loseAnswer, losses } from "./support/cut-cluster.ts";
import {
  configMap,
  deploy,
  ending,
  remove,
  type Result,
  type Settings,
  type TestCluster,
  yaml,
} from "./support/deploy.ts";
import { endState } from "./support/end-state.ts";
import { failure, ManualClock, MemoryCluster } from "./support/memory-cluster.ts";
import { withServerDefaults } from "./support/server-defaults.ts";

type Run = (cluster: TestCluster, settings?: Settings) => Promise<Result>;

interface Scenario {
  readonly name: string;
  /** What is there before, each run to its end. */
  readonly before?: readonly Run[];
  readonly run: Run;
  /** The least number of writes: a scenario that does nothing proves nothing. */
  readonly writes: number;
}

const deploying =
  (input: string, own: Settings = {}): Run =>
  (cluster, settings) =>
    deploy(cluster, input, { ...own, ...settings });
const removing: Run = (cluster, settings) => remove(cluster, settings);

const service = (name: string, port: number): string =>
  `{apiVersion: v1, kind: Service, metadata: {name: ${name}}, spec: {ports: [{port: ${port}}]}}\n`;
const secret = (name: string, value: string): string =>
  `{apiVersion: v1, kind: Secret, metadata: {name: ${name}}, stringData: {password: ${value}}}\n`;
const namespace = (name: string): string => `{apiVersion: v1, kind: Namespace, metadata: {name: ${name}}}\n`;
const widgets = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: widgets.example.com }
spec: { group: example.com, scope: Namespaced, names: { kind: Widget, plural: widgets }, versions: [{ name: v1 }] }
`;
const widget = (name: string, size: number): string =>
  `{apiVersion: example.com/v1, kind: Widget, metadata: {name: ${name}}, spec: {size: ${size}}}\n`;
const mixed = (version: number): string =>
  yaml(
    namespace("more"),
    widgets,
    widget("w", version),
    configMap("a", { "change-group": "a" }, { version: String(version) }),
    configMap("b", { "change-rule": "upsert after upserting a" }, { version: String(version) }),
    service("s", 80 + version),
    secret("p", `value-${version}`),
    ...(version === 1 ? [configMap("old"), widget("gone", 1), service("gone", 80)] : [configMap("new")]),
  );
const versioned = (value: string): string =>
  yaml(
    configMap("conf", { versioned: "" }, { value }),
    `{apiVersion: v1, kind: Pod, metadata: {name: pod, annotations: {kapp.k14s.io/update-strategy: always-replace, kapp.k14s.io/disable-wait: ""}},
 spec: {volumes: [{name: c, configMap: {name: conf}}]}}\n`,
  );

const scenarios: readonly Scenario[] = [
  { name: "a new app of mixed kinds", run: deploying(mixed(1)), writes: 15 },
  { name: "changes, prunes and additions", before: [deploying(mixed(1))], run: deploying(mixed(2)), writes: 13 },
  {
    name: "a fenced run",
    before: [deploying(mixed(1), { fence: { epoch: 1 } })],
    run: deploying(mixed(2), { fence: { epoch: 2 } }),
    writes: 14,
  },
  {
    name: "a new version and what refers to it",
    before: [deploying(versioned("1"))],
    run: deploying(versioned("2")),
    writes: 5,
  },
  {
    name: "an object that is let go",
    before: [deploying(yaml(configMap("a"), configMap("b", { "delete-strategy": "orphan" })))],
    run: deploying(configMap("a")),
    writes: 4,
  },
  {
    name: "the oldest app changes being dropped",
    before: [1, 2, 3].map((version) =>
      deploying(configMap("a", {}, { version: String(version) }), { rawOptions: ["--app-changes-max-to-keep=2"] }),
    ),
    run: deploying(configMap("a", {}, { version: "4" }), { rawOptions: ["--app-changes-max-to-keep=2"] }),
    writes: 5,
  },
  {
    name: "a record that moves to its qualified name",
    before: [deploying(configMap("a"))],
    run: deploying(configMap("a", {}, { version: "2" }), { isQualified: true }),
    writes: 5,
  },
  {
    name: "a record that is taken over from an older name",
    before: [deploying(configMap("a"), { app: "test-ctrl" })],
    run: deploying(configMap("a", {}, { version: "2" }), { prevName: "test-ctrl" }),
    writes: 5,
  },
  { name: "an app that is deleted", before: [deploying(mixed(1))], run: removing, writes: 12 },
];

async function prepared({ before = [] }: Scenario): Promise<MemoryCluster> {
  const cluster = new MemoryCluster(new ManualClock());
  cluster.admit = withServerDefaults;
  for (const run of before) {
    assert.equal(ending(await run(cluster)), "Succeeded");
    cluster.clock.advance(1_000);
  }
  return cluster;
}

describe("a run that dies at any of its writes [F1 F51 F52 I4 I9]", () => {
  for (const scenario of scenarios) {
    it(`${scenario.name}: is finished by the next one`, async () => {
      const { total, end } = await undisturbed(scenario);
      for (const cut of cuts) {
        for (let at = 1; at <= total; at++) {
          const cluster = await prepared(scenario);
          const dying = dieAt(cluster, at, cut);
          await assert.rejects(scenario.run(dying.cluster, { signal: dying.signal }), /killed/);
          const where = `write ${at} of ${total} ${cut}`;
          cluster.clock.advance(1_000);
          assert.equal(ending(await scenario.run(cluster)), "Succeeded", where);
          assert.deepEqual(endState(cluster.objects()), end, where);
          cluster.calls.length = 0;
          await scenario.run(cluster);
          assert.deepEqual(cluster.writes, [], `a further run after ${where}`);
        }
      }
    });
  }
});

describe("a run that hears no answer to any of its writes [F42]", () => {
  for (const scenario of scenarios) {
    it(`${scenario.name}: finds out and goes on`, async () => {
      const { total, end } = await undisturbed(scenario);
      for (const loss of losses) {
        for (let at = 1; at <= total; at++) {
          const cluster = await prepared(scenario);
          const where = `write ${at} of ${total} ${loss}`;
          assert.equal(ending(await scenario.run(loseAnswer(cluster, at, loss))), "Succeeded", where);
          await scenario.run(cluster);
          assert.deepEqual(endState(cluster.objects()), end, where);
        }
      }
    });
  }

  it("a record that could not be written: there is no app change without one", async () => {
    const cluster = new MemoryCluster(new ManualClock());
    cluster.before = ({ verb, target }) => {
      if (verb === "create" && target === "ConfigMap app/test.app")
        throw failure(403, "Forbidden", "configmaps is forbidden");
    };
    assert.match(ending(await deploy(cluster, configMap("a"))), /forbidden/);
    assert.deepEqual(cluster.objects("ConfigMap"), []);
  });
});

async function undisturbed(scenario: Scenario): Promise<{ readonly total: number; readonly end: unknown }> {
  const cluster = await prepared(scenario);
  const whole = dieAt(cluster, Number.POSITIVE_INFINITY, "unsent");
  assert.equal(ending(await scenario.run(whole.cluster)), "Succeeded");
  assert.ok(whole.writes() >= scenario.writes, `${whole.writes()} writes`);
  return { total: whole.writes(), end: endState(cluster.objects()) };
}
