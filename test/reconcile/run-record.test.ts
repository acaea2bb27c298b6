/** What is left of a run: one line in the log, and a record that every store takes. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { getApp, getRun } from "../../src/reconcile/index.ts";
import { hasGitHttpBackend } from "../support/git-server.ts";
import { eventually, gitApp, startWorld, succeeded, type World } from "./world.ts";

const skip = (await hasGitHttpBackend()) ? false : "git http-backend is not installed";

describe("what a run leaves", { skip }, () => {
  let world: World;
  before(async () => {
    world = await startWorld();
  });
  after(() => world.stop());

  it("a line of the log tells App, run, commit, cluster, cause and how it ended", async () => {
    const commit = await world.repository.commitFiles({
      "small/a.yml": JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "small" } }),
    });
    await world.apply(gitApp("small", world.repository, "small"));
    await world.until("small", succeeded(1));
    await eventually(async () => {
      const line = world.logs.find((each) => each.includes('"run ended"') && each.includes("ns1/small"));
      assert.ok(line !== undefined);
      const entry: Readonly<Record<string, unknown>> = JSON.parse(line);
      assert.deepEqual(
        [entry["app"], entry["outcome"], entry["commits"], entry["changes"], entry["cause"]],
        ["ns1/small", "succeeded", [commit], 1, "app changed"],
      );
      assert.match(String(entry["cluster"]), /^https:\/\/127\.0\.0\.1:/);
      assert.match(String(entry["runId"]), /^\w{20,}$/);
      assert.ok(Number(entry["epoch"]) > 0);
    });
  });

  it("a failed run says why, with the same fields", async () => {
    await world.apply(gitApp("absent", world.repository, "no-such-folder"));
    await eventually(async () => {
      const line = world.logs.find((each) => each.includes('"run failed"') && each.includes("ns1/absent"));
      assert.ok(line !== undefined);
      const entry: Readonly<Record<string, unknown>> = JSON.parse(line);
      assert.equal(entry["outcome"], "failed");
      assert.match(String(entry["error"]), /no-such-folder/);
    });
  });

  it("the record of a run with very many changes stays below what a store takes, and keeps how it began and ended", async () => {
    const objects = Array.from({ length: 1_500 }, (_, index) => ({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: `many-${index}` },
      data: { value: "v".repeat(300) },
    }));
    await world.repository.commitFiles({ "many/a.yml": objects.map((each) => JSON.stringify(each)).join("\n---\n") });
    await world.apply(gitApp("many", world.repository, "many"));
    await world.until("many", succeeded(1));
    const { deps } = world.lateen;
    const view = await getApp("ns1", "many", deps);
    const run = await getRun("ns1/many", view?.runs.at(-1)?.runId ?? "", deps);
    assert.ok(run !== undefined);
    assert.ok(JSON.stringify(run).length < 200 * 1_024, `${JSON.stringify(run).length} bytes`);
    assert.equal(run.events[0]?.type, "started");
    assert.equal(run.events.at(-1)?.type, "finished");
    assert.deepEqual(
      world.logs.filter((line) => line.includes("run record not written")),
      [],
    );
  });
});
