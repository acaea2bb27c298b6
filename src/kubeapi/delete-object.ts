import {
  isMap,
  type KubeObject,
  type MutableJsonMap,
  nameOf,
  own,
  resourceVersionOf,
  uidOf,
} from "../resource/index.ts";
import { finalizersOf } from "./admission.ts";
import { conflict } from "./api-error.ts";
import { fromStore, toStore } from "./object-codec.ts";
import { type ResourceRequest, subjectOf, timestamp } from "./request-context.ts";
import { hasGeneration } from "./served-type.ts";
import { forgetObject, tellChange } from "./tell-change.ts";
import type { Current } from "./write-object.ts";

/** What a deletion asks for. */
export interface DeletePreconditions {
  readonly uid?: string;
  readonly resourceVersion?: string;
}

/**
 * Deletes the object, or marks it when finalizers hold it. Answers the object as it is then, `undefined` when another writer came first.
 * @throws ApiError Conflict when a precondition does not hold.
 */
export async function deleteObject(
  current: Current,
  preconditions: DeletePreconditions,
  context: ResourceRequest,
): Promise<{ readonly object: KubeObject; readonly gone: boolean } | undefined> {
  const { deps, resolved } = context;
  const old = current.object;
  refusePreconditions(preconditions, old, context);
  await resolved.type.hooks?.beforeDelete?.(old, context);
  if (finalizersOf(old).length === 0) {
    if (context.dryRun) return { object: old, gone: true };
    if ((await deps.store.delete(current.stored, current.stored.version)) === undefined) return undefined;
    await forgetObject(old, context);
    await tellChange({ type: "deleted", object: old }, context);
    return { object: old, gone: true };
  }
  const metadata = own(old, "metadata");
  if (own(metadata, "deletionTimestamp") !== undefined) return { object: old, gone: false };
  const marked: MutableJsonMap = {
    ...(isMap(metadata) && (metadata as MutableJsonMap)),
    deletionTimestamp: timestamp(context.now),
    deletionGracePeriodSeconds: 0,
    ...(hasGeneration(resolved.type) && { generation: Number(own(metadata, "generation") ?? 0) + 1 }),
  };
  const next: KubeObject = { ...old, metadata: marked };
  if (context.dryRun) return { object: next, gone: false };
  const stored = await deps.store.put(current.stored, toStore(next), current.stored.version);
  if (stored === undefined) return undefined;
  const object = fromStore(stored, resolved);
  await tellChange({ type: "updated", object, old, subresource: "", sealed: false }, context);
  return { object, gone: false };
}

function refusePreconditions(preconditions: DeletePreconditions, old: KubeObject, context: ResourceRequest): void {
  const subject = subjectOf(context.resolved, nameOf(old));
  if (preconditions.uid !== undefined && preconditions.uid !== uidOf(old))
    throw conflict(
      subject,
      `Precondition failed: UID in precondition: ${preconditions.uid}, UID in object meta: ${uidOf(old)}`,
    );
  const version = resourceVersionOf(old);
  if (preconditions.resourceVersion !== undefined && preconditions.resourceVersion !== version)
    throw conflict(
      subject,
      `the ResourceVersion in the precondition (${preconditions.resourceVersion}) does not match the ResourceVersion in record (${version}). The object might have been modified`,
    );
}
