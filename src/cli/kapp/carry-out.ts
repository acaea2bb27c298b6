import { systemClock } from "../../base/index.ts";
import type { Cluster } from "../../cluster/index.ts";
import { applyPlan, createEventFormatter, DeployError, type DeployPlan } from "../../deploy/index.ts";
import { keepHeapSmall } from "../small-heap.ts";
import type { Output } from "./output.ts";

const minuteMs = 60_000;

/** Applies a plan and prints its log by the clock on the wall. @throws DeployError when it fails; the signal's reason on abort. */
export async function carryOut(plan: DeployPlan, cluster: Cluster, output: Output, signal: AbortSignal): Promise<void> {
  keepHeapSmall(plan);
  const format = createEventFormatter({
    clock: systemClock,
    offsetMs: (at) => -new Date(at).getTimezoneOffset() * minuteMs,
  });
  const slice = applyPlan(plan, cluster, { clock: systemClock, random: Math.random }, { signal });
  for (;;) {
    const next = await slice.next();
    if (next.done !== true) {
      const text = format(next.value);
      for (const line of text === "" ? [] : text.split("\n")) output.print({ part: "log", text: `${line}\n` });
      continue;
    }
    const outcome = next.value;
    if (outcome.state === "failed") throw new DeployError(outcome.failure, { retryable: outcome.retryable });
    if (outcome.state !== "succeeded") throw new Error(`the run ended as ${outcome.state}`);
    return;
  }
}
