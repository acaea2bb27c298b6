/**
 * The recorded kapp cases on a real control plane, through `lateen kapp`: the same command lines, inputs and outside changes, and the same
 * output, order and cluster state. Departures are listed with their reason.
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
  const tally = { passed: 0, departs: 0 };
  before(async () => {
    plane = await startControlPlane();
  });
  after(async () => {
    await plane.stop();
    process.stdout.write(`kapp cases: ${tally.passed} as recorded, ${tally.departs} depart as listed\n`);
  });

  for (const file of cases) {
    it(`${file.name}: ${file.description}`, { timeout: 180_000 }, async () => {
      const cluster = connectCluster(parseKubeconfig(plane.kubeconfig, { now: Date.now() }));
      try {
        await check(file, cluster);
      } finally {
        await cluster.close();
      }
    });
  }

  async function check(file: CaseFile, cluster: Cluster): Promise<void> {
    const differences = await runCase(file, cluster, plane);
    const departure = departures.get(file.name);
    const unexpected = differences.filter((line) => departure?.some(({ lines }) => lines.test(line)) !== true);
    assert.deepEqual(unexpected, []);
    const unused = departure?.filter(({ lines }) => !differences.some((line) => lines.test(line))) ?? [];
    assert.deepEqual(
      unused.map(({ lines }) => String(lines)),
      [],
      "departures that no longer show",
    );
    if (differences.length > 0) tally.departs++;
    else tally.passed++;
  }
});
