import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { DeployError, parseDeployOptions, readDeployFlags } from "../../src/deploy/index.ts";
import type { JsonMap, KubeObject } from "../../src/resource/index.ts";
import { configMap, deploy, ending, plan, refusal, yaml } from "./support/deploy.ts";
import { failure, ManualClock, MemoryCluster } from "./support/memory-cluster.ts";

const newCluster = (): MemoryCluster => new MemoryCluster(new ManualClock());
const rules = (...names: readonly string[]): string =>
  `${JSON.stringify({ apiVersion: "kapp.k14s.io/v1alpha1", kind: "Config", preflightRules: names.map((name) => ({ name })) })}\n`;
const reviews = (cluster: MemoryCluster): string[] =>
  cluster.calls.filter(({ verb }) => verb === "review").map(({ target }) => target);
const failed = (check: string, ...lines: readonly string[]): string =>
  `preflight checks failed: running preflight check "${check}": ${lines.join("\n")}`;

describe("preflight checks", () => {
  const refused: readonly (readonly [name: string, input: string, says: string])[] = [
    ["unknown", rules("Other"), 'unknown preflight check in configuration: "Other"'],
    ["without a name", rules(""), 'unknown preflight check in configuration: ""'],
    [
      "given twice",
      rules("CRDUpgradeSafety", "CRDUpgradeSafety"),
      'duplicate preflight check in configuration: "CRDUpgradeSafety"',
    ],
    [
      "given by two Configs",
      yaml(rules("PermissionValidation"), rules("PermissionValidation")),
      'duplicate preflight check in configuration: "PermissionValidation"',
    ],
  ];
  for (const [name, input, says] of refused) {
    it(`are refused when ${name}`, async () => {
      const cluster = newCluster();
      const text = await refusal(plan(cluster, yaml(input, configMap("a"))));
      assert.equal(text, `preflight configuration settings failed: ${says}`);
      assert.deepEqual(cluster.calls, []);
    });
  }

  it("are off unless a Config names them", async () => {
    const cluster = newCluster();
    cluster.allows = () => false;
    assert.equal(ending(await deploy(cluster, configMap("a"))), "Succeeded");
    assert.deepEqual(reviews(cluster), []);
  });

  it("are those of the options where these name some", async () => {
    const input = yaml(rules("PermissionValidation"), configMap("a"));
    const cluster = newCluster();
    cluster.allows = () => false;
    assert.equal(ending(await deploy(cluster, input, { preflight: ["CRDUpgradeSafety"] })), "Succeeded");
    const both = { preflight: ["CRDUpgradeSafety,PermissionValidation"] };
    assert.match(ending(await deploy(cluster, configMap("b"), both)), /"PermissionValidation": not permitted/);
  });

  it("are refused by their flag when unknown, and as a raw option of an App", () => {
    const said = (parsed: ReturnType<typeof parseDeployOptions>): string =>
      "failure" in parsed ? new DeployError(parsed.failure).message : "";
    const flags = ["CRDUpgradeSafety", "PermissionValidation,Other"];
    assert.equal(
      said(readDeployFlags(flags.map((value) => ["--preflight", value]))),
      'invalid argument "PermissionValidation,Other" for "--preflight" flag: unknown preflight check "Other" specified',
    );
    assert.equal(
      said(parseDeployOptions({ rawOptions: ["--preflight=CRDUpgradeSafety"] })),
      "Unexpected flag '--preflight' specified (either forbidden or unknown)",
    );
  });

  it("run after the plan and before anything is written; a plan alone and a deploy without changes ask nothing", async () => {
    const cluster = newCluster();
    const input = yaml(rules("PermissionValidation"), configMap("a"));
    await plan(cluster, input);
    assert.deepEqual(reviews(cluster), []);
    cluster.allows = () => false;
    const { outcome } = await deploy(cluster, input);
    assert.equal(outcome.state === "failed" && outcome.retryable, true);
    assert.deepEqual(cluster.writes, []);
    cluster.allows = () => true;
    assert.equal(ending(await deploy(cluster, input)), "Succeeded");
    cluster.calls.length = 0;
    assert.equal(ending(await deploy(cluster, input)), "Succeeded");
    assert.deepEqual(reviews(cluster), []);
  });

  it("are all told at once, in a fixed order", async () => {
    const cluster = newCluster();
    cluster.put(crd({ scope: "Namespaced" }));
    cluster.allows = (target) => !target.startsWith("update ");
    const input = yaml(rules("CRDUpgradeSafety", "PermissionValidation"), text(crd({ scope: "Cluster" })));
    const overriding = { rawOptions: ["--dangerous-override-ownership-of-existing-resources=true"] };
    assert.equal(
      ending(await deploy(cluster, input, overriding)),
      [
        failed(
          "PermissionValidation",
          'not permitted to "update" apiextensions.k8s.io/v1, Resource=customresourcedefinitions',
        ),
        `running preflight check "CRDUpgradeSafety": validation for safe CRD upgrades failed`,
        'CustomResourceDefinition toys.example.com failed upgrade safety validation. "NoScopeChange" validation failed: scope changed from "Namespaced" to "Cluster"',
      ].join("\n"),
    );
  });

  it("fail with the call that fails", async () => {
    const cluster = newCluster();
    cluster.before = ({ verb }) => {
      if (verb === "review") throw failure(500, "InternalError", "no authorizer answers");
    };
    assert.match(
      ending(await deploy(cluster, yaml(rules("PermissionValidation"), configMap("a")))),
      /no authorizer answers/,
    );
    assert.deepEqual(cluster.writes, []);
  });
});

describe("PermissionValidation", () => {
  const role = (kind: string, ...list: readonly object[]): string =>
    text({ apiVersion: "rbac.authorization.k8s.io/v1", kind, metadata: { name: "r" }, rules: list });
  const binding = (kind: string, refKind: string): string =>
    text({
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind,
      metadata: { name: "b" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: refKind, name: "r" },
    });
  const secrets = { apiGroups: [""], resources: ["secrets"], verbs: ["get", "list"] };
  const escalates = (verb: string, kind: string): string =>
    `potential privilege escalation, not permitted to "${verb}" rbac.authorization.k8s.io/v1, Kind=${kind}`;
  const lacks = (verb: string, what: string): string => `not permitted to "${verb}" ${what}`;

  const cases: readonly {
    readonly name: string;
    readonly input: string;
    readonly denied: RegExp;
    readonly says: readonly string[];
  }[] = [
    {
      name: "what may not be created or updated, once per kind",
      input: yaml(configMap("a"), configMap("b")),
      denied: / \/configmaps /,
      says: [lacks("create", "/v1, Resource=configmaps"), lacks("update", "/v1, Resource=configmaps")],
    },
    {
      name: "a kind that comes with the deploy",
      input: yaml(text(crd({})), "{apiVersion: example.com/v1, kind: Toy, metadata: {name: t, namespace: app}}\n"),
      denied: /^create example.com\/toys app\/$/,
      says: [lacks("create", "example.com/v1, Resource=toys")],
    },
    {
      name: "a role that gives what the caller does not have",
      input: role("Role", secrets),
      denied: /^(escalate|list) /,
      says: ["create", "update"].flatMap((verb) => [escalates(verb, "Role"), lacks("list", "/, Resource=secrets")]),
    },
    {
      name: "a role with names, subresources and paths",
      input: role(
        "ClusterRole",
        { apiGroups: ["apps"], resources: ["deployments/scale"], resourceNames: ["x", "y"], verbs: ["patch"] },
        { nonResourceURLs: ["/healthz"], verbs: ["get"] },
      ),
      denied: /^escalate |deployments\/scale \/y?$|\/healthz/,
      says: ["create", "update"].flatMap((verb) => [
        escalates(verb, "ClusterRole"),
        lacks("patch", "apps/, Resource=deployments/scale"),
        lacks("get", "/healthz"),
      ]),
    },
    {
      name: "a role that may not be written, without looking at its rules",
      input: role("Role", secrets),
      denied: /^(escalate|create|list) /,
      says: [
        lacks("create", "rbac.authorization.k8s.io/v1, Resource=roles"),
        escalates("update", "Role"),
        lacks("list", "/, Resource=secrets"),
      ],
    },
    {
      name: "a binding of a role in the same deploy",
      input: yaml(role("Role", secrets), binding("RoleBinding", "Role")),
      denied: /^(bind|get) /,
      says: ["create", "update"].flatMap((verb) => [
        escalates(verb, "RoleBinding"),
        lacks("get", "/, Resource=secrets"),
      ]),
    },
    {
      name: "a binding of a role that is not there",
      input: binding("ClusterRoleBinding", "ClusterRole"),
      denied: /^bind /,
      says: [
        'fetching rules for binding: fetching ClusterRole "r" for ClusterRoleBinding "b": clusterroles.rbac.authorization.k8s.io "r" not found',
      ],
    },
    {
      name: "a binding of something else",
      input: binding("RoleBinding", "Group"),
      denied: /^bind /,
      says: ['fetching rules for binding: unknown role reference kind: "Group"'],
    },
  ];
  for (const { name, input, denied, says } of cases) {
    it(`tells ${name}`, async () => {
      const cluster = newCluster();
      cluster.allows = (target) => !denied.test(target);
      const told = ending(await deploy(cluster, yaml(rules("PermissionValidation"), input)));
      assert.equal(told, failed("PermissionValidation", ...says));
      assert.deepEqual(cluster.writes, []);
    });
  }

  const permitted: readonly (readonly [name: string, input: string, denied: RegExp])[] = [
    ["roles with the right to escalate", role("Role", secrets), /secrets/],
    ["bindings with the right to bind", binding("RoleBinding", "ClusterRole"), /secrets/],
    ["roles that give no more than the caller has", role("ClusterRole", secrets), /^escalate /],
    ["an update that is granted by name only", configMap("a"), /^update \/configmaps app\/$/],
  ];
  for (const [name, input, denied] of permitted) {
    it(`permits ${name}`, async () => {
      const cluster = newCluster();
      cluster.allows = (target) => !denied.test(target);
      assert.equal(ending(await deploy(cluster, yaml(rules("PermissionValidation"), input))), "Succeeded");
    });
  }

  it("asks for deletes, and once for objects of one kind and namespace", async () => {
    const cluster = newCluster();
    const names = Array.from({ length: 30 }, (_, index) => configMap(`c${index}`));
    await deploy(cluster, yaml(rules("PermissionValidation"), ...names));
    assert.deepEqual(reviews(cluster).sort(), ["create /configmaps app/", "update /configmaps app/"]);
    cluster.calls.length = 0;
    cluster.allows = (target) => !target.startsWith("delete ");
    const told = ending(await deploy(cluster, yaml(rules("PermissionValidation"), configMap("c0"))));
    assert.equal(told, failed("PermissionValidation", lacks("delete", "/v1, Resource=configmaps")));
    assert.equal(
      cluster.objects("ConfigMap").filter(({ metadata }) => /"c\d/.test(JSON.stringify(metadata))).length,
      30,
    );
  });

  it("keeps to the concurrency of applying, and asks nothing twice", async () => {
    const cluster = newCluster();
    let inFlight = 0;
    let most = 0;
    cluster.before = async ({ verb }) => {
      if (verb !== "review") return;
      most = Math.max(most, ++inFlight);
      await new Promise((resolve) => setImmediate(resolve));
      inFlight--;
    };
    cluster.allows = (target) => !target.startsWith("escalate ");
    const resources = Array.from({ length: 40 }, (_, index) => `kind${index}`);
    const roles = ["Role", "ClusterRole"].map((kind) => role(kind, { ...secrets, resources }));
    const settings = { rawOptions: ["--apply-concurrency=3"] };
    const input = yaml(rules("PermissionValidation"), ...roles, configMap("a"));
    assert.equal(ending(await deploy(cluster, input, settings)), "Succeeded");
    assert.equal(most, 3);
    assert.equal(new Set(reviews(cluster)).size, reviews(cluster).length);
    assert.equal(reviews(cluster).filter((target) => target.includes("/kind")).length, 2 * 2 * 40);
  });

  it("refuses a role with more permissions than anybody could ask for", async () => {
    const many = Array.from({ length: 1000 }, (_, index) => `x${index}`);
    const cluster = newCluster();
    cluster.allows = (target) => !target.startsWith("escalate ");
    const input = role("ClusterRole", { apiGroups: many, resources: many, verbs: many });
    assert.equal(
      ending(await deploy(cluster, yaml(rules("PermissionValidation"), input))),
      failed(
        "PermissionValidation",
        "clusterrole/r (rbac.authorization.k8s.io/v1) cluster has rules for 1000000000 permissions, more than the 10000 that are checked",
      ),
    );
  });

  it("does not create by a right that holds for a name only: API servers know no name then", async () => {
    const cluster = newCluster();
    cluster.allows = (target) => target !== "create /configmaps app/";
    assert.equal(
      ending(await deploy(cluster, yaml(rules("PermissionValidation"), configMap("a")))),
      failed("PermissionValidation", lacks("create", "/v1, Resource=configmaps")),
    );
  });

  it("tells what kept the API server from an answer", async () => {
    const cluster = newCluster();
    cluster.allows = () => "webhook is down";
    assert.equal(
      ending(await deploy(cluster, yaml(rules("PermissionValidation"), configMap("a")))),
      failed("PermissionValidation", "unable to validate permissions: webhook is down"),
    );
  });
});

describe("CRDUpgradeSafety", () => {
  // Nobody establishes definitions here.
  const settings = {
    rawOptions: ["--dangerous-override-ownership-of-existing-resources=true", "--wait=false"],
  };
  const upgrade = async (before: Definition, after: Definition): Promise<string> => {
    const cluster = newCluster();
    cluster.put(crd(before));
    return ending(await deploy(cluster, yaml(rules("CRDUpgradeSafety"), text(crd(after))), settings));
  };
  const unsafe = (...findings: readonly (readonly [validation: string, problem: string])[]): string =>
    failed(
      "CRDUpgradeSafety",
      "validation for safe CRD upgrades failed",
      ...findings.map(
        ([validation, problem]) =>
          `CustomResourceDefinition toys.example.com failed upgrade safety validation. "${validation}" validation failed: ${problem}`,
      ),
    );

  it("lets a new definition pass", async () => {
    const cluster = newCluster();
    assert.equal(ending(await deploy(cluster, yaml(rules("CRDUpgradeSafety"), text(crd({}))), settings)), "Succeeded");
  });

  it("tells another scope and a stored version that is gone", async () => {
    assert.equal(
      await upgrade({ stored: ["v1"] }, { scope: "Cluster", version: "v2" }),
      unsafe(
        ["NoScopeChange", 'scope changed from "Namespaced" to "Cluster"'],
        ["NoStoredVersionRemoved", 'stored version "v1" removed'],
      ),
    );
  });

  it("tells fields that are gone, wherever they stand", async () => {
    const before = {
      list: { type: "array", items: { type: "object", properties: { b: { type: "string" } } } },
      map: { type: "object", additionalProperties: { type: "object", properties: { c: { type: "string" } } } },
    };
    const after = {
      list: { type: "array", items: { type: "object" } },
      map: { type: "object", additionalProperties: { type: "object" } },
    };
    const gone = (field: string): string => `crd/toys.example.com version/v1 field/${field} may not be removed`;
    assert.equal(
      await upgrade({ fields: before }, { fields: after }),
      unsafe(
        ["NoExistingFieldRemoved", `${gone("^.list[*].b")}\n${gone("^.map[*].c")}`],
        ["ChangeValidator", 'calculating schema diff for CRD version "v1"'],
      ),
    );
  });

  const changes: readonly (readonly [name: string, before: JsonMap, after: JsonMap, problem: string])[] = [
    ["more values of an enum", { enum: ["a"] }, { enum: ["b", "a"] }, ""],
    ["fewer values of an enum", { enum: ["a", "c", "b"] }, { enum: ["a"] }, 'enum values removed: ["b" "c"]'],
    ["no enum any more", { enum: ["a"] }, {}, 'enum values removed: ["a"]'],
    ["a new enum", {}, { enum: ["a"] }, "enums added when there were no enum restrictions previously"],
    ["fewer required fields", { required: ["a", "b"] }, { required: ["a"] }, ""],
    ["more required fields", { required: ["a"] }, { required: ["a", "c", "b"] }, "new required fields added: [b c]"],
    [
      "the first required fields",
      {},
      { required: ["b", "a"] },
      "new values added as required when previously no required fields existed: [b a]",
    ],
    ["a lower minimum", { minimum: 2 }, { minimum: 1 }, ""],
    ["no minimum any more", { minimum: 2 }, {}, ""],
    ["a higher minimum", { minimum: 1.5 }, { minimum: 2 }, "minimum constraint increased from 1.5 to 2"],
    ["a new minimum", {}, { minimum: 0 }, "minimum constraint added when one did not exist previously: 0"],
    ["more items", { minItems: 1 }, { minItems: 2 }, "minimum items constraint increased from 1 to 2"],
    ["longer texts", {}, { minLength: 1 }, "minimum length constraint added when one did not exist previously: 1"],
    ["more members", { minProperties: 0 }, { minProperties: 1 }, "minimum properties constraint increased from 0 to 1"],
    ["a higher maximum", { maximum: 9 }, { maximum: 10 }, ""],
    ["a lower maximum", { maximum: 10 }, { maximum: 9 }, "maximum constraint decreased from 10 to 9"],
    ["fewer items", {}, { maxItems: 3 }, "maximum items constraint added when one did not exist previously: 3"],
    ["shorter texts", { maxLength: 3 }, { maxLength: 2 }, "maximum length constraint decreased from 3 to 2"],
    [
      "fewer members",
      { maxProperties: 3 },
      { maxProperties: 2 },
      "maximum properties constraint decreased from 3 to 2",
    ],
    ["a new default", {}, { default: "a" }, 'new value added as default when previously no default value existed: "a"'],
    [
      "no default any more",
      { default: { a: 1 } },
      {},
      'default value has been removed when previously a default value existed: {"a":1}',
    ],
    ["another default", { default: "a" }, { default: "b" }, 'default value has been changed from "a" to "b"'],
  ];
  for (const [name, before, after, problem] of changes) {
    it(`${problem === "" ? "permits" : "refuses"} ${name}`, async () => {
      const fields = (more: JsonMap): Definition => ({ fields: { f: { type: "string", ...more } } });
      const expected =
        problem === "" ? "Succeeded" : unsafe(["ChangeValidator", `version "v1", field "^.f": ${problem}`]);
      assert.equal(await upgrade(fields(before), fields(after)), expected);
    });
  }

  it("takes for the same what an API server leaves out when it stores a definition", async () => {
    const empty = { nullable: false, description: "", required: [], format: null };
    const list = (more: JsonMap): JsonMap => ({
      type: "array",
      items: { type: "object", properties: { default: more } },
      default: [false],
    });
    const [stored, sent] = [{}, empty].map((more) => ({ fields: { f: { type: "string", ...more }, l: list(more) } }));
    assert.equal(await upgrade(stored ?? {}, sent ?? {}), "Succeeded");
  });

  it("refuses a change that no rule knows, beside those that are known", async () => {
    const unknown = 'field "^.f" has unknown change, refusing to determine that change is safe';
    assert.equal(
      await upgrade(
        { fields: { f: { type: "string", minLength: 1 } } },
        { fields: { f: { type: "integer", minLength: 2 }, added: { type: "string" } } },
      ),
      unsafe([
        "ChangeValidator",
        `version "v1", field "^.f": minimum length constraint increased from 1 to 2\nversion "v1", ${unknown}`,
      ]),
    );
  });
});

interface Definition {
  readonly scope?: string;
  readonly version?: string;
  readonly stored?: readonly string[];
  readonly fields?: JsonMap;
}

function crd({ scope = "Namespaced", version = "v1", stored = [], fields = {} }: Definition): KubeObject {
  const schema = { openAPIV3Schema: { type: "object", properties: fields } };
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: "toys.example.com" },
    spec: {
      group: "example.com",
      names: { kind: "Toy", plural: "toys" },
      scope,
      versions: [{ name: version, served: true, storage: true, schema }],
    },
    status: { storedVersions: stored },
  };
}

function text(object: object): string {
  return `${JSON.stringify(object)}\n`;
}
