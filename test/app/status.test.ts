import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  type AppStatus,
  appStatusJson,
  clipText,
  deleteFailed,
  deleting,
  deployProgress,
  emptyStatus,
  inspected,
  paused,
  readAppStatus,
  stageError,
  stageFailed,
  stageStarted,
  stageSucceeded,
  startReconciling,
  succeeded,
  tidyOutput,
} from "../../src/app/index.ts";

const at = Date.parse("2026-01-02T03:04:05.678Z");
const associatedResources = {
  label: "kapp.k14s.io/app=1",
  namespaces: ["default", "(cluster)"],
  groupKinds: [{ group: "", kind: "ConfigMap" }],
};

function afterSuccess(): AppStatus {
  let status = startReconciling(emptyStatus, 3);
  status = stageStarted(status, "fetch", at);
  status = stageSucceeded(status, "fetch", { stdout: "kind: LockConfig\n" }, at);
  status = stageSucceeded(status, "template", {}, at);
  status = stageStarted(status, "deploy", at);
  status = stageSucceeded(status, "deploy", { stdout: "Changes\n\n  a  \nSucceeded\n", associatedResources }, at);
  return succeeded(status);
}

describe("the status", () => {
  it("after a first success", () => {
    assert.deepEqual(appStatusJson(afterSuccess()), {
      observedGeneration: 3,
      conditions: [{ type: "ReconcileSucceeded", status: "True" }],
      friendlyDescription: "Reconcile succeeded",
      consecutiveReconcileSuccesses: 1,
      fetch: {
        exitCode: 0,
        stdout: "kind: LockConfig\n",
        startedAt: "2026-01-02T03:04:05Z",
        updatedAt: "2026-01-02T03:04:05Z",
      },
      template: { exitCode: 0, updatedAt: "2026-01-02T03:04:05Z" },
      deploy: {
        exitCode: 0,
        finished: true,
        stdout: "Changes\n  a\nSucceeded",
        startedAt: "2026-01-02T03:04:05Z",
        updatedAt: "2026-01-02T03:04:05Z",
        kapp: { associatedResources },
      },
    });
  });

  it("after a failed template step: its stderr is the useful error, later blocks stay", () => {
    const error = stageError("Templating dir", "exit status 1");
    const status = stageFailed(
      startReconciling(afterSuccess(), 4),
      "template",
      { error, exitCode: 1, stderr: "ytt: Error: x\n" },
      at,
    );
    assert.deepEqual(status.condition, {
      type: "ReconcileFailed",
      message: "Templating dir: Error (see .status.usefulErrorMessage for details)",
    });
    assert.equal(
      status.friendlyDescription,
      "Reconcile failed: Templating dir: Error (see .status.usefulErrorMessage for details)",
    );
    assert.equal(status.usefulErrorMessage, "ytt: Error: x\n");
    assert.deepEqual([status.consecutiveReconcileFailures, status.consecutiveReconcileSuccesses], [1, 0]);
    assert.equal(status.deploy?.stdout, "Changes\n  a\nSucceeded");
    assert.equal(status.observedGeneration, 4);
  });

  it("a stage without stderr shows its error; other exit codes are told as they are", () => {
    const status = stageFailed(emptyStatus, "fetch", { error: "Expected at least one fetch option", exitCode: -1 }, at);
    assert.equal(status.usefulErrorMessage, "Expected at least one fetch option");
    assert.equal(stageError("Templating dir", "exit status 2"), "Templating dir: exit status 2");
    assert.deepEqual(appStatusJson(status)["fetch"], {
      exitCode: -1,
      error: "Expected at least one fetch option",
      startedAt: null,
      updatedAt: "2026-01-02T03:04:05Z",
    });
  });

  it("a failed deploy keeps what was known of the resources, and its useful error is tidied", () => {
    const status = stageFailed(
      afterSuccess(),
      "deploy",
      { error: "Deploying: x", exitCode: 1, stderr: "kapp: Error: x\n\n" },
      at,
    );
    assert.deepEqual(status.deploy?.associatedResources, associatedResources);
    assert.equal(status.usefulErrorMessage, "kapp: Error: x");
    assert.equal(status.deploy?.finished, true);
  });

  it("an old useful error stays until a run ends, then goes", () => {
    const failed = stageFailed(afterSuccess(), "deploy", { error: "e", exitCode: 1 }, at);
    assert.equal(startReconciling(failed, 4).usefulErrorMessage, "e");
    assert.equal(succeeded(failed).usefulErrorMessage, "");
    assert.deepEqual(
      [succeeded(failed).consecutiveReconcileSuccesses, succeeded(failed).consecutiveReconcileFailures],
      [1, 0],
    );
  });

  it("output of a running deploy is unfinished", () => {
    const { deploy } = deployProgress(stageStarted(afterSuccess(), "deploy", at), { stdout: "half\n" }, at + 1000);
    assert.deepEqual(
      [deploy?.finished, deploy?.stdout, deploy?.associatedResources],
      [false, "half", associatedResources],
    );
  });

  it("a failed delete counts as a failure and leaves the deploy block", () => {
    const status = deleteFailed(deleting(afterSuccess(), 5, at), { error: "Preparing kapp: x", exitCode: -1 });
    assert.deepEqual(status.condition, { type: "DeleteFailed", message: "Preparing kapp: x" });
    assert.equal(status.friendlyDescription, "Delete failed: Preparing kapp: x");
    assert.deepEqual(
      [status.consecutiveReconcileFailures, status.deploy?.exitCode, status.observedGeneration],
      [1, 0, 5],
    );
  });

  it("paused changes only the description and the generation", () => {
    const before = afterSuccess();
    assert.deepEqual(paused(before, 9), { ...before, observedGeneration: 9, friendlyDescription: "Canceled/paused" });
  });

  it("inspection comes and goes without touching the condition", () => {
    const status = inspected(afterSuccess(), { stdout: "tree\n\n" }, at);
    assert.deepEqual([status.inspect?.stdout, status.condition?.type], ["tree", "ReconcileSucceeded"]);
    assert.equal("inspect" in inspected(status, undefined, at), false);
  });

  it("what is written is read back", () => {
    const status = inspected(
      stageFailed(afterSuccess(), "deploy", { error: "e", exitCode: 1, stderr: "s" }, at),
      { stdout: "t" },
      at,
    );
    const json = appStatusJson(status);
    assert.deepEqual(appStatusJson(readAppStatus(json)), json);
  });
});

describe("bounds (L27)", () => {
  it("long outputs keep head and tail and say what is missing", () => {
    const status = stageFailed(
      emptyStatus,
      "fetch",
      { error: "é".repeat(9000), exitCode: 1, stderr: `head${"x".repeat(100_000)}tail`, stdout: "y".repeat(100_000) },
      at,
    );
    const { stderr = "", stdout = "" } = status.fetch ?? {};
    for (const [text, bytes] of [
      [stderr, 16384],
      [stdout, 16384],
      [status.usefulErrorMessage, 8192],
      [status.friendlyDescription, 8192],
      [status.condition?.message ?? "", 8192],
    ] as const) {
      assert.ok(Buffer.byteLength(text) <= bytes && Buffer.byteLength(text) > bytes - 100);
    }
    assert.match(stderr, /^headx+\n… 83624 bytes left out …\nx+tail$/);
    assert.ok(Buffer.byteLength(JSON.stringify(appStatusJson(status))) < 200 * 1024);
  });
  it("one below the bound stays, no character is split", () => {
    assert.equal(clipText("x".repeat(100), 100), "x".repeat(100));
    assert.ok(!clipText("é".repeat(1000), 101).includes("\ufffd"));
  });
  it("tidying takes linear time", () => {
    const startedAt = performance.now();
    assert.equal(tidyOutput(` \n a${" ".repeat(500_000)}x \n\n\t\nb  \n`), `a${" ".repeat(500_000)}x\nb`);
    assert.ok(performance.now() - startedAt < 1000);
  });
});
