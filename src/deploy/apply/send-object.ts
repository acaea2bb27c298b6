import type { Clock } from "../../base/index.ts";
import {
  annotationsOf,
  isList,
  isMap,
  type Json,
  type KubeObject,
  labelsOf,
  nameOf,
  namespaceOf,
  own,
  resourceVersionOf,
  uidOf,
} from "../../resource/index.ts";
import { annotation } from "../annotations.ts";
import type { ApiType, DeployCluster } from "../cluster-port.ts";
import type { DeployConfig } from "../config/deploy-config.ts";
import type { PlanStep } from "../plan-types.ts";
import { type AppLabel, namesItself } from "../record/ownership.ts";
import { calling, createOnce, isConflict, isOutcomeUnknown, statusOf } from "./api-calls.ts";
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
  const saved = await createOnce({
    send: () =>
      calling(step.op, "Creating", fresh, () =>
        context.cluster.create(type, namespaceOf(fresh), object, { signal: context.signal }),
      ),
    read: () => read(step, type, context),
    // Nobody else writes this app's label on an object that names itself.
    isOurs: (found) => isOwn(found, context),
  });
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

/**
 * What a PUT of `target` left, of which no answer came; `undefined` where it cannot be told that it was carried out: the object is still at the
 * version that was sent, or does not hold what was sent.
 */
export async function arrived(
  step: PlanStep,
  type: ApiType,
  found: KubeObject,
  target: KubeObject,
  context: WriteContext,
): Promise<KubeObject | undefined> {
  const { object, history } = withGuessedHistory(target, freshOf(step), context.config);
  if (resourceVersionOf(found) === resourceVersionOf(object) || !holds(found, object)) return undefined;
  return remember(step, type, found, history, context);
}

/** Everything that was sent, beside what the server may have added. Of the metadata only labels and annotations are the sender's. */
function holds(found: KubeObject, sent: KubeObject): boolean {
  const { metadata: _, ...rest } = sent;
  return (
    covers(found, rest) && covers(labelsOf(found), labelsOf(sent)) && covers(annotationsOf(found), annotationsOf(sent))
  );
}

function covers(found: Json | undefined, sent: Json | undefined): boolean {
  if (isMap(sent)) return isMap(found) && Object.keys(sent).every((key) => covers(own(found, key), own(sent, key)));
  if (isList(sent))
    return isList(found) && found.length === sent.length && sent.every((item, index) => covers(found[index], item));
  return found === sent;
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
      if ((!isConflict(error) && !isOutcomeUnknown(error)) || attempt >= historyTries) throw error;
    }
    // Controllers write status at once after a change: the first new try need not wait.
    if (attempt > 0) await context.clock.sleep(historyPauseMs, context.signal);
    latest = await read(step, type, context);
    if (latest !== undefined && uidOf(latest) !== uidOf(saved)) return saved;
    // The answer was lost, and the history is there.
    if (latest !== undefined && annotationsOf(latest)[annotation.originalDiffMd5] === history.digest) return latest;
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
