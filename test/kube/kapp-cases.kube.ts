/**
 * The recorded kapp cases on a real control plane: the same inputs, flags and outside changes, and the same answers, order and cluster state.
 * Cases that use a feature which lateen does not have yet are named with it; departures are listed with their reason.
 */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type Cluster, connectCluster, parseKubeconfig } from "../../src/cluster/index.ts";
import { type ControlPlane, startControlPlane } from "./control-plane.ts";
import { type CaseFile, casesFolder, readCases } from "./kapp-cases/case-file.ts";
import { departures } from "./kapp-cases/departures.ts";
import { runCase } from "./kapp-cases/run-case.ts";

const folder = casesFolder();
const only = process.env["LATEEN_CASE"]?.split(",");
const cases =
  folder === undefined ? [] : readCases(folder).filter(({ name }) => only === undefined || only.includes(name));

describe("recorded kapp cases", {
  skip: folder === undefined && "the recorded cases are not here",
  concurrency: 4,
}, () => {
  let plane: ControlPlane;
  const tally = { passed: 0, departs: 0, waiting: new Map<string, string[]>() };
  before(async () => {
    plane = await startControlPlane();
  });
  after(async () => {
    await plane.stop();
    const waiting = [...tally.waiting].map(([feature, names]) => `  ${feature}: ${names.join(", ")}`).sort();
    process.stdout.write(
      `kapp cases: ${tally.passed} as recorded, ${tally.departs} depart as listed, ${[...tally.waiting.values()].flat().length} wait for\n${waiting.join("\n")}\n`,
    );
  });

  for (const file of cases) {
    it(`${file.name}: ${file.description}`, { timeout: 180_000 }, async (test) => {
      const warnings: string[] = [];
      const cluster = connect(plane, warnings);
      try {
        await check(file, cluster, warnings, test);
      } finally {
        await cluster.close();
      }
    });
  }

  async function check(
    file: CaseFile,
    cluster: Cluster,
    warnings: string[],
    test: { skip(reason: string): void },
  ): Promise<void> {
    const result = await runCase(file, cluster, plane, warnings);
    if (result.waitsFor !== undefined) {
      tally.waiting.set(result.waitsFor, [...(tally.waiting.get(result.waitsFor) ?? []), file.name]);
      test.skip(`waits for: ${result.waitsFor}`);
      return;
    }
    const departure = departures.get(file.name);
    const unexpected = result.differences.filter((line) => departure?.some(({ lines }) => lines.test(line)) !== true);
    assert.deepEqual(unexpected, []);
    const unused = departure?.filter(({ lines }) => !result.differences.some((line) => lines.test(line))) ?? [];
    assert.deepEqual(
      unused.map(({ lines }) => String(lines)),
      [],
      "departures that no longer show",
    );
    if (result.differences.length > 0) tally.departs++;
    else tally.passed++;
  }
});

function connect(plane: ControlPlane, warnings: string[]): Cluster {
  return connectCluster(parseKubeconfig(plane.kubeconfig, { now: Date.now() }), {
    onWarning: (text) => warnings.push(text),
  });
}
