/** Runs one case from empty namespaces to its last step and tells what differs from the recording. */
import { setTimeout as sleep } from "node:timers/promises";
import { type Cluster, isClusterError } from "../../../src/cluster/index.ts";
import { nameOf } from "../../../src/resource/index.ts";
import type { ControlPlane } from "../control-plane.ts";
import { type CaseFile, type ExpectedState, expectedDiff, expectedState, expectedStep } from "./case-file.ts";
import { compareDiff, compareState, compareStep } from "./compare.ts";
import { Observer } from "./observe.ts";
import { OutsideActor } from "./outside-actor.ts";
import { runCommand } from "./run-command.ts";

/** The differences, one line each. */
export async function runCase(file: CaseFile, cluster: Cluster, plane: ControlPlane): Promise<readonly string[]> {
  const actor = new OutsideActor(file, cluster, plane);
  const observer = new Observer(file, cluster);
  const differences: string[] = [];
  await makeNamespaces(file, cluster, plane);
  for (const [index, step] of file.steps.entries()) {
    const number = index + 1;
    if (step.op === "mutate") {
      await actor.inOrder(step.do);
      if (step.settle !== undefined) await sleep(step.settle * 1_000);
      // Objects made here are first seen in this step.
      await observer.state(number);
      continue;
    }
    const beside = actor.duringRun(step.during ?? []);
    const result = await runCommand(file, step, plane.kubeconfig, AbortSignal.timeout(150_000));
    await beside;
    if (step.settle !== undefined) await sleep(step.settle * 1_000);
    const expected = expectedStep(file, number);
    const found = [
      ...(await stateDifferences(file, number, observer, result.exit)),
      ...compareStep(observer.text(result), expected),
      ...(step.diff === false
        ? []
        : compareDiff(observer.text(result.diff.split("\n")).join("\n"), expectedDiff(file, number))),
    ];
    differences.push(...found.map((line) => `step ${number} ${line}`));
  }
  return differences;
}

/** Controllers may still be at work when the tool is done. */
const settleMs = 3_000;

async function stateDifferences(file: CaseFile, number: number, observer: Observer, exit: number): Promise<string[]> {
  const deadline = Date.now() + settleMs;
  for (;;) {
    const state = await observer.state(number);
    const found = compareState(state, withoutEmptyRecords(state, expectedState(file, number), exit));
    if (found.length === 0 || Date.now() > deadline) return found;
    await sleep(200);
  }
}

/** kapp writes the app record before it has read its input; lateen writes nothing before the whole input is known to be good. */
function withoutEmptyRecords(actual: ExpectedState, expected: ExpectedState, exit: number): ExpectedState {
  if (exit === 0) return expected;
  const known = new Set(actual.appRecords.map((record) => record["name"]));
  return {
    ...expected,
    appRecords: expected.appRecords.filter((record) => known.has(record["name"]) || !isUnused(record["spec"])),
  };
}

function isUnused(spec: unknown): boolean {
  return JSON.stringify(spec).includes('"startedAt":"0001-01-01T00:00:00Z"');
}

export async function makeNamespaces(file: CaseFile, cluster: Cluster, plane: ControlPlane): Promise<void> {
  const all = [...file.namespaces, ...file.extraNamespaces];
  // A cluster that is used again may still hold them from the last run.
  await plane.kubectl(["delete", "namespace", ...all, "--ignore-not-found", "--timeout=60s"]);
  await removeLeftovers(file, cluster);
  const { types } = await cluster.discover({ fresh: true });
  const type = types.find(({ group, kind }) => group === "" && kind === "Namespace");
  if (type === undefined) throw new Error("no namespaces");
  for (const name of file.namespaces) {
    await cluster.create(type, "", { apiVersion: "v1", kind: "Namespace", metadata: { name } });
  }
  await untilServiceAccounts(file.namespaces, cluster);
}

/** Pods can be made once the namespace has its ServiceAccount. */
async function untilServiceAccounts(namespaces: readonly string[], cluster: Cluster): Promise<void> {
  const { types } = await cluster.discover();
  const type = types.find(({ group, kind }) => group === "" && kind === "ServiceAccount");
  if (type === undefined) return;
  for (const namespace of namespaces) {
    for (let i = 0; i < 200; i++) {
      try {
        if ((await cluster.get(type, namespace, "default")) !== undefined) break;
      } catch (error) {
        if (!isClusterError(error)) throw error;
      }
      await sleep(25);
    }
  }
}

const leftoverKinds = new Set([
  "CustomResourceDefinition",
  "ClusterRole",
  "ClusterRoleBinding",
  "PersistentVolume",
  "PriorityClass",
  "StorageClass",
]);

async function removeLeftovers(file: CaseFile, cluster: Cluster): Promise<void> {
  const { types } = await cluster.discover();
  const named = new RegExp(`\\b${file.namespace}\\b`);
  for (const type of types.filter(({ kind, namespaced }) => !namespaced && leftoverKinds.has(kind))) {
    for (const object of await cluster.list(type, { metadataOnly: true })) {
      if (named.test(nameOf(object))) await cluster.delete(type, "", nameOf(object), {});
    }
  }
  for (let i = 0; i < 100 && (await hasLeftovers(named, cluster)); i++) await sleep(50);
}

async function hasLeftovers(named: RegExp, cluster: Cluster): Promise<boolean> {
  const { types } = await cluster.discover();
  const crds = types.find(({ kind, version }) => kind === "CustomResourceDefinition" && version === "v1");
  return (
    crds !== undefined &&
    (await cluster.list(crds, { metadataOnly: true })).some((object) => named.test(nameOf(object)))
  );
}
