/** What kapp's end-to-end tests assert and no recorded case shows (docs/conformance.md). */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isMap, type KubeObject, labelsOf, nameOf, own } from "../../src/resource/index.ts";
import { configMap, deploy, ending, plan, refusal, remove, type Settings, yaml } from "./support/deploy.ts";
import { failure, ManualClock, MemoryCluster } from "./support/memory-cluster.ts";
import { withServerDefaults } from "./support/server-defaults.ts";

const newCluster = (): MemoryCluster => new MemoryCluster(new ManualClock());
const changesIn = (cluster: MemoryCluster): KubeObject[] =>
  cluster.objects("ConfigMap").filter((object) => labelsOf(object)["kapp.k14s.io/is-app-change"] !== undefined);
const namesOf = (objects: readonly KubeObject[]): string[] => objects.map(nameOf).sort();
const forbidden = (what: string): Error => failure(403, "Forbidden", `${what} is forbidden`);

describe("app changes", () => {
  it("of an app with a long name are found by the app's label", async () => {
    const cluster = newCluster();
    const settings: Settings = { app: "a".repeat(70), rawOptions: ["--app-changes-max-to-keep=2"] };
    for (const version of ["1", "2", "3"]) {
      assert.equal(ending(await deploy(cluster, configMap("a", {}, { version }), settings)), "Succeeded");
      cluster.clock.advance(10);
    }
    const changes = changesIn(cluster);
    assert.equal(changes.length, 2);
    for (const change of changes) assert.equal(labelsOf(change)["kapp.k14s.io/app-change-app"], undefined);
    assert.equal(ending(await remove(cluster, { app: "a".repeat(70) })), "Succeeded");
    assert.deepEqual(cluster.objects("ConfigMap"), []);
  });

  it("are not kept where none are wanted, and those of before go", async () => {
    const cluster = newCluster();
    await deploy(cluster, configMap("a"));
    assert.equal(changesIn(cluster).length, 1);
    const rawOptions = ["--app-changes-max-to-keep=0"];
    assert.equal(ending(await deploy(cluster, configMap("a", {}, { version: "2" }), { rawOptions })), "Succeeded");
    assert.deepEqual(changesIn(cluster), []);
    cluster.before = ({ verb }) => {
      if (verb === "delete") throw forbidden("configmaps");
    };
    assert.equal(ending(await deploy(cluster, configMap("a", {}, { version: "3" }), { rawOptions })), "Succeeded");
  });
});

describe("the record of a previous name", () => {
  const cases: { name: string; prev: Settings; now: Settings; records: string[] }[] = [
    { name: "plain to plain", prev: {}, now: {}, records: ["test.app"] },
    { name: "plain to qualified", prev: {}, now: { isQualified: true }, records: ["test.app.apps.k14s.io"] },
    {
      name: "qualified to qualified",
      prev: { isQualified: true },
      now: { isQualified: true },
      records: ["test.app.apps.k14s.io"],
    },
    { name: "qualified stays so", prev: { isQualified: true }, now: {}, records: ["test.app.apps.k14s.io"] },
  ];
  const recordsIn = (cluster: MemoryCluster): string[] =>
    namesOf(cluster.objects("ConfigMap").filter((object) => labelsOf(object)["kapp.k14s.io/is-app"] !== undefined));

  for (const { name, prev, now, records } of cases) {
    it(`${name}, with its objects`, async () => {
      const cluster = newCluster();
      await deploy(cluster, yaml(configMap("a"), configMap("b")), { ...prev, app: "test-ctrl" });
      const { rounds } = await deploy(cluster, configMap("a"), { ...now, prevName: "test-ctrl" });
      assert.deepEqual(rounds, [["delete configmap/b"]]);
      assert.deepEqual(recordsIn(cluster), records);
    });
  }

  it("is passed over where the app has one", async () => {
    const cluster = newCluster();
    await deploy(cluster, configMap("old"), { app: "test-ctrl" });
    await deploy(cluster, configMap("a"));
    const { rounds } = await deploy(cluster, configMap("a", {}, { version: "2" }), { prevName: "test-ctrl" });
    assert.deepEqual(rounds, [["update configmap/a"]]);
    assert.deepEqual(recordsIn(cluster), ["test-ctrl", "test.app"]);
  });

  it("is what a delete finds, too", async () => {
    const cluster = newCluster();
    await deploy(cluster, configMap("a"), { app: "test-ctrl" });
    assert.equal(ending(await remove(cluster, { prevName: "test-ctrl" })), "Succeeded");
    assert.deepEqual(cluster.objects("ConfigMap"), []);
  });
});

describe("what an app may not do", () => {
  it("a plan needs to read only, for a new app and for one that is there", async () => {
    const cluster = newCluster();
    const readOnly = ({ verb, target }: { verb: string; target: string }): void => {
      if (!["discover", "list", "get"].includes(verb)) throw forbidden(target);
    };
    cluster.before = readOnly;
    assert.equal((await plan(cluster, configMap("a"))).changes.length, 1);
    cluster.before = () => undefined;
    await deploy(cluster, configMap("a"));
    cluster.before = readOnly;
    assert.equal((await plan(cluster, configMap("a", {}, { version: "2" }))).changes.length, 1);
  });

  it("lists stay in its namespaces where that is asked for", async () => {
    const cluster = newCluster();
    const rawOptions = ["--dangerous-scope-to-fallback-allowed-namespaces=true"];
    await deploy(cluster, yaml(configMap("a"), configMap("b")), { rawOptions });
    cluster.calls.length = 0;
    const { rounds } = await deploy(cluster, configMap("a"), { rawOptions });
    assert.deepEqual(rounds, [["delete configmap/b"]]);
    const lists = cluster.calls.filter(({ verb, target }) => verb === "list" && target.startsWith("ConfigMap"));
    assert.ok(lists.length > 0 && lists.every(({ target }) => target === "ConfigMap app"), JSON.stringify(lists));
  });

  it("API groups that fail are passed over where that is asked for, not where it uses them", async () => {
    const cluster = newCluster();
    const rawOptions = ["--dangerous-ignore-failing-api-services=true"];
    await deploy(cluster, configMap("a"));
    cluster.failedDiscovery = [{ groupVersion: "v1", message: "unable" }];
    assert.match(await refusal(deploy(cluster, configMap("a"))), /^Listing API group version v1/);
    assert.equal(ending(await deploy(cluster, configMap("a"), { rawOptions })), "Succeeded");
    const widget = "{apiVersion: gone.example.com/v1, kind: Widget, metadata: {name: w}}\n";
    cluster.failedDiscovery = [{ groupVersion: "gone.example.com/v1", message: "unable" }];
    assert.match(
      await refusal(deploy(cluster, widget, { rawOptions })),
      /^Expected to find kind 'gone.example.com\/v1\/Widget'/,
    );
  });

  it("a kind whose conversion webhook fails is passed over by a delete, unless the app uses it", async () => {
    const cluster = newCluster();
    await deploy(cluster, configMap("a"));
    const broken = (kind: string): void => {
      cluster.before = ({ verb, target }) => {
        if (verb === "list" && target.startsWith(kind))
          throw failure(500, "InternalError", `conversion webhook for ${kind} failed: no endpoints`);
      };
    };
    broken("ConfigMap");
    assert.match(await refusal(remove(cluster)), /^Listing ConfigMap \(v1\): conversion webhook for ConfigMap failed/);
    broken("Role");
    assert.equal(ending(await remove(cluster)), "Succeeded");
  });

  it("a write that a webhook's failure stops is tried again until the apply time-out", async () => {
    const cluster = newCluster();
    cluster.before = ({ verb, target }) => {
      if (verb === "create" && target === "ConfigMap app/a")
        throw failure(500, "InternalError", "conversion webhook for a failed: no endpoints");
    };
    const { outcome, log } = await deploy(cluster, configMap("a"), { rawOptions: ["--apply-timeout=10s"] });
    assert.ok(
      log.some((line) => line.includes("Retryable error: Creating resource configmap/a")),
      log.join("\n"),
    );
    assert.equal(outcome.state === "failed" && outcome.failure.code, "DEPLOY_APPLY_TIMEOUT");
  });

  it("namespaces that a cluster needs are let go, and can be taken again", async () => {
    const cluster = newCluster();
    const input = yaml("{apiVersion: v1, kind: Namespace, metadata: {name: default}}\n", configMap("a"));
    await deploy(cluster, input);
    assert.equal(ending(await deploy(cluster, configMap("a"))), "Succeeded");
    const kept = cluster.find("Namespace", "default");
    assert.deepEqual(
      [labelsOf(kept ?? {})["kapp.k14s.io/app"], labelsOf(kept ?? {})["kapp.k14s.io/orphaned"]],
      [undefined, ""],
    );
    await deploy(cluster, input);
    assert.notEqual(labelsOf(cluster.find("Namespace", "default") ?? {})["kapp.k14s.io/app"], undefined);
  });
});

describe("what others add", () => {
  const account = "{apiVersion: v1, kind: ServiceAccount, metadata: {name: sa}, secrets: [{name: own}]}\n";
  const cases = [
    { name: "a token's Secret", field: "secrets", secret: "sa-token-abcde" },
    { name: "a dockercfg Secret", field: "secrets", secret: "sa-dockercfg-abcde" },
    { name: "a dockercfg Secret for pulls", field: "imagePullSecrets", secret: "sa-dockercfg-abcde" },
  ];
  for (const { name, field, secret } of cases) {
    it(`to a ServiceAccount, ${name}, stays`, async () => {
      const cluster = newCluster();
      await deploy(cluster, account);
      cluster.edit("ServiceAccount", "sa", (object) => {
        object[field] = [...((object[field] ?? []) as { name: string }[]), { name: secret }];
      });
      assert.deepEqual((await plan(cluster, account)).changes, []);
      await deploy(cluster, account.replace("metadata: {name: sa}", "metadata: {name: sa, labels: {x: y}}"));
      const found = own(cluster.find("ServiceAccount", "sa"), field);
      const names = Array.isArray(found) ? found.map((item) => (isMap(item) ? item["name"] : item)) : [];
      assert.ok(names.includes(secret), JSON.stringify(names));
    });
  }
});

it("a resource is pruned although its version is no longer served", async () => {
  const cluster = newCluster();
  cluster.admit = withServerDefaults;
  const crd = (version: string): string =>
    `{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata: {name: widgets.example.com}, spec: {group: example.com, scope: Namespaced, names: {kind: Widget, plural: widgets}, versions: [{name: ${version}}]}}\n`;
  await deploy(cluster, yaml(crd("v1"), "{apiVersion: example.com/v1, kind: Widget, metadata: {name: w}}\n"));
  const next = await deploy(cluster, crd("v2"));
  assert.equal(ending(next), "Succeeded");
  const { rounds } = await deploy(cluster, crd("v2"));
  assert.deepEqual([...next.rounds.flat(), ...rounds.flat()].sort(), [
    "delete widget/w",
    "update customresourcedefinition/widgets.example.com",
  ]);
});
