/** Both guides through the packaged functions: their Apps are deployed, and a push of the guide's change is. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { pushEvent } from "../functions/aws/lambda-world.ts";
import { createGuideApps, type GuideApp, guidesEnvironment } from "./packaged-guides.ts";
import { type PackagedWorld, startPackagedWorld } from "./packaged-world.ts";

describe("the guides through the packaged functions", { concurrency: false }, () => {
  let started: PackagedWorld;
  let apps: readonly GuideApp[] = [];
  before(async () => {
    started = await startPackagedWorld(guidesEnvironment);
    started.packaged.startMappings();
  });
  after(() => started.stop());

  test("the Secret that opens the home cluster comes through the hub that has to use it", async () => {
    apps = await createGuideApps(started.world, started.packaged);
    assert.equal(apps.length, 2);
    assert.match(started.packaged.functions.hub.log(), /there is no Secret lateen\/home/);
  });

  test("a push of each guide's change is applied, and its status says so", async () => {
    for (const app of apps) {
      const applied = app.applied(1);
      const commit = await app.commit(1);
      assert.equal((await started.packaged.ingress(pushEvent(app.repository, commit))).statusCode, 202);
      await applied;
      await app.succeeded(commit);
    }
  });
});
