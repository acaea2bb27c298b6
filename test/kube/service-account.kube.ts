import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { eventually, startWorld, type World } from "./guides/world.ts";

/** An App on the home cluster is its ServiceAccount: what that may not do, lateen cannot do for it. */
describe("an App with a serviceAccountName", () => {
  const app = ["apps/team", "-n", "sa-own"];
  let world: World;
  before(async () => {
    world = await startWorld([]);
    await world.plane.kubectl(["apply", "-f", "-"], { input: rights });
  });
  after(async () => {
    await world.clean("namespace/sa-own", "namespace/sa-other");
    await world.stop();
  });
  const apply = (namespace: string): Promise<string> => world.hub(["apply", "-f", "-"], { input: appFor(namespace) });
  const found = (namespace: string): Promise<string> =>
    world.run("get", "cm/shared", "-n", namespace, "--ignore-not-found", "-o", "name");

  it("is refused a namespace that its ServiceAccount may not write to, in the API server's words", async () => {
    await apply("sa-other");
    await world.hub(["wait", ...app, "--for=condition=ReconcileFailed", "--timeout=30s"]);
    const error = await world.hub(["get", ...app, "-o", "jsonpath={.status.usefulErrorMessage}"]);
    assert.match(error, /configmaps "shared" is forbidden:\s+User "system:serviceaccount:sa-own:deployer" cannot get/);
    assert.match(error, /\(reason: Forbidden\)/);
    assert.equal(await found("sa-other"), "");
  });

  it("deploys to the namespace that it may write to", async () => {
    await apply("sa-own");
    await world.hub(["wait", ...app, "--for=condition=ReconcileSucceeded", "--timeout=30s"]);
    assert.equal(await found("sa-own"), "configmap/shared\n");
  });

  it("takes a right up as soon as it is granted, without another change", async () => {
    await apply("sa-other");
    await world.hub(["wait", ...app, "--for=condition=ReconcileFailed", "--timeout=30s"]);
    await world.plane.kubectl(["apply", "-n", "sa-other", "-f", "-"], { input: binding });
    await world.hub(["wait", ...app, "--for=condition=ReconcileSucceeded", "--timeout=60s"]);
    assert.equal(await found("sa-other"), "configmap/shared\n");
    await eventually("the old place is empty", async () => (await found("sa-own")) === "");
  });

  it("leaves nothing behind when it is deleted", async () => {
    await world.hub(["delete", ...app, "--timeout=60s"]);
    assert.equal(await found("sa-other"), "");
  });
});

const binding = `apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: deployer}
rules: [{apiGroups: [""], resources: [configmaps], verbs: ["*"]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: deployer}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: deployer}
subjects: [{kind: ServiceAccount, name: deployer, namespace: sa-own}]
`;

const rights = `apiVersion: v1
kind: Namespace
metadata: {name: sa-own}
---
apiVersion: v1
kind: Namespace
metadata: {name: sa-other}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: deployer, namespace: sa-own}
---
${binding.replaceAll("metadata: {name: deployer}", "metadata: {name: deployer, namespace: sa-own}")}`;

function appFor(namespace: string): string {
  return `apiVersion: kappctrl.k14s.io/v1alpha1
kind: App
metadata: {name: team, namespace: sa-own}
spec:
  serviceAccountName: deployer
  fetch:
  - inline:
      paths:
        all.yml: |
          apiVersion: v1
          kind: ConfigMap
          metadata: {name: shared, namespace: ${namespace}}
          data: {from: team}
  template:
  - ytt: {}
  deploy:
  - kapp: {}
`;
}
