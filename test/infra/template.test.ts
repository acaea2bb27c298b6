import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import * as z from "zod";

const root = fileURLToPath(new URL("../..", import.meta.url));
const templateSchema = z.object({
  Resources: z.record(
    z.string(),
    z.looseObject({
      Type: z.string(),
      DeletionPolicy: z.string().optional(),
      UpdateReplacePolicy: z.string().optional(),
      Properties: z.record(z.string(), z.unknown()).optional(),
    }),
  ),
});
const isBuilt = existsSync(join(root, "dist/functions/runner/index.mjs"));

describe("the packaged template", { skip: isBuilt ? false : "run `node scripts/build-functions.ts` first" }, () => {
  const folder = mkdtempSync(join(tmpdir(), "lateen-template-"));
  let resources: z.infer<typeof templateSchema>["Resources"] = {};
  const ofType = (type: string) => Object.entries(resources).filter(([, { Type }]) => Type === type);

  before(() => {
    execFileSync("osls", ["package", "--stage", "dev", "--package", folder], { cwd: root, stdio: "pipe" });
    const text = readFileSync(join(folder, "cloudformation-template-update-stack.json"), "utf8");
    resources = templateSchema.parse(JSON.parse(text)).Resources;
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it("runs seven functions on nodejs24.x and arm64, each with a role of its own", () => {
    const functions = ofType("AWS::Lambda::Function").map(([, { Properties }]) => Properties ?? {});
    assert.equal(functions.length, 7);
    for (const { Runtime, Architectures } of functions)
      assert.deepEqual([Runtime, Architectures], ["nodejs24.x", ["arm64"]]);
    assert.equal(new Set(functions.map(({ Role }) => JSON.stringify(Role))).size, 7);
  });

  it("lets the functions that wake themselves do so", () => {
    for (const name of ["Tick", "Source", "Drift", "Runner"])
      assert.equal(resources[`${name}LambdaFunction`]?.Properties?.["RecursiveLoop"], "Allow", name);
  });

  it("hides messages at least as long as their function may run (L22)", () => {
    for (const [queue, name] of [
      ["TickQueue", "Tick"],
      ["SourceQueue", "Source"],
      ["DriftQueue", "Drift"],
      ["AppQueue", "Runner"],
    ]) {
      const visible = Number(resources[`${queue}`]?.Properties?.["VisibilityTimeout"]);
      assert.ok(visible >= Number(resources[`${name}LambdaFunction`]?.Properties?.["Timeout"]), queue);
    }
  });

  it("keeps the table, its expiry and its backups, and every log for a bounded time", () => {
    const table = resources["Table"];
    assert.deepEqual([table?.DeletionPolicy, table?.UpdateReplacePolicy], ["Retain", "Retain"]);
    assert.deepEqual(table?.Properties?.["TimeToLiveSpecification"], { AttributeName: "expires", Enabled: true });
    const logs = ofType("AWS::Logs::LogGroup");
    assert.equal(logs.length, 7);
    for (const [id, { Properties }] of logs) assert.equal(Properties?.["RetentionInDays"], 14, id);
  });

  it("never repeats a late tick, and keeps dead letters of Apps", () => {
    const target = JSON.stringify(resources["TickSchedule"]?.Properties?.["Target"]);
    assert.match(target, /"MaximumRetryAttempts":0/);
    assert.match(JSON.stringify(resources["AppQueue"]?.Properties?.["RedrivePolicy"]), /"maxReceiveCount":5/);
  });
});
