import assert from "node:assert/strict";
import { test } from "node:test";
import type { RunEvent } from "../../src/reconcile/index.ts";
import { createTimeline } from "../../src/cli/timeline.ts";

const plain = (_colour: string, text: string): string => text;

function print(events: readonly RunEvent[], showDiff = false): string {
  const timeline = createTimeline({ paint: plain, showDiff });
  return events.flatMap((event) => timeline.lines(event)).join("\n");
}

const contour = "packageinstall/contour (packaging.carvel.dev/v1alpha1) namespace: pkg-gitops";
const run: readonly RunEvent[] = [
  { type: "started", at: 1_000, runId: "r1", app: "pkg-gitops/pkg-gitops-example", cause: "push", epoch: 1 },
  {
    type: "fetched",
    at: 1_021,
    ms: 20,
    sources: [
      {
        url: "https://github.com/user/my-pkg-gitops-repo",
        ref: "origin/main",
        commit: "0123456789abcdef0123456789abcdef01234567",
        commitTitle: "contour 1.17.2",
        subPath: "packaging",
        treeId: "89abcdef",
      },
    ],
    requests: 2,
    bytes: 2_048,
    files: 3,
    fileBytes: 2_048,
    notes: ["the server knows no filters: everything of depth 1 was fetched"],
  },
  { type: "templated", at: 1_024, ms: 3, documents: 6 },
  {
    type: "planned",
    at: 1_030,
    ms: 6,
    cluster: "https://127.0.0.1:6443",
    changes: [
      {
        resource: contour,
        op: "update",
        waitFor: "reconcile",
        reasons: [],
        diff: ["- constraints: 1.17.1", "+ constraints: 1.17.2"],
      },
      { resource: "secret/other (v1) namespace: pkg-gitops", op: "noop", waitFor: "", reasons: [], diff: [] },
    ],
  },
  {
    type: "applied",
    at: 1_041,
    op: "update",
    resource: contour,
    reasons: ["after upserting cert-manager (kapp.k14s.io/change-rule.create-order)"],
  },
  { type: "waited", at: 1_042, resource: contour, state: "ongoing", message: "Reconciling" },
  { type: "waited", at: 1_100, resource: contour, state: "ok", message: "" },
  { type: "finished", at: 1_110, ms: 110, outcome: "succeeded", description: "Reconcile succeeded" },
];

test("a run reads as one line per step, with the time since its start", () => {
  assert.equal(
    print(run),
    `     +0 ms  run       pkg-gitops/pkg-gitops-example (push)
    +21 ms  fetched   3 files, 2.0 KiB in 2 requests (20 ms)
                      https://github.com/user/my-pkg-gitops-repo origin/main packaging → 0123456789 contour 1.17.2
                      the server knows no filters: everything of depth 1 was fetched
    +24 ms  rendered  6 resources (3 ms)
    +30 ms  planned   1 update on https://127.0.0.1:6443 (6 ms)
    +41 ms  update    packageinstall/contour (packaging.carvel.dev/v1alpha1) namespace: pkg-gitops
                      after upserting cert-manager (kapp.k14s.io/change-rule.create-order)
    +42 ms  waiting   packageinstall/contour (packaging.carvel.dev/v1alpha1) namespace: pkg-gitops: Reconciling
   +100 ms  ready     packageinstall/contour (packaging.carvel.dev/v1alpha1) namespace: pkg-gitops
   +110 ms  succeeded Reconcile succeeded (110 ms)`,
  );
});

test("the differences stand under the plan when they are asked for", () => {
  assert.match(
    print(run, true),
    /planned .*\n +update packageinstall\/contour .*\n +- constraints: 1\.17\.1\n +\+ constraints: 1\.17\.2\n/,
  );
});

test("a run that goes on after a wait keeps its clock, another run starts anew", () => {
  const later: RunEvent = { type: "started", at: 4_000, runId: "r2", app: "a/b", cause: "wait", epoch: 2 };
  assert.match(print([...run, later]), /\+3000 ms {2}run {7}a\/b \(wait\)$/);
  assert.match(print([...run, { ...later, cause: "push" }]), /\+0 ms {2}run {7}a\/b \(push\)$/);
});

test("the clock may start before the first event, with the webhook", () => {
  const timeline = createTimeline({ paint: plain, startAt: 990 });
  assert.deepEqual(timeline.lines({ type: "started", at: 1_000, runId: "r", app: "a/b", cause: "push", epoch: 1 }), [
    "    +10 ms  run       a/b (push)",
  ]);
});

test("a failure shows each line of its error", () => {
  const failed: RunEvent = {
    type: "finished",
    at: 5,
    ms: 5,
    outcome: "failed",
    description: "Reconcile failed: Fetching resources",
    error: "packaging/repo.yml:3: not YAML\nnothing was applied\n",
  };
  assert.equal(
    print([failed]),
    "     +0 ms  failed    Reconcile failed: Fetching resources (5 ms)\n                      packaging/repo.yml:3: not YAML\n                      nothing was applied",
  );
});

test("T26: text from outside cannot steer the terminal", () => {
  const hostile = "\u001b[2J\u001b]0;owned\u0007\rok\u202egnp.exe\u0085\u2066";
  const events: readonly RunEvent[] = [
    { type: "note", at: 0, text: hostile },
    { type: "applied", at: 0, op: "create", resource: hostile, reasons: [hostile] },
    { type: "waited", at: 0, resource: hostile, state: "fail", message: hostile },
    { type: "finished", at: 0, ms: 0, outcome: "failed", description: hostile, error: hostile },
  ];
  const printed = print(events);
  assert.doesNotMatch(printed.replaceAll("\n", ""), /[\p{Cc}\u202a-\u202e\u2066-\u2069]/u);
  assert.match(printed, /\\x1b\[2J\\x1b\]0;owned\\x07\\x0dok\\u202egnp\.exe\\x85\\u2066/);
});
