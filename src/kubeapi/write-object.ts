import {
  cloneJson,
  equalJson,
  type KubeObject,
  type MutableJsonMap,
  nameOf,
  own,
  setOwn,
  uidOf,
} from "../resource/index.ts";
import { conform, finalizersOf, metadataOf, objectFaults } from "./admission.ts";
import {
  alreadyExists,
  ApiError,
  badRequest,
  conflict,
  invalid,
  invalidValue,
  notFound,
  staleObject,
} from "./api-error.ts";
import { generatedName, newUid } from "./generated-identity.ts";
import { type ManagerEntry, readManagers, trackUpdate, type Writer, writeManagers } from "./managed-fields.ts";
import { fromStore, keyOf, rememberParsed, toStore } from "./object-codec.ts";
import type { StoredObject } from "./object-store.ts";
import { kindSubjectOf, type ResourceRequest, subjectOf, timestamp } from "./request-context.ts";
import { hasGeneration, type Sealed } from "./served-type.ts";
import { forgetObject, tellChange } from "./tell-change.ts";

/** A stored object as it was read. */
export interface Current {
  readonly stored: StoredObject;
  readonly object: KubeObject;
}

/** Bytes of one stored object (reliability.md L15). */
const maxObjectBytes = 1_572_864;
/** Tries to find a free name for `generateName`. */
const nameTries = 8;

/** @throws ApiError NotFound. */
export async function readCurrent(context: ResourceRequest): Promise<Current> {
  const current = await findCurrent(context);
  if (current === undefined) throw notFound(subjectOf(context.resolved, context.name));
  return current;
}

export async function findCurrent(context: ResourceRequest): Promise<Current | undefined> {
  const stored = await context.deps.store.get(keyOf(context.resolved, context.namespace, context.name));
  return stored === undefined ? undefined : { stored, object: fromStore(stored, context.resolved) };
}

/** How the fields of a write are owned: by comparison with what was, or as an apply has found. */
export interface Ownership {
  readonly duplicates: readonly string[];
  readonly entries?: readonly ManagerEntry[];
}

/**
 * Creates the object, which may be changed on the way.
 * @throws ApiError AlreadyExists, Invalid, BadRequest.
 */
export async function createObject(
  object: MutableJsonMap,
  context: ResourceRequest,
  ownership: Ownership,
): Promise<KubeObject> {
  const { resolved, deps, now } = context;
  conform(object, ownership.duplicates, context);
  const metadata = metadataOf(object);
  if ((own(metadata, "resourceVersion") ?? "") !== "")
    throw badRequest("resourceVersion should not be set on objects to be created");
  for (const key of serverOnly) delete metadata[key];
  if (resolved.type.statusSubresource === true) delete object["status"];
  setIdentity(object, context);
  const prefix = own(metadata, "generateName");
  const generates = nameOf(object) === "" && typeof prefix === "string" && prefix !== "";
  metadata["uid"] = newUid(deps.randomBytes(16));
  metadata["creationTimestamp"] = timestamp(now);
  if (hasGeneration(resolved.type)) metadata["generation"] = 1;
  for (let tries = generates ? nameTries : 1; ; tries--) {
    if (generates) metadata["name"] = generatedName(prefix, deps.randomBytes(5));
    const created = await tryCreate(object, context, ownership);
    if (created !== undefined) return created;
    if (tries <= 1) throw alreadyExists(subjectOf(resolved, nameOf(object)));
  }
}

const serverOnly = [
  "uid",
  "resourceVersion",
  "creationTimestamp",
  "generation",
  "deletionTimestamp",
  "deletionGracePeriodSeconds",
  "selfLink",
  "managedFields",
];

async function tryCreate(
  object: MutableJsonMap,
  context: ResourceRequest,
  ownership: Ownership,
): Promise<KubeObject | undefined> {
  const { resolved, deps } = context;
  const { hooks } = resolved.type;
  await hooks?.prepare?.(object, undefined, context);
  refuseFaults(object, undefined, context);
  const key = keyOf(resolved, context.namespace, nameOf(object));
  const sealed: Sealed = (await hooks?.seal?.(object, undefined)) ?? { stored: object };
  const entries = ownership.entries ?? trackUpdate([], undefined, sealed.stored, writerOf(context, ""), resolved.shape);
  const next = withManagers(sealed.stored, entries);
  if (context.dryRun) return (await deps.store.get(key)) === undefined ? next : undefined;
  const stored = await deps.store.put(key, checkedText(next, context), 0);
  if (stored === undefined) return undefined;
  rememberParsed(stored, next);
  const created = fromStore(stored, resolved);
  try {
    await sealed.commit?.();
  } catch (error) {
    // Without its sealed part the object would stand in the way of the next try.
    await deps.store.delete(key, stored.version);
    throw error;
  }
  await tellChange({ type: "created", object: created }, context);
  return created;
}

/**
 * Replaces the current object by `next`, which may be changed on the way. Nothing is written when nothing differs.
 * Answers `undefined` when another writer came first: nothing is written then.
 * @throws ApiError Invalid, BadRequest, Conflict (uid or resourceVersion in `next` are not the current ones).
 */
export async function replaceObject(
  current: Current,
  next: MutableJsonMap,
  context: ResourceRequest,
  ownership: Ownership,
): Promise<KubeObject | undefined> {
  const { resolved, deps } = context;
  const { hooks } = resolved.type;
  const subresource = context.target.subresource;
  const old = current.object;
  checkPreconditions(next, old, context);
  const entries = ownership.entries ?? givenManagers(next, old);
  keepServerFields(next, old, context, subresource);
  conform(next, ownership.duplicates, context);
  await hooks?.prepare?.(next, old, context);
  keepServerFields(next, old, context, subresource);
  raiseGeneration(next, old, context);
  refuseFaults(next, old, context);
  const sealed: Sealed = (await hooks?.seal?.(next, old)) ?? { stored: next };
  const tracked =
    ownership.entries ?? trackUpdate(entries, old, sealed.stored, writerOf(context, subresource), resolved.shape);
  const result = withManagers(sealed.stored, tracked);
  if (sealed.commit === undefined && equalJson(result, withoutVersion(old))) return old;
  if (context.dryRun) return result;
  if (own(own(result, "metadata"), "deletionTimestamp") !== undefined && finalizersOf(result).length === 0)
    return endDeletion(current, result, context);
  const stored = await deps.store.put(current.stored, checkedText(result, context), current.stored.version);
  if (stored === undefined) return undefined;
  rememberParsed(stored, result);
  const object = fromStore(stored, resolved);
  await sealed.commit?.();
  await tellChange({ type: "updated", object, old, subresource, sealed: sealed.commit !== undefined }, context);
  return object;
}

/** The last finalizer has gone: so does the object. */
async function endDeletion(
  current: Current,
  result: KubeObject,
  context: ResourceRequest,
): Promise<KubeObject | undefined> {
  const version = await context.deps.store.delete(current.stored, current.stored.version);
  if (version === undefined) return undefined;
  await forgetObject(current.object, context);
  await tellChange({ type: "deleted", object: current.object }, context);
  return result;
}

function checkPreconditions(next: KubeObject, old: KubeObject, context: ResourceRequest): void {
  const subject = subjectOf(context.resolved, nameOf(old));
  const given = own(own(next, "metadata"), "resourceVersion") ?? "";
  if (given !== "" && given !== own(own(old, "metadata"), "resourceVersion")) throw staleObject(subject);
  const uid = uidOf(next);
  if (uid !== "" && uid !== uidOf(old))
    throw conflict(subject, `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${uidOf(old)}`);
}

/** Sets back, silently, what only the server or the other half (`/status` or the rest) may change. */
function keepServerFields(next: MutableJsonMap, old: KubeObject, context: ResourceRequest, subresource: string): void {
  const before = own(old, "metadata");
  if (subresource === "status") {
    const status = own(next, "status");
    for (const key of Object.keys(next)) if (key !== "status") delete next[key];
    for (const [key, member] of Object.entries(old)) {
      if (key !== "status" && member !== undefined) setOwn(next, key, cloneJson(member));
    }
    if (status === undefined) delete next["status"];
  } else {
    const metadata = metadataOf(next);
    for (const key of [...serverOnly, "name", "namespace"]) {
      const kept = own(before, key);
      if (kept === undefined) delete metadata[key];
      else setOwn(metadata, key, cloneJson(kept));
    }
    if (context.resolved.type.statusSubresource === true) {
      const status = own(old, "status");
      if (status === undefined) delete next["status"];
      else setOwn(next, "status", cloneJson(status));
    }
  }
  delete metadataOf(next)["resourceVersion"];
  setIdentity(next, context);
}

function setIdentity(object: MutableJsonMap, context: ResourceRequest): void {
  const { resolved } = context;
  const metadata = metadataOf(object);
  object["apiVersion"] = resolved.apiVersion;
  object["kind"] = resolved.type.kind;
  if (resolved.type.namespaced) metadata["namespace"] = context.namespace;
  else delete metadata["namespace"];
  if (context.name !== "" && nameOf(object) === "") metadata["name"] = context.name;
}

/** The generation counts changes of everything but metadata and, where it has a subresource of its own, status. */
function raiseGeneration(next: MutableJsonMap, old: KubeObject, context: ResourceRequest): void {
  if (!hasGeneration(context.resolved.type)) return;
  const aside = context.resolved.type.statusSubresource === true ? ["metadata", "status"] : ["metadata"];
  const before = Number(own(own(old, "metadata"), "generation") ?? 1);
  const wanted = (object: KubeObject): KubeObject =>
    Object.fromEntries(Object.entries(object).filter(([key]) => !aside.includes(key)));
  metadataOf(next)["generation"] = equalJson(wanted(next), wanted(old)) ? before : before + 1;
}

/** Ownership may be rewritten by the client, as `kubectl apply --server-side` does when it takes over from client-side apply. */
function givenManagers(next: KubeObject, old: KubeObject): readonly ManagerEntry[] {
  const given = own(own(next, "metadata"), "managedFields");
  return given === undefined || equalJson(given, own(own(old, "metadata"), "managedFields"))
    ? readManagers(old)
    : readManagers(next);
}

function withManagers(object: KubeObject, entries: readonly ManagerEntry[]): KubeObject {
  const { managedFields: _managedFields, ...metadata } = metadataOf(object as MutableJsonMap);
  return {
    ...object,
    metadata: entries.length === 0 ? metadata : { ...metadata, managedFields: writeManagers(entries) },
  };
}

function withoutVersion(object: KubeObject): KubeObject {
  const { resourceVersion: _resourceVersion, ...metadata } = own(object, "metadata") as MutableJsonMap;
  return { ...object, metadata };
}

export function writerOf(context: ResourceRequest, subresource: string): Writer {
  return {
    manager: context.options.fieldManager,
    apiVersion: context.resolved.apiVersion,
    subresource,
    time: timestamp(context.now),
  };
}

function refuseFaults(object: KubeObject, old: KubeObject | undefined, context: ResourceRequest): void {
  const faults = objectFaults(object, old, context);
  if (faults.length > 0) throw invalid(kindSubjectOf(context.resolved, nameOf(object)), faults);
}

function checkedText(object: KubeObject, context: ResourceRequest): string {
  const text = toStore(object);
  if (text.length > maxObjectBytes / 4 && Buffer.byteLength(text) > maxObjectBytes) {
    const problem = invalidValue("<nil>", Buffer.byteLength(text), `the object is larger than ${maxObjectBytes} bytes`);
    throw new ApiError("RequestEntityTooLarge", `${context.resolved.type.kind} ${nameOf(object)}: ${problem.message}`);
  }
  return text;
}
