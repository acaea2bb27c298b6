/** Who changed what, as a real API server remembers it. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { systemClock } from "../../src/base/index.ts";
import { type Cluster, connectCluster, parseKubeconfig } from "../../src/cluster/index.ts";
import { applyPlan, objectDrift, parseDeployOptions, planDeploy, recordedStateHolds } from "../../src/deploy/index.ts";
import type { KubeObject } from "../../src/resource/index.ts";
import { resources } from "../deploy/support/deploy.ts";
import { type ControlPlane, startControlPlane } from "./control-plane.ts";

const namespace = `drift-${process.pid}`;
const input = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 1
  paused: false
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: web, image: "web:1"}
      - {name: log, image: "log:1", env: [{name: LEVEL, value: info}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
`;

describe("drift on a real API server", () => {
  let plane: ControlPlane;
  let cluster: Cluster;
  const { signal } = new AbortController();
  before(async () => {
    plane = await startControlPlane();
    await plane.kubectl(["create", "namespace", namespace]);
    cluster = connectCluster(parseKubeconfig(plane.kubeconfig, { now: Date.now() }));
    const parsed = parseDeployOptions({ rawOptions: ["--wait=false"] });
    assert.ok("options" in parsed);
    const app = { name: "drift.app", stateNamespace: namespace, defaultNamespace: namespace };
    const deps = { clock: systemClock, random: Math.random };
    const plan = await planDeploy({ app, resources: resources(input), options: parsed.options }, cluster, deps, {
      signal,
    });
    const steps = applyPlan(plan, cluster, deps, { signal });
    let step = await steps.next();
    while (step.done !== true) step = await steps.next();
    assert.equal(step.value.state, "succeeded");
  });
  after(async () => {
    await cluster.close();
    await plane.kubectl(["delete", "namespace", namespace, "--wait=false"]);
    await plane.stop();
  });

  const live = async (kind: string): Promise<KubeObject> => {
    const type = (await cluster.discover()).types.find((one) => one.kind === kind);
    const object = type === undefined ? undefined : await cluster.get(type, namespace, "web", { signal });
    assert.ok(object);
    return object;
  };
  const fieldsOf = (object: KubeObject): string[] =>
    objectDrift("web", object).fields.map(
      ({ path, was, is, by }) =>
        `${path} ${was} ${is} ${by === undefined ? "" : [by.manager, by.operation, by.subresource].join("/")}`,
    );

  it("finds nothing on what was just deployed, defaults of the server included", async () => {
    for (const kind of ["Deployment", "Service"]) {
      const object = await live(kind);
      assert.equal(recordedStateHolds(object), true);
      assert.deepEqual(fieldsOf(object), []);
    }
  });

  it("tells the subresource, the element of a list and the annotation that somebody changed", async () => {
    const kubectl = (...rest: readonly string[]): Promise<string> => plane.kubectl(["-n", namespace, ...rest]);
    await kubectl("scale", "deployment/web", "--replicas=3");
    await kubectl("set", "image", "deployment/web", "log=log:2");
    await kubectl("annotate", "service/web", "team=x");
    const deployment = await live("Deployment");
    assert.equal(recordedStateHolds(deployment), false);
    assert.deepEqual(fieldsOf(deployment), [
      "/spec/replicas 1 3 kubectl/Update/scale",
      '/spec/template/spec/containers/1/image "log:1" "log:2" kubectl-set/Update/',
    ]);
    assert.deepEqual(fieldsOf(await live("Service")), [
      '/metadata/annotations/team undefined "x" kubectl-annotate/Update/',
    ]);
  });

  it("tells a removed field without a name", async () => {
    const patch = '[{"op":"remove","path":"/spec/template/spec/containers/1/env"}]';
    await plane.kubectl(["-n", namespace, "patch", "deployment/web", "--type=json", "-p", patch]);
    assert.ok(
      fieldsOf(await live("Deployment")).includes(
        '/spec/template/spec/containers/1/env [{"name":"LEVEL","value":"info"}] undefined ',
      ),
    );
  });
});
