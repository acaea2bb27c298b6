import { isDeepStrictEqual } from "node:util";
import { getApp } from "../../../src/reconcile/index.ts";
import type { KubeObject } from "../kube-client.ts";
import { appOf, type RunningCase } from "./running-case.ts";

const quietMs = 300;
const timeoutMs = 60_000;

interface AppStatus {
  readonly observedGeneration?: number;
  readonly friendlyDescription?: string;
  readonly conditions?: readonly { readonly type: string }[];
}

/**
 * Waits for what the README of the cases calls the end of a step.
 * @param newerThan the App as it was, where the step ends with the next change of its status only.
 */
export async function waitUntil(
  run: RunningCase,
  until: string,
  newerThan?: KubeObject,
  name: string = run.recorded.app,
): Promise<void> {
  const after = /^after (\d+) seconds$/.exec(until);
  if (after !== null) {
    await sleep(Number(after[1]) * 1_000);
    return;
  }
  const deadline = Date.now() + timeoutMs;
  let quietSince = 0;
  let before: unknown;
  for (;;) {
    const app = await appOf(run, name);
    const isNew = newerThan === undefined || !isDeepStrictEqual(app?.["status"], newerThan["status"]);
    const reached = isNew && (await isReached(run, until, app, name));
    if (!reached || !isDeepStrictEqual(app, before)) quietSince = Date.now();
    if (reached && Date.now() - quietSince >= quietMs) return;
    before = app;
    if (Date.now() > deadline)
      throw new Error(
        `'${until}' not reached within ${timeoutMs} ms; the App's status: ${JSON.stringify(app?.["status"])}`,
      );
    await sleep(50);
  }
}

async function isReached(run: RunningCase, until: string, app: KubeObject | undefined, name: string): Promise<boolean> {
  if (until === "gone") return app === undefined;
  if (app === undefined) return false;
  // The App's status by its schema.
  const status = (app["status"] ?? {}) as AppStatus;
  const condition = status.conditions?.[0]?.type ?? "";
  switch (until) {
    case "paused":
      return status.friendlyDescription === "Canceled/paused" && status.observedGeneration === app.metadata.generation;
    case "deleting":
      return condition === "DeleteFailed";
    case "settled":
      if (status.observedGeneration !== app.metadata.generation) return false;
      return ["ReconcileSucceeded", "ReconcileFailed", "DeleteFailed"].includes(condition) && (await isIdle(run, name));
    default:
      throw new Error(`unknown end of a step: ${until}`);
  }
}

/** Whether a run that knows everything asked for so far has ended. A failed one stays pending, for its retry. */
async function isIdle(run: RunningCase, name: string): Promise<boolean> {
  const { deps } = run.world.lateen;
  const row = await deps.rows.get(`app/${run.namespace}/${name}`);
  const view = await getApp(run.namespace, name, deps);
  const last = view?.runs[0];
  return (
    row !== undefined &&
    last !== undefined &&
    last.wanted === row.wanted &&
    (last.outcome === "succeeded" || last.outcome === "failed")
  );
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
