/**
 * The recorded behaviour of kapp-controller, asked of lateen: each case runs against a real control plane, through the hub, in namespaces of its own.
 * `LATEEN_CASES_APP` names another folder of cases; LATEEN_TEST_LOG=1 shows lateen's warnings.
 */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { compare, compareStates, describeDifferences, type Difference } from "./app-cases/compare.ts";
import { departures } from "./app-cases/departures.ts";
import { createGate } from "./app-cases/gate.ts";
import { createNormalizer } from "./app-cases/normalize.ts";
import { expectedOf, readCases, type RecordedCase } from "./app-cases/recorded-case.ts";
import { endCase, needsAlone, runStep, startCase, wasRetriedSince } from "./app-cases/run-case.ts";
import { appOf, type RunningCase } from "./app-cases/running-case.ts";
import { readState } from "./app-cases/state.ts";
import { waitsFor } from "./app-cases/waiting-features.ts";
import { startWorld, type World } from "./app-cases/world.ts";

const folder =
  process.env["LATEEN_CASES_APP"] ?? fileURLToPath(new URL("../../../shared/data/app/cases", import.meta.url));
const maxAttempts = 5;
const gate = createGate();
const cases = existsSync(folder) ? readCases(folder) : [];

describe("recorded App cases", { concurrency: 4, skip: cases.length === 0 && `no cases in ${folder}` }, () => {
  let world: World;
  before(async () => {
    world = await startWorld();
  });
  after(() => world.stop());

  for (const recorded of cases) {
    const waiting = waitsFor(recorded);
    const skip =
      waiting.length > 0 && `waits for ${waiting.map(({ name, reason }) => `${name} (${reason})`).join(", ")}`;
    it(`${recorded.name}: ${recorded.description}`, { skip }, () =>
      needsAlone(recorded) ? inTurn(() => play(recorded, world)) : play(recorded, world),
    );
  }
});

/** Plays a case; anew and alone when the timer's retry of a failed App came between two actions, which it did not while recording. */
async function play(recorded: RecordedCase, world: World): Promise<void> {
  const once = (): ReturnType<typeof playOnce> => playOnce(recorded, world);
  for (let attempt = 1; ; attempt += 1) {
    const problem = await (attempt === 1 ? gate.beside(once) : gate.alone(once));
    if (problem === undefined) return;
    if (!problem.isDisturbed || attempt === maxAttempts) assert.fail(problem.text);
  }
}

async function playOnce(
  recorded: RecordedCase,
  world: World,
): Promise<{ readonly text: string; readonly isDisturbed: boolean } | undefined> {
  const startedAt = Date.now();
  const run = await startCase(recorded, world);
  try {
    for (const [index, step] of recorded.steps.entries()) {
      await runStep(run, step);
      const differences = (await differencesOf(run, index + 1)).filter(
        (difference) => !departures.some(({ covers }) => covers(difference, run, step)),
      );
      if (differences.length === 0) continue;
      return {
        text: `step ${index + 1} differs from the recording:\n${describeDifferences(differences)}`,
        isDisturbed: await wasRetriedSince(run, startedAt),
      };
    }
    return undefined;
  } finally {
    await endCase(run);
  }
}

async function differencesOf(run: RunningCase, step: number): Promise<readonly Difference[]> {
  const app = await appOf(run);
  const { objects, records } = await readState(run);
  const normalizer = createNormalizer(run, records);
  const [expectedApp] = expectedOf(run.recorded, step, "app") ?? [];
  const expectedState = expectedOf(run.recorded, step, "state");
  return [
    ...(expectedApp === undefined ? [] : compare(expectedApp, normalizer.app(app))),
    ...(expectedState === undefined
      ? []
      : compareStates(normalizer.recordedState(expectedState), normalizer.state(objects))),
  ];
}

let last: Promise<unknown> = Promise.resolve();

/** Cases with cluster-scoped objects of fixed names come one after the other. */
function inTurn(work: () => Promise<void>): Promise<void> {
  const turn = last.then(work);
  last = turn.catch(() => undefined);
  return turn;
}
