import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ApiType } from "../../src/deploy/index.ts";
import { DeployError, failureText, inspectApp, parseInspectOptions } from "../../src/deploy/index.ts";
import { type KubeObject, labelsOf, nameOf, uidOf } from "../../src/resource/index.ts";
import { configMap, deploy, refusal, yaml } from "./support/deploy.ts";
import { failure, ManualClock, MemoryCluster } from "./support/memory-cluster.ts";

const podMetrics: ApiType = {
  group: "metrics.k8s.io",
  version: "v1beta1",
  kind: "PodMetrics",
  resource: "pods",
  namespaced: true,
  verbs: ["list"],
};
const newCluster = (): MemoryCluster => new MemoryCluster(new ManualClock(), [podMetrics]);
const app = { name: "test.app", stateNamespace: "app", defaultNamespace: "app" };
const { signal } = new AbortController();

async function inspect(cluster: MemoryCluster, ...rawOptions: readonly string[]): Promise<string[]> {
  const parsed = parseInspectOptions({ rawOptions });
  if ("failure" in parsed) throw new DeployError(parsed.failure);
  const { text } = await inspectApp({ app, options: parsed.options }, cluster, cluster, { signal });
  return text.split("\n").map((line) => line.trimEnd());
}

const deployment = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: web}]}}
`;

/** What a controller makes: the labels of the pod template on it, no annotations. */
function child(owner: KubeObject, apiVersion: string, kind: string, name: string, status: KubeObject): KubeObject {
  return {
    apiVersion,
    kind,
    metadata: {
      name,
      namespace: "app",
      labels: labelsOf(owner),
      ownerReferences: [{ apiVersion: "apps/v1", kind: "Deployment", name: nameOf(owner), uid: uidOf(owner) }],
    },
    status,
  };
}

/** A Deployment with one ReplicaSet and one Pod that starts, and a ClusterRole. */
async function deployedWeb(): Promise<MemoryCluster> {
  const cluster = newCluster();
  const role = "{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: reader}}\n";
  await deploy(cluster, yaml(configMap("cfg"), deployment, role), { rawOptions: ["--wait=false"] });
  cluster.clock.advance(90_000);
  const web = cluster.find("Deployment", "web") ?? {};
  const replicaSet = cluster.put(child(web, "apps/v1", "ReplicaSet", "web-1", {}));
  cluster.put(child(replicaSet, "v1", "Pod", "web-1-a", { phase: "Pending" }));
  cluster.put(child(replicaSet, "metrics.k8s.io/v1beta1", "PodMetrics", "web-1-a", {}));
  return cluster;
}

describe("an inspection", () => {
  it("shows kapp's table: everything with the app's label, owner, state and age", async () => {
    assert.deepEqual(await inspect(await deployedWeb()), [
      "Target cluster 'https://memory.test'",
      "",
      "Resources in app 'test.app'",
      "",
      "Namespace  Name     Kind         Owner    Rs       Ri                              Age",
      "(cluster)  reader   ClusterRole  kapp     ok       -                               1m",
      "app        cfg      ConfigMap    kapp     ok       -                               1m",
      "^          web      Deployment   kapp     ongoing  Waiting for 2/2 replicas to be  1m",
      "                                                   ready",
      "^          web-1    ReplicaSet   cluster  ok       -                               0s",
      "^          web-1-a  Pod          cluster  ongoing  Pending                         0s",
      "",
      "Rs: Reconcile state",
      "Ri: Reconcile information",
      "",
      "5 resources",
      "",
      "Succeeded",
    ]);
  });

  it("as a tree: what controllers made stands below what it was made of", async () => {
    const rows = (await inspect(await deployedWeb(), "--tree=true")).filter((line) => /kapp|cluster {2}/.test(line));
    assert.deepEqual(
      rows.map((line) => line.slice(0, 36)),
      [
        "app        web           Deployment ",
        "app         L web-1      ReplicaSet ",
        "app         L.. web-1-a  Pod        ",
        "app        cfg           ConfigMap  ",
        "(cluster)  reader        ClusterRole",
      ],
    );
  });

  it("writes nothing and asks for every kind", async () => {
    const cluster = await deployedWeb();
    cluster.calls.length = 0;
    await inspect(cluster);
    assert.deepEqual(cluster.writes, []);
    assert.ok(cluster.calls.some(({ verb, target }) => verb === "list" && target.startsWith("Secret")));
  });

  it("of an app without a record fails and names where there is one", async () => {
    const cluster = newCluster();
    assert.equal(await refusal(inspect(cluster)), "App 'test.app' (namespace: app) does not exist");
    cluster.put({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "test.app", namespace: "default", labels: { "kapp.k14s.io/is-app": "" } },
    });
    assert.equal(
      await refusal(inspect(cluster)),
      "App 'test.app' (namespace: app) does not exist (hint: found app 'test.app' in other namespaces: default)",
    );
  });

  it("looks into the app's namespaces where cluster-wide lists are forbidden", async () => {
    const cluster = newCluster();
    await deploy(cluster, configMap("cfg"));
    const list = cluster.list.bind(cluster);
    cluster.list = async (type, options) => {
      if (options?.namespace !== "app") throw failure(403, "Forbidden", `${type.resource} is forbidden`);
      return list(type, options);
    };
    assert.match((await inspect(cluster)).join("\n"), /app +cfg +ConfigMap +kapp +ok/);
  });

  it("is no table with holes: a kind of the app that cannot be listed fails it", async () => {
    const cluster = await deployedWeb();
    cluster.before = ({ verb, target }) => {
      if (verb === "list" && target.startsWith("ClusterRole"))
        throw failure(403, "Forbidden", "clusterroles is forbidden");
    };
    assert.match(await refusal(inspect(cluster)), /^Listing ClusterRole .*clusterroles is forbidden/);
  });
});

describe("raw options of an inspection", () => {
  const cases: readonly { readonly option: string; readonly want: string }[] = [
    { option: "--tree=true", want: "" },
    { option: "--raw=false", want: "" },
    { option: "--status=false", want: "" },
    { option: "--tty=true", want: "" },
    { option: "--kube-api-qps=50", want: "" },
    { option: "--dangerous-scope-to-fallback-allowed-namespaces=true", want: "" },
    { option: "--raw=true", want: "" },
    { option: "--status=true", want: "" },
    { option: "--filter-kind=Pod", want: "" },
    { option: "--column=name", want: "" },
    { option: "--tree", want: "Expected flag '--tree' to be in '--name=val' format" },
    {
      option: "--tree=perhaps",
      want: 'invalid argument "perhaps" for "--tree" flag: strconv.ParseBool: parsing "perhaps": invalid syntax',
    },
    { option: "--wait=false", want: "Unexpected flag '--wait' specified (either forbidden or unknown)" },
    {
      option: "--diff-anchored=false",
      want: "Unexpected flag '--diff-anchored' specified (either forbidden or unknown)",
    },
    { option: "--app=other", want: "Unexpected flag '--app' specified (either forbidden or unknown)" },
  ];
  for (const { option, want } of cases) {
    it(`${option}: ${want === "" ? "taken" : want}`, () => {
      const parsed = parseInspectOptions({ rawOptions: [option] });
      assert.equal("failure" in parsed ? failureText(parsed.failure) : "", want);
    });
  }
});
