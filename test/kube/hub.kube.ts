/** Every kubectl command that the guides and daily work aim at a build cluster, against the hub. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { getRequestListener } from "@hono/node-server";
import { generate } from "selfsigned";
import { systemClock } from "../../src/base/index.ts";
import { createHub, type Hub, kubeconfigFor } from "../../src/hub/index.ts";
import { createMemoryObjectStore } from "../../src/kubeapi/index.ts";
import { type Json, own, parseJson, uidOf } from "../../src/resource/index.ts";
import { controlPlaneBinaries } from "./binaries.ts";
import { createKubectl, type Kubectl } from "./kubectl.ts";

const appYaml = `
apiVersion: kappctrl.k14s.io/v1alpha1
kind: App
metadata:
  name: pkg-gitops-example
  namespace: pkg-gitops
spec:
  serviceAccountName: pkg-gitops-app-sa
  fetch:
  - git:
      url: https://git.example/my-pkg-gitops-repo
      ref: origin/main
      subPath: packaging
  template:
  - ytt: {}
  deploy:
  - kapp: {}
`;
const rbacYaml = `
apiVersion: v1
kind: ServiceAccount
metadata: {name: pkg-gitops-app-sa, namespace: pkg-gitops}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: pkg-gitops-app-role, namespace: pkg-gitops}
rules:
- {apiGroups: ["*"], resources: ["*"], verbs: ["*"]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: pkg-gitops-app-rb, namespace: pkg-gitops}
subjects: [{kind: ServiceAccount, name: pkg-gitops-app-sa, namespace: pkg-gitops}]
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: pkg-gitops-app-role}
`;
const kubeconfigYaml = "apiVersion: v1\nkind: Config\nclusters: []\n";
const finalizer = "finalizers.kapp-ctrl.k14s.io/delete";

describe("kubectl against the hub", () => {
  const dir = mkdtempSync(join(tmpdir(), "lateen-hub-"));
  const app = "app/pkg-gitops-example";
  const inNamespace = ["-n", "pkg-gitops"];
  const vault = new Map<string, { readonly data: ReadonlyMap<string, Uint8Array>; readonly type: string }>();
  let hub: Hub;
  let server: Server;
  let binary: string;
  let kubectl: Kubectl;
  let readerKubeconfig: string;

  before(async () => {
    binary = join(await controlPlaneBinaries(), "kubectl");
    mkdirSync(join(dir, "app"));
    writeFileSync(join(dir, "app/app.yml"), appYaml);
    writeFileSync(join(dir, "app/rbac.yml"), rbacYaml);
    writeFileSync(join(dir, "cluster1.yaml"), kubeconfigYaml);
    hub = createHub({
      store: createMemoryObjectStore(),
      clock: systemClock,
      secrets: {
        get: async (namespace, name) => vault.get(`${namespace}/${name}`),
        put: async (namespace, name, secret) => {
          vault.set(`${namespace}/${name}`, secret);
        },
        delete: async (namespace, name) => {
          vault.delete(`${namespace}/${name}`);
        },
      },
    });
    const altNames = [{ type: 7 as const, ip: "127.0.0.1" }];
    const { private: key, cert } = await generate([{ name: "commonName", value: "hub" }], {
      keyType: "ec",
      algorithm: "sha256",
      extensions: [{ name: "subjectAltName", altNames }],
    });
    const listen = getRequestListener((request) => hub.handle(request), { overrideGlobalObjects: false });
    server = createServer({ key, cert }, (incoming, outgoing) => void listen(incoming, outgoing));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    // A listening TCP server has an address with a port.
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const writer = await hub.tokens.create({ scopes: ["apps:write", "secrets:write"] });
    const reader = await hub.tokens.create({ scopes: ["secrets:read", "apps:read"] });
    kubectl = createKubectl(binary, dir, kubeconfigFor({ server: url, token: writer.token, ca: cert }));
    readerKubeconfig = kubeconfigFor({ server: url, token: reader.token, ca: cert });
  });
  after(() => {
    server.closeAllConnections();
    server.close();
    rmSync(dir, { recursive: true });
  });

  const live = async (): Promise<Json> => parseJson(await kubectl(["get", app, ...inNamespace, "-o", "json"]));
  const fails = async (args: readonly string[], says: RegExp): Promise<void> => {
    await assert.rejects(kubectl(args), (error) => error instanceof Error && says.test(error.message));
  };

  it("apply -f app/ creates the App and its rights, and again changes nothing", async () => {
    const folder = join(dir, "app");
    assert.match(await kubectl(["apply", "-f", folder]), /pkg-gitops-example created[\s\S]*rolebinding.*created/);
    assert.doesNotMatch(await kubectl(["apply", "-f", folder]), /created|configured/);
    assert.equal(await kubectl(["diff", "-f", folder]), "");
  });

  it("create secret generic puts a kubeconfig into the secrets manager only", async () => {
    const args = [
      "create",
      "secret",
      "generic",
      "cluster1-kubeconfig",
      ...inNamespace,
      `--from-file=value.yaml=${join(dir, "cluster1.yaml")}`,
    ];
    assert.match(await kubectl(args), /secret\/cluster1-kubeconfig created/);
    await fails(args, /already exists/);
    const stored = vault.get("pkg-gitops/cluster1-kubeconfig")?.data.get("value.yaml");
    assert.equal(Buffer.from(stored ?? []).toString(), kubeconfigYaml);
    const shown = await kubectl(["get", "secret", "cluster1-kubeconfig", ...inNamespace, "-o", "yaml"]);
    assert.ok(!shown.includes(Buffer.from(kubeconfigYaml).toString("base64")));
    const read = await kubectl(["get", "secret", "cluster1-kubeconfig", ...inNamespace, "-o", "yaml"], {
      kubeconfig: readerKubeconfig,
    });
    assert.ok(read.includes(Buffer.from(kubeconfigYaml).toString("base64")));
  });

  it("a Secret is applied, and a key that leaves the file leaves the Secret", async () => {
    const yaml = (data: string): string =>
      `{apiVersion: v1, kind: Secret, metadata: {name: git, namespace: pkg-gitops}, data: ${data}}`;
    await kubectl(["apply", "-f", "-"], { input: yaml("{username: bWU=, password: Zmlyc3Q=}") });
    await kubectl(["apply", "-f", "-"], { input: yaml("{password: c2Vjb25k}") });
    const { data } = vault.get("pkg-gitops/git") ?? { data: new Map<string, Uint8Array>() };
    assert.deepEqual(
      [...data].map(([key, value]) => [key, Buffer.from(value).toString()]),
      [["password", "second"]],
    );
    assert.ok(!(await kubectl(["get", "secrets", "-A", "-o", "yaml"])).includes("c2Vjb25k"));
  });

  it("get shows kapp-controller's columns", async () => {
    const uid = uidOf((await live()) as never);
    await hub.apps.updateStatus("pkg-gitops", "pkg-gitops-example", uid, {
      friendlyDescription: "Reconciling",
      deploy: { startedAt: new Date().toISOString() },
    });
    const table = await kubectl(["get", "apps", "-A"]);
    assert.match(
      table,
      /^NAMESPACE +NAME +DESCRIPTION +SINCE-DEPLOY +AGE\npkg-gitops +pkg-gitops-example +Reconciling +\d+s +\d+s\n$/,
    );
    assert.match(await kubectl(["get", "apps/pkg-gitops-example", ...inNamespace, "-o", "yaml"]), /subPath: packaging/);
    assert.equal(await kubectl(["get", "apps", "-A", "-o", "name"]), "app.kappctrl.k14s.io/pkg-gitops-example\n");
    assert.match(
      await kubectl(["describe", "apps", ...inNamespace]),
      /Friendly Description:\s+Reconciling[\s\S]*Events:\s+<none>/,
    );
  });

  it("annotate, label, patch and edit change the App; the generation counts changes of the spec", async () => {
    await kubectl(["annotate", app, ...inNamespace, "note=x"]);
    await kubectl(["label", app, ...inNamespace, "team=a"]);
    assert.equal(own(own(await live(), "metadata"), "generation"), 1);
    await kubectl(["patch", app, ...inNamespace, "--type=merge", "-p", '{"spec":{"paused":true}}']);
    await kubectl(["patch", app, ...inNamespace, "--type=json", "-p", '[{"op":"remove","path":"/spec/paused"}]']);
    await fails(
      ["patch", app, ...inNamespace, "-p", '{"spec":{"paused":true}}'],
      /strategic-merge-patch\+json is not supported/,
    );
    await kubectl(["edit", app, ...inNamespace], { env: { KUBE_EDITOR: "sed -i s,origin/main,origin/edited," } });
    const object = await live();
    assert.equal(own(own(object, "metadata"), "generation"), 4);
    assert.match(JSON.stringify(object), /origin\/edited/);
    assert.equal(
      await kubectl(["get", "apps", "-A", "-l", "team=a", "-o", "name"]),
      "app.kappctrl.k14s.io/pkg-gitops-example\n",
    );
    assert.equal(await kubectl(["get", "apps", "-A", "-l", "team=b", "-o", "name"]), "");
  });

  it("apply --server-side asks before it takes fields from others", async () => {
    const file = join(dir, "app/app.yml");
    await fails(
      ["apply", "--server-side", "-f", file],
      /Apply failed with 1 conflict: conflict with "kubectl-edit" using kappctrl.k14s.io\/v1alpha1[^:]*:\d\d:\d\dZ: .spec.fetch/,
    );
    assert.match(await kubectl(["apply", "--server-side", "--force-conflicts", "-f", file]), /serverside-applied/);
    assert.match(JSON.stringify(await live()), /origin\/main/);
  });

  it("--dry-run=server and strict validation write nothing", async () => {
    const version = own(own(await live(), "metadata"), "resourceVersion");
    const changed = appYaml.replace("origin/main", "origin/dry");
    assert.match(
      await kubectl(["apply", "--server-side", "--dry-run=server", "-f", "-"], { input: changed }),
      /server dry run/,
    );
    await assert.rejects(
      kubectl(["apply", "-f", "-"], { input: appYaml.replace("subPath:", "subpath:") }),
      /unknown field "spec.fetch\[0\].git.subpath"/,
    );
    assert.equal(own(own(await live(), "metadata"), "resourceVersion"), version);
  });

  it("explain, api-resources and auth can-i answer", async () => {
    assert.match(await kubectl(["explain", "app.spec.fetch.git.ref"]), /FIELD: ref <string>/);
    assert.match(await kubectl(["api-resources"]), /apps +kappctrl\.k14s\.io\/v1alpha1 +true +App/);
    assert.equal(await kubectl(["auth", "can-i", "create", "apps.kappctrl.k14s.io"]), "yes\n");
    await fails(["auth", "can-i", "update", "apps.kappctrl.k14s.io", "--subresource=status"], /exit code 1/);
  });

  it("wait and get -w see the status change", async () => {
    const uid = uidOf((await live()) as never);
    const seen = new AbortController();
    const watching = kubectl(
      ["get", "apps", "-n", "pkg-gitops", "-w", "-o", 'jsonpath={.status.friendlyDescription}{"\\n"}'],
      { signal: seen.signal, kubeconfig: readerKubeconfig },
    );
    const waiting = kubectl(["wait", "--for=condition=ReconcileSucceeded", app, ...inNamespace, "--timeout=20s"]);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    await hub.apps.updateStatus("pkg-gitops", "pkg-gitops-example", uid, {
      friendlyDescription: "Reconcile succeeded",
      conditions: [{ type: "ReconcileSucceeded", status: "True" }],
    });
    assert.match(await waiting, /condition met/);
    await new Promise((resolve) => setTimeout(resolve, 500));
    seen.abort();
    assert.match(await watching, /^Reconciling\nReconcile succeeded\n/);
  });

  it("delete waits until the App's resources are gone", async () => {
    const uid = uidOf((await live()) as never);
    await hub.apps.addFinalizer("pkg-gitops", "pkg-gitops-example", uid, finalizer);
    let done = false;
    const deleting = kubectl(["delete", app, ...inNamespace]).then((text) => {
      done = true;
      return text;
    });
    for (
      let tries = 0;
      tries < 100 &&
      own(own(await hub.apps.get("pkg-gitops", "pkg-gitops-example"), "metadata"), "deletionTimestamp") === undefined;
      tries++
    )
      await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(done, false);
    await hub.apps.removeFinalizer("pkg-gitops", "pkg-gitops-example", uid, finalizer);
    assert.match(await deleting, /deleted/);
    await fails(["get", app, ...inNamespace], /apps.kappctrl.k14s.io "pkg-gitops-example" not found/);
  });

  it("namespaces, configmaps and the rest of the folder come and go", async () => {
    await kubectl(["create", "namespace", "extra"]);
    await kubectl(["create", "configmap", "values", "-n", "extra", "--from-literal=a=b"]);
    await fails(["delete", "namespace", "extra"], /still holds ConfigMap values/);
    await kubectl(["delete", "configmap", "values", "-n", "extra"]);
    await kubectl(["delete", "namespace", "extra"]);
    await kubectl(["delete", "-f", join(dir, "app/rbac.yml")]);
    await kubectl(["delete", "secrets", "--all", ...inNamespace]);
    assert.equal(vault.size, 0);
  });
});
