import { silentLog, systemClock } from "../../src/base/index.ts";
import { type ByHandDeps, type Caller, createByHand } from "../../src/http/index.ts";
import type { AppSummary, AppView, RunEvent, RunRecord } from "../../src/reconcile/index.ts";

const at = Date.UTC(2025, 10, 21, 9, 40, 3, 120);

const planned: RunEvent = {
  at: at + 60,
  type: "planned",
  ms: 20,
  cluster: "https://prod.example:6443",
  changes: [
    {
      resource: "configmap/cfg (v1) namespace: web",
      op: "update",
      waitFor: "reconcile",
      reasons: ["after upserting namespace/web (v1) cluster"],
      diff: ["- a: 1", "+ a: 2"],
    },
    { resource: "namespace/web (v1) cluster", op: "noop", waitFor: "", reasons: [], diff: [] },
  ],
};

/** One of each kind, in the order of a run. */
export const events: readonly RunEvent[] = [
  { at, type: "started", runId: "01JD7", app: "team-a/contour", cause: "push", epoch: 3 },
  {
    at: at + 40,
    type: "fetched",
    ms: 40,
    sources: [
      {
        url: "https://github.com/Contoso/delivery-config",
        ref: "origin/main",
        commit: "9b2d7e31c05f48a6bd1e2c3f4a5b6c7d8e9f0a1b",
        commitTitle: "contour: 1.17.1 -> 1.17.2",
        subPath: "packages/contour",
        treeId: "4f6c1d0e8a7b93c2d5e6f70812a3b4c5d6e7f809",
      },
    ],
    requests: 3,
    bytes: 12_345,
    files: 1,
    fileBytes: 2_048,
    notes: ["the server has no filters: a plain depth-1 fetch"],
  },
  { at: at + 43, type: "templated", ms: 3, documents: 2 },
  planned,
  {
    at: at + 70,
    type: "drifted",
    objects: [
      {
        resource: "deployment/x (apps/v1) namespace: web",
        found: "changed",
        fields: [
          {
            path: "/spec/replicas",
            was: "2",
            is: "5",
            by: { manager: "kubectl", operation: "Update", at: "2025-11-21T09:39:58Z", subresource: "scale" },
          },
        ],
        omitted: 0,
      },
      { resource: "service/x (v1) namespace: web", found: "missing", fields: [], omitted: 0 },
    ],
    more: false,
  },
  { at: at + 80, type: "applied", op: "update", resource: "configmap/cfg (v1) namespace: web", reasons: [] },
  {
    at: at + 90,
    type: "waited",
    resource: "deployment/x (apps/v1) namespace: web",
    state: "ongoing",
    message: "1 of 2 ready",
  },
  { at: at + 95, type: "note", text: "Warning: \u001b[31mred\u001b[0m\nsecond line" },
  { at: at + 112, type: "finished", ms: 112, outcome: "succeeded", description: "Reconcile succeeded" },
];

export const run: RunRecord = {
  runId: "01JD7",
  app: "team-a/contour",
  cause: "push",
  epoch: 3,
  wanted: 7,
  startedAt: at,
  finishedAt: at + 112,
  outcome: "succeeded",
  timings: { fetch: 40, template: 3, plan: 20, deploy: 112 },
  events,
};

const { events: _events, ...summary } = run;

const appSummary: AppSummary = {
  namespace: "team-a",
  name: "contour",
  description: "Reconcile succeeded",
  condition: "ReconcileSucceeded",
  deployedAt: "2025-11-21T09:40:03Z",
  pending: false,
};

export const view: AppView = {
  ...appSummary,
  status: { observedGeneration: 9007199254740993n, conditions: [{ type: "ReconcileSucceeded", status: "True" }] },
  repositories: [
    { url: "https://github.com/Contoso/delivery-config", ref: "origin/main", subPath: "packages/contour" },
  ],
  succeededAt: at + 112,
  tries: 0,
  runs: [summary],
};

export const everything: Caller = { scopes: ["admin"], namespaces: "*" };

/** Tokens are words in these tests; the hub's tokens are tested in its own room. */
export function startByHand(
  tokens: Readonly<Record<string, Caller>>,
  overrides: Partial<ByHandDeps> = {},
): { readonly app: ReturnType<typeof createByHand>; readonly called: string[] } {
  const called: string[] = [];
  const isView = (namespace: string, name: string): boolean => namespace === "team-a" && name === "contour";
  const app = createByHand({
    clock: systemClock,
    log: silentLog,
    metrics: { count: () => undefined, observe: () => undefined },
    version: "1.2.3",
    authenticate: (request) =>
      Promise.resolve(tokens[(request.headers.get("authorization") ?? "").replace("Bearer ", "")]),
    async listApps(namespace) {
      called.push("listApps");
      return [appSummary, { ...appSummary, namespace: "team-b" }].filter(
        (one) => namespace === undefined || one.namespace === namespace,
      );
    },
    async getApp(namespace, name) {
      called.push("getApp");
      return isView(namespace, name) ? view : undefined;
    },
    async getRun(namespace, name, runId) {
      called.push("getRun");
      return isView(namespace, name) && runId === run.runId ? run : undefined;
    },
    async requestReconcile(namespace, name, { approve }) {
      called.push(approve === undefined ? "requestReconcile" : `requestReconcile ${approve}`);
      return isView(namespace, name) ? { wanted: 7 } : undefined;
    },
    async requestSync({ repository, ref }) {
      called.push(`requestSync ${repository} ${ref}`);
      return { sources: 2, apps: ["team-a/contour", "team-b/contour"] };
    },
    async *followRuns() {
      called.push("followRuns");
      yield* events;
    },
    async planApp(namespace, name) {
      called.push("planApp");
      if (!isView(namespace, name)) return undefined;
      return planned.type === "planned"
        ? { cluster: planned.cluster, text: "Changes\n", changes: planned.changes }
        : undefined;
    },
    ...overrides,
  });
  return { app, called };
}

export function bearer(token: string, headers: Readonly<Record<string, string>> = {}): RequestInit {
  return { headers: { authorization: `Bearer ${token}`, ...headers } };
}
