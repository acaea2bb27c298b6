/** What is left of a run: one line in the log, and a record that every store takes. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { followRuns, getApp, getRun, requestReconcile } from "../../src/reconcile/index.ts";
import { hasGitHttpBackend } from "../support/git-server.ts";
import { eventually, gitApp, queued, startWorld, succeeded, type World } from "./world.ts";

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

  it("a wish that came while another run had the App is not forgotten with its wake-up", async () => {
    const { rows } = world.lateen.deps;
    const key = "app/ns1/small";
    await rows.want(key, Date.now(), "drift");
    const lease = await rows.acquire(key, "a run in hand", Date.now(), 60_000);
    assert.ok(lease !== undefined);
    await requestReconcile("ns1", "small", world.lateen.deps);
    // The wake-up finds the lease taken.
    await eventually(async () => assert.equal(await queued(world, "app"), 0));
    assert.equal(await rows.finish(lease), "dirty");
    await world.lateen.deps.wakeUps.send({ queue: "app", key, cause: "retry" });
    await eventually(async () => {
      const view = await getApp("ns1", "small", world.lateen.deps);
      assert.equal(view?.runs.at(0)?.cause, "by hand");
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
    await followedToItsEnd("many", 40_000);
  });

  it("so does the record of a run whose rules are long texts", async () => {
    const group = (index: number): string => `g/${"a".repeat(60)}${index}`;
    const objects = Array.from({ length: 190 }, (_, index) => {
      const rules = Array.from({ length: Math.min(index, 25) }, (__, back) => [
        `kapp.k14s.io/change-rule.r${back}`,
        `upsert after upserting ${group(index - 1 - back)}`,
      ]);
      const annotations = { "kapp.k14s.io/change-group": group(index), ...Object.fromEntries(rules) };
      return { apiVersion: "v1", kind: "ConfigMap", metadata: { name: `wide-${index}`, annotations } };
    });
    await world.repository.commitFiles({ "wide/a.yml": objects.map((each) => JSON.stringify(each)).join("\n---\n") });
    await world.apply(gitApp("wide", world.repository, "wide"));
    await followedToItsEnd("wide", 40_000);
  });

  it("a run that failed before its plan tells no time of a deploy", async () => {
    const { deps } = world.lateen;
    const view = await getApp("ns1", "absent", deps);
    const run = await getRun("ns1/absent", view?.runs.at(0)?.runId ?? "", deps);
    assert.equal(run?.outcome, "failed");
    assert.equal(run?.timings.deploy, undefined);
  });

  /** Whoever follows the App's first run sees its begin and its end, and what is stored is within its bounds. */
  async function followedToItsEnd(name: string, patienceMs: number): Promise<void> {
    const { deps } = world.lateen;
    const types: string[] = [];
    for await (const event of followRuns("ns1", name, 1, deps, { signal: AbortSignal.timeout(patienceMs) }))
      types.push(event.type);
    assert.deepEqual([types[0], types.at(-1)], ["started", "finished"]);
    assert.ok(types.includes("planned"));
    await world.until(name, succeeded(1));
    const view = await getApp("ns1", name, deps);
    const run = await getRun(`ns1/${name}`, view?.runs.at(-1)?.runId ?? "", deps);
    assert.ok(run !== undefined);
    const bytes = Buffer.byteLength(JSON.stringify(run));
    assert.ok(bytes <= 128 * 1024, `${bytes} bytes`);
    assert.deepEqual([run.events[0]?.type, run.events.at(-1)?.type, run.outcome], ["started", "finished", "succeeded"]);
    assert.deepEqual(
      world.logs.filter((line) => line.includes("run record not written")),
      [],
    );
  }
});
