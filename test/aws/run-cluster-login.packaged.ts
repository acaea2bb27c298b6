/** Tokens of run clusters that end while Apps live on: stored ones that somebody must replace, and EKS' that the packaged functions make. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { systemClock } from "../../src/base/index.ts";
import { own, parseJson } from "../../src/resource/index.ts";
import { type Sandbox, startSandbox } from "../../src/sandbox/index.ts";
import { pushEvent } from "../functions/aws/lambda-world.ts";
import { type EksApiServer, startEksApiServer } from "./eks-api-server.ts";
import { configMap, eventually, type PackagedWorld, startPackagedWorld } from "./packaged-world.ts";

const tokenLifeS = 600;

/** Signatures are dated by the second: two tokens of one second are the same text. */
const nextSecond = (): Promise<void> => systemClock.sleep(1_000 - (systemClock.now() % 1_000));

describe("tokens of run clusters and the packaged functions", { concurrency: false }, () => {
  let started: PackagedWorld;
  before(async () => {
    const names = fileURLToPath(new URL("loopback-names.mjs", import.meta.url));
    // One runner: each process has EKS tokens of its own.
    started = await startPackagedWorld({ NODE_OPTIONS: `--import=${names}` }, { maxConcurrency: 1 });
    started.packaged.startMappings();
  });
  after(() => started.stop());

  const push = async (name: string, value: string): Promise<string> => {
    const { repository } = started.world;
    const commit = await repository.commitFiles({ [`${name}/a.yml`]: configMap(name, value) });
    const answer = await started.packaged.ingress(pushEvent(repository.url, commit));
    assert.equal(answer.statusCode, 202, answer.body);
    return commit;
  };
  const assertNowhere = async (secret: string): Promise<void> => {
    assert.ok(!(await started.tableText()).includes(secret), "the table holds it");
    for (const { name, log } of Object.values(started.packaged.functions))
      assert.ok(!log().includes(secret), `${name} logs it`);
  };

  describe("a ServiceAccount's token in the kubeconfig's Secret", () => {
    let sandbox: Sandbox;
    let aheadMs = 0;
    before(async () => {
      sandbox = await startSandbox({ clock: { ...systemClock, now: () => systemClock.now() + aheadMs } });
      await post("/api/v1/namespaces/default/serviceaccounts", { metadata: { name: "deployer" } });
      await post("/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", {
        metadata: { name: "deployer" },
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin" },
        subjects: [{ kind: "ServiceAccount", name: "deployer", namespace: "default" }],
      });
    });
    after(() => sandbox.stop());

    const post = async (path: string, body: object): Promise<string> => {
      const headers = { authorization: `Bearer ${sandbox.token}`, "content-type": "application/json" };
      const request = new Request(sandbox.server + path, { method: "POST", headers, body: JSON.stringify(body) });
      const answer = await sandbox.handle(request);
      const text = await answer.text();
      assert.equal(answer.status, 201, text);
      return text;
    };
    const newToken = async (): Promise<string> => {
      const made = await post("/api/v1/namespaces/default/serviceaccounts/deployer/token", {
        spec: { expirationSeconds: tokenLifeS },
      });
      const token = own(own(parseJson(made), "status"), "token");
      assert.ok(typeof token === "string");
      return token;
    };
    const kubeconfigWith = (token: string): string => sandbox.kubeconfig.replace(sandbox.token, token);

    test("an expired one fails its App by name and without a secret, and a new one mends it (F37)", async () => {
      const { packaged } = started;
      const [old, fresh] = [await newToken(), await newToken()];
      await packaged.createSecret("expiring", kubeconfigWith(old));
      await packaged.createApp("expiring", "expiring", "expiring");
      await started.deployed("expiring", await push("expiring", "1"));

      aheadMs = (tokenLifeS + 60) * 1_000;
      const fresher = await newToken();
      const commit = await push("expiring", "2");
      let status = "";
      await eventually(
        () => `the App fails: ${status}`,
        async () => (status = await packaged.statusOf("expiring")).includes('"ReconcileFailed"'),
      );
      const message = String(own(parseJson(status), "usefulErrorMessage"));
      assert.match(
        message,
        /^kapp: Error: Getting resource configmap\/expiring\.app\S+ .*API server says:\s+Unauthorized/s,
      );
      for (const token of [old, fresh, sandbox.token]) {
        assert.ok(!status.includes(token));
        await assertNowhere(token);
      }
      // No run in between has deployed what it could not.
      assert.ok(!status.includes('"ReconcileSucceeded"'), status);

      const rotated = await packaged.hub("PATCH", "/api/v1/namespaces/default/secrets/expiring", {
        stringData: { value: kubeconfigWith(fresher) },
      });
      assert.equal(rotated.statusCode, 200, rotated.body);
      await started.deployed("expiring", commit);
      await assertNowhere(fresher);
    });
  });

  describe("EKS' token, which is stored nowhere", () => {
    let eks: EksApiServer;
    before(async () => {
      eks = await startEksApiServer(started.world.sandbox);
      await started.packaged.createSecret("eks", eks.kubeconfig);
    });
    after(() => eks.stop());

    test("is made for the cluster by the keys of the function", async () => {
      const commit = await push("eks", "1");
      await started.packaged.createApp("eks", "eks", "eks");
      await started.deployed("eks", commit);
      assert.equal(eks.taken.size, 1);
      assert.equal(eks.refused(), 0);
    });

    test("is made anew within the run that finds it expired (F38)", async () => {
      eks.expireTokens();
      await nextSecond();
      await started.deployed("eks", await push("eks", "2"));
      assert.ok(eks.refused() > 0);
      assert.equal(eks.taken.size, 2);
    });

    test("is made anew by each new process", async () => {
      await started.packaged.stopMappings();
      started.packaged.functions.runner.kill();
      await nextSecond();
      started.packaged.startMappings();
      const refused = eks.refused();
      await started.deployed("eks", await push("eks", "3"));
      assert.equal(eks.taken.size, 3);
      assert.equal(eks.refused(), refused);
    });

    test("stands in no log and not in the table", async () => {
      for (const token of eks.taken) await assertNowhere(token);
    });
  });
});
