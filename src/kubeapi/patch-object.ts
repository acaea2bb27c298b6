import { isMap, type Json, type KubeObject, type MutableJson, type MutableJsonMap, own } from "../resource/index.ts";
import { requireObject } from "./admission.ts";
import { badRequest, type FieldFault, invalid, notFound, required, staleObject } from "./api-error.ts";
import { applyJsonPatch } from "./json-patch.ts";
import { readManagers } from "./managed-fields.ts";
import { applyMergePatch } from "./merge-patch.ts";
import { decodeBody, type MediaType, mediaTypeOf, readBody, unsupportedMediaType } from "./request-body.ts";
import { type ResourceRequest, subjectOf } from "./request-context.ts";
import { schemaFaults, unknownFields } from "./schema.ts";
import { applyConfiguration } from "./server-side-apply.ts";
import { applyStrategicMerge } from "./strategic-merge.ts";
import { createObject, findCurrent, readCurrent, replaceObject, writerOf } from "./write-object.ts";

/** Tries of a patch that names no resourceVersion and meets other writers, as in kube-apiserver. */
const patchTries = 5;

/** Applies the PATCH of a request, of whichever of the four kinds. `created` tells that a server-side apply made the object. */
export async function patchObject(
  context: ResourceRequest,
): Promise<{ readonly object: KubeObject; readonly created: boolean }> {
  const mediaType = mediaTypeOf(context.request);
  const accepted = acceptedTypes(context);
  const type = accepted.find((one) => one === mediaType);
  if (type === undefined) throw unsupportedMediaType(accepted);
  const text = await readBody(context.request);
  const yaml = type === "application/apply-patch+yaml";
  const { value, duplicates } = decodeBody(text, yaml ? "yaml" : "json");
  if (yaml) return applyObject(value, duplicates, context);
  if (context.options.force && context.query.has("force"))
    throw invalid({ group: "meta.k8s.io", resource: "PatchOptions", name: "" }, [
      { reason: "FieldValueForbidden", field: "force", message: "Forbidden: may not be specified for non-apply patch" },
    ]);
  const patch = mergerOf(type, value, context);
  for (let tries = patchTries; ; tries--) {
    const current = await readCurrent(context);
    const next = patch(current.object);
    if (!isMap(next)) throw badRequest("the patch does not leave an object");
    checkIdentity(next, current.object, context);
    // The patch functions make copies of what they are given.
    const object = await replaceObject(current, next as MutableJsonMap, context, { duplicates });
    if (object !== undefined) return { object, created: false };
    if (tries <= 1) throw staleObject(subjectOf(context.resolved, context.name));
  }
}

function acceptedTypes(context: ResourceRequest): readonly MediaType[] {
  const strategic: readonly MediaType[] =
    context.resolved.type.flavour === "builtin" ? ["application/strategic-merge-patch+json"] : [];
  return ["application/json-patch+json", "application/merge-patch+json", ...strategic, "application/apply-patch+yaml"];
}

function mergerOf(type: MediaType, patch: Json, context: ResourceRequest): (object: KubeObject) => MutableJson {
  switch (type) {
    case "application/json-patch+json":
      return (object) => applyJsonPatch(object, patch);
    case "application/strategic-merge-patch+json":
      requireMap(patch);
      return (object) => applyStrategicMerge(object, patch, context.resolved.shape);
    case "application/merge-patch+json":
      requireMap(patch);
      return (object) => applyMergePatch(object, patch);
    default:
      throw unsupportedMediaType(acceptedTypes(context));
  }
}

function requireMap(patch: Json): void {
  if (!isMap(patch)) throw badRequest("the patch must be a map");
}

/** A patch may not turn an object into another one. */
function checkIdentity(next: KubeObject, old: KubeObject, context: ResourceRequest): void {
  const same = (path: readonly [string] | readonly [string, string]): FieldFault[] => {
    const at = (object: KubeObject): Json | undefined =>
      path.length === 1 ? own(object, path[0]) : own(own(object, path[0]), path[1]);
    return at(next) === at(old)
      ? []
      : [{ reason: "FieldValueInvalid", field: path.join("."), message: "Invalid value: a patch may not change it" }];
  };
  const faults = [...same(["metadata", "name"]), ...same(["metadata", "namespace"]), ...same(["kind"])];
  if (faults.length > 0)
    throw invalid(
      { group: context.resolved.type.group, resource: context.resolved.type.kind, name: context.name },
      faults,
    );
}

async function applyObject(
  body: Json,
  duplicates: readonly string[],
  context: ResourceRequest,
): Promise<{ readonly object: KubeObject; readonly created: boolean }> {
  if (!context.query.has("fieldManager"))
    throw invalid({ group: "meta.k8s.io", resource: "PatchOptions", name: "" }, [
      required("fieldManager", "is required for apply patch"),
    ]);
  const config = requireObject(body, context);
  if (own(own(config, "metadata"), "managedFields") !== undefined)
    throw badRequest("metadata.managedFields must be nil");
  checkTyped(config, context);
  for (let tries = patchTries; ; tries--) {
    const current = await findCurrent(context);
    if (current === undefined && context.target.subresource !== "")
      throw notFound(subjectOf(context.resolved, context.name));
    const uid = own(own(config, "metadata"), "uid");
    if (current === undefined && typeof uid === "string" && uid !== "")
      throw notFound(subjectOf(context.resolved, context.name));
    const { object, entries } = applyConfiguration({
      live: current?.object,
      config: withoutVersionOf(config),
      entries: readManagers(current?.object),
      writer: writerOf(context, context.target.subresource),
      shape: context.resolved.shape,
      force: context.options.force,
      subject: subjectOf(context.resolved, context.name),
    });
    const version = own(own(config, "metadata"), "resourceVersion");
    const wanted = current !== undefined && typeof version === "string" ? withVersionOf(object, version) : object;
    const result =
      current === undefined
        ? await createObject(wanted, context, { duplicates, entries })
        : await replaceObject(current, wanted, context, { duplicates, entries });
    if (result !== undefined) return { object: result, created: current === undefined };
    if (tries <= 1) throw staleObject(subjectOf(context.resolved, context.name));
  }
}

/** An applied configuration is typed by the schema: a field it does not know has no owner and is refused whatever `fieldValidation` says. */
function checkTyped(config: MutableJsonMap, context: ResourceRequest): void {
  const { resolved, namespace, name } = context;
  const where = `failed to create typed patch object (${namespace}/${name}; ${resolved.apiVersion}, Kind=${resolved.type.kind})`;
  const unknown = unknownFields(config, resolved.schema);
  if (unknown.length > 0)
    throw badRequest(`${where}: ${unknown.map((path) => `.${path}: field not declared in schema`).join("\n")}`);
  const [fault] = schemaFaults(config, resolved.schema).filter((one) => one.reason === "FieldValueTypeInvalid");
  if (fault !== undefined) throw badRequest(`${where}: .${fault.field}: ${fault.message}`);
}

function withoutVersionOf(config: MutableJsonMap): KubeObject {
  const {
    resourceVersion: _resourceVersion,
    uid: _uid,
    ...metadata
  } = (own(config, "metadata") ?? {}) as MutableJsonMap;
  return { ...config, metadata };
}

function withVersionOf(object: MutableJsonMap, resourceVersion: string): MutableJsonMap {
  return { ...object, metadata: { ...((own(object, "metadata") ?? {}) as MutableJsonMap), resourceVersion } };
}
