import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { formatDeployError, formatPlan, parseDeployOptions } from "../../src/deploy/index.ts";
import { nameOf, own } from "../../src/resource/index.ts";
import { configMap, deploy, ending, plan, refusal, remove, yaml } from "./support/deploy.ts";
import { ManualClock, MemoryCluster } from "./support/memory-cluster.ts";

const newCluster = (): MemoryCluster => new MemoryCluster(new ManualClock());
const labelled = (kind: string, name: string, labels: Readonly<Record<string, string>> = {}): string =>
  `${JSON.stringify({ apiVersion: "v1", kind, metadata: { name, labels } })}\n`;

describe("a filter", () => {
  const input = yaml(
    labelled("ConfigMap", "cfg-a", { t: "1" }),
    labelled("ConfigMap", "cfg-b", { t: "2" }),
    labelled("Secret", "sec", { t: "1" }),
    labelled("Namespace", "space"),
  );
  const cases: { readonly options: readonly string[]; readonly finds: readonly string[] }[] = [
    { options: ["--filter-kind=Secret,Namespace"], finds: ["sec", "space"] },
    { options: ["--filter-kind=Secret", "--filter-kind=Namespace"], finds: ["sec", "space"] },
    { options: ["--filter-name=cfg-%"], finds: ["cfg-a", "cfg-b"] },
    { options: ["--filter-name=*-b"], finds: ["cfg-b"] },
    { options: ["--filter-name=%fg%"], finds: ["cfg-a", "cfg-b"] },
    {
      options: ["--filter-name=cfg-%", "--filter-kind=Secret,ConfigMap", "--filter-name=sec"],
      finds: ["cfg-a", "cfg-b", "sec"],
    },
    { options: ["--filter-ns=app", "--filter-kind-name=ConfigMap/cfg-a"], finds: ["cfg-a"] },
    { options: ["--filter-kind-ns=Secret/app,Namespace/"], finds: ["sec", "space"] },
    { options: ["--filter-kind-ns-name=ConfigMap/app/cfg-b"], finds: ["cfg-b"] },
    { options: ["--filter-age=5m+"], finds: ["cfg-a", "cfg-b", "sec", "space"] },
    { options: ['--filter={"resource":{"labels":["t=1","t=2,x"]}}'], finds: ["cfg-a", "sec"] },
    {
      options: ['--filter={"and":[{"resource":{"kinds":["ConfigMap"]}},{"not":{"resource":{"names":["cfg-b"]}}}]}'],
      finds: ["cfg-a"],
    },
    {
      options: ['--filter={"OR":[{"resource":{"namespaces":[""]}},{"resource":{"kindNames":["Secret/sec"]}}]}'],
      finds: ["sec", "space"],
    },
    { options: ['--filter={"not":{}}', "--filter-kind=Secret"], finds: ["cfg-a", "cfg-b", "sec", "space"] },
  ];
  for (const { options, finds } of cases) {
    it(options.join(" "), async () => {
      const planned = await plan(newCluster(), input, { rawOptions: options });
      assert.deepEqual(planned.steps.map(({ fresh = {} }) => nameOf(fresh)).sort(), finds);
    });
  }

  const refused: { readonly option: string; readonly says: string | RegExp }[] = [
    { option: "--filter={", says: /^.+$/ },
    { option: '--filter={"resources":{}}', says: "filter.resources: unknown key (known: and, or, not, resource)" },
    { option: '--filter={"and":{}}', says: "filter.and: expected a list, but was map[string]interface {}" },
    {
      option: '--filter={"resource":{"labels":["a in"]}}',
      says: /^filter\.resource\.labels\[0\]: unable to parse requirement/,
    },
    { option: "--filter-age=5m", says: /^Expected age filter to be either empty or parseable time.Duration/ },
    {
      option: "--filter-labels=a=b",
      says: "Unexpected flag '--filter-labels' specified (either forbidden or unknown)",
    },
  ];
  for (const { option, says } of refused) {
    it(`${option} is refused`, () => {
      const parsed = parseDeployOptions({ rawOptions: [option] });
      assert.ok("failure" in parsed);
      const text = formatDeployError(parsed.failure);
      if (typeof says === "string") assert.equal(text, says);
      else assert.match(text, says);
    });
  }

  it("leaves everything else as it is, known to the record and the inventory", async () => {
    const cluster = newCluster();
    await deploy(cluster, input);
    const { rounds, outcome } = await deploy(cluster, labelled("ConfigMap", "cfg-a"), {
      rawOptions: ["--filter-kind=ConfigMap"],
    });
    assert.deepEqual(rounds, [["delete configmap/cfg-b", "update configmap/cfg-a"]]);
    assert.ok(outcome.state === "succeeded");
    assert.deepEqual(outcome.inventory.map(({ name }) => name).sort(), ["cfg-a", "sec", "space"]);
    const spec = String(own(own(cluster.find("ConfigMap", "test.app"), "data"), "spec"));
    assert.match(spec, /"Kind":"Secret"/);
    assert.deepEqual((await deploy(cluster, labelled("ConfigMap", "cfg-a"))).rounds, [
      ["delete namespace/space", "delete secret/sec"],
    ]);
  });

  it("that keeps everything out is no reason to delete", async () => {
    const text = await refusal(deploy(newCluster(), input, { rawOptions: ["--filter-kind=Nope"] }));
    assert.match(text, /^Trying to apply empty set of resources/);
  });

  it("means versions by the name of their resource, and so does --patch", async () => {
    const cluster = newCluster();
    const conf = (k: string): string => configMap("conf", { versioned: "" }, { k });
    await deploy(cluster, yaml(conf("1"), configMap("x")));
    const filtered = await deploy(cluster, conf("2"), { rawOptions: ["--filter-name=conf"] });
    assert.deepEqual(filtered.rounds, [["create configmap/conf-ver-2"]]);
    const patched = await deploy(cluster, conf("3"), { rawOptions: ["--patch=true"] });
    assert.deepEqual(patched.rounds, [["create configmap/conf-ver-3"]]);
    assert.ok(patched.outcome.state === "succeeded");
    assert.deepEqual(patched.outcome.inventory.map(({ name }) => name).sort(), [
      "conf-ver-1",
      "conf-ver-2",
      "conf-ver-3",
      "x",
    ]);
  });

  it("makes a delete a partial one", async () => {
    const cluster = newCluster();
    await deploy(cluster, input);
    const result = await remove(cluster, { rawOptions: ["--filter-kind=ConfigMap"] });
    assert.equal(ending(result), "Succeeded");
    assert.match(
      formatPlan(result.plan),
      /^App 'test\.app' \(namespace: app\) will not be fully deleted because some resources are excluded by filters$/m,
    );
    assert.equal(cluster.find("ConfigMap", "cfg-a"), undefined);
    assert.notEqual(cluster.find("Secret", "sec"), undefined);
    const spec = String(own(own(cluster.find("ConfigMap", "test.app"), "data"), "spec"));
    assert.match(spec, /"successful":true,"description":"delete"/);
    await remove(cluster);
    assert.equal(cluster.find("ConfigMap", "test.app"), undefined);
  });
});

it("columns are chosen by title or key", async () => {
  const planned = await plan(newCluster(), configMap("a"), { rawOptions: ["--column=Name,op", "--column=wait_to"] });
  const lines = formatPlan(planned).split("\n");
  assert.deepEqual(
    lines.slice(lines.indexOf("Changes") + 2, lines.indexOf("Changes") + 4).map((line) => line.trimEnd()),
    ["Name  Op      Wait to", "a     create  reconcile"],
  );
});
