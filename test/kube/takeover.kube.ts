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
import { type ControlPlane, startControlPlane } from "./control-plane.ts";
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
    it(`${file.name}, after step ${last.number}: its input again is no change`, async () => {
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
      const { changes, errorLines } = await runCommand(file, again, cluster, [], AbortSignal.timeout(30_000));
      if (changes?.length === 0 || Date.now() > deadline) return changes ?? errorLines;
      await sleep(200);
    }
  }
});

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
