import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  applyPlan,
  createPartPrinter,
  DeployError,
  formatDeployError,
  type GivenFlag,
  type Part,
  planDelete,
  planDeploy,
  readDeleteFlags,
  readDeployFlags,
  readInspectFlags,
  parseDeployOptions,
} from "../../src/deploy/index.ts";
import { configMap, deploy, resources, yaml } from "./support/deploy.ts";
import { ManualClock, MemoryCluster } from "./support/memory-cluster.ts";

const { signal } = new AbortController();
const app = { name: "test.app", stateNamespace: "app", defaultNamespace: "app" };

/** What a deploy with these flags would do: `create configmap/a`. */
async function changes(cluster: MemoryCluster, text: string, ...flags: readonly GivenFlag[]): Promise<string[]> {
  const parsed = readDeployFlags(flags);
  if ("failure" in parsed) throw new DeployError(parsed.failure);
  const input = { app, resources: resources(text), options: parsed.options };
  const plan = await planDeploy(input, cluster, { clock: cluster.clock, random: Math.random }, { signal });
  return plan.changes.map(({ op, resource }) => `${op} ${resource.replace(/ .*/, "")}`).sort();
}

describe("flags of kapp's command line", () => {
  it("begin with kapp's defaults, not kapp-controller's", () => {
    const parsed = readDeployFlags([]);
    assert.ok("options" in parsed);
    const { appChangesMaxToKeep, applyTimeoutMs, allowed } = parsed.options;
    assert.deepEqual([appChangesMaxToKeep, applyTimeoutMs, allowed], [200, 900_000, undefined]);
  });

  const onlyThere: readonly GivenFlag[] = [
    ["--allow-check", "true"],
    ["--allow-ns", "a"],
    ["--allow-all-ns", "true"],
    ["--allow-cluster", "true"],
    ["--dangerous-disable-gk-scoping", "true"],
    ["--default-label-scoping-rules", "false"],
    ["--diff-changes-yaml", "true"],
    ["--diff-filter", "{}"],
    ["--filter-labels", "a=b"],
    ["--preflight", "PermissionValidation"],
    ["--wait-resource-timeout", "1s"],
  ];
  for (const flag of onlyThere) {
    it(`${flag[0]} is for people only, not for Apps`, () => {
      assert.ok("options" in readDeployFlags([flag]));
      const forApp = parseDeployOptions({ rawOptions: [flag.join("=")] });
      assert.ok("failure" in forApp && forApp.failure.code === "DEPLOY_OPTION_FORBIDDEN");
    });
  }

  it("each belong to their command", () => {
    assert.ok("failure" in readDeleteFlags([["--patch", "true"]]));
    assert.ok("failure" in readInspectFlags([["--wait", "true"]]));
    assert.ok(
      "options" in
        readInspectFlags([
          ["--managed-fields", "true"],
          ["--tree", "true"],
        ]),
    );
  });

  it("of a wrong value say what is wrong", () => {
    const wrong = readDeployFlags([["--diff-filter", '{"ops":["create"]}']]);
    assert.ok("failure" in wrong);
    assert.equal(
      formatDeployError(wrong.failure),
      'diff-filter.ops: unknown operation "create" (known: add, update, delete, keep, exists, noop)',
    );
  });
});

describe("a filter of changes", () => {
  const before = yaml(configMap("kept"), configMap("changed"), configMap("gone"));
  const after = yaml(configMap("kept"), configMap("changed", {}, { k: "2" }), configMap("fresh"));
  const cases: { readonly filter: string; readonly want: readonly string[] }[] = [
    { filter: "", want: ["create configmap/fresh", "delete configmap/gone", "update configmap/changed"] },
    { filter: '{"ops":["add"]}', want: ["create configmap/fresh"] },
    { filter: '{"ops":["add","update"]}', want: [] },
    {
      filter: '{"or":[{"ops":["add"]},{"ops":["delete"]}]}',
      want: ["create configmap/fresh", "delete configmap/gone"],
    },
    { filter: '{"not":{"ops":["delete"]}}', want: ["create configmap/fresh", "update configmap/changed"] },
    { filter: '{"newResource":{"names":["fresh"]}}', want: ["create configmap/fresh"] },
    { filter: '{"existingResource":{"names":["g%"]}}', want: ["delete configmap/gone"] },
    {
      filter: '{"and":[{"ops":["update"]},{"existingResource":{"kinds":["ConfigMap"]}}]}',
      want: ["update configmap/changed"],
    },
  ];
  for (const { filter, want } of cases) {
    it(`${filter || "without one"} leaves ${want.join(", ") || "nothing"}`, async () => {
      const cluster = new MemoryCluster(new ManualClock());
      await deploy(cluster, before);
      assert.deepEqual(await changes(cluster, after, ["--diff-filter", filter]), want);
    });
  }

  it("that spares a deletion leaves it to a later deploy to find", async () => {
    const cluster = new MemoryCluster(new ManualClock());
    const secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: spared}\n";
    await deploy(cluster, yaml(configMap("a"), secret));
    const parsed = readDeployFlags([["--diff-filter", '{"ops":["update"]}']]);
    assert.ok("options" in parsed);
    const input = { app, resources: resources(configMap("a", {}, { k: "2" })), options: parsed.options };
    const deps = { clock: cluster.clock, random: Math.random };
    const plan = await planDeploy(input, cluster, deps, { signal });
    for await (const _event of applyPlan(plan, cluster, deps, { signal }));
    assert.deepEqual(await changes(cluster, configMap("a", {}, { k: "2" })), ["delete secret/spared"]);
  });

  it("makes a delete a partial one", async () => {
    const cluster = new MemoryCluster(new ManualClock());
    await deploy(cluster, before);
    const parsed = readDeleteFlags([["--diff-filter", '{"existingResource":{"names":["gone"]}}']]);
    assert.ok("options" in parsed);
    const deps = { clock: cluster.clock, random: Math.random };
    const plan = await planDelete({ app, options: parsed.options }, cluster, deps, { signal });
    assert.deepEqual([plan.isPartial, plan.changes.length], [true, 1]);
  });
});

it("a plan with resources in places that are not allowed is never applied", async () => {
  const cluster = new MemoryCluster(new ManualClock());
  const parsed = readDeployFlags([["--allow-check", "true"]]);
  assert.ok("options" in parsed);
  const text = yaml(configMap("a"), "apiVersion: v1\nkind: Namespace\nmetadata: {name: other}\n");
  const deps = { clock: cluster.clock, random: Math.random };
  const plan = await planDeploy({ app, resources: resources(text), options: parsed.options }, cluster, deps, {
    signal,
  });
  assert.deepEqual(plan.notAllowed, [
    "Cluster level resource 'namespace/other (v1) cluster' is not allowed (stdin doc 2)",
  ]);
  const slice = applyPlan(plan, cluster, deps, { signal });
  const { value } = await slice.next();
  assert.ok(value !== undefined && "state" in value && value.state === "failed");
  assert.equal(cluster.find("ConfigMap", "a"), undefined);
});

it("selectors are narrowed by the default rules unless they are turned off, those that call themselves default too", async () => {
  const service = "apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: {selector: {a: b}}\n";
  const rule = `apiVersion: kapp.k14s.io/v1alpha1
kind: Config
labelScopingRules:
- {path: [data], isDefault: true, resourceMatchers: [{apiVersionKindMatcher: {apiVersion: v1, kind: ConfigMap}}]}
`;
  const labelled = async (...flags: readonly GivenFlag[]): Promise<boolean[]> => {
    const cluster = new MemoryCluster(new ManualClock());
    const parsed = readDeployFlags(flags);
    assert.ok("options" in parsed);
    const input = { app, resources: resources(yaml(service, configMap("a"), rule)), options: parsed.options };
    const plan = await planDeploy(input, cluster, { clock: cluster.clock, random: Math.random }, { signal });
    return plan.steps.map(({ fresh = {} }) =>
      JSON.stringify(fresh["spec"] ?? fresh["data"]).includes("kapp.k14s.io/app"),
    );
  };
  assert.deepEqual(await labelled(), [true, true]);
  assert.deepEqual(await labelled(["--default-label-scoping-rules", "false"]), [false, false]);
});

describe("a printer of parts", () => {
  const parts: readonly Part[] = [
    { part: "line", text: "Target" },
    { part: "log", text: "@@ a @@\n" },
    { part: "diff", lines: [{ text: "+ k: <v>", line: "added" }] },
    {
      part: "table",
      table: {
        title: "Things",
        columns: [
          { title: "Ns", key: "namespace" },
          { title: "Op", key: "op" },
        ],
        rows: [
          [["n"], ["create"]],
          [["n"], ["two", "lines"]],
          [["n"], [""]],
        ],
        notes: ["Op: what"],
        content: "things",
        marksRepeats: true,
      },
    },
    { part: "line", text: "Succeeded" },
  ];
  const printed = (mode: "people" | "data" | "json"): string => {
    const printer = createPartPrinter({ mode });
    return parts.map((part) => printer.print(part)).join("") + printer.end();
  };

  it("leaves empty lines for people, but not inside what flows", () => {
    assert.equal(
      printed("people"),
      `Target\n\n@@ a @@\n+ k: <v>\n\nThings\n\nNs  Op  \nn   create  \n^   two  \n    lines  \n^   -  \n\nOp: what\n\n3 things\n\nSucceeded\n`,
    );
  });

  it("gives a pipe blocks and cells with tabs", () => {
    assert.equal(printed("data"), "+ k: <v>\n\nn\tcreate\t\nn\ttwo\t\n \tlines\t\nn\t-\t\n");
  });

  it("gives a program everything", () => {
    const json = printed("json");
    assert.ok(json.includes("\\u003cv\\u003e"), "escaped as Go does");
    assert.deepEqual(JSON.parse(json), {
      Tables: [
        {
          Content: "things",
          Header: { namespace: "Ns", op: "Op" },
          Rows: [
            { namespace: "n", op: "create" },
            { namespace: "n", op: "two\nlines" },
            { namespace: "n", op: "" },
          ],
          Notes: ["Op: what"],
        },
      ],
      Blocks: ["+ k: <v>\n"],
      Lines: ["Target", "@@ a @@\n", "Succeeded"],
    });
  });
});
