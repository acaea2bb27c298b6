/** What an App has on its run cluster, in its status (app.md §3.5 step 6). */
import { type App, inspected, type StageResult } from "../app/index.ts";
import { inspectForApp } from "./deploy-stage.ts";
import type { ReconcileDeps } from "./deps.ts";
import { StageFailure } from "./stage-failure.ts";
import type { StatusWriter } from "./status-writer.ts";
import { connectTarget } from "./target.ts";

/**
 * Runs after a run has come to its end, well or not, once anything was ever deployed; a run that only waits has not ended. Changes the
 * inspect block alone: it goes away when the App does not ask for it, and a failed inspection is told there.
 */
export async function inspectStage(
  app: App,
  status: StatusWriter,
  deps: ReconcileDeps,
  signal: AbortSignal,
): Promise<void> {
  const { deploy, condition } = status.current;
  if (deploy === undefined || condition?.type === "Reconciling") return;
  const result = asksForInspection(app) ? await inspect(app, deps, signal) : undefined;
  status.update(inspected(status.current, result, deps.clock.now()));
}

function asksForInspection({ spec }: App): boolean {
  return spec.deploy.some((step) => step.type === "kapp" && step.inspect !== undefined);
}

async function inspect(app: App, deps: ReconcileDeps, signal: AbortSignal): Promise<StageResult> {
  try {
    const target = await connectTarget(app, deps, signal, "Inspecting");
    return { stdout: await inspectForApp({ app, target }, deps, signal) };
  } catch (error) {
    if (!(error instanceof StageFailure)) throw error;
    return { stdout: error.stdout, stderr: error.stderr, exitCode: error.exitCode, error: error.error };
  }
}
