/** What must hold for any App: found by random Apps, changes by hand and foreign objects. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { DeployPlan } from "../../src/deploy/index.ts";
import {
  annotationsOf,
  cloneJson,
  equalJson,
  type Json,
  kindOf,
  type KubeObject,
  labelsOf,
  nameOf,
  own,
  parseJson,
  stringifyJson,
} from "../../src/resource/index.ts";
import { carryOut, deploy, ending, plan, refusal, remove, type Result, short, yaml } from "./support/deploy.ts";
import { ManualClock, MemoryCluster } from "./support/memory-cluster.ts";
import {
  documentsOf,
  followsAll,
  type RandomApp,
  randomApps,
  shortOf,
  upsertEdges,
  yamlOf,
} from "./support/random-app.ts";
import { withServerDefaults } from "./support/server-defaults.ts";

async function clusterWith(...apps: readonly RandomApp[]): Promise<MemoryCluster> {
  const cluster = new MemoryCluster(new ManualClock());
  cluster.admit = withServerDefaults;
  for (const app of apps) assert.equal(ending(await deploy(cluster, yamlOf(app))), "Succeeded");
  return cluster;
}

/** Objects of the App, without its record and changes. */
const ownObjects = (cluster: MemoryCluster): KubeObject[] =>
  cluster.objects().filter((object) => labelsOf(object)["kapp.k14s.io/app"] !== undefined);

describe("the plan for any App", () => {
  it("is the same whatever the order of the input", async () => {
    await fc.assert(
      fc.asyncProperty(randomApps, randomApps, fc.infiniteStream(fc.nat()), async (before, after, random) => {
        const cluster = await clusterWith(before);
        const shuffled = documentsOf(after)
          .map((document) => ({ document, at: random.next().value }))
          .sort((a, b) => a.at - b.at)
          .map(({ document }) => document);
        assert.deepEqual(
          describePlan(await plan(cluster, yaml(...shuffled))),
          describePlan(await plan(cluster, yamlOf(after))),
        );
      }),
      { numRuns: 40 },
    );
  });

  it("makes every change wait for what its rules name, so that no order of its own can break one", async () => {
    await fc.assert(
      fc.asyncProperty(randomApps, randomApps, async (before, after) => {
        const planned = await plan(await clusterWith(before), yamlOf(after));
        const ahead = waitsForAll(planned);
        const { upserts, deletes } = changesOf(planned);
        for (const [waiter, target] of followsAll(after, upsertEdges(after))) {
          const [from, to] = [upserts.get(shortOf(waiter)), upserts.get(shortOf(target))];
          if (from !== undefined && to !== undefined)
            assert.ok(ahead[from]?.has(to), `${shortOf(waiter)} after ${shortOf(target)}`);
        }
        for (const waiter of before) {
          for (const target of before.filter(({ index }) => waiter.deletedAfter.includes(index))) {
            const [from, to] = [deletes.get(shortOf(waiter)), deletes.get(shortOf(target))];
            if (from !== undefined && to !== undefined)
              assert.ok(ahead[from]?.has(to), `delete ${shortOf(waiter)} after ${shortOf(target)}`);
          }
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe("any App that is deployed over any other [I2 I3 I4 I9]", () => {
  it("is there as written and nothing else of it, in the order of its rules, and a second run writes nothing", async () => {
    await fc.assert(
      fc.asyncProperty(randomApps, randomApps, async (before, after) => {
        const cluster = await clusterWith(before);
        const result = await deploy(cluster, yamlOf(after));
        assert.equal(ending(result), "Succeeded");
        assertContent(cluster, await clusterWith(after));
        assertOrder(result, after);
        cluster.calls.length = 0;
        const { changes } = (await deploy(cluster, yamlOf(after))).plan;
        assert.deepEqual([changes, cluster.writes], [[], []]);
      }),
      { numRuns: 60 },
    );
  });

  it("is put right after any changes by hand", async () => {
    const edits = fc.array(fc.record({ at: fc.nat(), how: fc.constantFrom("change", "add", "remove", "unlabel") }), {
      minLength: 1,
      maxLength: 5,
    });
    await fc.assert(
      fc.asyncProperty(randomApps, edits, async (app, changes) => {
        const cluster = await clusterWith(app);
        for (const { at, how } of changes) editByHand(cluster, at, how);
        assert.equal(ending(await deploy(cluster, yamlOf(app))), "Succeeded");
        assertContent(cluster, await clusterWith(app));
        cluster.calls.length = 0;
        await deploy(cluster, yamlOf(app));
        assert.deepEqual(cluster.writes, []);
      }),
      { numRuns: 60 },
    );
  });

  it("and its plan's differences, applied to what was there, give what is there then", async () => {
    const keys = fc.stringMatching(/^[a-z/~]{1,3}$/);
    const { value } = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 3 },
        fc.string(),
        fc.integer(),
        fc.double({ min: -1e6, max: 1e6, noNaN: true }),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie("value"), { maxLength: 3 }),
        fc.dictionary(keys, tie("value"), { maxKeys: 3 }),
      ),
    }));
    const specs = fc.dictionary(keys, value, { maxKeys: 4 });
    const widget = (spec: object): string =>
      `${yamlOf([])}---\n${JSON.stringify({ apiVersion: "example.com/v1", kind: "Widget", metadata: { name: "w" }, spec })}\n`;
    await fc.assert(
      fc.asyncProperty(specs, specs, async (before, after) => {
        const cluster = await clusterWith();
        await deploy(cluster, widget(before));
        const planned = await plan(cluster, widget(after));
        const live = own(cluster.find("Widget", "w"), "spec") ?? {};
        const change = planned.changes.find(({ resource }) => short(resource) === "widget/w");
        const target = applied(live, change?.diff ?? []);
        await carryOut(planned, cluster);
        const found = own(cluster.find("Widget", "w"), "spec") ?? {};
        assert.ok(equalJson(found, asJson(after)), stringifyJson(found));
        if ((change?.diff ?? []).every((line) => !line.endsWith("…")))
          assert.ok(equalJson(target, found), JSON.stringify(change));
      }),
      { numRuns: 150 },
    );
  });
});

describe("objects that an App does not own [I2 I3 I12 T20]", () => {
  const foreign = fc.array(
    fc.record({
      at: fc.nat(),
      how: fc.constantFrom("copy", "copy elsewhere", "another app", "no label", "owned copy"),
    }),
    { minLength: 1, maxLength: 6 },
  );

  it("stay as they are, whatever they copied from it, when it is deployed, pruned and deleted", async () => {
    await fc.assert(
      fc.asyncProperty(randomApps, randomApps, foreign, async (before, after, copies) => {
        const cluster = await clusterWith(before);
        cluster.put({ apiVersion: "v1", kind: "Namespace", metadata: { name: "elsewhere" } });
        const placed = copies
          .map(({ at, how }, number) => putForeign(cluster, at, how, number))
          .filter((object) => object !== undefined);
        const assertUntouched = (): void => {
          for (const object of placed)
            assert.ok(cluster.objects().includes(object), `${kindOf(object)} ${nameOf(object)}`);
        };
        assert.equal(ending(await deploy(cluster, yamlOf(after))), "Succeeded");
        assertUntouched();
        const result = await remove(cluster, { rawOptions: ["--wait-timeout=1s"] });
        assertUntouched();
        // What carries the App's label holds up the end of its deletion: the record then stays.
        const isHeldUp = placed.some((object) => isLabelled(object, result));
        assert.equal(result.outcome.state, isHeldUp ? "failed" : "succeeded");
        assert.equal(cluster.find("ConfigMap", "test.app") !== undefined, isHeldUp);
      }),
      { numRuns: 60 },
    );
  });
});

describe("an App with one bad document anywhere [I5]", () => {
  const bad = [
    "{apiVersion: v1, kind: ConfigMap, metadata: {}}",
    "{apiVersion: v1, kind: Nonsense, metadata: {name: x}}",
    "{apiVersion: v1, kind: ConfigMap, metadata: {name: x, annotations: {kapp.k14s.io/change-rule: upsert later}}}",
    "{apiVersion: v1, kind: ConfigMap, metadata: {name: x, annotations: {kapp.k14s.io/update-strategy: maybe}}}",
    "{apiVersion: kapp.k14s.io/v1alpha1, kind: Config, rebaseRule: []}",
    "{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata: {name: widgets.example.com}, spec: {}}",
  ];

  it("writes nothing at all", async () => {
    await fc.assert(
      fc.asyncProperty(
        randomApps,
        randomApps,
        fc.constantFrom(...bad),
        fc.nat(),
        async (before, after, document, at) => {
          const cluster = await clusterWith(before);
          cluster.calls.length = 0;
          const documents = documentsOf(after);
          documents.splice(at % (documents.length + 1), 0, `${document}\n`);
          assert.notEqual(await refusal(deploy(cluster, yaml(...documents))), "nothing was refused");
          assert.deepEqual(cluster.writes, []);
        },
      ),
      { numRuns: 40 },
    );
  });
});

/** Each change by its resource and op, with what it waits for. */
function describePlan(planned: DeployPlan): readonly string[] {
  const nameOfStep = (index: number): string => `${planned.steps[index]?.op} ${planned.steps[index]?.description}`;
  const edges = planned.steps.map(
    ({ waitsFor }, index) =>
      `${nameOfStep(index)} waits for ${waitsFor
        .flatMap(({ on }) => on.map(nameOfStep))
        .sort()
        .join(", ")}`,
  );
  return [...edges, ...planned.changes.map((change) => JSON.stringify(change))].sort();
}

function changesOf({ steps }: DeployPlan): {
  readonly upserts: ReadonlyMap<string, number>;
  readonly deletes: ReadonlyMap<string, number>;
} {
  const indexed = steps.map(({ op, description }, index) => ({ op, name: short(description), index }));
  const named = (ops: readonly string[]): ReadonlyMap<string, number> =>
    new Map(indexed.filter(({ op }) => ops.includes(op)).map(({ name, index }) => [name, index]));
  return { upserts: named(["create", "update"]), deletes: named(["delete"]) };
}

function waitsForAll({ steps }: DeployPlan): readonly ReadonlySet<number>[] {
  return steps.map((_, start) => {
    const seen = new Set<number>();
    const open = [start];
    for (let index = open.pop(); index !== undefined; index = open.pop()) {
      for (const target of steps[index]?.waitsFor.flatMap(({ on }) => on) ?? []) {
        if (seen.has(target)) continue;
        seen.add(target);
        open.push(target);
      }
    }
    return seen;
  });
}

/** Nobody was written before what its rules name was seen ready, be it by way of unchanged resources. */
function assertOrder({ events }: Result, app: RandomApp): void {
  const written = new Map<string, number>();
  const ready = new Map<string, number>();
  events.forEach((event, at) => {
    if (event.type === "applied" && (event.op === "create" || event.op === "update"))
      written.set(short(event.resource), at);
    if (event.type === "waited" && event.op === "reconcile" && event.state === "ok")
      ready.set(short(event.resource), at);
  });
  for (const [waiter, target] of followsAll(app, upsertEdges(app))) {
    const [own, before] = [written.get(shortOf(waiter)), written.get(shortOf(target))];
    if (own === undefined || before === undefined) continue;
    assert.ok(
      (ready.get(shortOf(target)) ?? Number.POSITIVE_INFINITY) < own,
      `${shortOf(waiter)} before ${shortOf(target)} was ready`,
    );
  }
}

function assertContent(cluster: MemoryCluster, reference: MemoryCluster): void {
  const content = (from: MemoryCluster): Record<string, unknown> =>
    Object.fromEntries(
      ownObjects(from)
        .map((object): [string, unknown] => {
          const { metadata: _, status: _status, ...rest } = object;
          return [`${kindOf(object)}/${nameOf(object)}`, JSON.parse(stringifyJson(rest)) as unknown];
        })
        .sort(([a], [b]) => (a < b ? -1 : 1)),
    );
  assert.deepEqual(content(cluster), content(reference));
}

function editByHand(cluster: MemoryCluster, at: number, how: string): void {
  const objects = ownObjects(cluster).filter((object) => kindOf(object) !== "CustomResourceDefinition");
  const object = objects[at % Math.max(1, objects.length)];
  if (object === undefined) return;
  if (how === "remove") return cluster.remove(kindOf(object), nameOf(object));
  cluster.edit(kindOf(object), nameOf(object), (copy) => {
    // Built above: it has labels.
    const metadata = copy["metadata"] as Record<string, Record<string, unknown>>;
    if (how === "unlabel") delete metadata["labels"]?.["kapp.k14s.io/app"];
    else if (how === "add") copy["data"] = { ...((copy["data"] ?? {}) as object), hand: "aGFuZA==" };
    else for (const key of ["data", "spec", "rules", "subjects"]) if (key in copy) delete copy[key];
  });
}

/** An object with what another one of the App has copied into it, as operators do. */
function putForeign(cluster: MemoryCluster, at: number, how: string, number: number): KubeObject | undefined {
  const objects = ownObjects(cluster).filter(
    (object) => kindOf(object) !== "CustomResourceDefinition" && !nameOf(object).startsWith("foreign"),
  );
  const original = objects[at % Math.max(1, objects.length)];
  if (original === undefined) return undefined;
  const labels = { ...labelsOf(original) };
  if (how === "another app") labels["kapp.k14s.io/app"] = "1111111111111111111";
  if (how === "no label") delete labels["kapp.k14s.io/app"];
  return cluster.put({
    ...original,
    metadata: {
      name: `foreign-${number}`,
      namespace: how === "copy elsewhere" ? "elsewhere" : "app",
      labels,
      annotations: annotationsOf(original),
      ...(how === "owned copy"
        ? { ownerReferences: [{ apiVersion: "v1", kind: "ConfigMap", name: nameOf(original), uid: "uid-1" }] }
        : {}),
    },
  });
}

function isLabelled(object: KubeObject, { plan: planned }: Result): boolean {
  const value = planned.kind === "delete" ? planned.stored?.record.labelValue : undefined;
  return labelsOf(object)["kapp.k14s.io/app"] === value;
}

/** Carries out the lines of a plan's `diff` below `/spec`. */
function applied(spec: Json, lines: readonly string[]): Json {
  // A deep copy of plain JSON that is changed in place.
  const root = { spec: cloneJson(spec) } as Record<string, unknown>;
  for (const line of lines) {
    const [, sign = "", path = "", rest = ""] = /^([-+~]) (\/spec\S*?): (.*)$/.exec(line) ?? [];
    if (path === "") continue;
    const steps = path
      .slice(1)
      .split("/")
      .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
    const last = steps.pop() ?? "";
    const parent = steps.reduce<unknown>((at, step) => (at as Record<string, unknown>)[step], root);
    if (sign === "-") {
      if (Array.isArray(parent)) parent.splice(Number(last), 1);
      else delete (parent as Record<string, unknown>)[last];
    } else (parent as Record<string, unknown>)[last] = sign === "+" ? parsed(rest) : afterArrow(rest);
  }
  return root["spec"] as Json;
}

/** Texts may hold arrows too: the one in the middle is where both sides are JSON. */
function afterArrow(text: string): unknown {
  for (let at = text.indexOf(" → "); at !== -1; at = text.indexOf(" → ", at + 1)) {
    if (parsed(text.slice(0, at)) !== undefined && parsed(text.slice(at + 3)) !== undefined)
      return parsed(text.slice(at + 3));
  }
  return undefined;
}

function parsed(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined; // Cut off, or not the right arrow.
  }
}

function asJson(value: object): Json {
  return parseJson(JSON.stringify(value));
}
