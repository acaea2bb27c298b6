import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { systemClock } from "../../src/base/index.ts";
import { type Cluster, connectCluster, parseKubeconfig } from "../../src/cluster/index.ts";
import {
  applyPlan,
  DeployError,
  formatDeployError,
  type GivenFlag,
  planDeploy,
  readDeployFlags,
} from "../../src/deploy/index.ts";
import { isMap, parseYamlStream } from "../../src/resource/index.ts";
import { type ControlPlane, startControlPlane } from "./control-plane.ts";

const namespace = `preflight-${process.pid}`;
const settings: readonly GivenFlag[] = [
  ["--wait-check-interval", "200ms"],
  ["--wait-timeout", "30s"],
];

/** kapp's preflight checks as its own end-to-end tests have them: rights of a ServiceAccount, and definitions that stand on the cluster. */
describe("preflight checks on a real API server", () => {
  let plane: ControlPlane;
  let admin: Cluster;
  const accounts: Cluster[] = [];
  before(async () => {
    plane = await startControlPlane();
    admin = connectCluster(parseKubeconfig(plane.kubeconfig, { now: Date.now() }), { onWarning: () => undefined });
    await plane.kubectl(["create", "namespace", namespace]);
    await plane.kubectl(["apply", "-f", "-"], { input: role("ClusterRole", "secrets", secretRules) });
  });
  after(async () => {
    for (const cluster of [...accounts, admin]) await cluster.close();
    await plane.kubectl(["delete", "namespace", namespace, "--wait=false"]);
    await plane.kubectl(["delete", "clusterrole,clusterrolebinding,crd", "-l", `preflight-test=${namespace}`]);
    await plane.stop();
  });

  /** What kapp would end with. */
  async function deploy(cluster: Cluster, app: string, check: string, yaml: string): Promise<string> {
    const parsed = readDeployFlags([...settings, ["--preflight", check]]);
    assert.ok(!("failure" in parsed));
    const { documents } = parseYamlStream(yaml, { file: "stdin" });
    const resources = documents.map(({ value, document }) => {
      assert.ok(isMap(value));
      return { object: value, origin: { file: "stdin", document } };
    });
    const deps = { clock: systemClock, random: Math.random };
    const call = { signal: AbortSignal.timeout(60_000) };
    const target = { name: app, stateNamespace: namespace, defaultNamespace: namespace };
    try {
      const plan = await planDeploy({ app: target, resources, options: parsed.options }, cluster, deps, call);
      const run = applyPlan(plan, cluster, deps, call);
      for (;;) {
        const next = await run.next();
        if (next.done !== true) continue;
        return next.value.state === "failed" ? formatDeployError(next.value.failure) : next.value.state;
      }
    } catch (error) {
      if (error instanceof DeployError) return formatDeployError(error.failure);
      throw error;
    }
  }

  /** A cluster as a ServiceAccount sees it that may read what a deploy reads, and `rules` beside. */
  async function account(name: string, rules: readonly object[]): Promise<Cluster> {
    const base = [
      { apiGroups: [""], resources: ["configmaps"], verbs: ["*"] },
      { apiGroups: [""], resources: ["namespaces"], verbs: ["list"] },
    ];
    const metadata = { name: `${namespace}-${name}`, labels: { "preflight-test": namespace } };
    const objects = [
      { apiVersion: "v1", kind: "ServiceAccount", metadata: { name, namespace } },
      { ...rbac("ClusterRole"), metadata, rules: [...base, ...rules] },
      {
        ...rbac("ClusterRoleBinding"),
        metadata,
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: metadata.name },
        subjects: [{ kind: "ServiceAccount", name, namespace }],
      },
    ];
    await plane.kubectl(["apply", "-f", "-"], { input: stream(...objects) });
    const cluster = admin.actAs(namespace, name);
    accounts.push(cluster);
    return cluster;
  }

  const found = (what: string): Promise<string> =>
    plane.kubectl(["get", what, "-n", namespace, "--ignore-not-found", "-o", "name"]);
  const refused = (...lines: readonly string[]): string =>
    `preflight checks failed: running preflight check "PermissionValidation": ${lines.join("\n")}`;
  const both = (...lines: readonly ((verb: string) => string)[]): string =>
    refused(...["create", "update"].flatMap((verb) => lines.map((line) => line(verb))));

  it("PermissionValidation: lets a Pod, a Role and a binding pass that the account may write", async () => {
    const cluster = await account("writer", [
      { apiGroups: [""], resources: ["pods"], verbs: ["get", "list", "create", "update", "delete"] },
      { ...rbacRules, verbs: ["get", "list", "create", "update", "delete"] },
    ]);
    const podRole = role("Role", "pods", [{ apiGroups: [""], resources: ["pods"], verbs: ["create", "update"] }]);
    assert.equal(await deploy(cluster, "writer", "PermissionValidation", pod), "succeeded");
    assert.equal(await found("pod/simple"), "pod/simple\n");
    assert.equal(await deploy(cluster, "writer", "PermissionValidation", podRole), "succeeded");
    const withBinding = `${podRole}---\n${binding("Role", "pods")}`;
    assert.equal(await deploy(cluster, "writer", "PermissionValidation", withBinding), "succeeded");
    assert.notEqual(await found("rolebinding/bound"), "");
    await plane.kubectl(["delete", "rolebinding/bound", "role/pods", "-n", namespace]);
  });

  it("PermissionValidation: refuses what the account may not create", async () => {
    const cluster = await account("reader", [
      { apiGroups: [""], resources: ["pods"], verbs: ["get", "list"] },
      { ...rbacRules, verbs: ["get", "list"] },
    ]);
    const lacks = (what: string) => (verb: string) => `not permitted to "${verb}" ${what}`;
    const group = "rbac.authorization.k8s.io/v1";
    assert.equal(await deploy(cluster, "reader", "PermissionValidation", pod), both(lacks("/v1, Resource=pods")));
    assert.equal(
      await deploy(cluster, "reader", "PermissionValidation", role("Role", "r", secretRules)),
      both(lacks(`${group}, Resource=roles`)),
    );
    assert.equal(
      await deploy(cluster, "reader", "PermissionValidation", binding("ClusterRole", `${namespace}-secrets`)),
      both(lacks(`${group}, Resource=rolebindings`)),
    );
    assert.equal(await found("pod,role,rolebinding"), "");
    assert.equal(await found("configmap/reader"), "");
  });

  it("PermissionValidation: refuses a Role and a binding that give more than the account has", async () => {
    const cluster = await account("climber", [{ ...rbacRules, verbs: ["get", "list", "create", "update", "delete"] }]);
    const escalates = (kind: string) => (verb: string) =>
      `potential privilege escalation, not permitted to "${verb}" rbac.authorization.k8s.io/v1, Kind=${kind}`;
    const lacks = (): string => 'not permitted to "*" /, Resource=secrets';
    assert.equal(
      await deploy(cluster, "climber", "PermissionValidation", role("Role", "r", secretRules)),
      both(escalates("Role"), lacks),
    );
    assert.equal(
      await deploy(cluster, "climber", "PermissionValidation", binding("ClusterRole", `${namespace}-secrets`)),
      both(escalates("RoleBinding"), lacks),
    );
    assert.equal(await found("role,rolebinding"), "");
  });

  it("PermissionValidation: lets them pass with the rights to escalate and to bind", async () => {
    const cluster = await account("granter", [
      { ...rbacRules, verbs: ["get", "list", "create", "update", "delete", "escalate", "bind"] },
    ]);
    const secretRole = role("Role", "r", secretRules);
    assert.equal(await deploy(cluster, "granter", "PermissionValidation", secretRole), "succeeded");
    const bound = binding("ClusterRole", `${namespace}-secrets`);
    assert.equal(await deploy(cluster, "granter", "PermissionValidation", bound), "succeeded");
    assert.notEqual(await found("rolebinding/bound"), "");
    assert.equal(await found("role/r"), "");
  });

  const unsafe = (name: string, ...findings: readonly string[]): string =>
    [
      'preflight checks failed: running preflight check "CRDUpgradeSafety": validation for safe CRD upgrades failed',
      ...findings.map((text) => `CustomResourceDefinition ${name} failed upgrade safety validation. ${text}`),
    ].join("\n");

  it("CRDUpgradeSafety: refuses another scope", async () => {
    const group = `scope.${namespace}.example.com`;
    assert.equal(await deploy(admin, "scope", "CRDUpgradeSafety", definition(group, "Namespaced", "v1")), "succeeded");
    assert.equal(
      await deploy(admin, "scope", "CRDUpgradeSafety", definition(group, "Cluster", "v1")),
      unsafe(`toys.${group}`, '"NoScopeChange" validation failed: scope changed from "Namespaced" to "Cluster"'),
    );
  });

  it("CRDUpgradeSafety: refuses to take away a stored version, and compares schemas as the API server gives them", async () => {
    const group = `stored.${namespace}.example.com`;
    const first = definition(group, "Namespaced", "v1", { size: { type: "integer", minimum: 1 } });
    assert.equal(await deploy(admin, "stored", "CRDUpgradeSafety", first), "succeeded");
    assert.equal(
      await deploy(admin, "stored", "CRDUpgradeSafety", definition(group, "Namespaced", "v2")),
      unsafe(`toys.${group}`, '"NoStoredVersionRemoved" validation failed: stored version "v1" removed'),
    );
    const higher = definition(group, "Namespaced", "v1", { size: { type: "integer", minimum: 2 } });
    assert.equal(
      await deploy(admin, "stored", "CRDUpgradeSafety", higher),
      unsafe(
        `toys.${group}`,
        '"ChangeValidator" validation failed: version "v1", field "^.size": minimum constraint increased from 1 to 2',
      ),
    );
    const lower = definition(group, "Namespaced", "v1", {
      size: { type: "integer", minimum: 0 },
      colour: { type: "string" },
    });
    assert.equal(await deploy(admin, "stored", "CRDUpgradeSafety", lower), "succeeded");
  });
});

const rbacRules = {
  apiGroups: ["rbac.authorization.k8s.io"],
  resources: ["roles", "rolebindings", "clusterroles", "clusterrolebindings"],
};
const secretRules = [{ apiGroups: [""], resources: ["secrets"], verbs: ["*"] }];

const pod = stream({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "simple" },
  spec: { containers: [{ name: "simple", image: "simple" }] },
});

function rbac(kind: string): { readonly apiVersion: string; readonly kind: string } {
  return { apiVersion: "rbac.authorization.k8s.io/v1", kind };
}

function role(kind: string, name: string, rules: readonly object[]): string {
  const metadata =
    kind === "Role" ? { name } : { name: `${namespace}-${name}`, labels: { "preflight-test": namespace } };
  return stream({ ...rbac(kind), metadata, rules });
}

function binding(kind: string, name: string): string {
  return stream({
    ...rbac("RoleBinding"),
    metadata: { name: "bound" },
    subjects: [{ kind: "ServiceAccount", name: "default", namespace }],
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind, name },
  });
}

function definition(group: string, scope: string, version: string, properties: object = {}): string {
  const schema = { openAPIV3Schema: { type: "object", properties } };
  return stream({
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `toys.${group}`, labels: { "preflight-test": namespace } },
    spec: {
      group,
      names: { kind: "Toy", plural: "toys" },
      scope,
      versions: [{ name: version, served: true, storage: true, schema }],
    },
  });
}

function stream(...objects: readonly object[]): string {
  return objects.map((object) => `${JSON.stringify(object)}\n`).join("---\n");
}
