import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { formatPlan } from "../../src/deploy/index.ts";
import { annotationsOf, type Json, labelsOf, type MutableJsonMap, own } from "../../src/resource/index.ts";
import { configMap, deploy, ending, orderTree, plan, refusal, remove, short, yaml } from "./support/deploy.ts";
import { ManualClock, MemoryCluster } from "./support/memory-cluster.ts";

const newCluster = (): MemoryCluster => new MemoryCluster(new ManualClock());
const config = (body: string): string =>
  `{apiVersion: kapp.k14s.io/v1alpha1, kind: Config, metadata: {name: rules}, ${body}}\n`;
const anyConfigMap = "resourceMatchers: [{apiVersionKindMatcher: {apiVersion: v1, kind: ConfigMap}}]";
const compileRegex = (pattern: string): ((key: string) => boolean) => {
  const regex = new RegExp(pattern);
  return (key) => regex.test(key);
};

describe("a Config", () => {
  const refused: { readonly name: string; readonly body: string; readonly says: string | RegExp }[] = [
    { name: "an unknown key", body: "rebaseRulez: []", says: /^rebaseRulez: unknown key \(known: apiVersion, kind,/ },
    {
      name: "an unknown key inside",
      body: "rebaseRules: [{path: [data], type: remove, resourceMatcher: []}]",
      says: /^rebaseRules\[0\]\.resourceMatcher: unknown key/,
    },
    { name: "a key twice", body: "waitRules: [], WAITRULES: []", says: "WAITRULES: given twice" },
    {
      name: "a wrong type",
      body: "waitRules: {}",
      says: "waitRules: expected a list, but was map[string]interface {}",
    },
    {
      name: "a version to come",
      body: "minimumRequiredVersion: 1.0.0",
      says: "kapp version '0.63.2' does not meet the minimum required version '1.0.0'",
    },
    {
      name: "a version that is none",
      body: "minimumRequiredVersion: new",
      says: "Parsing minimum version constraint: Malformed constraint: >=new",
    },
    {
      name: "path and paths",
      body: "rebaseRules: [{path: [a], paths: [[b]], type: remove}]",
      says: "Validating rebase rule 0: Expected only one of path or paths specified",
    },
    {
      name: "no path",
      body: "rebaseRules: [{type: remove}]",
      says: "Validating rebase rule 0: Expected either path or paths to be specified",
    },
    {
      name: "a path that ends in a list",
      body: "rebaseRules: [{path: [a, {allIndexes: true}], type: remove}]",
      says: "rebaseRules[0].path: Expected last part of the path to be map key",
    },
    {
      name: "a step that is none",
      body: "rebaseRules: [{path: [a, 1], type: remove}]",
      says: "rebaseRules[0].path[1]: Unknown path part",
    },
    {
      name: "a pattern elsewhere",
      body: "diffMaskRules: [{path: [{regex: a}]}]",
      says: "diffMaskRules[0].path[0].regex: Regex in path part is only supported for rebaseRules.",
    },
    {
      name: "an unknown type",
      body: "rebaseRules: [{path: [a], type: move}]",
      says: "rebaseRules[0].type: Unknown rebase rule type: move (supported: copy, remove)",
    },
    {
      name: "an unknown source",
      body: "rebaseRules: [{path: [a], type: copy, sources: [new, old]}]",
      says: 'rebaseRules[0].sources[1]: unknown source "old" (known: new, existing)',
    },
    {
      name: "ytt and more",
      body: "rebaseRules: [{path: [a], ytt: {overlayContractV1: {overlay.yml: x}}}]",
      says: "Validating rebase rule 0: Expected only resourceMatchers specified with ytt configuration",
    },
    {
      name: "ytt where there is none",
      body: "waitRules: [{ytt: {funcContractV1: {resource.star: x}}}]",
      says: "waitRules[0].ytt: is not supported by lateen yet",
    },
    {
      name: "an unknown matcher",
      body: "waitRules: [{resourceMatchers: [{kindMatcher: {}}]}]",
      says: /^waitRules\[0\]\.resourceMatchers\[0\]\.kindMatcher: unknown key/,
    },
    {
      name: "an empty matcher",
      body: "waitRules: [{resourceMatchers: [{}]}]",
      says: /^waitRules\[0\]\.resourceMatchers\[0\]: expected one of allMatcher,/,
    },
    {
      name: "a bad time",
      body: "waitRules: [{conditionMatchers: [{type: A, status: 'False', failure: true, timeout: soon}]}]",
      says: 'waitRules[0].conditionMatchers[0].timeout: time: invalid duration "soon"',
    },
    {
      name: "a bad rule",
      body: "changeRuleBindings: [{rules: ['upsert behind upserting {kind}/x']}]",
      says: "changeRuleBindings[0].rules[0]: Unknown change rule Order",
    },
    {
      name: "a bad group",
      body: "changeGroupBindings: [{name: a/b/c}]",
      says: /^changeGroupBindings\[0\]\.name: Expected change group name "a\/b\/c" to be a qualified name/,
    },
    {
      name: "a setting of a preflight check",
      body: "preflightRules: [{name: CRDUpgradeSafety, config: {enums: loose}}]",
      says: /^preflightRules\[0\]\.config\.enums: unknown key/,
    },
  ];
  for (const { name, body, says } of refused) {
    it(`is refused for ${name}`, async () => {
      const cluster = newCluster();
      const text = await refusal(deploy(cluster, yaml(config(body), configMap("a"))));
      const flat = text.replace(/:\n\s+/g, ": ");
      const head =
        "Parsing resource 'config/rules (kapp.k14s.io/v1alpha1) cluster' as kapp config: Validating config: ";
      assert.ok(flat.startsWith(head), flat);
      const problem = flat.slice(head.length);
      if (typeof says === "string") assert.equal(problem, says);
      else assert.match(problem, says);
      assert.deepEqual(cluster.writes, []);
    });
  }

  it("may stand in a labelled ConfigMap, which is deployed too", async () => {
    const inner = JSON.stringify({
      apiVersion: "kapp.k14s.io/v1alpha1",
      kind: "Config",
      additionalLabels: { team: "x" },
    });
    const holder = (data: object): string =>
      `${JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "rules", labels: { "kapp.k14s.io/config": "" } }, data })}\n`;
    const cluster = newCluster();
    await deploy(cluster, yaml(configMap("a"), holder({ "config.yml": inner })));
    assert.equal(labelsOf(cluster.find("ConfigMap", "a") ?? {})["team"], "x");
    assert.notEqual(cluster.find("ConfigMap", "rules"), undefined);
    assert.equal(
      await refusal(plan(cluster, holder({}))),
      "Parsing resource 'configmap/rules (v1) cluster' labeled as kapp config:\n  Expected to find field 'data.\"config.yml\"', but did not",
    );
  });

  it("adds its rules to the defaults, in the order of the input", async () => {
    const cluster = newCluster();
    await deploy(
      cluster,
      yaml(
        config(
          "additionalLabels: {env: dev, team: x}, ownershipLabelRules: [{path: [data], resourceMatchers: [{allMatcher: {}}]}]",
        ),
        config(
          "ADDITIONALLABELS: {env: prod, kapp.k14s.io/app: mine}, labelScopingRules: [{path: [data], resourceMatchers: [{kindNamespaceNameMatcher: {kind: ConfigMap, namespace: app, name: b}}]}]",
        ),
        configMap("a", {}, { k: "v" }),
        configMap("b", {}, { k: "v" }),
      ),
    );
    const [a, b] = ["a", "b"].map((name) => cluster.find("ConfigMap", name) ?? {});
    assert.deepEqual([labelsOf(a ?? {})["env"], labelsOf(a ?? {})["team"]], ["prod", "x"]);
    assert.equal(own(own(a, "data"), "team"), "x");
    assert.notEqual(labelsOf(b ?? {})["kapp.k14s.io/app"], "mine");
  });
});

describe("rebase rules of a Config", () => {
  const cases: {
    readonly name: string;
    readonly rule: string;
    readonly wanted: Readonly<Record<string, string>>;
    readonly live: Readonly<Record<string, string>>;
    readonly becomes: Readonly<Record<string, string>>;
  }[] = [
    {
      name: "copy from the cluster",
      rule: "path: [data, a], type: copy, sources: [existing, new]",
      wanted: { a: "1", b: "1" },
      live: { a: "hand", b: "hand" },
      becomes: { a: "hand", b: "1" },
    },
    {
      name: "prefer the input",
      rule: "paths: [[data, a], [data, c]], type: copy, sources: [new, existing]",
      wanted: { a: "1" },
      live: { a: "hand", b: "hand", c: "hand" },
      becomes: { a: "1", c: "hand" },
    },
    {
      name: "remove",
      rule: "path: [data, a], type: remove",
      wanted: { a: "1", b: "1" },
      live: { a: "1", b: "2" },
      becomes: { b: "1" },
    },
    {
      name: "take keys by a pattern",
      rule: "path: [data, {regex: '^k-'}], type: copy, sources: [existing]",
      wanted: { "k-a": "1", b: "1" },
      live: { "k-a": "hand", "k-b": "hand", b: "hand" },
      becomes: { "k-a": "hand", "k-b": "hand", b: "1" },
    },
  ];
  for (const { name, rule, wanted, live, becomes } of cases) {
    it(name, async () => {
      const cluster = newCluster();
      const input = yaml(config(`rebaseRules: [{${rule}, ${anyConfigMap}}]`), configMap("m", {}, wanted));
      await deploy(cluster, input, { tools: { compileRegex } });
      cluster.edit("ConfigMap", "m", (object) => (object["data"] = { ...live }));
      await deploy(cluster, input, { tools: { compileRegex } });
      assert.deepEqual({ ...(own(cluster.find("ConfigMap", "m"), "data") as object) }, becomes);
      cluster.calls.length = 0;
      const again = await deploy(cluster, input, { tools: { compileRegex } });
      assert.deepEqual(again.rounds, [], "a deploy of the same changes nothing");
    });
  }

  it("reach elements of lists", async () => {
    const cluster = newCluster();
    const service = (ports: string): string =>
      `{apiVersion: v1, kind: Service, metadata: {name: s}, spec: {ports: ${ports}}}\n`;
    const rule =
      "resourceMatchers: [{apiGroupKindMatcher: {kind: Service, apiGroup: ''}}], type: copy, sources: [new, existing]";
    const input = yaml(
      config(
        `rebaseRules: [{path: [spec, ports, {allIndexes: true}, nodePort], ${rule}}, {path: [spec, ports, {index: 1}, name], ${rule}}]`,
      ),
      service("[{port: 1}, {port: 2}]"),
    );
    await deploy(cluster, input);
    cluster.edit("Service", "s", (object) => {
      const ports = (object["spec"] as MutableJsonMap)["ports"] as MutableJsonMap[];
      for (const [index, port] of ports.entries()) Object.assign(port, { nodePort: 30_000 + index, name: `p${index}` });
    });
    await deploy(cluster, input);
    assert.deepEqual(JSON.parse(JSON.stringify(own(own(cluster.find("Service", "s"), "spec"), "ports"))), [
      { port: 1, nodePort: 30_000 },
      { port: 2, nodePort: 30_001, name: "p1" },
    ]);
  });

  it("may be a ytt overlay", async () => {
    const cluster = newCluster();
    const seen: Json[] = [];
    const tools = {
      renderYtt: (
        files: readonly { readonly path: string; readonly text: string }[],
        values: Json,
      ): readonly Json[] => {
        assert.deepEqual(
          files.map(({ path }) => path),
          ["resource.yml", "overlay.yml"],
        );
        seen.push(values);
        const current = own(values, "_current") as MutableJsonMap;
        return [
          {
            ...current,
            data: { ...(current["data"] as object), kept: own(own(own(values, "existing"), "data"), "kept") ?? "none" },
          },
        ];
      },
    };
    const input = yaml(
      config(`rebaseRules: [{ytt: {overlayContractV1: {overlay.yml: 'x'}}, ${anyConfigMap}}]`),
      configMap("m", {}, { k: "1" }),
    );
    await deploy(cluster, input, { tools });
    cluster.edit("ConfigMap", "m", (object) => (object["data"] = { k: "2", kept: "hand" }));
    await deploy(cluster, input, { tools });
    assert.deepEqual({ ...(own(cluster.find("ConfigMap", "m"), "data") as object) }, { k: "1", kept: "hand" });
    assert.ok(seen.every((values) => own(values, "new") !== undefined));
    const failing = {
      renderYtt: (): never => {
        throw new Error("- undefined: x");
      },
    };
    assert.match(
      await refusal(plan(cluster, input, { tools: failing })),
      /^Applying rebase rule to configmap\/m \(v1\) namespace: app:\n {2}Applying ytt \(overlayContractV1\):\n {4}Evaluating: - undefined: x/,
    );
  });

  it("may take over that nothing is to be done", async () => {
    const cluster = newCluster();
    cluster.put({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "m", namespace: "app", annotations: { "kapp.k14s.io/noop": "" } },
      data: { by: "hand" },
    });
    const input = yaml(
      config(
        `rebaseRules: [{path: [metadata, annotations, kapp.k14s.io/noop], type: copy, sources: [existing], ${anyConfigMap}}]`,
      ),
      configMap("m", {}, { k: "1" }),
    );
    const { rounds } = await deploy(cluster, input);
    assert.deepEqual(rounds, []);
    assert.equal(own(own(cluster.find("ConfigMap", "m"), "data"), "by"), "hand");
  });
});

describe("further rules of a Config", () => {
  it("leave fields out of comparisons", async () => {
    const cluster = newCluster();
    const input = yaml(
      config(
        `diffAgainstExistingFieldExclusionRules: [{path: [data, ignored], ${anyConfigMap}}], diffAgainstLastAppliedFieldExclusionRules: [{path: [data, foreign], ${anyConfigMap}}]`,
      ),
      configMap("a", {}, { k: "1", ignored: "x" }),
    );
    await deploy(cluster, input);
    cluster.edit("ConfigMap", "a", (object) =>
      Object.assign(object["data"] as object, { ignored: "hand", foreign: "hand" }),
    );
    assert.deepEqual((await deploy(cluster, input)).rounds, []);
  });

  it("mask values", async () => {
    const cluster = newCluster();
    const input = yaml(
      config(`diffMaskRules: [{path: [data], ${anyConfigMap}}]`),
      configMap("a", {}, { k: "hidden-text" }),
    );
    const planned = await plan(cluster, input, { rawOptions: ["--diff-changes=true"] });
    assert.match(formatPlan(planned), /k: <-- value not shown \(#1\)/);
    assert.doesNotMatch(formatPlan(planned), /hidden-text/);
  });

  it("order changes, and say so", async () => {
    const input = yaml(
      config(
        `changeGroupBindings: [{name: 'g/{name}', ${anyConfigMap}}], changeRuleBindings: [{rules: ['upsert after upserting g/b'], resourceMatchers: [{kindNamespaceNameMatcher: {kind: ConfigMap, namespace: app, name: a}}]}]`,
      ),
      configMap("a"),
      configMap("b"),
    );
    const planned = await plan(newCluster(), input);
    assert.equal(orderTree(planned), "(upsert) configmap/a\n  (upsert) configmap/b\n(upsert) configmap/b");
    assert.deepEqual(planned.changes[0]?.reasons, ["after upserting g/b (kapp Config)"]);
  });
});

describe("matchers", () => {
  const cases: { readonly matcher: string; readonly finds: readonly string[] }[] = [
    { matcher: "{allMatcher: {}}", finds: ["a", "b", "space"] },
    { matcher: "{anyMatcher: {matchers: []}}", finds: [] },
    { matcher: "{notMatcher: {matcher: {hasAnnotationMatcher: {keys: [x]}}}}", finds: ["a", "space"] },
    { matcher: "{hasNamespaceMatcher: {}}", finds: ["a", "b"] },
    { matcher: "{hasNamespaceMatcher: {names: [other]}}", finds: [] },
    { matcher: "{customResourceMatcher: {}}", finds: [] },
    { matcher: "{emptyFieldMatcher: {path: [data]}}", finds: ["b", "space"] },
    { matcher: "{emptyFieldMatcher: {path: [list, {allIndexes: true}, x]}}", finds: ["b", "space"] },
    { matcher: "{emptyFieldMatcher: {path: [list, {index: 1}, x]}}", finds: ["a", "b", "space"] },
    {
      matcher:
        "{andMatcher: {matchers: [{apiVersionKindMatcher: {apiVersion: v1, kind: ConfigMap}}, {emptyFieldMatcher: {path: [data]}}]}}",
      finds: ["b"],
    },
  ];
  for (const { matcher, finds } of cases) {
    it(matcher, async () => {
      const cluster = newCluster();
      await deploy(
        cluster,
        yaml(
          config(`ownershipLabelRules: [{path: [metadata, found], resourceMatchers: [${matcher}]}]`),
          "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {k: v}, list: [{x: {y: 1}}, {x: {}}]}\n",
          "{apiVersion: v1, kind: ConfigMap, metadata: {name: b, annotations: {x: ''}}, data: {}}\n",
          "{apiVersion: v1, kind: Namespace, metadata: {name: space}}\n",
        ),
      );
      const found = ["a", "b", "space"].filter((name) =>
        cluster
          .objects()
          .some(
            (object) =>
              own(own(object, "metadata"), "name") === name && own(own(object, "metadata"), "found") !== undefined,
          ),
      );
      assert.deepEqual(found, finds);
    });
  }
});

describe("wait rules of a Config", () => {
  const rule = (conditions: string, more = ""): string =>
    config(`waitRules: [{${more}conditionMatchers: [${conditions}], ${anyConfigMap}}]`);
  /** What the waits say while an object has these conditions, and how the deploy ends. */
  async function waits(
    rules: string,
    status: Json,
    rawOptions: readonly string[] = ["--wait-timeout=2s"],
  ): Promise<{ readonly says: string; readonly ends: string }> {
    const cluster = newCluster();
    cluster.admit = (object) => {
      if (own(own(object, "data"), "k") === "v") Object.assign(object, { status });
    };
    const result = await deploy(cluster, yaml(rules, configMap("a", {}, { k: "v" })), { rawOptions });
    const last = result.events.findLast((event) => event.type === "waited");
    return { says: last?.type === "waited" ? `${last.state}: ${last.message}` : "", ends: ending(result) };
  }
  const conditions = (...list: readonly Json[]): Json => ({ conditions: list });
  const ready = { type: "Ready", status: "True", reason: "R", message: "m" };
  const failed = { type: "Failed", status: "True", reason: "R", message: "m" };
  const readyOrFailed = "{type: Ready, status: 'True', success: true}, {type: Failed, status: 'True', failure: true}";

  const cases: { readonly name: string; readonly rules: string; readonly status: Json; readonly says: string }[] = [
    {
      name: "succeed",
      rules: rule(readyOrFailed),
      status: conditions(ready),
      says: "ok: Encountered successful condition Ready == True: R (message: m)",
    },
    {
      name: "fail before they succeed",
      rules: rule(readyOrFailed),
      status: conditions(ready, failed),
      says: "fail: Encountered failure condition Failed == True: R (message: m)",
    },
    {
      name: "go on waiting",
      rules: rule(readyOrFailed),
      status: conditions({ ...ready, status: "False" }),
      says: "ongoing: ",
    },
    {
      name: "wait for the generation",
      rules: rule(readyOrFailed, "supportsObservedGeneration: true, "),
      status: { observedGeneration: 7, ...(conditions(ready) as object) },
      says: "ongoing: Waiting for generation 0 to be observed",
    },
    {
      name: "wait for a condition's generation",
      rules: rule("{type: Ready, status: 'True', success: true, supportsObservedGeneration: true}"),
      status: conditions({ ...ready, observedGeneration: 7 }),
      says: "ongoing: Waiting for generation 0 to be observed by status condition(s)",
    },
    {
      name: "count the first rule that matches",
      rules: yaml(
        rule("{type: Ready, status: 'True', success: true}"),
        rule("{type: Ready, status: 'True', failure: true}"),
      ),
      status: conditions(ready),
      says: "ok: Encountered successful condition Ready == True: R (message: m)",
    },
    {
      name: "bear a failure for some time",
      rules: rule("{type: Failed, status: 'True', failure: true, timeout: 1s}"),
      status: conditions(failed),
      says: "fail: Encountered failure condition Failed == True: R (message: m) continuously for 1s duration",
    },
  ];
  for (const { name, rules, status, says } of cases) {
    it(name, async () => assert.equal((await waits(rules, status)).says, says));
  }

  it("let others go on", async () => {
    const cluster = newCluster();
    cluster.admit = (object) => {
      if (own(own(object, "data"), "k") === "v")
        Object.assign(object, { status: conditions({ ...ready, type: "Half" }) });
    };
    const input = yaml(
      config(
        "waitRules: [{conditionMatchers: [{type: Half, status: 'True', unblockChanges: true}], resourceMatchers: [{kindNamespaceNameMatcher: {kind: ConfigMap, namespace: app, name: first}}]}]",
      ),
      configMap("first", { "change-group": "g" }, { k: "v" }),
      configMap("second", { "change-rule": "upsert after upserting g" }, { k: "w", done: "x" }),
    );
    const result = await deploy(cluster, input, { rawOptions: ["--wait-timeout=2s"] });
    assert.deepEqual(result.rounds, [["create configmap/first"], ["create configmap/second"]]);
    assert.ok(result.log.includes(" ^ Allowing blocked changes to proceed: Encountered condition Half == True: R"));
    assert.match(ending(result), /^Timed out waiting after 2s for resources: \[configmap\/first/);
  });

  it("may call a function", async () => {
    const answers: Json[] = [];
    const tools = {
      renderYtt: (files: readonly { readonly path: string }[]): readonly Json[] => {
        assert.deepEqual(
          files.map(({ path }) => path),
          ["resource.star", "config.yml"],
        );
        const answer = answers.shift();
        if (answer === undefined) throw new Error("no answer");
        return [{ state: answer }];
      },
    };
    const input = yaml(
      config(`waitRules: [{ytt: {funcContractV1: {resource.star: 'x'}}, ${anyConfigMap}}]`),
      configMap("a", {}, { k: "v" }),
    );
    answers.push(
      { done: false, message: "undecided" },
      { done: false, message: "half", unblockChanges: true },
      { done: true, successful: true, message: "good" },
    );
    const good = await deploy(newCluster(), input, { tools });
    assert.equal(ending(good), "Succeeded");
    assert.ok(good.log.includes(" ^ Allowing blocked changes to proceed: half"));
    answers.push({ done: true, successful: false, message: "bad" });
    const [bad, broken] = [await deploy(newCluster(), input, { tools }), await deploy(newCluster(), input, { tools })];
    assert.match(ending(bad), /Finished unsuccessfully \(bad\)/);
    assert.match(ending(broken), /Finished unsuccessfully \(Error: Applying ytt wait rule: Evaluating: no answer\)/);
  });

  it("say whether what is unchanged is waited for, and are forgotten by a delete", async () => {
    const cluster = newCluster();
    const input = yaml(rule("{type: Ready, status: 'True', success: true}"), configMap("a", {}, { k: "v" }));
    await deploy(cluster, input, { rawOptions: ["--wait-timeout=1s"] });
    const [step] = (await plan(cluster, input)).steps;
    assert.deepEqual([step?.op, step?.wait, step?.existingState?.state], ["noop", "reconcile", "ok"]);
    assert.equal(ending(await remove(cluster)), "Succeeded");
  });
});

it("an app record moves to its qualified name and stays there", async () => {
  const cluster = newCluster();
  await deploy(cluster, configMap("a"));
  await deploy(cluster, configMap("a", {}, { k: "2" }), { isQualified: true });
  const record = cluster.find("ConfigMap", "test.app.apps.k14s.io") ?? {};
  assert.deepEqual(Object.keys(annotationsOf(record)).sort(), [
    "kapp.k14s.io/app-changes-use-app-label",
    "kapp.k14s.io/is-configmap-migrated",
  ]);
  assert.equal(cluster.find("ConfigMap", "test.app"), undefined);
  const { rounds } = await deploy(cluster, configMap("a", {}, { k: "3" }));
  assert.deepEqual(rounds, [["update configmap/a"]]);
  assert.equal(cluster.find("ConfigMap", "test.app"), undefined);
  assert.equal(ending(await remove(cluster)), "Succeeded");
  assert.deepEqual(
    cluster.objects("ConfigMap").map((object) => short(String(own(own(object, "metadata"), "name")))),
    [],
  );
});
