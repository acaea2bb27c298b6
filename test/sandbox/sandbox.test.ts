import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { connectCluster, parseKubeconfig } from "../../src/cluster/index.ts";
import { isList, type Json, type KubeObject, own, parseJson, parseYamlStream } from "../../src/resource/index.ts";
import { type Sandbox, startSandbox } from "../../src/sandbox/index.ts";

interface Answer {
  readonly status: number;
  readonly body: Json;
}

describe("a sandbox", () => {
  let sandbox: Sandbox;
  before(async () => {
    sandbox = await startSandbox({ name: "staging", readyDelayMs: 20, reconcileDelayMs: 20 });
  });
  after(() => sandbox.stop());

  const call = async (method: string, path: string, body?: Json, token = sandbox.token): Promise<Answer> => {
    const type = method === "PATCH" ? "application/merge-patch+json" : "application/json";
    const response = await sandbox.handle(
      new Request(`https://sandbox.test${path}`, {
        method,
        headers: { authorization: `Bearer ${token}`, "content-type": type },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      }),
    );
    const text = await response.text();
    return { status: response.status, body: text.startsWith("{") ? parseJson(text) : text };
  };
  const create = async (path: string, body: Json): Promise<Json> => {
    const answer = await call("POST", path, body);
    assert.equal(answer.status, 201, JSON.stringify(answer.body));
    return answer.body;
  };
  /** What `path` answers once `ready` holds, within five seconds. */
  const until = async (path: string, ready: (answer: Answer) => boolean): Promise<Json> => {
    const end = Date.now() + 5000;
    for (;;) {
      const answer = await call("GET", path);
      if (ready(answer)) return answer.body;
      assert.ok(Date.now() < end, `${path}: ${JSON.stringify(answer.body)}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  const hasCondition =
    (type: string) =>
    (answer: Answer): boolean => {
      const conditions = at(answer.body, "status", "conditions");
      return isList(conditions) && conditions.some((one) => at(one, "type") === type && at(one, "status") === "True");
    };
  const isGone = (answer: Answer): boolean => answer.status === 404;
  const makeNamespace = (name: string): Promise<Json> => create("/api/v1/namespaces", { metadata: { name } });

  it("is reached with its kubeconfig over HTTPS, and counts requests", async () => {
    sandbox.requests.clear();
    const cluster = connectCluster(parseKubeconfig(sandbox.kubeconfig, { now: Date.now() }));
    try {
      const { types } = await cluster.discover();
      const type = types.find((one) => one.kind === "ConfigMap");
      assert.ok(type !== undefined);
      const object: KubeObject = {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: "over-http", namespace: "default" },
        data: { a: "ü" },
      };
      await cluster.create(type, "default", object);
      assert.equal(at(await cluster.get(type, "default", "over-http"), "data", "a"), "ü");
    } finally {
      await cluster.close();
    }
    assert.equal(
      sandbox.requests.count((request) => request.method === "POST" && request.status === 201),
      1,
    );
    assert.ok(sandbox.requests.all().some((request) => request.path.startsWith("/apis")));
    const [document] = parseYamlStream(sandbox.kubeconfig, { file: "kubeconfig" }).documents;
    assert.equal(at(document?.value, "current-context"), "staging");
  });

  it("refuses callers without its token", async () => {
    assert.equal((await call("GET", "/api/v1/namespaces", undefined, "wrong")).status, 401);
  });

  const template = (image: string): Json => ({
    metadata: { labels: { app: "web" } },
    spec: { containers: [{ name: "web", image }] },
  });
  const deployment = (name: string, annotations: Json = {}): Json => ({
    metadata: { name, annotations },
    spec: { replicas: 2, selector: { matchLabels: { app: "web" } }, template: template("web:1") },
  });
  const deployments = "/apis/apps/v1/namespaces/default/deployments";

  it("brings Deployments up with ReplicaSet and Pods, and takes them down again", async () => {
    const created = await create(deployments, deployment("web"));
    assert.equal(at(created, "spec", "strategy", "type"), "RollingUpdate", "defaults as a real server sets them");
    assert.equal(at(created, "status"), undefined);
    await until(`${deployments}/web`, hasCondition("Available"));
    const pods = async (): Promise<readonly Json[]> =>
      at((await call("GET", "/api/v1/namespaces/default/pods?labelSelector=app%3Dweb")).body, "items") as Json[];
    assert.equal((await pods()).length, 2);
    await call("PATCH", `${deployments}/web`, { spec: { replicas: 3, template: template("web:2") } });
    await until(
      `${deployments}/web`,
      (answer) =>
        at(answer.body, "status", "observedGeneration") === 2 && at(answer.body, "status", "readyReplicas") === 3,
    );
    await until("/api/v1/namespaces/default/pods?labelSelector=app%3Dweb", (answer) => {
      const images = (at(answer.body, "items") as Json[]).map((pod) => at(pod, "spec", "containers", 0, "image"));
      return images.length === 3 && images.every((image) => image === "web:2");
    });
    await call("DELETE", `${deployments}/web`);
    await until(
      "/api/v1/namespaces/default/pods?labelSelector=app%3Dweb",
      (answer) => (at(answer.body, "items") as Json[]).length === 0,
    );
    assert.deepEqual(at((await call("GET", "/apis/apps/v1/namespaces/default/replicasets")).body, "items"), []);
  });

  it("lets what is asked to fail fail, and what is asked to hang hang", async () => {
    await create(deployments, deployment("failing", { "sandbox.lateen.dev/behaviour": "fail" }));
    await until(
      `${deployments}/failing`,
      (answer) => at(answer.body, "status", "conditions", 0, "reason") === "ProgressDeadlineExceeded",
    );
    await create(deployments, deployment("hanging", { "sandbox.lateen.dev/behaviour": "never-ready" }));
    await new Promise((resolve) => setTimeout(resolve, 60));
    assert.equal(at((await call("GET", `${deployments}/hanging`)).body, "status"), undefined);
  });

  const simulated: readonly (readonly [string, string, Json, (answer: Answer) => boolean])[] = [
    [
      "StatefulSet",
      "/apis/apps/v1/namespaces/default/statefulsets",
      { metadata: { name: "x" }, spec: { replicas: 2, template: template("x:1") } },
      (answer) => at(answer.body, "status", "readyReplicas") === 2,
    ],
    [
      "DaemonSet",
      "/apis/apps/v1/namespaces/default/daemonsets",
      { metadata: { name: "x" }, spec: { template: template("x:1") } },
      (answer) => at(answer.body, "status", "numberReady") === 1,
    ],
    [
      "Job",
      "/apis/batch/v1/namespaces/default/jobs",
      { metadata: { name: "x" }, spec: { template: template("x:1") } },
      hasCondition("Complete"),
    ],
    [
      "Pod",
      "/api/v1/namespaces/default/pods",
      { metadata: { name: "x" }, spec: { containers: [{ name: "x", image: "x:1" }] } },
      hasCondition("Ready"),
    ],
    [
      "Service",
      "/api/v1/namespaces/default/services",
      { metadata: { name: "x" }, spec: { type: "LoadBalancer", ports: [{ port: 80 }] } },
      (answer) =>
        at(answer.body, "status", "loadBalancer", "ingress", 0, "ip") === "192.0.2.1" &&
        String(at(answer.body, "spec", "clusterIP")).startsWith("10.96."),
    ],
    [
      "PersistentVolumeClaim",
      "/api/v1/namespaces/default/persistentvolumeclaims",
      { metadata: { name: "x" }, spec: {} },
      (answer) => at(answer.body, "status", "phase") === "Bound",
    ],
    [
      "PackageRepository",
      "/apis/packaging.carvel.dev/v1alpha1/namespaces/default/packagerepositories",
      { metadata: { name: "x" }, spec: {} },
      hasCondition("ReconcileSucceeded"),
    ],
    [
      "App",
      "/apis/kappctrl.k14s.io/v1alpha1/namespaces/default/apps",
      { metadata: { name: "x" }, spec: {} },
      (answer) => at(answer.body, "status", "friendlyDescription") === "Reconcile succeeded",
    ],
  ];
  for (const [kind, path, body, ready] of simulated) {
    it(`${kind} becomes ready`, async () => {
      await create(path, body);
      await until(`${path}/x`, ready);
      await call("DELETE", `${path}/x`);
      await until(`${path}/x`, isGone);
    });
  }

  const installs = "/apis/packaging.carvel.dev/v1alpha1/namespaces/installs/packageinstalls";
  const install = (name: string, account: string, constraints: string): Json => ({
    metadata: { name },
    spec: {
      serviceAccountName: account,
      packageRef: { refName: "contour.example", versionSelection: { constraints } },
    },
  });

  it("installs packages: reconciling, then the version; a missing account fails until it is there", async () => {
    await makeNamespace("installs");
    await create(installs, install("contour", "late-sa", "1.17.1"));
    const failed = await until(`${installs}/contour`, hasCondition("ReconcileFailed"));
    assert.match(String(at(failed, "status", "friendlyDescription")), /serviceaccounts "late-sa" not found/);
    await create("/api/v1/namespaces/installs/serviceaccounts", { metadata: { name: "late-sa" } });
    await until(`${installs}/contour`, (answer) => at(answer.body, "status", "version") === "1.17.1");
    await call("PATCH", `${installs}/contour`, {
      spec: { packageRef: { versionSelection: { constraints: "1.17.2" } } },
    });
    const upgraded = await until(`${installs}/contour`, (answer) => at(answer.body, "status", "version") === "1.17.2");
    assert.equal(at(upgraded, "status", "observedGeneration"), 2);
    for (const version of ["1.9.0", "1.10.0"])
      await create("/apis/data.packaging.carvel.dev/v1alpha1/namespaces/installs/packages", {
        metadata: { name: `contour.example.${version}` },
        spec: { refName: "contour.example", version },
      });
    await create(installs, install("newest", "late-sa", ">=0.0.0"));
    await until(`${installs}/newest`, (answer) => at(answer.body, "status", "version") === "1.10.0");
    await create(installs, install("unknown", "late-sa", "9.9.9"));
    await until(`${installs}/unknown`, hasCondition("ReconcileFailed"));
  });

  it("empties a namespace before it removes it, and lets nothing new in", async () => {
    await makeNamespace("going");
    await until("/api/v1/namespaces/going/serviceaccounts/default", (answer) => answer.status === 200);
    await create("/api/v1/namespaces/going/configmaps", { metadata: { name: "held", finalizers: ["x.dev/x"] } });
    await call("DELETE", "/api/v1/namespaces/going");
    await until("/api/v1/namespaces/going", (answer) => at(answer.body, "status", "phase") === "Terminating");
    assert.equal(
      (await call("POST", "/api/v1/namespaces/going/configmaps", { metadata: { name: "new" } })).status,
      403,
    );
    await until(
      "/api/v1/namespaces/going/configmaps/held",
      (answer) => at(answer.body, "metadata", "deletionTimestamp") !== undefined,
    );
    await call("PATCH", "/api/v1/namespaces/going/configmaps/held", { metadata: { finalizers: null } });
    await until("/api/v1/namespaces/going", isGone);
    assert.equal(
      (await call("POST", "/api/v1/namespaces/going/configmaps", { metadata: { name: "new" } })).status,
      404,
    );
  });

  it("serves the kinds that CustomResourceDefinitions bring", async () => {
    const definition: Json = {
      metadata: { name: "gizmos.example.dev" },
      spec: {
        group: "example.dev",
        scope: "Namespaced",
        names: { kind: "Gizmo", plural: "gizmos" },
        versions: [
          {
            name: "v1",
            served: true,
            storage: true,
            schema: {
              openAPIV3Schema: {
                type: "object",
                properties: { spec: { type: "object", properties: { size: { type: "integer" } } } },
              },
            },
            additionalPrinterColumns: [{ name: "Size", type: "integer", jsonPath: ".spec.size" }],
          },
        ],
      },
    };
    const gizmos = "/apis/example.dev/v1/namespaces/default/gizmos";
    const definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    assert.equal((await call("GET", gizmos)).status, 404);
    await create(definitions, definition);
    await until(`${definitions}/gizmos.example.dev`, hasCondition("Established"));
    const gizmo = await create(gizmos, { metadata: { name: "g" }, spec: { size: 3, odd: true } });
    assert.deepEqual(at(gizmo, "spec"), { size: 3 });
    assert.equal((await call("POST", gizmos, { metadata: { name: "h" }, spec: { size: "big" } })).status, 422);
    await call("DELETE", `${definitions}/gizmos.example.dev`);
    await until(gizmos, isGone);
  });

  it("lets a ServiceAccount do what RBAC gives it, and no more", async () => {
    await makeNamespace("rbac");
    await create("/api/v1/namespaces/rbac/serviceaccounts", { metadata: { name: "deployer" } });
    const request = await create("/api/v1/namespaces/rbac/serviceaccounts/deployer/token", {
      spec: { expirationSeconds: 600 },
    });
    const token = String(at(request, "status", "token"));
    const path = "/api/v1/namespaces/rbac/configmaps";
    const attempt = (): Promise<Answer> => call("POST", path, { metadata: { generateName: "x-" } }, token);
    const refused = await attempt();
    assert.equal(refused.status, 403);
    assert.equal(
      at(refused.body, "message"),
      'configmaps is forbidden: User "system:serviceaccount:rbac:deployer" cannot create resource "configmaps" in API group "" in the namespace "rbac"',
    );
    const rbac = "/apis/rbac.authorization.k8s.io/v1/namespaces/rbac";
    await create(`${rbac}/roles`, {
      metadata: { name: "r" },
      rules: [{ apiGroups: [""], resources: ["configmaps"], verbs: ["create"] }],
    });
    await create(`${rbac}/rolebindings`, {
      metadata: { name: "r" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "r" },
      subjects: [{ kind: "ServiceAccount", name: "deployer", namespace: "rbac" }],
    });
    assert.equal((await attempt()).status, 201);
    assert.equal((await call("GET", path, undefined, token)).status, 403);
    assert.equal(
      (await call("POST", "/api/v1/namespaces/default/configmaps", { metadata: { name: "x" } }, token)).status,
      403,
    );
    await call("DELETE", "/api/v1/namespaces/rbac/serviceaccounts/deployer");
    assert.equal((await attempt()).status, 401);
  });
});

it("several sandboxes live side by side, and stop with open watches", async () => {
  const [one, two] = await Promise.all([startSandbox(), startSandbox()]);
  assert.notEqual(one.server, two.server);
  const watch = await one.handle(
    new Request("https://x/api/v1/configmaps?watch=1", { headers: { authorization: `Bearer ${one.token}` } }),
  );
  assert.equal(watch.status, 200);
  await watch.body?.cancel();
  await Promise.all([one.stop(), two.stop()]);
});

function at(value: Json | undefined, ...path: readonly (string | number)[]): Json | undefined {
  return path.reduce<Json | undefined>(
    (current, key) => (typeof key === "number" ? (isList(current) ? current[key] : undefined) : own(current, key)),
    value,
  );
}
