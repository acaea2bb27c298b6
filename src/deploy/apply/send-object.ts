import type { Clock } from "../../base/index.ts";
import { type KubeObject, labelsOf, nameOf, namespaceOf, uidOf } from "../../resource/index.ts";
import type { ApiType, DeployCluster } from "../cluster-port.ts";
import type { DeployConfig } from "../config/deploy-config.ts";
import type { PlanStep } from "../plan-types.ts";
import { type AppLabel, namesItself } from "../record/ownership.ts";
import { calling, isConflict, isOutcomeUnknown, statusOf } from "./api-calls.ts";
import { type History, missingHistory, rememberIn, withGuessedHistory } from "./save-history.ts";

/** What a change's calls need beside the change. */
export interface WriteContext {
  readonly cluster: DeployCluster;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly signal: AbortSignal;
  readonly appLabel: AppLabel;
  readonly config: DeployConfig;
  readonly againstLastApplied: boolean;
  /** Longest wait for an object to be gone before it is created anew. */
  readonly replaceTimeoutMs: number;
}

const historyPauseMs = 1_000;
const historyTries = 60;

/** POST, and the history that fits the answer. */
export async function post(
  step: PlanStep,
  type: ApiType,
  target: KubeObject,
  context: WriteContext,
): Promise<KubeObject> {
  const fresh = freshOf(step);
  const { object, history } = withGuessedHistory(target, fresh, context.config);
  const send = (): Promise<KubeObject> =>
    calling(step.op, "Creating", fresh, () =>
      context.cluster.create(type, namespaceOf(fresh), object, { signal: context.signal }),
    );
  let saved: KubeObject;
  try {
    saved = await send();
  } catch (error) {
    if (!isOutcomeUnknown(error)) throw error;
    const found = await read(step, type, context);
    // Ours if it carries this app's label and names itself: nobody else writes that.
    saved = found === undefined ? await send() : isOwn(found, context) ? found : await send();
  }
  return remember(step, type, saved, history, context);
}

export async function put(
  step: PlanStep,
  type: ApiType,
  target: KubeObject,
  context: WriteContext,
): Promise<KubeObject> {
  const fresh = freshOf(step);
  const { object, history } = withGuessedHistory(target, fresh, context.config);
  const verb = step.op === "create" ? "Creating" : "Updating";
  const saved = await calling(step.op, verb, fresh, () =>
    context.cluster.replace(type, namespaceOf(fresh), nameOf(fresh), object, { signal: context.signal }),
  );
  return remember(step, type, saved, history, context);
}

/** The second write of kapp, where the first could not know what the server would add. */
async function remember(
  step: PlanStep,
  type: ApiType,
  saved: KubeObject,
  written: History | undefined,
  context: WriteContext,
): Promise<KubeObject> {
  const fresh = freshOf(step);
  const history = missingHistory(saved, fresh, written, context.config);
  if (history === undefined) return saved;
  let latest: KubeObject | undefined = saved;
  for (let attempt = 0; latest !== undefined; attempt++) {
    const object = rememberIn(latest, history);
    try {
      return await calling(step.op, "Updating", fresh, () =>
        context.cluster.replace(type, namespaceOf(fresh), nameOf(fresh), object, { signal: context.signal }),
      );
    } catch (error) {
      if (statusOf(error) === 404) return saved;
      if (!isConflict(error) || attempt >= historyTries) throw error;
    }
    // Controllers write status at once after a change: the first new try need not wait.
    if (attempt > 0) await context.clock.sleep(historyPauseMs, context.signal);
    latest = await read(step, type, context);
    if (latest !== undefined && uidOf(latest) !== uidOf(saved)) return saved;
  }
  return saved;
}

export function read(step: PlanStep, type: ApiType, context: WriteContext): Promise<KubeObject | undefined> {
  const object = step.fresh ?? step.existing ?? {};
  return calling(step.op, "Getting", object, () =>
    context.cluster.get(type, namespaceOf(object), nameOf(object), { signal: context.signal }),
  );
}

export function isOwn(object: KubeObject, { appLabel }: WriteContext): boolean {
  return labelsOf(object)[appLabel.key] === appLabel.value && namesItself(object);
}

export function freshOf(step: PlanStep): KubeObject {
  return step.fresh ?? {};
}
