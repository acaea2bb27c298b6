import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
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
type Resources = z.infer<typeof templateSchema>["Resources"];

const names = ["byhand", "drift", "hub", "ingress", "runner", "source", "tick"];

/** Packages without account or network, as `npm run package` does. */
function packageInto(folder: string, ...options: readonly string[]): Resources {
  const environment = { ...process.env, SLS_TELEMETRY_DISABLED: "1", AWS_REGION: "eu-central-1" };
  execFileSync("osls", ["package", "--package", folder, ...options], { cwd: root, stdio: "pipe", env: environment });
  const text = readFileSync(join(folder, "cloudformation-template-update-stack.json"), "utf8");
  return templateSchema.parse(JSON.parse(text)).Resources;
}

/** Name → SHA-256 of each zip. */
const digests = (folder: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    readdirSync(folder)
      .filter((file) => file.endsWith(".zip"))
      .sort()
      .map((file) => [
        file,
        createHash("sha256")
          .update(readFileSync(join(folder, file)))
          .digest("hex"),
      ]),
  );

describe("the packaged template", () => {
  const folder = mkdtempSync(join(tmpdir(), "lateen-template-"));
  const again = mkdtempSync(join(tmpdir(), "lateen-template-"));
  let resources: Resources = {};
  const ofType = (type: string) => Object.entries(resources).filter(([, { Type }]) => Type === type);

  before(() => {
    execFileSync(process.execPath, ["scripts/build-functions.ts"], { cwd: root, stdio: "pipe" });
    resources = packageInto(folder, "--stage", "dev");
  });
  after(() => {
    for (const each of [folder, again]) rmSync(each, { recursive: true, force: true });
  });

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
      ["BackgroundQueue", "Runner"],
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
    for (const queue of ["AppQueue", "BackgroundQueue"])
      assert.match(JSON.stringify(resources[queue]?.Properties?.["RedrivePolicy"]), /"maxReceiveCount":5/, queue);
  });

  it("zips the same bytes each time", () => {
    packageInto(again, "--stage", "dev");
    assert.deepEqual(
      Object.keys(digests(folder)),
      names.map((name) => `${name}.zip`),
    );
    assert.deepEqual(digests(again), digests(folder));
    for (const name of names) {
      const zip = readFileSync(join(folder, `${name}.zip`));
      assert.ok(zip.includes(`dist/functions/${name}/index.mjs`), name);
    }
  });

  it("grants no action by a wildcard, and no resource where AWS has names for them (T13)", () => {
    const statements = ofType("AWS::IAM::Role").flatMap(([id, { Properties }]) =>
      statementsOf(Properties).map((statement) => ({ id, statement })),
    );
    assert.ok(statements.length > 20, `${statements.length} statements found`);
    for (const { id, statement } of statements) {
      const { Action, Resource } = statement;
      const actions = [Action].flat().map(String);
      assert.deepEqual(
        actions.filter((action) => action.includes("*") || action === "logs:CreateLogGroup"),
        [],
        id,
      );
      if (JSON.stringify(Resource) === '"*"')
        assert.ok(
          actions.every((action) => action.startsWith("ec2:") || action === "secretsmanager:BatchGetSecretValue"),
          id,
        );
    }
  });

  it("lets the webhook function touch sources only, and read webhook secrets only (T13)", () => {
    const text = JSON.stringify(resources["IngressRole"]);
    assert.match(text, /"dynamodb:LeadingKeys":\["ROW#source\/\*","ITEM#SRC#\*","ITEM#REPO#\*"\]/);
    assert.match(text, /secret:lateen-hooks-dev\/\*/);
    assert.doesNotMatch(text, /secret:lateen-dev|DeleteItem|AssumeRole","Resource/);
  });

  it("keeps each function's environment far below Lambda's 4 KB, with names and no values of secrets", () => {
    for (const [id, { Properties }] of ofType("AWS::Lambda::Function")) {
      const text = JSON.stringify(Properties?.["Environment"] ?? {});
      assert.ok(text.length < 3_000, `${id}: ${text.length}`);
    }
  });

  it("reserves as much as a mapping may use, or nothing", () => {
    for (const [id, { Properties }] of ofType("AWS::Lambda::EventSourceMapping")) {
      const target = JSON.stringify(Properties?.["FunctionName"]);
      const reserved = Object.entries(resources).find(
        ([name, { Type }]) => Type === "AWS::Lambda::Function" && target.includes(name),
      )?.[1].Properties?.["ReservedConcurrentExecutions"];
      const { MaximumConcurrency } = Object(Properties?.["ScalingConfig"]);
      assert.ok(reserved === undefined || Number(reserved) >= Number(MaximumConcurrency), id);
      assert.deepEqual(Properties?.["FunctionResponseTypes"], ["ReportBatchItemFailures"], id);
    }
  });

  it("takes a key, a VPC and a mail address for production", () => {
    const production = packageInto(
      again,
      "--stage",
      "prod",
      "--param=kmsKeyArn=arn:aws:kms:eu-central-1:123456789012:key/1",
      "--param=subnetIds=subnet-1,subnet-2",
      "--param=securityGroupIds=sg-1",
      "--param=alarmEmail=ops@example.org",
    );
    assert.match(JSON.stringify(production["RunnerLambdaFunction"]), /"Fn::If":\["HasVpc"/);
    assert.match(JSON.stringify(production["Table"]), /"Fn::If":\["HasKmsKey"/);
    assert.equal(production["AlarmTopic"]?.Type, "AWS::SNS::Topic");
    const text = readFileSync(join(again, "cloudformation-template-update-stack.json"), "utf8");
    assert.match(text, /"Default": ?"subnet-1,subnet-2"/);
  });
});

function statementsOf(properties: Readonly<Record<string, unknown>> | undefined): readonly Record<string, unknown>[] {
  const found: Record<string, unknown>[] = [];
  const walk = (value: unknown): void => {
    if (Array.isArray(value)) for (const member of value) walk(member);
    else if (typeof value === "object" && value !== null) {
      // An object of the template, read by name only.
      const record = value as Record<string, unknown>;
      if ("Effect" in record && "Resource" in record) found.push(record);
      for (const member of Object.values(record)) walk(member);
    }
  };
  walk(properties?.["Policies"]);
  return found;
}
