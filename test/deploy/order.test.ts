import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { configMap, deploy, orderTree, plan, refusal, remove, short, yaml } from "./support/deploy.ts";
import { ManualClock, MemoryCluster } from "./support/memory-cluster.ts";

const newCluster = (): MemoryCluster => new MemoryCluster(new ManualClock());

describe("the order of changes", () => {
  const cases: { readonly name: string; readonly input: string; readonly tree: string }[] = [
    {
      name: "follows a chain of rules",
      input: yaml(
        configMap("app", { "change-group": "apps/app", "change-rule": "upsert after upserting apps/migrate" }),
        configMap("migrate", { "change-group": "apps/migrate", "change-rule.a": "upsert after upserting apps/import" }),
        configMap("import", { "change-group": "apps/import" }),
      ),
      tree: `
(upsert) configmap/app
  (upsert) configmap/migrate
(upsert) configmap/migrate
  (upsert) configmap/import
(upsert) configmap/import`,
    },
    {
      name: "turns before round",
      input: yaml(
        configMap("first", { "change-rule": "upsert before upserting g" }),
        configMap("a", { "change-group": "g" }),
        configMap("b", { "change-group.x": "g" }),
      ),
      tree: `
(upsert) configmap/first
(upsert) configmap/a
  (upsert) configmap/first
(upsert) configmap/b
  (upsert) configmap/first`,
    },
    {
      name: "passes over groups that nobody has, and over rules for the other action",
      input: yaml(
        configMap("a", {
          "change-rule.1": "upsert after upserting nobody",
          "change-rule.2": "delete before deleting x",
        }),
      ),
      tree: `
(upsert) configmap/a`,
    },
    {
      name: "fills placeholders from the resource",
      input: yaml(
        configMap("a", { "change-group": "{namespace}/{kind}-{name}" }),
        configMap("b", { "change-rule": "upsert after upserting app/{kind}-a" }),
      ),
      tree: `
(upsert) configmap/a
(upsert) configmap/b
  (upsert) configmap/a`,
    },
    {
      name: "puts namespaces, roles, configuration and ServiceAccounts before what uses them",
      input: `
{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: conf}}
---
{apiVersion: rbac.authorization.k8s.io/v1, kind: RoleBinding, metadata: {name: bind}}
---
{apiVersion: rbac.authorization.k8s.io/v1, kind: Role, metadata: {name: role}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: app}}
---
{apiVersion: v1, kind: Service, metadata: {name: svc, namespace: other}}
`,
      tree: `
(upsert) deployment/web
  (upsert) configmap/conf
  (upsert) namespace/app
  (upsert) role/role
  (upsert) rolebinding/bind
(upsert) configmap/conf
  (upsert) namespace/app
(upsert) rolebinding/bind
  (upsert) namespace/app
  (upsert) role/role
(upsert) role/role
  (upsert) namespace/app
(upsert) namespace/app
(upsert) service/svc
  (upsert) configmap/conf
  (upsert) role/role
  (upsert) rolebinding/bind`,
    },
    {
      name: "puts a CRD before its own custom resources",
      input: `
{apiVersion: example.com/v1, kind: Widget, metadata: {name: w}}
---
{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata: {name: widgets.example.com},
 spec: {group: example.com, scope: Namespaced, names: {kind: Widget, plural: widgets}, versions: [{name: v1}]}}
---
{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata: {name: gadgets.example.com},
 spec: {group: example.com, scope: Namespaced, names: {kind: Gadget, plural: gadgets}, versions: [{name: v1}]}}
`,
      tree: `
(upsert) widget/w
  (upsert) customresourcedefinition/widgets.example.com
(upsert) customresourcedefinition/widgets.example.com
(upsert) customresourcedefinition/gadgets.example.com`,
    },
    {
      name: "lets default rules give way to annotations that contradict them",
      input: `
{apiVersion: v1, kind: Service, metadata: {name: svc, annotations: {kapp.k14s.io/change-group: svc}}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: late, annotations: {kapp.k14s.io/change-rule: upsert after upserting svc}}}
`,
      tree: `
(upsert) service/svc
(upsert) configmap/late
  (upsert) service/svc`,
    },
  ];
  for (const { name, input, tree } of cases) {
    it(name, async () => assert.equal(`\n${orderTree(await plan(newCluster(), input))}`, tree));
  }

  it("deletes in the order of the rules that the cluster's objects carry", async () => {
    const cluster = newCluster();
    await deploy(
      cluster,
      yaml(configMap("a", { "change-group": "a" }), configMap("b", { "change-rule": "delete before deleting a" })),
    );
    const { rounds } = await remove(cluster);
    assert.deepEqual(rounds, [["delete configmap/b"], ["delete configmap/a"]]);
  });

  it("tells which rule ordered a change", async () => {
    const { changes } = await plan(
      newCluster(),
      yaml(
        configMap("a", { "change-group": "g" }),
        configMap("b", { "change-rule.create-order": "upsert after upserting g" }),
      ),
    );
    assert.deepEqual(
      changes.map(({ reasons }) => reasons),
      [[], ["after upserting g (annotation kapp.k14s.io/change-rule.create-order)"]],
    );
  });

  it("keeps an unchanged resource in the chain", async () => {
    const cluster = newCluster();
    const chain = (version: string): string =>
      yaml(
        configMap("c", { "change-rule": "upsert after upserting b" }, { version }),
        configMap("b", { "change-group": "b", "change-rule": "upsert after upserting a" }),
        configMap("a", { "change-group": "a" }, { version }),
      );
    await deploy(cluster, chain("1"));
    const { rounds } = await deploy(cluster, chain("2"));
    assert.deepEqual(rounds, [["update configmap/a"], ["update configmap/c"]]);
  });

  describe("refuses", () => {
    const refused: { readonly name: string; readonly input: string; readonly says: string }[] = [
      {
        name: "a rule that is not four words",
        input: configMap("a", { "change-rule": "later please" }),
        says: `Change graph:
  Calculating required deps:
    Resource configmap/a (v1) namespace: app:
      Expected change rule annotation value to have format '(upsert|delete) (before|after) (upserting|deleting) (change-group)', but was 'later please'`,
      },
      {
        name: "a word that no rule has",
        input: configMap("a", { "change-rule": "insert after upserting g" }),
        says: `Change graph:
  Calculating required deps:
    Resource configmap/a (v1) namespace: app:
      Unknown change rule Action`,
      },
      {
        name: "a placeholder without value",
        input: configMap("a", { "change-group": "{crd-kind}" }),
        says: `Change graph:
  Calculating required deps:
    Placeholder {crd-kind} does not have a value for target resource (hint: placeholders with the 'crd-' prefix can only be used with CRDs)`,
      },
      {
        name: "a cycle",
        input: yaml(
          configMap("a", { "change-group": "a", "change-rule": "upsert after upserting b" }),
          configMap("b", { "change-group": "b", "change-rule": "upsert after upserting a" }),
        ),
        says: "Detected cycle while ordering changes: [configmap/a (v1) namespace: app] -> [configmap/b (v1) namespace: app] -> [configmap/a (v1) namespace: app] (found repeated: configmap/a (v1) namespace: app)",
      },
      {
        name: "a change that waits for itself",
        input: configMap("a", { "change-group": "a", "change-rule": "upsert after upserting a" }),
        says: "Detected cycle while ordering changes: [configmap/a (v1) namespace: app] -> [configmap/a (v1) namespace: app] (found repeated: configmap/a (v1) namespace: app)",
      },
    ];
    for (const { name, input, says } of refused) {
      it(`${name}, and writes nothing [B98 B99 I5]`, async () => {
        const cluster = newCluster();
        assert.equal(await refusal(deploy(cluster, input)), says);
        assert.deepEqual(cluster.writes, []);
      });
    }

    it("a group that is no qualified name", async () => {
      const says = await refusal(deploy(newCluster(), configMap("a", { "change-group": "-x-" })));
      assert.match(says, /Expected change group name "-x-" to be a qualified name/);
    });
  });
});

describe("any order of the input", () => {
  /** Resources 0..n-1; each may wait for lower ones, so that there is no cycle. */
  const graphs = fc.array(fc.array(fc.nat({ max: 7 }), { maxLength: 3 }), { minLength: 1, maxLength: 8 });

  const documents = (graph: readonly (readonly number[])[]): string[] =>
    graph.map((targets, index) => {
      const rules = targets
        .filter((target) => target < index)
        .map((target, i): [string, string] => [`change-rule.${i}`, `upsert after upserting g${target}`]);
      return configMap(`c${index}`, { "change-group": `g${index}`, ...Object.fromEntries(rules) });
    });

  it("gives the same changes with the same reasons", async () => {
    await fc.assert(
      fc.asyncProperty(graphs, fc.infiniteStream(fc.nat()), async (graph, random) => {
        const docs = documents(graph);
        const shuffled = docs
          .map((doc) => ({ doc, at: random.next().value }))
          .sort((a, b) => a.at - b.at)
          .map(({ doc }) => doc);
        const show = async (input: readonly string[]): Promise<string[]> =>
          (await plan(newCluster(), yaml(...input))).changes.map((change) => JSON.stringify(change)).sort();
        assert.deepEqual(await show(shuffled), await show(docs));
      }),
      { numRuns: 50 },
    );
  });

  it("is applied so that every rule holds", async () => {
    await fc.assert(
      fc.asyncProperty(graphs, async (graph) => {
        const { rounds } = await deploy(newCluster(), yaml(...documents(graph)));
        const roundOf = new Map(rounds.flatMap((round, index) => round.map((line) => [line, index] as const)));
        graph.forEach((targets, index) => {
          for (const target of targets.filter((other) => other < index)) {
            const own = roundOf.get(`create configmap/c${index}`) ?? -1;
            const before = roundOf.get(`create configmap/c${target}`) ?? -1;
            assert.ok(before < own, `c${index} in round ${own}, c${target} in round ${before}`);
          }
        });
        assert.equal(roundOf.size, graph.length);
      }),
      { numRuns: 50 },
    );
  });

  it("lets default rules give way only where they would close a cycle", async () => {
    const kinds = ["ConfigMap", "Role", "RoleBinding", "Service"] as const;
    const defaultTargets: Readonly<Record<string, readonly string[]>> = {
      RoleBinding: ["Role"],
      Service: ["ConfigMap", "Role", "RoleBinding"],
    };
    const resource = fc.record({
      kind: fc.constantFrom(...kinds),
      targets: fc.array(fc.nat({ max: 11 }), { maxLength: 2 }),
    });
    let gaveWay = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(resource, { minLength: 2, maxLength: 12 }), async (resources) => {
        const objects = resources.map(({ kind, targets }, index) => {
          const rules = targets
            .filter((target) => target < index)
            .map((target, i) => [`kapp.k14s.io/change-rule.${i}`, `upsert after upserting g${target}`]);
          const annotations = { "kapp.k14s.io/change-group": `g${index}`, ...Object.fromEntries(rules) };
          const apiVersion = kind.startsWith("Role") ? "rbac.authorization.k8s.io/v1" : "v1";
          return { apiVersion, kind, metadata: { name: `r${index}`, annotations } };
        });
        const { steps } = await plan(newCluster(), objects.map((object) => JSON.stringify(object)).join("\n---\n"));
        const direct = steps.map(({ waitsFor }) => new Set(waitsFor.flatMap(({ on }) => on)));
        const leadsTo = (from: number, to: number): boolean => {
          const seen = new Set([from]);
          for (const index of seen) for (const next of direct[index] ?? []) seen.add(next);
          return seen.has(to);
        };
        const kindOf = (index: number): string =>
          kinds.find((kind) => steps[index]?.description.startsWith(`${kind.toLowerCase()}/`)) ?? "";
        steps.forEach((_, owner) => {
          assert.ok(
            [...(direct[owner] ?? [])].every((target) => !leadsTo(target, owner)),
            "a cycle",
          );
          steps.forEach((_step, target) => {
            if (defaultTargets[kindOf(owner)]?.includes(kindOf(target)) !== true || direct[owner]?.has(target) === true)
              return;
            assert.ok(
              leadsTo(target, owner),
              `${steps[owner]?.description} could wait for ${steps[target]?.description}`,
            );
            gaveWay++;
          });
        });
      }),
      { numRuns: 100 },
    );
    assert.ok(gaveWay > 0, "no rule gave way");
  });

  it("shows each change once", async () => {
    const { changes } = await plan(newCluster(), yaml(...documents([[], [0], [0, 1]])));
    assert.deepEqual(
      changes.map(({ resource }) => short(resource)),
      ["configmap/c0", "configmap/c1", "configmap/c2"],
    );
  });
});
