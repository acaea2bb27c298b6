/**
 * The deploy engine on a real API server that fails: runs that die at every write, and a proxy that answers badly. Whatever happens, nothing is deleted that
 * the App still wants or never owned, and once the faults are over the App is deployed completely.
 */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type Clock, mapBounded, systemClock } from "../../src/base/index.ts";
import { type Cluster, type ClusterAccess, connectCluster, parseKubeconfig } from "../../src/cluster/index.ts";
import { type KubeObject, labelsOf, nameOf, own, uidOf } from "../../src/resource/index.ts";
import { type Cut, cuts, dieAt } from "../deploy/support/cut-cluster.ts";
import { configMap, deploy, ending, refusal, type Settings, type TestCluster, yaml } from "../deploy/support/deploy.ts";
import { endState } from "../deploy/support/end-state.ts";
import { type ControlPlane, startControlPlane } from "./control-plane.ts";
import { type Fault, type FaultProxy, type ProxiedRequest, startFaultProxy } from "./fault-proxy.ts";

const run = `faults-${process.pid}`;

let plane: ControlPlane;
let access: ClusterAccess;
let cluster: Cluster;
before(async () => {
  plane = await startControlPlane();
  access = parseKubeconfig(plane.kubeconfig, { now: Date.now() });
  cluster = connectCluster(access);
});
after(async () => {
  await cluster.close();
  await plane.stop();
});

async function list(kind: string, group: string, namespace?: string): Promise<readonly KubeObject[]> {
  const { types } = await cluster.discover({ fresh: kind === "Widget" });
  const type = types.find((candidate) => candidate.kind === kind && candidate.group === group);
  if (type === undefined) return [];
  return cluster.list(type, namespace === undefined ? {} : { namespace });
}

/** An App with a CRD and its resource, a namespace of its own, a version and something to prune; `lane` keeps Apps apart. */
function mixed(lane: string, version: 1 | 2): string {
  const crd = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: widgets.${lane}.example.com }
spec:
  group: ${lane}.example.com
  scope: Namespaced
  names: { kind: Widget, plural: widgets }
  versions: [{ name: v1, served: true, storage: true, schema: { openAPIV3Schema: { type: object, x-kubernetes-preserve-unknown-fields: true } } }]
`;
  const service = `{apiVersion: v1, kind: Service, metadata: {name: svc}, spec: {clusterIP: None, ports: [{port: ${80 + version}}]}}\n`;
  const secret = `{apiVersion: v1, kind: Secret, metadata: {name: pass}, stringData: {value: "secret ${version}"}}\n`;
  return yaml(
    configMap("conf", { versioned: "" }, { version: String(version) }),
    service,
    secret,
    configMap("first", { "change-group": "first" }, { version: String(version) }),
    ...(version === 1
      ? [configMap("old")]
      : [
          crd,
          `{apiVersion: ${lane}.example.com/v1, kind: Widget, metadata: {name: w}, spec: {size: ${version}}}\n`,
          `{apiVersion: v1, kind: Namespace, metadata: {name: ${lane}-more}}\n`,
          `{apiVersion: v1, kind: ConfigMap, metadata: {name: inner, namespace: ${lane}-more}}\n`,
          configMap("last", { "change-rule": "upsert after upserting first" }),
        ]),
  );
}

describe("a run that dies at any of its writes on a real API server [F1 F51 F52 I4 I9]", () => {
  const here = (): TestCluster => ({ ...cluster, clock: systemClock });
  const lanes: string[] = [];
  let total = 0;
  let whole: unknown;
  before(async () => {
    const lane = await laneWithFirstState();
    const counted = dieAt(here(), Number.POSITIVE_INFINITY, "unsent");
    assert.equal(ending(await deploy(counted.cluster, mixed(lane, 2), { namespace: lane })), "Succeeded");
    total = counted.writes();
    whole = await stateOf(lane);
  });
  after(async () => {
    const { types } = await cluster.discover();
    const remove = async (kind: string, name: string): Promise<void> => {
      const type = types.find((candidate) => candidate.kind === kind);
      if (type !== undefined) await cluster.delete(type, "", name, {});
    };
    await mapBounded(lanes, 8, async (lane) => {
      await remove("Namespace", lane);
      await remove("Namespace", `${lane}-more`);
      await remove("CustomResourceDefinition", `widgets.${lane}.example.com`);
    });
  });

  for (const cut of cuts) {
    it(`the write ${cut}: the next run ends as one that was left alone`, { timeout: 240_000 }, async () => {
      assert.ok(total > 15, `${total} writes`);
      const numbers = Array.from({ length: total }, (_, index) => index + 1);
      await mapBounded(numbers, 4, (at) => killAndFinish(at, cut));
    });
  }

  async function killAndFinish(at: number, cut: Cut): Promise<void> {
    const lane = await laneWithFirstState();
    const dying = dieAt(here(), at, cut);
    const { signal } = dying;
    const end = await deploy(dying.cluster, mixed(lane, 2), { namespace: lane, signal }).then(ending, String);
    // Controllers decide how often the history has to be written: it may be a write less this time.
    assert.match(end, dying.writes() < at ? /^Succeeded$/ : /killed/);
    const where = `write ${at} of ${total} ${cut}`;
    assert.equal(ending(await deploy(here(), mixed(lane, 2), { namespace: lane })), "Succeeded", where);
    assert.deepEqual(await stateOf(lane), whole, where);
    const further = dieAt(here(), Number.POSITIVE_INFINITY, "unsent");
    await deploy(further.cluster, mixed(lane, 2), { namespace: lane });
    assert.equal(further.writes(), 0, `a further run after ${where}`);
  }

  /** A namespace of its own for each App: nothing has to be cleared away in between. */
  async function laneWithFirstState(): Promise<string> {
    const lane = `${run}-${lanes.length}`;
    lanes.push(lane);
    await plane.kubectl(["create", "namespace", lane]);
    assert.equal(ending(await deploy(here(), mixed(lane, 1), { namespace: lane })), "Succeeded");
    return lane;
  }

  async function stateOf(lane: string): Promise<unknown> {
    const named = (objects: readonly KubeObject[]): KubeObject[] =>
      objects.filter((object) => nameOf(object).includes(`${lane}-more`) || nameOf(object).includes(`${lane}.`));
    const lists = await Promise.all([
      ...["ConfigMap", "Service", "Secret"].flatMap((kind) => [list(kind, "", lane), list(kind, "", `${lane}-more`)]),
      list("Namespace", "").then(named),
      list("CustomResourceDefinition", "apiextensions.k8s.io").then(named),
      list("Widget", `${lane}.example.com`),
    ]);
    const objects = lists.flat().filter((object) => nameOf(object) !== "kube-root-ca.crt");
    // What is made of the lane's name.
    const text = JSON.stringify(endState(objects))
      .replaceAll(lane, "LANE")
      .replaceAll(/\bv1\.[0-9a-f]{32}\b/g, "ASSOCIATION");
    const state = JSON.parse(text) as Record<string, { metadata?: { annotations?: Record<string, string> } }>;
    delete state["Namespace /LANE-more"]?.metadata?.annotations?.["kapp.k14s.io/original-diff-md5"];
    return state;
  }
});

describe("a deploy through a proxy with faults [F38 F40 F41 F42 F43 I2 I3 I16]", () => {
  let proxy: FaultProxy;
  /** How much faster the client's time runs: back-offs and asked-for waits are seconds. */
  const speed = 40;
  const settings: Settings = { namespace: `${run}-proxy` };
  const namespace = `${run}-proxy`;
  before(async () => {
    const [ca] = [access.ca].flat();
    proxy = await startFaultProxy(
      { server: plane.server, ca: ca === undefined ? undefined : String(ca) },
      { pageSize: 3 },
    );
    await plane.kubectl(["create", "namespace", namespace]);
  });
  after(async () => {
    await proxy.stop();
    await plane.kubectl(["delete", "namespace", namespace, "--wait=false"]);
  });

  /** A new connection through the proxy: nothing is known of the server. */
  async function through<Result>(
    work: (cluster: TestCluster) => Promise<Result>,
    token = access.token,
  ): Promise<Result> {
    const { ca: _, ...bare } = access;
    const clock = fastClock(speed);
    const connection = connectCluster(
      { ...bare, server: proxy.server, ...(token === undefined ? {} : { token }) },
      { clock, silenceMs: 700 },
    );
    try {
      return await work({ ...connection, clock });
    } finally {
      await connection.close();
    }
  }

  const before1 = yaml(
    ...Array.from({ length: 8 }, (_, index) => configMap(`c${index}`, {}, { version: "1" })),
    configMap("gone1"),
    configMap("gone2"),
  );
  const wanted = yaml(
    ...Array.from({ length: 10 }, (_, index) => configMap(`c${index}`, {}, { version: "2" })),
    "{apiVersion: v1, kind: Service, metadata: {name: svc}, spec: {ports: [{port: 80}]}}\n",
    "{apiVersion: v1, kind: Secret, metadata: {name: pass}, stringData: {value: hidden}}\n",
  );

  /** The state before, without faults, and a foreign object with copied labels and annotations. */
  async function start(): Promise<ReadonlyMap<string, string>> {
    proxy.fault = () => undefined;
    assert.equal(ending(await through((at) => deploy(at, before1, settings))), "Succeeded");
    const original = (await list("ConfigMap", "", namespace)).find((object) => nameOf(object) === "gone1") ?? {};
    const { types } = await cluster.discover();
    const type = types.find(({ kind, group }) => kind === "ConfigMap" && group === "");
    assert.ok(type);
    if ((await cluster.get(type, namespace, "foreign")) === undefined) {
      const { annotations = {}, labels = {} } = own(original, "metadata") as Record<string, Record<string, string>>;
      await cluster.create(type, namespace, {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: "foreign", namespace, annotations, labels },
      });
    }
    proxy.requests.length = 0;
    return uids();
  }

  async function uids(): Promise<ReadonlyMap<string, string>> {
    const objects = (await list("ConfigMap", "", namespace)).filter(
      (object) => labelsOf(object)["kapp.k14s.io/is-app-change"] === undefined,
    );
    return new Map(objects.map((object) => [nameOf(object), uidOf(object)]));
  }

  /** Nothing that stays in the App and nothing foreign was ever deleted, not even to be made anew. */
  async function assertKept(at: ReadonlyMap<string, string>, why: string): Promise<void> {
    const now = await uids();
    for (const [name, uid] of at) if (!name.startsWith("gone")) assert.equal(now.get(name), uid, `${name}: ${why}`);
  }

  async function assertComplete(at: ReadonlyMap<string, string>, why: string): Promise<void> {
    proxy.fault = () => undefined;
    assert.equal(ending(await through((there) => deploy(there, wanted, settings))), "Succeeded", why);
    await assertKept(at, why);
    const found = await list("ConfigMap", "", namespace);
    const versions = found
      .filter((object) => /^c\d$/.test(nameOf(object)))
      .map((object) => own(own(object, "data"), "version"));
    assert.deepEqual(
      versions,
      Array.from({ length: 10 }, () => "2"),
      why,
    );
    assert.deepEqual(
      found.map(nameOf).filter((name) => name.startsWith("gone")),
      [],
      why,
    );
    assert.deepEqual((await through((there) => deploy(there, wanted, settings))).plan.changes, [], why);
  }

  const isList = ({ method, url }: ProxiedRequest): boolean => method === "GET" && url.includes("labelSelector=");
  const isContinued = (request: ProxiedRequest): boolean => isList(request) && request.url.includes("continue=");
  const status = (code: number, reason: string, headers: Record<string, string> = {}): Fault => ({
    answer: {
      status: code,
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify({
        kind: "Status",
        apiVersion: "v1",
        status: "Failure",
        reason,
        message: `as the test wants it: ${reason}`,
        code,
      }),
    },
  });
  const html = (code: number): Fault => ({
    answer: { status: code, headers: { "content-type": "text/html" }, body: `<html>${code}</html>` },
  });
  /** The first `count` requests that `matches`. */
  const first = (count: number, matches: (request: ProxiedRequest) => boolean, fault: Fault): FaultProxy["fault"] => {
    let left = count;
    return (request) => (matches(request) && left-- > 0 ? fault : undefined);
  };

  const cases: readonly {
    readonly name: string;
    readonly fault: () => FaultProxy["fault"];
    /** What the run ends with, while the fault lasts. */
    readonly ends: RegExp;
  }[] = [
    {
      name: "429 with Retry-After",
      fault: () => first(4, ({ index }) => index > 2, status(429, "TooManyRequests", { "retry-after": "2" })),
      ends: /^Succeeded$/,
    },
    {
      name: "429 for ever",
      fault:
        () =>
        ({ index }) =>
          index > 2 ? status(429, "TooManyRequests", { "retry-after": "1" }) : undefined,
      ends: /TooManyRequests/,
    },
    {
      name: "some 500, 502 and 503",
      fault:
        () =>
        ({ index }) =>
          index % 9 === 8 ? [html(500), html(502), status(503, "ServiceUnavailable")][index % 3] : undefined,
      ends: /^Succeeded$/,
    },
    {
      name: "503 for all lists",
      fault: () => (request) => (isList(request) ? html(503) : undefined),
      ends: /^Listing \w+ \(v1\): /,
    },
    { name: "resets in the middle of lists", fault: () => first(3, isList, "reset within"), ends: /^Succeeded$/ },
    {
      name: "resets in the middle of all lists",
      fault: () => (request) => (isList(request) ? "reset within" : undefined),
      ends: /^Listing \w+ \(v1\): /,
    },
    {
      name: "a continue token that expired",
      fault: () => first(1, isContinued, status(410, "Expired")),
      ends: /^Succeeded$/,
    },
    {
      name: "continue tokens that always expire",
      fault: () => (request) => (isContinued(request) ? status(410, "Expired") : undefined),
      ends: /^Listing ConfigMap \(v1\): .*Expired/s,
    },
    { name: "truncated lists", fault: () => first(2, isList, "truncated"), ends: /^Succeeded$/ },
    {
      name: "lists that are always truncated",
      fault: () => (request) => (isContinued(request) ? "truncated" : undefined),
      ends: /^Listing \w+ \(v1\): .*not JSON/,
    },
    {
      name: "a gateway's page instead of a list",
      fault: () => (request) => (isList(request) ? html(404) : undefined),
      ends: /^Listing \w+ \(v1\): /,
    },
    {
      name: "creates whose answers are lost",
      fault:
        () =>
        ({ method }) =>
          method === "POST" ? "reset after" : undefined,
      ends: /^Succeeded$/,
    },
    {
      name: "creates whose answers are cut",
      fault:
        () =>
        ({ method }) =>
          method === "POST" ? "truncated" : undefined,
      ends: /^Succeeded$/,
    },
    {
      name: "creates that time out at the gateway",
      fault:
        () =>
        ({ method }) =>
          method === "POST" ? "gateway timeout" : undefined,
      ends: /^Succeeded$/,
    },
    {
      name: "updates whose answers are lost",
      fault:
        () =>
        ({ method }) =>
          method === "PUT" ? "reset after" : undefined,
      ends: /^Succeeded$/,
    },
    {
      name: "deletes whose answers are lost",
      fault: () => first(3, ({ method }) => method === "DELETE", "reset after"),
      ends: /^Succeeded$/,
    },
    {
      name: "slow answers",
      fault:
        () =>
        ({ index }) =>
          index % 4 === 0 ? { delayMs: 300 } : undefined,
      ends: /^Succeeded$/,
    },
    {
      name: "a server that falls silent",
      fault:
        () =>
        ({ index }) =>
          index > 6 ? "silence" : undefined,
      ends: /did not answer/,
    },
  ];
  for (const { name, fault, ends } of cases) {
    it(name, async () => {
      const at = await start();
      proxy.fault = fault();
      const said = await through((there) => deployOnce(there, wanted, settings));
      assert.match(said, ends);
      assert.ok(proxy.requests.length < 150, `${proxy.requests.length} requests`);
      await assertKept(at, name);
      if (said.startsWith("Listing")) assert.ok((await uids()).has("gone1"), "an incomplete list deletes nothing");
      await assertComplete(at, name);
    });
  }

  it("a token that expires in the middle, and a fresh kubeconfig", async () => {
    const at = await start();
    proxy.fault = ({ index }) => (index > 12 ? status(401, "Unauthorized") : undefined);
    assert.match(await through((there) => deployOnce(there, wanted, settings)), /Unauthorized/);
    await assertKept(at, "expired");
    proxy.fault = () => undefined;
    assert.match(await through((there) => deployOnce(there, wanted, settings), "expired"), /Unauthorized/);
    await assertKept(at, "expired");
    await assertComplete(at, "a fresh token");
  });

  const seeds =
    process.env["LATEEN_SEED"] === undefined
      ? [1, 2, 3, 4].map((n) => (Date.now() % 1_000_000) * 10 + n)
      : [Number(process.env["LATEEN_SEED"])];
  for (const seed of seeds) {
    it(`faults by chance, LATEEN_SEED=${seed}`, async () => {
      const random = mulberry(seed);
      const at = await start();
      const kinds: readonly Fault[] = [
        status(429, "TooManyRequests", { "retry-after": "1" }),
        html(500),
        html(502),
        status(503, "ServiceUnavailable"),
        status(504, "Timeout"),
        html(404),
        "reset before",
        "reset after",
        "reset within",
        "truncated",
        "gateway timeout",
        { delayMs: 100 },
      ];
      for (let attempt = 0; attempt < 6; attempt++) {
        const share = [0.05, 0.1, 0.2, 0.4][attempt % 4] ?? 0;
        proxy.requests.length = 0;
        proxy.fault = (request) => {
          if (random() >= share) return undefined;
          if (isContinued(request) && random() < 0.5) return status(410, "Expired");
          return kinds[Math.floor(random() * kinds.length)];
        };
        const said = await through((there) => deployOnce(there, wanted, settings));
        const why = `seed ${seed}, attempt ${attempt}: ${said}`;
        assert.doesNotMatch(said, /AlreadyExists/, why);
        assert.ok(proxy.requests.length < 250, `${proxy.requests.length} requests, ${why}`);
        await assertKept(at, why);
      }
      await assertComplete(at, `seed ${seed}`);
    });
  }
});

/** How a deploy ends: `Succeeded`, or what kapp would say of the failure. */
async function deployOnce(cluster: TestCluster, input: string, settings: Settings): Promise<string> {
  let said = "";
  const refused = await refusal(
    deploy(cluster, input, settings).then((result) => {
      said = ending(result);
    }),
  );
  return said === "" ? refused : said;
}

function fastClock(speed: number): Clock {
  const start = Date.now();
  return {
    now: () => start + (Date.now() - start) * speed,
    sleep: (ms, signal) => systemClock.sleep(ms / speed, signal),
  };
}

/** Small numbers that come again with their seed. */
function mulberry(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
