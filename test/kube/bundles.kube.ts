/** The packaged functions under Lambda's Runtime API, over emulated AWS, deploying to a real API server: a push, a wait, a repair of drift, a deletion. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { own, parseJson } from "../../src/resource/index.ts";
import { createFunction, type LambdaFunction } from "../aws/runtime-loop.ts";
import { type Mapping, startMapping } from "../aws/sqs-mapping.ts";
import { httpEvent, type LambdaWorld, pushEvent, sqsEvent, startLambdaWorld } from "../functions/aws/lambda-world.ts";
import { type ControlPlane, startControlPlane } from "./control-plane.ts";
import { createKubeClient, type KubeClient } from "./kube-client.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const namespace = "bundles-test";

interface Answer {
  readonly statusCode: number;
  readonly body: string;
}

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

describe("the packaged functions on a real API server", { concurrency: false }, () => {
  const folder = mkdtempSync(join(tmpdir(), "lateen-functions-"));
  let plane: ControlPlane;
  let kube: KubeClient;
  let world: LambdaWorld;
  let functions: Readonly<Record<"ingress" | "hub" | "tick" | "source" | "drift" | "runner", LambdaFunction>>;
  let mappings: readonly Mapping[] = [];

  before(async () => {
    execFileSync(process.execPath, ["scripts/build-functions.ts", folder], { cwd: root, stdio: "pipe" });
    [plane, world] = await Promise.all([startControlPlane(), startLambdaWorld({ LATEEN_SYNC_PERIOD: "1h" })]);
    kube = createKubeClient(plane.kubeconfig);
    const make = (name: string): LambdaFunction =>
      createFunction(name, { bundles: `${folder}/functions`, environment: world.environment, timeoutMs: 60_000 });
    functions = {
      ingress: make("ingress"),
      hub: make("hub"),
      tick: make("tick"),
      source: make("source"),
      drift: make("drift"),
      runner: make("runner"),
    };
    mappings = (
      [
        ["source", functions.source],
        ["drift", functions.drift],
        ["app", functions.runner],
      ] as const
    ).map(([queue, target]) =>
      startMapping(world.api, world.queueUrls.get(queue) ?? "", target, { visibilityS: 60, maxConcurrency: 2 }),
    );
    await created("/api/v1/namespaces/default/secrets", {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "cluster", namespace: "default" },
      stringData: { value: plane.kubeconfig },
    });
  });
  after(async () => {
    await Promise.all(mappings.map((mapping) => mapping.stop()));
    await Promise.all(Object.values(functions).map((each) => each.stop()));
    await Promise.all([world.stop(), kube.close()]);
    await plane.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const hub = async (method: string, path: string, object?: object): Promise<Answer> => {
    const headers = { authorization: `Bearer ${world.token}`, "content-type": "application/json" };
    const body = object === undefined ? {} : { body: JSON.stringify(object) };
    // HTTP events are answered in this shape.
    return (await functions.hub.invoke(httpEvent(method, path, { headers, ...body }))) as Answer;
  };
  const created = async (path: string, object: object): Promise<void> => {
    const { statusCode, body } = await hub("POST", path, object);
    assert.equal(statusCode, 201, body);
  };
  const apps = "/apis/kappctrl.k14s.io/v1alpha1/namespaces/default/apps";
  const eventually = async (check: () => Promise<string | undefined>): Promise<void> => {
    const end = Date.now() + 60_000;
    for (;;) {
      const missing = await check();
      if (missing === undefined) return;
      assert.ok(Date.now() < end, missing);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  };
  const deployed = (commit: string): Promise<void> =>
    eventually(async () => {
      const status = JSON.stringify(own(parseJson((await hub("GET", `${apps}/web`)).body), "status") ?? null);
      return status.includes(commit) && status.includes('"ReconcileSucceeded"') ? undefined : status;
    });
  const colour = async (): Promise<string | undefined> => {
    const found = await kube.get("v1", "ConfigMap", namespace, "colours");
    return /"colour":"(\w+)"/.exec(JSON.stringify(found?.["data"] ?? {}))?.[1];
  };

  test("an App and then a push are applied, in order and waited for", async () => {
    const first = await world.repository.commitFiles({ "app/all.yml": resources("red") });
    await created(apps, {
      apiVersion: "kappctrl.k14s.io/v1alpha1",
      kind: "App",
      metadata: { name: "web", namespace: "default" },
      spec: {
        cluster: { namespace: "default", kubeconfigSecretRef: { name: "cluster" } },
        fetch: [{ git: { url: world.repository.url, ref: "origin/main", subPath: "app" } }],
        template: [{ ytt: {} }],
        deploy: [{ kapp: {} }],
      },
    });
    await deployed(first);
    assert.equal(await colour(), "red");
    const second = await world.repository.commitFiles({ "app/all.yml": resources("blue") });
    // Lambda answers an HTTP event in this shape.
    const answer = (await functions.ingress.invoke(pushEvent(world.repository.url, second))) as Answer;
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
    await functions.tick.invoke(sqsEvent({ messageId: "1", body: '{"key":"tick"}' }));
    await eventually(async () => ((await colour()) === "blue" ? undefined : `still ${String(await colour())}`));
  });

  test("a deleted App takes away what it deployed", async () => {
    assert.equal((await hub("DELETE", `${apps}/web`)).statusCode, 200);
    await eventually(async () =>
      (await hub("GET", `${apps}/web`)).statusCode === 404 ? undefined : "the App is there",
    );
    assert.equal(await colour(), undefined);
  });
});
