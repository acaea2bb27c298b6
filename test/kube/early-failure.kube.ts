import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { systemClock } from "../../src/base/index.ts";
import { type Cluster, connectCluster, parseKubeconfig } from "../../src/cluster/index.ts";
import {
  applyPlan,
  createEventFormatter,
  formatDeployError,
  parseDeployOptions,
  planDeploy,
} from "../../src/deploy/index.ts";
import { resources } from "../deploy/support/deploy.ts";
import { type ControlPlane, startControlPlane } from "./control-plane.ts";

/** The Pods that real controllers make, with a simulated kubelet: stages.yaml. */
const namespace = `early-failure-${process.pid}`;
const full = `${namespace}-full`;

interface Wanted {
  readonly kind: string;
  readonly name: string;
  readonly state?: string;
  readonly image?: string;
  readonly replicas?: number;
  readonly podManagementPolicy?: "Parallel" | "OrderedReady";
}

function workload({
  kind,
  name,
  state = "ready",
  image = "web:1",
  replicas = 1,
  podManagementPolicy = "Parallel",
}: Wanted): string {
  const template = {
    metadata: { labels: { app: name, "kg-pod": state } },
    spec: { containers: [{ name: "c", image }] },
  };
  const isJob = kind === "Job";
  return `${JSON.stringify({
    apiVersion: isJob ? "batch/v1" : "apps/v1",
    kind,
    metadata: { name, annotations: { "lateen.dev/fail-early-after": "1s" } },
    spec: {
      template: isJob ? { ...template, spec: { ...template.spec, restartPolicy: "Never" } } : template,
      ...(isJob ? {} : { selector: { matchLabels: { app: name } } }),
      ...(isJob || kind === "DaemonSet" ? {} : { replicas }),
      ...(kind === "StatefulSet" ? { serviceName: name, podManagementPolicy } : {}),
    },
  })}\n`;
}

describe("a wait that cannot succeed on a real cluster", () => {
  let plane: ControlPlane;
  let cluster: Cluster;
  before(async () => {
    plane = await startControlPlane();
    for (const name of [namespace, full]) await plane.kubectl(["create", "namespace", name]);
    if (plane.containerLog !== undefined)
      writeFileSync(plane.containerLog, "2026-01-01T00:00:00.000000000Z stdout F no memory is left\n");
    await plane.kubectl(["create", "quota", "none", "-n", full, "--hard=pods=0"]);
    cluster = connectCluster(parseKubeconfig(plane.kubeconfig, { now: Date.now() }));
  });
  after(async () => {
    await cluster.close();
    await plane.kubectl(["delete", "namespace", namespace, full, "--wait=false"]);
    await plane.stop();
  });

  async function deploy(
    app: string,
    yaml: string,
    intoNs = namespace,
    waitTimeout = "120s",
  ): Promise<{ readonly end: string; readonly log: string }> {
    const { signal } = new AbortController();
    const parsed = parseDeployOptions({ rawOptions: [`--wait-timeout=${waitTimeout}`], intoNs });
    if ("failure" in parsed) throw new Error(formatDeployError(parsed.failure));
    const deps = { clock: systemClock, random: Math.random };
    const target = { name: app, stateNamespace: intoNs, defaultNamespace: intoNs };
    const input = { app: target, resources: resources(yaml), options: parsed.options };
    const slice = applyPlan(await planDeploy(input, cluster, deps, { signal }), cluster, deps, { signal });
    const format = createEventFormatter(deps);
    const log: string[] = [];
    for (;;) {
      const { done, value } = await slice.next();
      if (done !== true) log.push(format(value));
      else
        return { end: value.state === "failed" ? formatDeployError(value.failure) : value.state, log: log.join("\n") };
    }
  }

  for (const kind of ["Deployment", "StatefulSet", "DaemonSet"]) {
    it(`ends early for a ${kind}, and blames no Pod of the revision before`, async () => {
      const name = `crash-${kind.toLowerCase()}`;
      const crashing = await deploy(name, workload({ kind, name, state: "crash-loop" }));
      assert.match(
        crashing.end,
        /^lateen: not waited for until the time-out: this has lasted for \d+s[\s\S]*^lateen: pod\/crash-\S+ \(v1\) namespace: \S+(?: and \d+ more)?, container c: CrashLoopBackOff, restarted 8 times, last exit code 137 \(OOMKilled\)$/m,
      );
      assert.match(
        crashing.log,
        /\^ Condition Ready is not True \(False\) \(container c: CrashLoopBackOff, restarted 8 times/,
      );
      if (plane.containerLog !== undefined) assert.match(crashing.end, /^lateen: +\| no memory is left$/m);
      // The Pods that crash are still there while the new ones start.
      assert.equal((await deploy(name, workload({ kind, name, image: "web:2" }))).end, "succeeded");
    });

    it(`ends early for a ${kind} whose Pods a quota refuses`, async () => {
      const name = `quota-${kind.toLowerCase()}`;
      const { end } = await deploy(name, workload({ kind, name }), full);
      assert.match(end, /^lateen: not waited for/m);
      assert.match(end, /: FailedCreate \(message: .*exceeded quota: none/);
    });
  }

  it("tells of a Pod of the revision before that a StatefulSet waits for", async () => {
    const name = "ordered";
    const wanted: Wanted = { kind: "StatefulSet", name, podManagementPolicy: "OrderedReady" };
    assert.match((await deploy(name, workload({ ...wanted, state: "no-image" }))).end, /^lateen: not waited for/m);
    const { end } = await deploy(name, workload({ ...wanted, image: "web:2" }), namespace, "5s");
    assert.match(end, /^Timed out[\s\S]*^lateen: pod\/ordered-0 .*: ImagePullBackOff/m);
    assert.doesNotMatch(end, /not waited for/);
  });

  it("ends early for a Job without its image, and for one that a quota refuses", async () => {
    const { end } = await deploy("job", workload({ kind: "Job", name: "job", state: "no-image", image: "gone:1" }));
    assert.match(
      end,
      /^lateen: pod\/job-\S+ .*container c: ImagePullBackOff \(message: Back-off pulling image "gone:1"\)$/m,
    );
    const refused = await deploy("refused", workload({ kind: "Job", name: "refused" }), full);
    assert.match(refused.end, /job\/refused .*: FailedCreate \(message: .*exceeded quota: none/);
  });
});
