/** The packaged functions under Lambda's Runtime API, over emulated AWS, deploying to a real API server: a push, a wait, a repair of drift, a deletion. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import {
  appsPath,
  buildBundles,
  isDeployedAt,
  type PackagedFunctions,
  startPackagedFunctions,
} from "../aws/packaged-functions.ts";
import { type LambdaWorld, pushEvent, sqsEvent, startLambdaWorld } from "../functions/aws/lambda-world.ts";
import { type ControlPlane, startControlPlane } from "./control-plane.ts";
import { createKubeClient, type KubeClient } from "./kube-client.ts";

const namespace = "bundles-test";

const resources = (colour: string): string => `apiVersion: v1
kind: Namespace
metadata: {name: ${namespace}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: colours, namespace: ${namespace}}
data: {colour: ${colour}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: ${namespace}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: web}]}
`;

const entry = (inNamespace: string, value: string): string =>
  JSON.stringify({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "entry", namespace: inNamespace },
    data: { value },
  });

describe("the packaged functions on a real API server", { concurrency: false }, () => {
  const { bundles, remove } = buildBundles();
  let plane: ControlPlane;
  let kube: KubeClient;
  let world: LambdaWorld;
  let packaged: PackagedFunctions;
  before(async () => {
    [plane, world] = await Promise.all([startControlPlane(), startLambdaWorld({ LATEEN_SYNC_PERIOD: "1h" })]);
    kube = createKubeClient(plane.kubeconfig);
    packaged = startPackagedFunctions(world, bundles, { visibilityS: 60, maxConcurrency: 2 });
    packaged.startMappings();
    await packaged.createSecret("cluster", plane.kubeconfig);
  });
  after(async () => {
    await packaged.stop();
    await Promise.all([world.stop(), kube.close()]);
    await plane.stop();
    remove();
  });

  const eventually = async (check: () => Promise<string | undefined>): Promise<void> => {
    const end = Date.now() + 60_000;
    for (;;) {
      const missing = await check();
      if (missing === undefined) return;
      assert.ok(Date.now() < end, missing);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  };
  const deployed = (commit: string, app = "web"): Promise<void> =>
    eventually(async () => {
      const status = await packaged.statusOf(app);
      return isDeployedAt(status, commit) ? undefined : status;
    });
  const gone = (app: string): Promise<void> =>
    eventually(async () =>
      (await packaged.hub("GET", `${appsPath}/${app}`)).statusCode === 404 ? undefined : "the App is there",
    );
  const colour = async (): Promise<string | undefined> => {
    const found = await kube.get("v1", "ConfigMap", namespace, "colours");
    return /"colour":"(\w+)"/.exec(JSON.stringify(found?.["data"] ?? {}))?.[1];
  };

  test("an App and then a push are applied, in order and waited for", async () => {
    const first = await world.repository.commitFiles({ "app/all.yml": resources("red") });
    await packaged.createApp("web", "app");
    await deployed(first);
    assert.equal(await colour(), "red");
    const second = await world.repository.commitFiles({ "app/all.yml": resources("blue") });
    const answer = await packaged.ingress(pushEvent(world.repository.url, second));
    assert.equal(answer.statusCode, 202, answer.body);
    await deployed(second);
    assert.equal(await colour(), "blue");
  });

  test("what was changed by hand is repaired after a tick (I23)", async () => {
    await kube.patch(
      { kind: "ConfigMap", namespace, name: "colours" },
      { contentType: "application/merge-patch+json", body: { data: { colour: "green" } } },
    );
    assert.equal(await colour(), "green");
    await packaged.functions.tick.invoke(sqsEvent({ messageId: "1", body: '{"key":"tick"}' }));
    await eventually(async () => ((await colour()) === "blue" ? undefined : `still ${String(await colour())}`));
  });

  test("a token that the API server takes no more fails its App by name, and a new one mends it (F37)", async () => {
    const accountNamespace = "bundles-test-login";
    const account = "serviceaccount/deployer";
    const right = "clusterrolebinding/bundles-test-login";
    const makeAccount = async (): Promise<string> => {
      await plane.kubectl(["create", "serviceaccount", "deployer", "-n", accountNamespace]);
      return (await plane.kubectl(["create", "token", "deployer", "-n", accountNamespace])).trim();
    };
    const secretsPath = "/api/v1/namespaces/default/secrets/login";
    const kubeconfigWith = (token: string): string => plane.kubeconfig.replace(/(token"?: "?)[^\s"]+/, `$1${token}`);
    const files = (value: string): Readonly<Record<string, string>> => ({
      "app/all.yml": resources("blue"),
      "login/a.yml": entry(accountNamespace, value),
    });
    await plane.kubectl(["create", "namespace", accountNamespace]);
    try {
      const subject = `--serviceaccount=${accountNamespace}:deployer`;
      await plane.kubectl([
        "create",
        "clusterrolebinding",
        "bundles-test-login",
        "--clusterrole=cluster-admin",
        subject,
      ]);
      const old = await makeAccount();
      const first = await world.repository.commitFiles(files("1"));
      await packaged.createSecret("login", kubeconfigWith(old));
      await packaged.createApp("login", "login", "login");
      await deployed(first, "login");

      // Tokens of an account that is no more are refused like expired ones; those live for ten minutes at least.
      await plane.kubectl(["delete", account, "-n", accountNamespace]);
      const second = await world.repository.commitFiles(files("2"));
      await packaged.ingress(pushEvent(world.repository.url, second));
      let status = "";
      await eventually(async () => {
        // The server believes a token for up to ten seconds after it has seen it: another run then.
        await packaged.hub("POST", "/api/apps/default/login/reconcile?wait=false");
        status = await packaged.statusOf("login");
        return status.includes('"ReconcileFailed"') ? undefined : status;
      });
      assert.match(status, /"usefulErrorMessage":"kapp: Error: .*API server says:.*Unauthorized/);
      assert.ok(!status.includes(old));

      const fresh = await makeAccount();
      const stringData = { value: kubeconfigWith(fresh) };
      const rotated = await packaged.hub("PATCH", secretsPath, { stringData });
      assert.equal(rotated.statusCode, 200, rotated.body);
      await deployed(second, "login");
      for (const token of [old, fresh]) assert.ok(!packaged.functions.runner.log().includes(token));
      assert.equal((await packaged.hub("DELETE", `${appsPath}/login`)).statusCode, 200);
      await gone("login");
    } finally {
      await plane.kubectl(["delete", right, `namespace/${accountNamespace}`, "--ignore-not-found", "--wait=false"]);
    }
  });

  test("a deleted App takes away what it deployed", async () => {
    assert.equal((await packaged.hub("DELETE", `${appsPath}/web`)).statusCode, 200);
    await gone("web");
    assert.equal(await colour(), undefined);
  });
});
