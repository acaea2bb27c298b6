import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { cli } from "../cli/support/run-cli.ts";
import { type GitServer, type ServedRepository, startGitServer } from "../support/git-server.ts";
import { type ControlPlane, startControlPlane } from "./control-plane.ts";

/** `lateen render`, `diff` and `deploy` as a person uses them, against a real API server. */
let plane: ControlPlane;
let server: GitServer;
let repository: ServedRepository;
const folder = mkdtempSync(join(tmpdir(), "lateen-cli-"));
const appFile = join(folder, "app.yml");
const kubeconfig = join(folder, "kubeconfig");
const namespace = "cli-test";

const resources = (colour: string): string => `apiVersion: v1
kind: ConfigMap
metadata: {name: colours, namespace: ${namespace}}
data: {colour: ${colour}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: ${namespace}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: web}]}
`;

before(async () => {
  [plane, server] = await Promise.all([startControlPlane(), startGitServer()]);
  repository = await server.createRepository("cli");
  await repository.commitFiles({ "app/all.yml": resources("blue"), "other/no.yml": "not: [yaml" });
  writeFileSync(kubeconfig, plane.kubeconfig);
  writeFileSync(
    appFile,
    `apiVersion: kappctrl.k14s.io/v1alpha1
kind: App
metadata: {name: web, namespace: ${namespace}}
spec:
  serviceAccountName: deployer
  fetch:
  - git: {url: ${repository.url}, ref: origin/main, subPath: app}
  template:
  - ytt: {}
  deploy:
  - kapp: {}
`,
  );
  await plane.kubectl(["create", "namespace", namespace]);
});
after(async () => {
  await plane.kubectl(["delete", "namespace", namespace, "--wait=false"]);
  await Promise.all([plane.stop(), server.close()]);
  rmSync(folder, { recursive: true });
});

test("render prints the resources and needs no cluster", async () => {
  const { code, out, err } = await cli(["render", "-f", appFile]);
  assert.equal(code, 0, err);
  assert.match(out, /kind: ConfigMap[\s\S]*colour: blue\n---\napiVersion: apps\/v1\nkind: Deployment/);
});

test("diff tells the changes by its exit code and writes nothing", async () => {
  const { code, out } = await cli(["diff", "-f", appFile, "--kubeconfig", kubeconfig]);
  assert.equal(code, 3);
  assert.match(out, /@@ create configmap\/colours \(v1\) namespace: cli-test @@/);
  assert.match(out, /Op: {6}2 create, 0 delete, 0 update/);
  assert.equal(
    await plane.kubectl(["get", "deployments,configmaps", "-n", namespace, "-l", "kapp.k14s.io/app", "-o", "name"]),
    "",
  );
});

test("deploy applies, waits until everything is ready, and shows each step", async () => {
  const { code, err } = await cli(["deploy", "-f", appFile, "--kubeconfig", kubeconfig]);
  assert.equal(code, 0, err);
  assert.match(
    err,
    /fetched +1 file, .*\n[\s\S]*rendered +2 resources.*\n[\s\S]*planned +2 create on https:[\s\S]*create +deployment\/web .*\n[\s\S]*succeeded +Reconcile succeeded/,
  );
  const ready = await plane.kubectl([
    "get",
    "deployment",
    "web",
    "-n",
    namespace,
    "-o",
    "jsonpath={.status.readyReplicas}",
  ]);
  assert.equal(ready, "2");
});

test("afterwards there is nothing to do, until a commit comes", async () => {
  assert.equal((await cli(["diff", "-f", appFile, "--kubeconfig", kubeconfig])).code, 0);
  await repository.commitFiles({ "app/all.yml": resources("green") });
  const { code, out } = await cli(["diff", "-f", appFile, "--kubeconfig", kubeconfig]);
  assert.equal(code, 3);
  assert.match(out, /~ \/data\/colour: "blue" → "green"/);
});

test("a deploy that fails says why and exits with 1", async () => {
  await repository.commitFiles({ "app/all.yml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: UPPER}\n" });
  const { code, err } = await cli(["deploy", "-f", appFile, "--kubeconfig", kubeconfig]);
  assert.equal(code, 1);
  assert.match(err, /failed +Reconcile failed: Deploying/);
  assert.match(err, /UPPER/);
});
