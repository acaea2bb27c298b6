/**
 * Apps pass from kapp to lateen and back with nothing to do: from states that kapp left in its recorded cases, and with the real kapp where it is on
 * the PATH.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { systemClock } from "../../src/base/index.ts";
import { type Cluster, connectCluster, parseKubeconfig } from "../../src/cluster/index.ts";
import { deploy, ending, plan, remove, type Settings, type TestCluster } from "../deploy/support/deploy.ts";
import { type ControlPlane, isOnPath, startControlPlane } from "./control-plane.ts";
import {
  type CaseFile,
  casesFolder,
  type CommandStep,
  expectedState,
  expectedStep,
  readCases,
} from "./kapp-cases/case-file.ts";
import { cannotLoad, loadState } from "./kapp-cases/load-state.ts";
import { makeNamespaces } from "./kapp-cases/run-case.ts";
import { runCommand } from "./kapp-cases/run-command.ts";

let plane: ControlPlane;
let cluster: Cluster;
before(async () => {
  plane = await startControlPlane();
  cluster = connectCluster(parseKubeconfig(plane.kubeconfig, { now: Date.now() }));
});
after(async () => {
  await cluster.close();
  await plane.stop();
});

const folder = casesFolder();

/** Where the input again is a change by the nature of the case. */
const exceptions: ReadonlyMap<string, string> = new Map([
  ["allow-check", "a flag of kapp's command line"],
  ["config-errors", "a key that means nothing is refused"],
  ["create-fallback-noop", "with the look at other objects turned off, each deploy tries to create"],
  ["diff-filter", "a flag of kapp's command line"],
  ["drift-value-changed", "the last deploy compared with the live object only: what it keeps differs from its history"],
  ["prune-empty-kinds-left", "a flag of kapp's command line"],
  ["update-unknown-strategy", "strategies are checked before the first write"],
  ["versioned-association", "kapp leaves one version more than it keeps, which the next deploy lets go"],
  ["versioned-late-ref", "kapp leaves a reference to a version that never was"],
  ["wait-rule-first-match", "its status, which the wait needs, is a controller's"],
  ["wait-rule-success", "its status, which the wait needs, is a controller's"],
  ["wait-rule-unblock", "its status, which the wait needs, is a controller's"],
]);

describe("an App in the state that kapp left", {
  skip: folder === undefined && "the recorded cases are not here",
  concurrency: 4,
}, () => {
  const only = process.env["LATEEN_CASE"]?.split(",");
  const files =
    folder === undefined ? [] : readCases(folder).filter(({ name }) => only === undefined || only.includes(name));
  for (const file of files) {
    const last = lastDeploy(file);
    if (last === undefined) continue;
    const skip = exceptions.get(file.name) ?? false;
    it(`${file.name}, after step ${last.number}: its input again is no change`, { skip }, async () => {
      await makeNamespaces(file, cluster, plane);
      await loadState(file, expectedState(file, last.number), cluster);
      assert.deepEqual(await changesOf(file, last.step), []);
    });
  }

  /** Workloads get ready in their own time. */
  async function changesOf(file: CaseFile, step: CommandStep): Promise<readonly unknown[]> {
    const again = { ...step, args: [...(step.args ?? []), "--diff-run"] };
    const deadline = Date.now() + 10_000;
    for (;;) {
      const { changes, errorLines } = await runCommand(file, again, plane.kubeconfig, AbortSignal.timeout(30_000));
      if (changes?.length === 0 || Date.now() > deadline) return changes ?? errorLines;
      await sleep(200);
    }
  }
});

describe("an App of the real kapp", { skip: !isOnPath("kapp") && "kapp is not on the PATH" }, () => {
  const namespace = `takeover-${process.pid}`;
  const dir = mkdtempSync(join(tmpdir(), "lateen-takeover-"));
  const here = (): TestCluster => ({ ...cluster, clock: systemClock });
  before(async () => {
    writeFileSync(join(dir, "kubeconfig"), plane.kubeconfig, { mode: 0o600 });
    await plane.kubectl(["create", "namespace", namespace]);
  });
  after(async () => {
    rmSync(dir, { recursive: true });
    await plane.kubectl(["delete", "namespace", namespace, "--wait=false"]);
  });

  /** Its exit code: with `--diff-exit-status` 2 without and 3 with changes. */
  async function kapp(
    command: "deploy" | "delete",
    name: string,
    input: string,
    args: readonly string[] = [],
  ): Promise<number> {
    const file = join(dir, `${name}.yml`);
    writeFileSync(file, input);
    const own = [
      "-a",
      name,
      "-n",
      namespace,
      "--app-namespace",
      namespace,
      "--yes",
      "--kubeconfig",
      join(dir, "kubeconfig"),
    ];
    const files = command === "deploy" ? ["-f", file] : [];
    const ended = await promisify(execFile)("kapp", [command, ...own, ...files, ...args]).catch(
      (error: unknown) => error,
    );
    if (!(ended instanceof Error)) return 0;
    // What execFile rejects with.
    const { code, stderr } = ended as Error & { code?: number; stderr?: string };
    if (code !== 2 && code !== 3) throw new Error(stderr ?? String(ended), { cause: ended });
    return code;
  }
  const diffRun = ["--diff-run", "--diff-exit-status"];

  for (const name of ["shop", "shop.app"]) {
    const settings: Settings = { app: name, namespace };
    const group = `${name.replace(".", "-")}.${namespace}.example.com`;

    it(`${name} goes from kapp to lateen and back to kapp, and kapp deletes it`, { timeout: 120_000 }, async () => {
      assert.equal(await kapp("deploy", name, shop(group, 1)), 0);
      assert.deepEqual((await plan(here(), shop(group, 1), settings)).changes, []);
      assert.equal(ending(await deploy(here(), shop(group, 2), settings)), "Succeeded");
      assert.equal(await kapp("deploy", name, shop(group, 2), diffRun), 2);
      assert.equal(await kapp("delete", name, ""), 0);
      assert.deepEqual((await remove(here(), settings)).plan.changes, []);
    });

    it(`${name} goes from lateen to kapp and back to lateen, and lateen deletes it`, { timeout: 120_000 }, async () => {
      assert.equal(ending(await deploy(here(), shop(group, 1), settings)), "Succeeded");
      assert.equal(await kapp("deploy", name, shop(group, 1), diffRun), 2);
      assert.equal(await kapp("deploy", name, shop(group, 2)), 0);
      assert.deepEqual((await plan(here(), shop(group, 2), settings)).changes, []);
      assert.equal(ending(await remove(here(), settings)), "Succeeded");
      const kinds = ["get", "cm,secret,svc,deploy", "-n", namespace, "-l", "kapp.k14s.io/app", "-o", "name"];
      const crd = ["get", "crd", `widgets.${group}`, "--ignore-not-found", "-o", "name"];
      const left = (await plane.kubectl(kinds)) + (await plane.kubectl(crd));
      assert.equal(left, "");
    });
  }
});

/**
 * Kinds with and without server defaults, a version, a CRD and its resource. The Secret says all that the server would add and has an annotation of its
 * own: lateen keeps no history of Secrets, and without one kapp takes such additions for a difference, once.
 */
function shop(group: string, version: 1 | 2): string {
  return `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 2
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      containers: [{ name: web, image: "web:${version}", envFrom: [{ configMapRef: { name: conf } }] }]
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { selector: { app: web }, ports: [{ port: 80 }] }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: conf, annotations: { kapp.k14s.io/versioned: "" } }
data: { version: "${version}" }
---
apiVersion: v1
kind: Secret
metadata: { name: pass, annotations: { example.com/note: kept } }
type: Opaque
data: { value: ${Buffer.from(`value ${version}`).toString("base64")} }
---
apiVersion: v1
kind: ServiceAccount
metadata: { name: web }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: { name: web }
rules: [{ apiGroups: [""], resources: [pods], verbs: [get] }]
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: widgets.${group} }
spec:
  group: ${group}
  scope: Namespaced
  names: { kind: Widget, plural: widgets }
  versions:
    - { name: v1, served: true, storage: true, schema: { openAPIV3Schema: { type: object, x-kubernetes-preserve-unknown-fields: true } } }
---
apiVersion: ${group}/v1
kind: Widget
metadata: { name: w }
spec: { size: ${version} }
`;
}

/** The last deploy that succeeded and whose state can be had again, with nothing done by others after it. */
function lastDeploy(file: CaseFile): { readonly number: number; readonly step: CommandStep } | undefined {
  for (const [index, step] of [...file.steps.entries()].reverse()) {
    if (step.op !== "deploy") continue;
    const number = index + 1;
    if (expectedStep(file, number).exit !== 0 || (step.args ?? []).some((arg) => arg.includes("diff-run"))) continue;
    return cannotLoad(expectedState(file, number)) === undefined ? { number, step } : undefined;
  }
  return undefined;
}
