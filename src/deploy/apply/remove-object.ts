import {
  type KubeObject,
  labelsOf,
  nameOf,
  namespaceOf,
  resourceVersionOf,
  stringifyJson,
  uidOf,
} from "../../resource/index.ts";
import { label } from "../annotations.ts";
import type { ApiType } from "../cluster-port.ts";
import { withoutHistory } from "../diff/history.ts";
import { DeployError } from "../failure.ts";
import { textAt } from "../fields.ts";
import type { PlanStep } from "../plan-types.ts";
import { calling, deleteOnce, isConflict, isOutcomeUnknown } from "./api-calls.ts";
import { conflict, conflictTries, recalculation } from "./conflict-errors.ts";
import { freshOf, isOwn, post, read, type WriteContext } from "./send-object.ts";

const goneCheckMs = 1_000;

/** Deletes, waits until nothing is left and creates; a run killed in between finds nothing there and creates (reliability.md F51). */
export async function replace(step: PlanStep, type: ApiType, context: WriteContext): Promise<KubeObject> {
  const { existing } = step;
  const fresh = freshOf(step);
  if (existing !== undefined) {
    const uid = uidOf(existing);
    const { gone } = await deleteOnce(() =>
      calling(step.op, "Deleting", existing, () =>
        context.cluster.delete(type, namespaceOf(existing), nameOf(existing), { uid }, { signal: context.signal }),
      ),
    );
    if (!gone) await untilGone(step, type, uid, context);
  }
  return post(step, type, withoutHistory(fresh, context.config), context);
}

async function untilGone(step: PlanStep, type: ApiType, uid: string, context: WriteContext): Promise<void> {
  const { clock, signal, replaceTimeoutMs } = context;
  const start = clock.now();
  for (let waitMs = 50; ; waitMs = Math.min(waitMs * 2, goneCheckMs)) {
    const found = await read(step, type, context);
    if (found === undefined || uidOf(found) !== uid) return;
    if (clock.now() - start > replaceTimeoutMs) {
      throw new DeployError({
        code: "DEPLOY_WAIT_TIMEOUT",
        timeoutMs: replaceTimeoutMs,
        resources: [step.description],
        reasons: [],
      });
    }
    await clock.sleep(waitMs, signal);
  }
}

/** DELETE of exactly the object that was looked at: same UID, and still the app's own at its present version (reliability.md I2). */
export async function remove(
  step: PlanStep,
  type: ApiType,
  context: WriteContext,
): Promise<{ readonly gone?: boolean }> {
  let live = step.live;
  if (live === undefined || !type.verbs.includes("delete")) return {};
  const uid = uidOf(live);
  let last: unknown;
  for (let attempt = 0; attempt <= conflictTries; attempt++) {
    if (live === undefined || uidOf(live) !== uid) return { gone: true };
    if (textAt(live, "metadata", "deletionTimestamp") !== "") return {};
    if (attempt > 0 && !step.transient && !isOwn(live, context)) {
      throw recalculation(step, "Refusing to delete: the object no longer belongs to this app");
    }
    const current = live;
    try {
      return await calling(step.op, "Deleting", current, () =>
        context.cluster.delete(
          type,
          namespaceOf(current),
          nameOf(current),
          { uid, resourceVersion: resourceVersionOf(current) },
          { signal: context.signal },
        ),
      );
    } catch (error) {
      if (!isConflict(error) && !isOutcomeUnknown(error)) throw error;
      last = error;
      live = await read(step, type, context);
    }
  }
  throw conflict(step, "Failed to delete due to resource conflict (tried multiple times)", last);
}

/** Lets go of an object: takes the app's label off and leaves everything else (kapp.md §6.4). */
export async function orphan(step: PlanStep, type: ApiType, context: WriteContext): Promise<KubeObject> {
  const existing = step.existing ?? {};
  const escaped = (key: string): string => key.replaceAll("~", "~0").replaceAll("/", "~1");
  const body = stringifyJson([
    { op: "test", path: "/metadata/uid", value: uidOf(existing) },
    { op: "remove", path: `/metadata/labels/${escaped(context.appLabel.key)}` },
    { op: "add", path: `/metadata/labels/${escaped(label.orphaned)}`, value: "" },
  ]);
  const send = (): Promise<KubeObject> =>
    calling(step.op, "Patching", existing, () =>
      context.cluster.patch(
        type,
        namespaceOf(existing),
        nameOf(existing),
        { contentType: "application/json-patch+json", body },
        { signal: context.signal },
      ),
    );
  try {
    return await send();
  } catch (error) {
    if (!isOutcomeUnknown(error)) throw error;
    const found = await read(step, type, context);
    return found !== undefined && labelsOf(found)[context.appLabel.key] === undefined ? found : send();
  }
}
