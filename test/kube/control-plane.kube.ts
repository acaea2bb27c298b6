import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { type ControlPlane, startControlPlane } from "./control-plane.ts";

const namespace = `control-plane-${process.pid}`;

describe("the control plane for tests", () => {
  let plane: ControlPlane;
  before(async () => {
    plane = await startControlPlane();
    await plane.kubectl(["create", "namespace", namespace]);
  });
  after(async () => {
    await plane.kubectl(["delete", "namespace", namespace, "--wait=false"]);
    await plane.stop();
  });
  const apply = (input: string): Promise<string> => plane.kubectl(["apply", "-n", namespace, "-f", "-"], { input });

  it("makes a Deployment Available", async () => {
    await apply(deployment("web", "web:1"));
    await plane.kubectl(["wait", "-n", namespace, "--for=condition=Available", "deployment/web", "--timeout=30s"]);
  });

  it("gives ServiceAccount tokens that RBAC restricts", async () => {
    const token = (await plane.kubectl(["create", "token", "default", "-n", namespace])).trim();
    const answer = await plane
      .kubectl([
        "auth",
        "can-i",
        "list",
        "secrets",
        "-n",
        namespace,
        "--as",
        `system:serviceaccount:${namespace}:default`,
      ])
      .catch((error: unknown) => String(error));
    assert.match(token, /^ey[\w-]+\.[\w-]+\.[\w-]+$/);
    assert.match(answer, /exit code 1/);
  });

  it("treats Pods as their image and label ask", async () => {
    await apply(
      [
        pod("ready", "web:1"),
        pod("never", "web:never"),
        pod("failed", "web:1", "labels: { kg-pod: fail }"),
        pod("pending", "web:1", "", "nodeSelector: { no: such }"),
        job("good", "job:1"),
        job("bad", "job:fail"),
      ].join("---\n"),
    );
    const wait = (what: string, target: string): Promise<string> =>
      plane.kubectl(["wait", "-n", namespace, `--for=${what}`, target, "--timeout=30s"]);
    await wait("condition=Ready", "pod/ready");
    await wait("jsonpath={.status.phase}=Running", "pod/never");
    await wait("condition=Ready=False", "pod/never");
    await wait("jsonpath={.status.phase}=Failed", "pod/failed");
    await wait("condition=PodScheduled=False", "pod/pending");
    await wait("condition=Complete", "job/good");
    await wait("condition=Failed", "job/bad");
  });

  it("lets namespaces be deleted", async () => {
    const other = `${namespace}-gone`;
    await plane.kubectl(["create", "namespace", other]);
    await plane.kubectl(["delete", "namespace", other, "--timeout=60s"]);
  });

  it("answers with the version that the module file names", async () => {
    assert.match(await plane.kubectl(["version"]), /Client Version: v1\.\d+\.\d+\n[^]*Server Version: v1\.\d+\.\d+/);
  });
});

describe("stopping the control plane", { skip: process.env["LATEEN_TEST_KUBECONFIG"] !== undefined }, () => {
  it("leaves no process behind", async () => {
    const plane = await startControlPlane();
    const port = new URL(plane.server).port;
    const started = performance.now();
    await plane.stop();
    assert.ok(performance.now() - started < 2000);
    const left = readdirSync("/proc").filter(
      (pid) => /^\d+$/.test(pid) && commandLine(pid).includes(`--secure-port=${port}`),
    );
    assert.deepEqual(left, []);
  });
});

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return ""; // The process ended between the listing and the reading.
  }
}

function deployment(name: string, image: string): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata: { name: ${name} }
spec:
  replicas: 2
  selector: { matchLabels: { app: ${name} } }
  template:
    metadata: { labels: { app: ${name} } }
    spec: { containers: [{ name: c, image: "${image}" }] }
`;
}

function pod(name: string, image: string, metadata = "", spec = ""): string {
  return `apiVersion: v1
kind: Pod
metadata:
  name: ${name}
  ${metadata}
spec:
  containers: [{ name: c, image: "${image}" }]
  ${spec}
`;
}

function job(name: string, image: string): string {
  return `apiVersion: batch/v1
kind: Job
metadata: { name: ${name} }
spec:
  backoffLimit: 0
  template:
    spec: { restartPolicy: Never, containers: [{ name: c, image: "${image}" }] }
`;
}
