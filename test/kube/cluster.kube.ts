import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { mapBounded } from "../../src/base/index.ts";
import { type ApiType, type Cluster, ClusterError, connectCluster, parseKubeconfig } from "../../src/cluster/index.ts";
import {
  annotationsOf,
  type KubeObject,
  labelsOf,
  nameOf,
  own,
  resourceVersionOf,
  uidOf,
} from "../../src/resource/index.ts";
import { type ControlPlane, startControlPlane } from "./control-plane.ts";

const namespace = `cluster-${process.pid}`;

describe("a run cluster", () => {
  let plane: ControlPlane;
  let cluster: Cluster;
  const warnings: string[] = [];
  let configMap: ApiType;
  let deployment: ApiType;
  before(async () => {
    plane = await startControlPlane();
    await plane.kubectl(["create", "namespace", namespace]);
    const access = parseKubeconfig(plane.kubeconfig, { now: Date.now() });
    cluster = connectCluster(access, { onWarning: (text) => warnings.push(text) });
    configMap = await typeOf("ConfigMap", "");
    deployment = await typeOf("Deployment", "apps");
  });
  after(async () => {
    await cluster.close();
    await plane.kubectl(["delete", "namespace", namespace, "--wait=false"]);
    await plane.stop();
  });

  async function typeOf(kind: string, group: string): Promise<ApiType> {
    const { types } = await cluster.discover({ fresh: true });
    const found = types.find((type) => type.kind === kind && type.group === group);
    assert.ok(found, `${kind} is not served`);
    return found;
  }
  const create = (name: string, more: object = {}): Promise<KubeObject> =>
    cluster.create(configMap, namespace, { apiVersion: "v1", kind: "ConfigMap", metadata: { name }, ...more });
  const failureOf = async (work: Promise<unknown>): Promise<ClusterError> => {
    const error: unknown = await work.then(
      () => assert.fail("the call did not fail"),
      (reason: unknown) => reason,
    );
    assert.ok(error instanceof ClusterError, String(error));
    return error;
  };

  it("says which types and version it serves", async () => {
    const { types, failed } = await cluster.discover();
    assert.deepEqual(failed, []);
    assert.deepEqual(configMap, {
      group: "",
      version: "v1",
      kind: "ConfigMap",
      resource: "configmaps",
      namespaced: true,
      verbs: ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
    });
    assert.equal(deployment.version, "v1");
    assert.equal(types.find(({ kind }) => kind === "Namespace")?.namespaced, false);
    assert.match((await cluster.version()).gitVersion, /^v1\.\d+\./);
  });

  it("creates, reads, replaces, patches and deletes", async () => {
    const created = await create("life", { data: { a: "1" } });
    assert.deepEqual(await cluster.get(configMap, namespace, "life"), created);
    const replaced = await cluster.replace(configMap, namespace, "life", { ...created, data: { a: "2" } });
    assert.equal(uidOf(replaced), uidOf(created));
    const patched = await cluster.patch(configMap, namespace, "life", {
      contentType: "application/json-patch+json",
      body: '[{"op":"add","path":"/metadata/labels","value":{"x":"y"}}]',
    });
    assert.deepEqual({ ...labelsOf(patched) }, { x: "y" });
    const managers = own(own(patched, "metadata"), "managedFields");
    assert.match(JSON.stringify(managers), /"manager":"kapp","operation":"Update"/);

    const stale = await failureOf(cluster.replace(configMap, namespace, "life", created));
    assert.equal(stale.reason, "Conflict");
    assert.match(
      stale.message,
      new RegExp(
        `^Updating resource configmap/life \\(v1\\) namespace: ${namespace}: API server says: Operation cannot be fulfilled on configmaps "life": the object has been modified`,
      ),
    );
    assert.equal(
      (await failureOf(cluster.delete(configMap, namespace, "life", { uid: "another" }))).reason,
      "Conflict",
    );
    assert.deepEqual(await cluster.delete(configMap, namespace, "life", { uid: uidOf(created) }), { gone: true });
    assert.deepEqual(await cluster.delete(configMap, namespace, "life", { uid: uidOf(created) }), { gone: true });
    assert.equal(await cluster.get(configMap, namespace, "life"), undefined);
  });

  it("knows from the answer that a Service is gone", async () => {
    const service = (await cluster.discover()).types.find(({ kind, group }) => kind === "Service" && group === "");
    assert.ok(service);
    const created = await cluster.create(service, namespace, {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "shown" },
      spec: { ports: [{ port: 80 }] },
    });
    assert.deepEqual(await cluster.delete(service, namespace, "shown", { uid: uidOf(created) }), { gone: true });
    assert.equal(await cluster.get(service, namespace, "shown"), undefined);
  });

  it("says that an object which a finalizer holds is not gone", async () => {
    const held = await cluster.create(configMap, namespace, {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "held", finalizers: ["example.com/hold"] },
    });
    assert.deepEqual(await cluster.delete(configMap, namespace, "held", { uid: uidOf(held) }), { gone: false });
    await cluster.patch(configMap, namespace, "held", {
      contentType: "application/merge-patch+json",
      body: '{"metadata":{"finalizers":null}}',
    });
    assert.equal(await cluster.get(configMap, namespace, "held"), undefined);
  });

  it("lists more than one page, whole and as metadata, and nothing as nothing", async () => {
    const names = Array.from({ length: 1100 }, (_, index) => `page-${String(index).padStart(4, "0")}`);
    await mapBounded(names, 100, (name) =>
      create(name, { metadata: { name, labels: { set: "pages" }, annotations: { n: name } }, data: { a: "b" } }),
    );
    const options = { namespace, labelSelector: "set=pages" };
    const whole = await cluster.list(configMap, options);
    const metadata = await cluster.list(configMap, { ...options, metadataOnly: true });
    assert.deepEqual(whole.map(nameOf), names);
    assert.deepEqual(metadata.map(nameOf), names);
    assert.deepEqual(metadata.map(resourceVersionOf), whole.map(resourceVersionOf));
    assert.deepEqual(
      [own(metadata[0], "kind"), own(metadata[0], "apiVersion"), own(metadata[0], "data")],
      ["ConfigMap", "v1", undefined],
    );
    assert.equal(annotationsOf(metadata[7] ?? {})["n"], "page-0007");
    const none = { namespace, labelSelector: "set=none" };
    assert.deepEqual(await cluster.list(configMap, none), []);
    assert.deepEqual(await cluster.list(configMap, { ...none, metadataOnly: true }), []);
  });

  it("outlives writes that are aborted before they have left", async () => {
    for (let round = 0; round < 40; round += 1) {
      const stop = new AbortController();
      const writes = [0, 1, 2, 3].map((index) =>
        cluster.create(
          configMap,
          namespace,
          { apiVersion: "v1", kind: "ConfigMap", metadata: { name: `aborted-${round}-${index}` } },
          { signal: stop.signal },
        ),
      );
      for (let turn = 0; turn < round; turn += 1) await Promise.resolve();
      stop.abort(new Error("enough"));
      for (const write of await Promise.allSettled(writes)) {
        if (write.status === "rejected") assert.match(String(write.reason), /enough/);
      }
      assert.equal(await cluster.get(configMap, namespace, "none"), undefined);
    }
  });

  it("keeps integers exact and passes warnings and refusals on", async () => {
    const name = `widgets.${namespace}.example.com`;
    await plane.kubectl(["apply", "-f", "-"], { input: crd(`${namespace}.example.com`) });
    await plane.kubectl(["wait", "--for=condition=Established", `crd/${name}`, "--timeout=30s"]);
    const widget = await typeOf("Widget", `${namespace}.example.com`);
    const big = 9_007_199_254_740_993n;
    const object = {
      apiVersion: `${namespace}.example.com/v1`,
      kind: "Widget",
      metadata: { name: "w" },
      spec: { size: big },
      typo: 1,
    };
    const created = await cluster.create(widget, namespace, object);
    assert.equal(own(own(created, "spec"), "size"), big);
    assert.deepEqual(
      (await cluster.list(widget, { namespace })).map((item) => own(own(item, "spec"), "size")),
      [big],
    );
    assert.match(warnings.join("\n"), /unknown field "typo"/);
    await plane.kubectl(["delete", "crd", name]);

    const invalid = await failureOf(create("Not_A_Name"));
    assert.equal(invalid.reason, "Invalid");
    assert.equal(invalid.causes[0]?.field, "metadata.name");
    assert.equal((await failureOf(create("kube-root-ca.crt"))).reason, "AlreadyExists");
    // The type is gone: no object of it exists, and nothing can be listed or made.
    assert.equal(await cluster.get(widget, namespace, "w"), undefined);
    assert.equal((await failureOf(cluster.list(widget))).status, 404);
    assert.match(
      (await failureOf(cluster.create(widget, namespace, object))).message,
      /the server could not find the requested resource/,
    );
  });

  it("acts as a ServiceAccount, with its rights only", async () => {
    await plane.kubectl(["create", "serviceaccount", "deployer", "-n", namespace]);
    await plane.kubectl(["create", "role", "cm", "-n", namespace, "--verb=get,list,create", "--resource=configmaps"]);
    await plane.kubectl([
      "create",
      "rolebinding",
      "cm",
      "-n",
      namespace,
      "--role=cm",
      `--serviceaccount=${namespace}:deployer`,
    ]);
    const account = cluster.actAs(namespace, "deployer");
    try {
      await account.create(configMap, namespace, {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: "by-account" },
      });
      const refused = await failureOf(account.list(deployment, { namespace }));
      assert.equal(refused.reason, "Forbidden");
      assert.match(
        refused.apiMessage,
        new RegExp(`User "system:serviceaccount:${namespace}:deployer" cannot list resource "deployments"`),
      );
    } finally {
      await account.close();
    }
    const unknown = cluster.actAs(namespace, "nobody");
    const failure = await failureOf(unknown.list(configMap, { namespace }));
    await unknown.close();
    assert.match(failure.message, /Requesting a token of serviceaccount\/nobody .*serviceaccounts "nobody" not found/);
  });

  it("does not let a wrong token in", async () => {
    const access = parseKubeconfig(plane.kubeconfig, { now: Date.now() });
    const stranger = connectCluster({ ...access, token: "wrong" });
    const { status, reason } = await failureOf(stranger.list(configMap));
    await stranger.close();
    assert.deepEqual([status, reason], [401, "Unauthorized"]);
  });
});

function crd(group: string): string {
  return `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: widgets.${group} }
spec:
  group: ${group}
  scope: Namespaced
  names: { kind: Widget, plural: widgets }
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec:
              type: object
              properties: { size: { type: integer, format: int64 } }
`;
}
