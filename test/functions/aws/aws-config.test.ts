import assert from "node:assert/strict";
import { test } from "node:test";
import { parseAwsConfig } from "../../../src/functions/aws/aws-config.ts";

const least = {
  AWS_REGION: "eu-central-1",
  LATEEN_TABLE: "lateen-prod-Table-1ABC",
  LATEEN_QUEUE_APP: "https://sqs.eu-central-1.amazonaws.com/123456789012/lateen-prod-app",
};

test("what the template sets is enough, blank options count as absent", () => {
  const parsed = parseAwsConfig({ ...least, LATEEN_HOME_KUBECONFIG_SECRET: "", AWS_ENDPOINT_URL: " " }, ["app"]);
  assert.ok("config" in parsed, JSON.stringify(parsed));
  const { config } = parsed;
  assert.deepEqual(
    [config.syncPeriodMs, config.secretsPrefix, config.hookSecrets, config.homeKubeconfigSecret, config.endpoint],
    [30_000, "lateen", ["lateen-hooks/github"], undefined, undefined],
  );
  assert.deepEqual(config.allowedAddresses, []);
  assert.equal(config.adaptiveCalls, true);
});

test("adaptive calls can be switched off", () => {
  const parsed = parseAwsConfig({ ...least, LATEEN_ADAPTIVE_CALLS: "false" });
  assert.equal("config" in parsed && parsed.config.adaptiveCalls, false);
});

test("every fault is told at once, by the variable's name and never its value", () => {
  const canary = "canary-value";
  const parsed = parseAwsConfig(
    {
      AWS_REGION: `${canary}!`,
      LATEEN_QUEUE_APP: canary,
      LATEEN_SYNC_PERIOD: canary,
      LATEEN_ALLOWED_ADDRESSES: canary,
      LATEEN_FORBIDDEN_RAW_OPTIONS: canary,
      LATEEN_MAX_DELETIONS: canary,
      LATEEN_MAX_DELETED_PERCENT: canary,
      LATEEN_HOME_KUBECONFIG_SECRET: canary,
      LATEEN_LOG_LEVEL: canary,
      LATEEN_ADAPTIVE_CALLS: canary,
      AWS_ENDPOINT_URL_SQS: canary,
    },
    ["app", "source"],
  );
  assert.ok("faults" in parsed);
  const text = parsed.faults.join("\n");
  for (const name of [
    "AWS_REGION",
    "LATEEN_TABLE",
    "LATEEN_QUEUE_APP",
    "LATEEN_QUEUE_SOURCE",
    "LATEEN_SYNC_PERIOD",
    "LATEEN_ALLOWED_ADDRESSES",
    "LATEEN_FORBIDDEN_RAW_OPTIONS",
    "LATEEN_MAX_DELETIONS",
    "LATEEN_MAX_DELETED_PERCENT",
    "LATEEN_HOME_KUBECONFIG_SECRET",
    "LATEEN_LOG_LEVEL",
    "LATEEN_ADAPTIVE_CALLS",
    "AWS_ENDPOINT_URL_SQS",
  ])
    assert.match(text, new RegExp(`^${name}: `, "m"));
  assert.ok(!text.includes(canary), text);
  assert.equal(new Set(parsed.faults).size, parsed.faults.length, "each fault is told once");
});
