import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { createForwarder, parseKubeconfig } from "../../src/cluster/index.ts";
import { hasGitHttpBackend } from "../support/git-server.ts";
import { conditionOf, eventually, gitApp, startWorld, textAt, type World } from "./world.ts";

const skip = (await hasGitHttpBackend()) ? false : "git http-backend is not installed";

const password = "cnyPodSecret4811";
const app = `apiVersion: v1
kind: Secret
metadata: {name: db}
stringData: {password: ${password}}
---
apiVersion: v1
kind: Pod
metadata:
  name: worker
  annotations: {lateen.dev/fail-early-after: 0s, sandbox.lateen.dev/behaviour: never-ready}
spec: {containers: [{name: app, image: worker}]}
`;
/** As kubelet says it of a container whose last lines are its termination message. */
const crashing = {
  phase: "Running",
  containerStatuses: [
    {
      name: "app",
      image: "worker",
      imageID: "",
      ready: false,
      restartCount: 8,
      state: { waiting: { reason: "CrashLoopBackOff" } },
      lastState: { terminated: { exitCode: 1, reason: "Error", message: `no login at db as shop:${password}` } },
    },
  ],
};

describe("a Pod that crashes while its App is waited for", { skip }, () => {
  let world: World;
  before(async () => {
    world = await startWorld();
  });
  after(() => world.stop());

  it("fails the App early with the reason, and without what the App's Secrets hold", async () => {
    await world.repository.commitFiles({ "app/all.yml": app });
    await world.apply(gitApp("shop", world.repository, "app"));
    await eventually(async () => assert.notEqual(await world.live("Pod", "worker"), undefined));
    const forwarder = createForwarder(parseKubeconfig(world.sandbox.kubeconfig, { now: Date.now() }));
    const answer = await forwarder.forward(
      new Request("http://hub/api/v1/namespaces/ns1/pods/worker/status", {
        method: "PATCH",
        headers: { "content-type": "application/merge-patch+json" },
        body: JSON.stringify({ status: crashing }),
      }),
    );
    await forwarder.close();
    assert.equal(answer.status, 200, await answer.text());
    const status = await world.until("shop", (now) => conditionOf(now) === "ReconcileFailed");
    assert.equal(
      textAt(status, "usefulErrorMessage"),
      [
        "kapp: Error: waiting on reconcile pod/worker (v1) namespace: ns1:",
        "  Finished unsuccessfully (Condition Initialized is not set (container app: CrashLoopBackOff, restarted 8 times, last exit code 1 (Error)))",
        "lateen: not waited for until the time-out: waiting on would not help",
        "lateen: pod/worker (v1) namespace: ns1, container app: CrashLoopBackOff, restarted 8 times, last exit code 1 (Error) (message: no login at db as shop:[redacted])",
      ].join("\n"),
    );
    assert.doesNotMatch(JSON.stringify(status), new RegExp(password));
    assert.ok(!world.logs.some((line) => line.includes(password)));
  });
});
