import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import {
  type ApiType,
  type Cluster,
  ClusterError,
  connectCluster,
  type ConnectOptions,
} from "../../src/cluster/index.ts";
import type { DeployCluster } from "../../src/deploy/cluster-port.ts";
import type { KubeObject } from "../../src/resource/index.ts";
import {
  type Answer,
  createTestClock,
  type FaultServer,
  type FaultServerOptions,
  startFaultServer,
} from "./fault-server.ts";

const configMap: ApiType = {
  group: "",
  version: "v1",
  kind: "ConfigMap",
  resource: "configmaps",
  namespaced: true,
  verbs: ["create", "delete", "get", "list", "patch", "update"],
};
const cm = (name: string, more: object = {}): KubeObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace: "team", uid: `uid-${name}` },
  ...more,
});
const page = (names: readonly string[], next = ""): Answer => ({
  body: {
    kind: "ConfigMapList",
    apiVersion: "v1",
    metadata: { resourceVersion: "1", continue: next },
    items: names.map((name) => cm(name)),
  },
});
const status = (code: number, reason: string, message: string, more: object = {}): Answer => ({
  status: code,
  body: { kind: "Status", apiVersion: "v1", status: "Failure", code, reason, message, ...more },
});
const html: Answer = { body: "<html>login</html>", headers: { "content-type": "text/html" } };

const open: { cluster: Cluster; server: FaultServer }[] = [];
after(async () => {
  for (const { cluster, server } of open) {
    await cluster.close();
    await server.stop();
  }
});

/** A cluster over a server that gives these answers in turn, the last one for ever. */
async function connect(
  answers: readonly Answer[] | ((path: string, index: number) => Answer),
  options: ConnectOptions = {},
  serverOptions: FaultServerOptions = {},
): Promise<{ cluster: Cluster; server: FaultServer; clock: ReturnType<typeof createTestClock> }> {
  const script = (path: string, index: number): Answer =>
    typeof answers === "function" ? answers(path, index) : (answers[Math.min(index, answers.length - 1)] ?? "reset");
  const server = await startFaultServer(({ path }, index) => script(path, index), serverOptions);
  const clock = createTestClock();
  const cluster = connectCluster(server.access, { clock, random: () => 0.5, ...options });
  open.push({ cluster, server });
  return { cluster, server, clock };
}

/** What a call threw, as a plain object with the fields that callers act on. */
async function failureOf(work: Promise<unknown>): Promise<Partial<ClusterError>> {
  try {
    await work;
  } catch (error) {
    assert.ok(error instanceof ClusterError, String(error));
    assert.doesNotMatch(error.message, /secret-token/);
    return error;
  }
  return assert.fail("the call did not fail");
}

it("is what the deploy room asks of a cluster", async () => {
  const { cluster } = await connect([page([])]);
  const asked: DeployCluster = cluster;
  assert.equal(typeof asked.list, "function");
});

describe("a list is complete or an error", () => {
  const expired = status(410, "Expired", "The provided continue parameter is too old");
  const cases: { name: string; answers: Answer[]; want: readonly string[] | RegExp; calls: number }[] = [
    { name: "one page", answers: [page(["a", "b"])], want: ["a", "b"], calls: 1 },
    {
      name: "three pages",
      answers: [page(["a"], "1"), page(["b"], "2"), page(["c"])],
      want: ["a", "b", "c"],
      calls: 3,
    },
    {
      name: "begun again when the snapshot is forgotten",
      answers: [page(["a"], "1"), expired, page(["b"], "2"), page(["c"])],
      want: ["b", "c"],
      calls: 4,
    },
    {
      name: "given up after the third new beginning",
      answers: [page(["a"], "1"), expired, expired, expired, expired, page(["late"])],
      want: /API server says: The provided continue parameter is too old \(reason: Expired\)/,
      calls: 5,
    },
    {
      name: "B107 cut in the middle, then whole",
      answers: [{ cutAfter: '{"kind":"ConfigMapLi' }, page(["a"])],
      want: ["a"],
      calls: 2,
    },
    { name: "reset, then whole", answers: ["reset", "reset", page(["a"])], want: ["a"], calls: 3 },
    {
      name: "B107 truncated JSON of the right length",
      answers: [{ body: '{"kind":"ConfigM' }, page(["a"])],
      want: ["a"],
      calls: 2,
    },
    {
      name: "B107 a login page for ever",
      answers: [html],
      want: /Listing configmaps in namespace team: the answer is not JSON: <html>login/,
      calls: 5,
    },
    {
      name: "B107 another kind",
      answers: [{ body: { kind: "SecretList", apiVersion: "v1", metadata: {}, items: [] } }],
      want: /the answer is a SecretList, not a ConfigMapList/,
      calls: 5,
    },
    {
      name: "B107 null items",
      answers: [{ body: { kind: "ConfigMapList", apiVersion: "v1", metadata: { resourceVersion: "1" }, items: null } }],
      want: /the list has no items/,
      calls: 5,
    },
    {
      name: "B107 an item that is no object",
      answers: [{ body: { kind: "ConfigMapList", apiVersion: "v1", metadata: {}, items: [null] } }],
      want: /an item that is no ConfigMap/,
      calls: 5,
    },
    { name: "B107 JSON that is no object", answers: [{ body: [] }], want: /JSON, but no object/, calls: 5 },
    { name: "the same page for ever", answers: [page(["a"], "1")], want: /the same page twice/, calls: 2 },
    {
      name: "an empty metadata list as API servers write it",
      answers: [
        {
          body: {
            kind: "PartialObjectMetadataList",
            apiVersion: "meta.k8s.io/v1",
            metadata: { resourceVersion: "7" },
            items: null,
          },
        },
      ],
      want: [],
      calls: 1,
    },
    {
      name: "B107 not found is no empty list",
      answers: [status(404, "NotFound", "nothing here")],
      want: /nothing here \(reason: NotFound\)/,
      calls: 1,
    },
  ];
  for (const { name, answers, want, calls } of cases) {
    it(name, async () => {
      const { cluster, server } = await connect(answers);
      const listed = cluster.list(configMap, { namespace: "team", metadataOnly: name.includes("metadata") });
      if (want instanceof RegExp) assert.match((await failureOf(listed)).message ?? "", want);
      else
        assert.deepEqual(
          (await listed).map((object) => JSON.stringify(object)),
          want.map((item) => JSON.stringify(cm(item))),
        );
      assert.equal(server.requests.length, calls);
    });
  }

  it("asks for pages of 500, by label, all namespaces unless one is named", async () => {
    const { cluster, server } = await connect([page(["a"], "next page"), page([])]);
    await cluster.list(configMap, { labelSelector: "kapp.k14s.io/app=1" });
    assert.deepEqual(
      server.requests.map(({ path }) => path),
      [
        "/api/v1/configmaps?labelSelector=kapp.k14s.io%2Fapp%3D1&limit=500",
        "/api/v1/configmaps?labelSelector=kapp.k14s.io%2Fapp%3D1&limit=500&continue=next%20page",
      ],
    );
  });

  it("names the type of items that came as metadata only", async () => {
    const item = { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata: { name: "a" } };
    const { cluster, server } = await connect([
      { body: { kind: "PartialObjectMetadataList", apiVersion: "meta.k8s.io/v1", metadata: {}, items: [item] } },
    ]);
    assert.deepEqual(await cluster.list(configMap, { metadataOnly: true }), [
      { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" } },
    ]);
    assert.match(server.requests[0]?.headers.accept ?? "", /as=PartialObjectMetadataList;g=meta\.k8s\.io;v=v1/);
  });
});

describe("what is tried again", () => {
  const busy = (retryAfter?: string): Answer => ({
    ...(status(429, "TooManyRequests", "too many requests") as object as { body: unknown }),
    status: 429,
    headers: retryAfter === undefined ? {} : { "retry-after": retryAfter },
  });
  const created: Answer = { status: 201, body: cm("a") };
  const unavailable = status(503, "ServiceUnavailable", "apiserver not ready");
  const create = (cluster: Cluster): Promise<unknown> => cluster.create(configMap, "team", cm("a"));
  const get = (cluster: Cluster): Promise<unknown> => cluster.get(configMap, "team", "a");
  const remove = (cluster: Cluster): Promise<unknown> => cluster.delete(configMap, "team", "a", { uid: "uid-a" });
  const removeAny = (cluster: Cluster): Promise<unknown> => cluster.delete(configMap, "team", "a", {});
  const cases: {
    name: string;
    call: (cluster: Cluster) => Promise<unknown>;
    answers: Answer[];
    calls: number;
    slept?: readonly number[];
    want?: Partial<ClusterError>;
  }[] = [
    {
      name: "B112 429 with a wait that the server names",
      call: create,
      answers: [busy("7"), created],
      calls: 2,
      slept: [7000],
    },
    {
      name: "B112 429 with a wait that is too short",
      call: create,
      answers: [busy("0"), created],
      calls: 2,
      slept: [1000],
    },
    {
      name: "B112 429 with a wait that is too long",
      call: create,
      answers: [busy("86400"), created],
      calls: 2,
      slept: [60_000],
    },
    {
      name: "B112 429 with a date or nonsense",
      call: create,
      answers: [busy("soon"), created],
      calls: 2,
      slept: [1000],
    },
    { name: "B112 429 with a negative wait", call: create, answers: [busy("-5"), created], calls: 2, slept: [1000] },
    {
      name: "B112 429 with a date that is past",
      call: create,
      answers: [busy("Tue, 15 Nov 1994 08:12:31 GMT"), created],
      calls: 2,
      slept: [1000],
    },
    {
      name: "429 without a wait: half of the jitter's range",
      call: create,
      answers: [busy(), busy(), busy(), created],
      calls: 4,
      slept: [100, 200, 400],
    },
    { name: "503 of the API server, also for writes", call: create, answers: [unavailable, created], calls: 2 },
    {
      name: "503 for ever: five tries",
      call: create,
      answers: [unavailable],
      calls: 5,
      want: { code: "CLUSTER_API", status: 503, retryable: true, outcomeUnknown: false },
    },
    {
      name: "503 of a balancer to a write: nobody knows",
      call: create,
      answers: [{ status: 503, body: "no upstream" }],
      calls: 1,
      want: { status: 503, reason: "ServiceUnavailable", retryable: true, outcomeUnknown: true },
    },
    {
      name: "503 of a balancer to a read",
      call: get,
      answers: [{ status: 503, body: "no upstream" }, { body: cm("a") }],
      calls: 2,
    },
    {
      name: "a write without an answer",
      call: create,
      answers: ["reset", created],
      calls: 1,
      want: { code: "CLUSTER_NO_ANSWER", status: 0, retryable: true, outcomeUnknown: true },
    },
    {
      name: "a write whose answer is cut",
      call: create,
      answers: [{ cutAfter: '{"kind"' }, created],
      calls: 1,
      want: { code: "CLUSTER_NO_ANSWER", outcomeUnknown: true },
    },
    {
      name: "a write whose answer is no JSON",
      call: create,
      answers: [html, created],
      calls: 1,
      want: { code: "CLUSTER_BAD_ANSWER", outcomeUnknown: true },
    },
    {
      name: "a gateway's time-out of a write",
      call: create,
      answers: [{ status: 504, body: "" }, created],
      calls: 1,
      want: { status: 504, reason: "Timeout", outcomeUnknown: true },
    },
    {
      name: "an etcd that changed its leader",
      call: create,
      answers: [status(500, "", "etcdserver: leader changed"), created],
      calls: 1,
      want: { status: 500, apiMessage: "etcdserver: leader changed", retryable: true, outcomeUnknown: true },
    },
    {
      name: "B111 a webhook that did not answer: nothing was stored",
      call: create,
      answers: [status(500, "InternalError", 'Internal error occurred: failed calling webhook "x": refused'), created],
      calls: 2,
    },
    {
      name: "B111 what a webhook denies is not tried again, and the webhook is named",
      call: create,
      answers: [status(400, "BadRequest", 'admission webhook "policy.example.com" denied the request: no'), created],
      calls: 1,
      want: {
        status: 400,
        apiMessage: 'admission webhook "policy.example.com" denied the request: no',
        retryable: false,
        outcomeUnknown: false,
      },
    },
    {
      name: "a conflict on a quota",
      call: create,
      answers: [
        status(409, "Conflict", 'Operation cannot be fulfilled on resourcequotas "q": the object has been modified'),
        created,
      ],
      calls: 2,
    },
    {
      name: "a delete of one UID without an answer",
      call: remove,
      answers: ["reset", status(404, "NotFound", "gone")],
      calls: 2,
    },
    {
      name: "a delete of any UID without an answer",
      call: removeAny,
      answers: ["reset"],
      calls: 1,
      want: { outcomeUnknown: true },
    },
    {
      name: "what exists already is not tried again",
      call: create,
      answers: [status(409, "AlreadyExists", 'configmaps "a" already exists')],
      calls: 1,
      want: { status: 409, reason: "AlreadyExists", retryable: false, outcomeUnknown: false },
    },
    {
      name: "a redirect is not followed",
      call: get,
      answers: [{ status: 302, headers: { location: "https://elsewhere.example.com/login?x=1" }, body: "" }],
      calls: 1,
      want: { code: "CLUSTER_BAD_ANSWER", status: 302, retryable: false },
    },
  ];
  for (const { name, call, answers, calls, slept, want } of cases) {
    it(name, async () => {
      const { cluster, server, clock } = await connect(answers);
      if (want === undefined) await call(cluster);
      else {
        const error = await failureOf(call(cluster));
        for (const [key, value] of Object.entries(want)) assert.equal(error[key as keyof ClusterError], value, key);
      }
      assert.equal(server.requests.length, calls);
      if (slept !== undefined) assert.deepEqual(clock.slept, slept);
    });
  }

  it("keeps to one budget for all calls to a failing server", async () => {
    const { cluster, server } = await connect([unavailable], { random: () => 0 });
    const failures = await Promise.all(Array.from({ length: 30 }, () => failureOf(get(cluster))));
    assert.equal(failures.length, 30);
    // 30 first tries and at most the 10 retries of a full bucket.
    const tries = server.requests.length;
    assert.ok(tries > 30 && tries <= 40, `${tries} tries`);
  });

  it("names where a redirect leads, without the query", async () => {
    const { cluster } = await connect([
      { status: 302, headers: { location: "https://elsewhere.example.com/login?x=1" }, body: "" },
    ]);
    const { message } = await failureOf(get(cluster));
    assert.match(message ?? "", /redirects to elsewhere\.example\.com \(status 302\)/);
  });
});

describe("errors carry what the API server said", () => {
  it("message, reason and causes", async () => {
    const details = { causes: [{ field: "data", message: "must be no longer", reason: "FieldValueTooLong" }] };
    const { cluster } = await connect([status(422, "Invalid", "ConfigMap is invalid", { details })]);
    const error = await failureOf(cluster.replace(configMap, "team", "a", cm("a")));
    assert.equal(
      error.message,
      "Updating resource configmap/a (v1) namespace: team: API server says: ConfigMap is invalid (reason: Invalid)",
    );
    assert.equal(error.apiMessage, "ConfigMap is invalid");
    assert.deepEqual(error.causes, [{ field: "data", message: "must be no longer", reason: "FieldValueTooLong" }]);
  });

  it("kapp's hint where the type's scope is the likely fault", async () => {
    const { cluster } = await connect([{ status: 404, body: "404 page not found\n" }]);
    const { message } = await failureOf(cluster.create(configMap, "team", cm("a")));
    assert.match(
      message ?? "",
      /API server says: the server could not find the requested resource \(post configmaps\) \(reason: NotFound\) \(hint: resource is possibly namespaced but cannot be\)/,
    );
  });
});

describe("what does not exist", () => {
  const cases: { name: string; answer: Answer; isAbsent: boolean }[] = [
    { name: "an object", answer: status(404, "NotFound", 'configmaps "a" not found'), isAbsent: true },
    { name: "a type that is not served", answer: { status: 404, body: "404 page not found\n" }, isAbsent: true },
    {
      name: "a proxy's page says nothing about the object",
      answer: { ...html, status: 404 } as Answer,
      isAbsent: false,
    },
  ];
  for (const { name, answer, isAbsent } of cases) {
    it(name, async () => {
      const { cluster } = await connect([answer]);
      if (isAbsent) {
        assert.equal(await cluster.get(configMap, "team", "a"), undefined);
        assert.deepEqual(await cluster.delete(configMap, "team", "a", {}), { gone: true });
      } else {
        assert.equal((await failureOf(cluster.get(configMap, "team", "a"))).status, 404);
        assert.equal((await failureOf(cluster.delete(configMap, "team", "a", {}))).status, 404);
        assert.equal((await failureOf(cluster.list(configMap))).reason, "Unknown");
      }
    });
  }
});

describe("a deletion", () => {
  const deleted = (apiVersion: string, kind: string, metadata: object): Answer => ({
    body: JSON.stringify({ apiVersion, kind, metadata: { name: "a", uid: "u", ...metadata } }),
    headers: { "content-type": "application/json" },
  });
  const service = { ...configMap, kind: "Service", resource: "services" };
  const widget = { ...configMap, group: "example.com", version: "v1", kind: "Widget", resource: "widgets" };
  const deletionTimestamp = "2026-01-01T00:00:00Z";
  const cases = [
    {
      name: "of a Service answers with what was deleted",
      type: service,
      answer: deleted("v1", "Service", {}),
      gone: true,
    },
    {
      name: "of what a finalizer holds",
      type: service,
      answer: deleted("v1", "Service", { deletionTimestamp, finalizers: ["example.com/hold"] }),
      gone: false,
    },
    {
      name: "by an API server of others tells nothing by the object",
      type: widget,
      answer: deleted("example.com/v1", "Widget", {}),
      gone: false,
    },
  ];
  for (const { name, type, answer, gone } of cases) {
    it(name, async () => {
      const { cluster } = await connect([answer]);
      assert.deepEqual(await cluster.delete(type, "team", "a", { uid: "u" }), { gone });
    });
  }
});

describe("requests", () => {
  it("carry the field manager, the preconditions and exact integers", async () => {
    const big = 9_007_199_254_740_993n;
    const { cluster, server } = await connect([
      {
        body: '{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"a"},"n":9007199254740993}',
        headers: { "content-type": "application/json" },
      },
    ]);
    const answered = await cluster.create(configMap, "team", cm("a", { n: big }));
    assert.equal(answered["n"], big);
    await cluster.replace(configMap, "team", "a", cm("a"));
    await cluster.patch(configMap, "team", "a", { contentType: "application/json-patch+json", body: "[]" });
    await cluster.delete(configMap, "team", "a/../b", { uid: "u", resourceVersion: "5" });
    assert.deepEqual(
      server.requests.map(({ method, path, headers }) => [method, path, headers["content-type"]]),
      [
        ["POST", "/api/v1/namespaces/team/configmaps?fieldManager=kapp", "application/json"],
        ["PUT", "/api/v1/namespaces/team/configmaps/a?fieldManager=kapp", "application/json"],
        ["PATCH", "/api/v1/namespaces/team/configmaps/a?fieldManager=kapp", "application/json-patch+json"],
        ["DELETE", "/api/v1/namespaces/team/configmaps/a%2F..%2Fb", "application/json"],
      ],
    );
    assert.match(server.requests[0]?.body ?? "", /"n":9007199254740993/);
    assert.deepEqual(JSON.parse(server.requests[3]?.body ?? ""), {
      apiVersion: "v1",
      kind: "DeleteOptions",
      propagationPolicy: "Background",
      preconditions: { uid: "u", resourceVersion: "5" },
    });
    assert.equal(server.requests[0]?.headers.authorization, "Bearer secret-token");
  });

  it("B110 pass the server's warnings on, but not those of reads", async () => {
    const warnings: string[] = [];
    const warning = ['299 - "first \\"quoted\\"", 299 kube "second"', '110 - "not for users"'];
    const { cluster } = await connect([{ body: cm("a"), headers: { warning } }], {
      onWarning: (text) => warnings.push(text),
    });
    await cluster.get(configMap, "team", "a");
    await cluster.create(configMap, "team", cm("a"));
    assert.deepEqual(warnings, ['first "quoted"', "second"]);
  });

  it("end with the signal's reason", async () => {
    const { cluster, server } = await connect(["silence"]);
    const reason = new Error("superseded");
    const controller = new AbortController();
    const calls = [1, 2].map(() => cluster.create(configMap, "team", cm("a"), { signal: controller.signal }));
    setTimeout(() => controller.abort(reason), 30);
    for (const call of calls) await assert.rejects(call, reason);
    assert.ok(server.requests.length <= 1);
    await assert.rejects(cluster.get(configMap, "team", "a", { signal: AbortSignal.abort(reason) }), reason);
  });

  it("end when the server is silent for too long", async () => {
    const { cluster } = await connect(["silence"], { silenceMs: 50 });
    const error = await failureOf(cluster.create(configMap, "team", cm("a")));
    assert.equal(error.code, "CLUSTER_NO_ANSWER");
    assert.equal(error.outcomeUnknown, true);
  });

  it("end when the answer is too long", async () => {
    const { cluster } = await connect([{ body: cm("a", { data: { a: "x".repeat(5000) } }) }], { maxAnswerBytes: 1000 });
    assert.match((await failureOf(cluster.get(configMap, "team", "a"))).message ?? "", /longer than 1000 bytes/);
  });
});

describe("discovery", () => {
  const groups = {
    kind: "APIGroupDiscoveryList",
    apiVersion: "apidiscovery.k8s.io/v2",
    metadata: {},
    items: [
      {
        metadata: { name: "apps" },
        versions: [
          {
            version: "v1",
            freshness: "Current",
            resources: [
              {
                resource: "deployments",
                responseKind: { group: "apps", version: "v1", kind: "Deployment" },
                scope: "Namespaced",
                verbs: ["get", "list"],
                subresources: [{ subresource: "scale" }],
              },
            ],
          },
        ],
      },
      { metadata: { name: "metrics.k8s.io" }, versions: [{ version: "v1beta1", freshness: "Stale" }] },
    ],
  };
  const core = {
    kind: "APIGroupDiscoveryList",
    apiVersion: "apidiscovery.k8s.io/v2",
    metadata: {},
    items: [
      {
        metadata: { name: "" },
        versions: [
          {
            version: "v1",
            resources: [
              { resource: "nodes", responseKind: { kind: "Node", version: "v1" }, scope: "Cluster", verbs: ["list"] },
            ],
          },
        ],
      },
    ],
  };
  const node = { group: "", version: "v1", kind: "Node", resource: "nodes", namespaced: false, verbs: ["list"] };
  const deployment = {
    group: "apps",
    version: "v1",
    kind: "Deployment",
    resource: "deployments",
    namespaced: true,
    verbs: ["get", "list"],
  };

  it("takes two calls where the server aggregates, and is remembered for half a minute", async () => {
    const { cluster, server, clock } = await connect((path) => ({ body: path === "/api" ? core : groups }));
    const found = await cluster.discover();
    assert.deepEqual(found.types, [node, deployment]);
    assert.deepEqual(found.failed, [
      { groupVersion: "metrics.k8s.io/v1beta1", message: "its API server could not be asked lately" },
    ]);
    assert.equal(await cluster.discover(), found);
    assert.equal(server.requests.length, 2);
    await cluster.discover({ fresh: true });
    assert.equal(server.requests.length, 4);
    await clock.sleep(30_000);
    await cluster.discover();
    assert.equal(server.requests.length, 6);
  });

  it("goes on for the others when one caller gives up", async () => {
    const { cluster } = await connect((path) => ({ body: path === "/api" ? core : groups }));
    const controller = new AbortController();
    const first = cluster.discover({ signal: controller.signal });
    const second = cluster.discover();
    const reason = new Error("superseded");
    controller.abort(reason);
    await assert.rejects(first, reason);
    assert.equal((await second).types.length, 2);
    await assert.rejects(cluster.discover({ signal: controller.signal }), reason);
  });

  it("B109 falls back to one call per group-version, and says which of them failed", async () => {
    const plain: Record<string, Answer> = {
      "/api": { body: { kind: "APIVersions", versions: ["v1"] } },
      "/apis": {
        body: {
          kind: "APIGroupList",
          groups: [
            {
              name: "apps",
              preferredVersion: { groupVersion: "apps/v1" },
              versions: [{ groupVersion: "apps/v1beta1" }, { groupVersion: "apps/v1" }],
            },
            {
              name: "broken",
              preferredVersion: { groupVersion: "broken/v1" },
              versions: [{ groupVersion: "broken/v1" }],
            },
          ],
        },
      },
      "/api/v1": {
        body: {
          kind: "APIResourceList",
          resources: [
            { name: "nodes", namespaced: false, kind: "Node", verbs: ["list"] },
            { name: "nodes/status", namespaced: false, kind: "Node", verbs: ["get"] },
          ],
        },
      },
      "/apis/apps/v1": {
        body: {
          kind: "APIResourceList",
          resources: [{ name: "deployments", namespaced: true, kind: "Deployment", verbs: ["get", "list"] }],
        },
      },
      "/apis/apps/v1beta1": { body: { kind: "APIResourceList", resources: [] } },
      "/apis/broken/v1": { status: 403, body: "no" },
    };
    const { cluster } = await connect((path) => plain[path] ?? { status: 500, body: "" });
    const { types, failed } = await cluster.discover();
    assert.deepEqual(types, [node, deployment]);
    assert.deepEqual(
      failed.map(({ groupVersion }) => groupVersion),
      ["broken/v1"],
    );
  });

  it("is not remembered when it fails", async () => {
    let isDown = true;
    const { cluster } = await connect((path) => (isDown ? html : { body: path === "/api" ? core : groups }));
    assert.equal((await failureOf(cluster.discover())).code, "CLUSTER_BAD_ANSWER");
    isDown = false;
    assert.equal((await cluster.discover()).types.length, 2);
  });
});
