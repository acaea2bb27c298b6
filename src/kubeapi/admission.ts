/** What happens to an object between the body of a request and the store, other than merging. */
import {
  apiVersionOf,
  isList,
  isMap,
  type Json,
  kindOf,
  type KubeObject,
  type MutableJson,
  type MutableJsonMap,
  nameOf,
  namespaceOf,
  own,
  setOwn,
} from "../resource/index.ts";
import { badRequest, type FieldFault, forbiddenField, invalid, invalidValue, required } from "./api-error.ts";
import type { DecodedBody } from "./request-body.ts";
import { labelFaults, nameProblem } from "./names.ts";
import { kindSubjectOf, type ResourceRequest } from "./request-context.ts";
import { applyDefaults, dropNulls, prune, schemaFaults } from "./schema.ts";

/**
 * The body as an object of the requested kind.
 * @throws ApiError BadRequest when it is none, or names another kind, version, namespace or name than the path.
 */
export function requireObject(body: Json, context: ResourceRequest): MutableJsonMap {
  const { resolved, namespace, name } = context;
  const { kind } = resolved.type;
  if (!isMap(body)) throw badRequest(`the object provided is unrecognized: a ${kind} was expected`);
  const given = kindOf(body);
  const version = apiVersionOf(body);
  if (given !== "" && given !== kind)
    throw badRequest(`the kind in the data (${given}) does not match the expected kind (${kind})`);
  if (version !== "" && version !== resolved.apiVersion)
    throw badRequest(
      `the API version in the data (${version}) does not match the expected API version (${resolved.apiVersion})`,
    );
  const metadata = own(body, "metadata");
  if (metadata !== undefined && metadata !== null && !isMap(metadata))
    throw badRequest(
      `${kind} in version "${resolved.version.name}" cannot be handled as a ${kind}: metadata must be a map`,
    );
  if (namespaceOf(body) !== "" && namespaceOf(body) !== namespace)
    throw badRequest(
      resolved.type.namespaced
        ? "the namespace of the provided object does not match the namespace sent on the request"
        : `namespace ${JSON.stringify(namespaceOf(body))} is given, but ${kind} is not namespaced`,
    );
  if (name !== "" && nameOf(body) !== "" && nameOf(body) !== name)
    throw badRequest(`the name of the object (${nameOf(body)}) does not match the name on the URL (${name})`);
  // Bodies are decoded for this request alone: they may be changed.
  return body as MutableJsonMap;
}

/**
 * Brings an object into the form of its type, in place: nulls and unknown fields go, defaults come, types are checked.
 * @throws ApiError BadRequest (strict: unknown or duplicate fields), Invalid (types, required fields, values).
 */
export function conform(object: MutableJsonMap, duplicates: DecodedBody["duplicates"], context: ResourceRequest): void {
  const { resolved } = context;
  dropNulls(object, resolved.schema);
  if (resolved.type.flavour === "builtin") dropDeepNulls(object);
  const typeFaults = schemaFaults(object, resolved.schema).filter((fault) => fault.reason === "FieldValueTypeInvalid");
  if (typeFaults.length > 0) throw invalid(kindSubjectOf(resolved, nameOf(object)), typeFaults);
  reportFields(prune(object, resolved.schema), duplicates, context);
  applyDefaults(object, resolved.schema);
  const faults = schemaFaults(object, resolved.schema);
  if (faults.length > 0) throw invalid(kindSubjectOf(resolved, nameOf(object)), faults);
}

function reportFields(unknown: readonly string[], duplicates: readonly string[], context: ResourceRequest): void {
  const problems = [
    ...unknown.map((path) => `unknown field ${JSON.stringify(path)}`),
    ...duplicates.map((path) => `duplicate field ${JSON.stringify(path)}`),
  ];
  switch (context.options.fieldValidation) {
    case "Ignore":
      return;
    case "Warn":
      for (const problem of problems) context.warn(problem);
      return;
    case "Strict": {
      if (problems.length === 0) return;
      const { kind } = context.resolved.type;
      throw badRequest(
        `${kind} in version "${context.resolved.version.name}" cannot be handled as a ${kind}: strict decoding error: ${problems.join(", ")}`,
      );
    }
  }
}

/** Built-in kinds decode into structs, where null means absent. */
function dropDeepNulls(value: MutableJson): void {
  if (Array.isArray(value)) for (const item of value) dropDeepNulls(item);
  else if (isMap(value)) {
    for (const key of Object.keys(value)) {
      const member = own(value, key) as MutableJson;
      if (member === null) delete (value as MutableJsonMap)[key];
      else dropDeepNulls(member);
    }
  }
}

/** The object's metadata as a map that may be changed. */
export function metadataOf(object: MutableJsonMap): MutableJsonMap {
  const metadata = own(object, "metadata");
  // Part of a mutable object, hence mutable.
  if (isMap(metadata)) return metadata as MutableJsonMap;
  const fresh: MutableJsonMap = {};
  setOwn(object, "metadata", fresh);
  return fresh;
}

/** Faults of name, labels, annotations, finalizers, and those of the type's own rules. */
export function objectFaults(
  object: KubeObject,
  old: KubeObject | undefined,
  context: ResourceRequest,
): readonly FieldFault[] {
  const { type } = context.resolved;
  const name = nameOf(object);
  const faults: FieldFault[] = [];
  if (name === "") faults.push(required("metadata.name", "name or generateName is required"));
  else if (old === undefined) {
    const problem = nameProblem(name, type.names ?? "subdomain");
    if (problem !== undefined) faults.push(invalidValue("metadata.name", name, problem));
    const namespaceProblem = type.namespaced ? nameProblem(context.namespace, "label") : undefined;
    if (namespaceProblem !== undefined)
      faults.push(invalidValue("metadata.namespace", context.namespace, namespaceProblem));
  }
  faults.push(...labelFaults(own(object, "metadata")), ...finalizerFaults(object, old));
  faults.push(...(type.hooks?.validate?.(object, old) ?? []));
  return faults;
}

function finalizerFaults(object: KubeObject, old: KubeObject | undefined): readonly FieldFault[] {
  if (own(own(old, "metadata"), "deletionTimestamp") === undefined) return [];
  const before = new Set(finalizersOf(old));
  const fresh = finalizersOf(object).filter((one) => !before.has(one));
  return fresh.length === 0
    ? []
    : [
        forbiddenField(
          "metadata.finalizers",
          `no new finalizers can be added if the object is being deleted, found new finalizers ${JSON.stringify(fresh)}`,
        ),
      ];
}

/** What holds an object that is to be deleted. */
export function finalizersOf(object: KubeObject | undefined): readonly string[] {
  const lists = [own(own(object, "metadata"), "finalizers")];
  // A namespace is also held by its own content, which is told in its spec.
  if (object !== undefined && kindOf(object) === "Namespace") lists.push(own(own(object, "spec"), "finalizers"));
  return lists.flatMap((list) => (isList(list) ? list.filter((one) => typeof one === "string") : []));
}
