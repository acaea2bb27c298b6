import assert from "node:assert/strict";
import { it, mock } from "node:test";
import { systemClock } from "../../src/base/index.ts";

it("B91: a wait longer than Node's timers hold is no busy loop", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  try {
    let woken = false;
    const waited = systemClock.sleep(5_000_000_000).then(() => {
      woken = true;
    });
    for (const ms of [1, 2 ** 31 - 2, 2 ** 31 - 1]) {
      mock.timers.tick(ms);
      await Promise.resolve();
      await Promise.resolve();
      assert.equal(woken, false);
    }
    mock.timers.tick(5_000_000_000 - 2 * (2 ** 31 - 1));
    await waited;
    assert.equal(woken, true);
  } finally {
    mock.timers.reset();
  }
});
