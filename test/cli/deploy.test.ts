import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { createKube, type Kube } from "../../src/cli/demo/kube.ts";
import { accessOfKubeconfig } from "../../src/cli/hub-access.ts";
import { type Sandbox, startSandbox } from "../../src/sandbox/index.ts";
import { type GitServer, type ServedRepository, startGitServer } from "../support/git-server.ts";
import { cli } from "./support/run-cli.ts";

let cluster: Sandbox;
let kube: Kube;
let server: GitServer;
let repository: ServedRepository;
const folder = mkdtempSync(join(tmpdir(), "lateen-deploy-"));

before(async () => {
  [cluster, server] = await Promise.all([startSandbox(), startGitServer()]);
  kube = createKube(accessOfKubeconfig(cluster.kubeconfig, "sandbox"));
  repository = await server.createRepository("deploy");
  await repository.commitFiles({
    "app/config.yml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: colours}\ndata: {colour: blue}\n",
    "app/secret.yml": "apiVersion: v1\nkind: Secret\nmetadata: {name: sealed}\nstringData: {password: correct-horse}\n",
  });
  await kube.apply("{apiVersion: v1, kind: Namespace, metadata: {name: apps}}");
});
after(async () => {
  await kube.close();
  await Promise.all([cluster.stop(), server.close()]);
  rmSync(folder, { recursive: true });
});

function file(name: string, content: unknown): string {
  const path = join(folder, name);
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
}

function app(name: string, target: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return {
    apiVersion: "kappctrl.k14s.io/v1alpha1",
    kind: "App",
    metadata: { name, namespace: "apps" },
    spec: {
      ...target,
      fetch: [{ git: { url: repository.url, ref: "origin/main", subPath: "app" } }],
      template: [{ ytt: {} }],
      deploy: [{ kapp: { intoNs: "apps" } }],
    },
  };
}

const byKubeconfig = { cluster: { namespace: "apps", kubeconfigSecretRef: { name: "target", key: "value" } } };

test("an App deploys with the kubeconfig Secret beside it, also under the guide's key", async () => {
  const secret = {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "target" },
    stringData: { "value.yaml": cluster.kubeconfig },
  };
  const files = ["-f", file("one.yml", app("one", byKubeconfig)), "-f", file("target.yml", secret)];
  const { code, err } = await cli(["deploy", ...files, "--diff"]);
  assert.equal(code, 0, err);
  assert.match(err, /note +secret 'target' has no key 'value'; used its only kubeconfig, key 'value\.yaml'/);
  assert.ok((await kube.get("ConfigMap", "apps", "colours")) !== undefined);
  assert.doesNotMatch(err, /correct-horse|Y29ycmVjdC1ob3JzZQ/);
});

test("diff of what is deployed finds nothing; --kubeconfig aims the App elsewhere", async () => {
  const other = await startSandbox();
  try {
    const path = file("other.yml", app("one", byKubeconfig));
    const there = await cli(["diff", "-f", path, "--kubeconfig", file("other.kubeconfig", other.kubeconfig)]);
    assert.equal(there.code, 3, there.err);
    assert.match(there.out, /@@ create configmap\/colours/);
    assert.doesNotMatch(there.out, /correct-horse|Y29ycmVjdC1ob3JzZQ/);
    const here = await cli(["diff", "-f", path, "--kubeconfig", file("here.kubeconfig", cluster.kubeconfig)]);
    assert.equal(here.code, 0, here.out);
  } finally {
    await other.stop();
  }
});

test("an App with a ServiceAccount deploys as it on the home cluster", async () => {
  const path = file("home.yml", app("home", { serviceAccountName: "deployer" }));
  const home = ["--home-kubeconfig", file("home.kubeconfig", cluster.kubeconfig)];
  const without = await cli(["deploy", "-f", path, ...home]);
  assert.equal(without.code, 1);
  assert.match(without.err, /deployer/);
  await kube.apply("{apiVersion: v1, kind: ServiceAccount, metadata: {name: deployer, namespace: apps}}");
  const forbidden = await cli(["deploy", "-f", path, ...home]);
  assert.equal(forbidden.code, 1);
  assert.match(forbidden.err, /User "system:serviceaccount:apps:deployer" cannot/);
  await kube.apply(`
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: deployer, namespace: apps}
rules: [{apiGroups: ["*"], resources: ["*"], verbs: ["*"]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: deployer, namespace: apps}
subjects: [{kind: ServiceAccount, name: deployer, namespace: apps}]
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: deployer}
`);
  const diff = await cli(["diff", "-f", path, ...home]);
  // The objects belong to the other App, which is said before anything is written.
  assert.match(`${diff.code} ${diff.err}`, /^1 [\s\S]*Ownership/);
});

const failures = [
  { name: "a Secret that is missing", target: byKubeconfig, want: /secrets "target" not found/ },
  { name: "no home cluster", target: { serviceAccountName: "sa" }, want: /home-kubeconfig/ },
  { name: "no target at all", target: {}, want: /Expected service account or cluster specified/ },
];
for (const { name, target, want } of failures) {
  test(`exit code 1, told by name: ${name}`, async () => {
    const { code, err } = await cli(["deploy", "-f", file("failing.yml", app("failing", target))]);
    assert.equal(code, 1);
    assert.match(err, want);
  });
}

test("render needs no target, names what it does not use, and shows what a deploy would apply", async () => {
  const account = { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "sa" } };
  const { code, out, err } = await cli(["render", "-f", file("r.yml", app("r", {})), "-f", file("sa.yml", account)]);
  assert.equal(code, 0, err);
  assert.match(err, /not used by this command: ServiceAccount\/sa/);
  assert.match(out, /^apiVersion: v1\nkind: ConfigMap\n/);
});
