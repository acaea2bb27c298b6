import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { CreateSecretCommand, PutSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { hasGitHttpBackend } from "../support/git-server.ts";
import { startSecretsManagerFake } from "../support/secrets-manager-fake.ts";
import { conditionOf, configMap, eventually, gitApp, startWorld, succeeded, textAt } from "./world.ts";

const skip = (await hasGitHttpBackend()) ? false : "git http-backend is not installed";

describe("kubeconfigs in AWS Secrets Manager, by configuration alone", { skip }, () => {
  it("are read by name, written through the hub, and read again when the cluster refuses the old one", async () => {
    const fake = await startSecretsManagerFake();
    // The SDK looks for these, as it would on a developer's machine.
    const environment = { AWS_ENDPOINT_URL: fake.endpoint, AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test" };
    const before = Object.keys(environment).map((name) => [name, process.env[name]] as const);
    Object.assign(process.env, environment);
    const operator = new SecretsManagerClient({ region: "eu-central-1" });
    const world = await startWorld({
      flags: { secrets: "aws-secrets-manager", awsRegion: "eu-central-1", awsSecretsPrefix: "team" },
    });
    try {
      assert.deepEqual(JSON.parse(String(fake.stages("team/ns1/cluster")["AWSCURRENT"])), {
        value: world.sandbox.kubeconfig,
      });
      await operator.send(
        new CreateSecretCommand({ Name: "team/ns1/by-hand", SecretString: world.sandbox.kubeconfig }),
      );
      await world.repository.commitFiles({ "app/a.yml": configMap("a", { v: "1" }) });
      const cluster = { namespace: "ns1", kubeconfigSecretRef: { name: "by-hand" } };
      await world.apply(gitApp("shop", world.repository, "app", { cluster }));
      await world.until("shop", succeeded(1));
      assert.equal(textAt(await world.live("ConfigMap", "a"), "data", "v"), "1");

      const old = world.sandbox.kubeconfig.replace(world.sandbox.token, "an-old-token");
      await operator.send(new CreateSecretCommand({ Name: "team/ns1/rotated", SecretString: old }));
      const rotated = { namespace: "ns1", kubeconfigSecretRef: { name: "rotated" } };
      await world.apply(gitApp("later", world.repository, "app", { cluster: rotated, deploy: [{ kapp: {} }] }));
      await world.until("later", (status) => conditionOf(status) === "ReconcileFailed");
      await operator.send(
        new PutSecretValueCommand({ SecretId: "team/ns1/rotated", SecretString: world.sandbox.kubeconfig }),
      );
      await eventually(async () => {
        const status = await world.until("later", () => true);
        // The objects belong to the other App: what matters is that the cluster lets us in again, without waiting for a cache to run out.
        assert.doesNotMatch(textAt(status, "usefulErrorMessage"), /Unauthorized/);
      });
    } finally {
      await world.stop();
      operator.destroy();
      await fake.close();
      for (const [name, value] of before) {
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
      }
    }
  });
});
