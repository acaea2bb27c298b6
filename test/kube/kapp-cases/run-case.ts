/** Runs one case from empty namespaces to its last step and tells what differs from the recording. */
import { setTimeout as sleep } from "node:timers/promises";
import { type Cluster, isClusterError } from "../../../src/cluster/index.ts";
import type { ControlPlane } from "../control-plane.ts";
import { type CaseFile, type ExpectedState, expectedDiff, expectedState, expectedStep } from "./case-file.ts";
import { compareDiff, compareState, compareStep } from "./compare.ts";
import { Observer } from "./observe.ts";
import { OutsideActor } from "./outside-actor.ts";
import { runCommand, Unsupported } from "./run-command.ts";

export interface CaseResult {
  readonly differences: readonly string[];
  /** A feature that lateen does not have yet. */
  readonly waitsFor?: string;
}

export async function runCase(
  file: CaseFile,
  cluster: Cluster,
  plane: ControlPlane,
  warnings: readonly string[],
): Promise<CaseResult> {
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
    let result: Awaited<ReturnType<typeof runCommand>>;
    try {
      result = await runCommand(file, step, cluster, warnings, AbortSignal.timeout(150_000));
    } catch (error) {
      void beside.catch(() => undefined);
      if (!(error instanceof Unsupported)) throw error;
      return { differences, waitsFor: error.message };
    }
    await beside;
    if (step.settle !== undefined) await sleep(step.settle * 1_000);
    const state = await observer.state(number);
    const expected = expectedStep(file, number);
    const found = [
      ...compareStep(observer.text(result), expected),
      ...compareState(state, withoutEmptyRecords(state, expectedState(file, number), result.exit)),
      ...(step.diff === false ? [] : compareDiff(observer.text(result.diff), expectedDiff(file, number))),
    ];
    differences.push(...found.map((line) => `step ${number} ${line}`));
  }
  return { differences };
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

async function makeNamespaces(file: CaseFile, cluster: Cluster, plane: ControlPlane): Promise<void> {
  const all = [...file.namespaces, ...file.extraNamespaces];
  // A cluster that is used again may still hold them from the last run.
  await plane.kubectl(["delete", "namespace", ...all, "--ignore-not-found", "--timeout=60s"]);
  const { types } = await cluster.discover();
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
