import { type KubeObject, own } from "../resource/index.ts";
import { requireObject } from "./admission.ts";
import { badRequest, forbidden, invalid, invalidValue, staleObject, unknownPath } from "./api-error.ts";
import { answerDelete, answerDeleteCollection } from "./delete-routes.ts";
import { servedKinds } from "./discovery.ts";
import { listObjects } from "./list-objects.ts";
import { patchObject } from "./patch-object.ts";
import type { ResolvedType } from "./registry.ts";
import { jsonResponse, negotiate, representList, representObject } from "./representation.ts";
import { decodeBody, type DecodedBody, readBody, readObject } from "./request-body.ts";
import {
  type ApiDeps,
  isTrue,
  kindSubjectOf,
  methodNotAllowed,
  parseWriteOptions,
  type ResourceRequest,
  subjectOf,
} from "./request-context.ts";
import type { ResourceTarget } from "./request-path.ts";
import { scaled, scaleOf } from "./scale.ts";
import { type Caller, type Verb, verbsOf } from "./served-type.ts";
import { watchObjects } from "./watch-objects.ts";
import { createObject, readCurrent, replaceObject } from "./write-object.ts";

/** Answers a request about a resource, once the caller may make it. `warnings` collects what the answer's headers tell. */
export async function answerResource(
  request: Request,
  url: URL,
  target: ResourceTarget,
  caller: Caller,
  deps: ApiDeps,
  warnings: string[],
): Promise<Response> {
  const verb = verbOf(request.method, url.searchParams, target);
  await authorize(caller, verb, target);
  const resolved = deps.registry.find(target.group, target.version, target.resource);
  if (resolved === undefined) throw unknownPath(servedKinds(deps.registry));
  checkScope(resolved, target, verb);
  const options = parseWriteOptions(request, url.searchParams);
  const context: ResourceRequest = {
    deps,
    request,
    query: url.searchParams,
    target,
    resolved,
    caller,
    namespace: target.namespace ?? "",
    name: target.name,
    options,
    dryRun: options.dryRun,
    now: deps.clock.now(),
    warnings,
    warn: (message) => warnings.push(message),
  };
  const open = await opener(context);
  switch (verb) {
    case "get":
      return answerObject((await readCurrent(context)).object, 200, context, open);
    case "list":
      return answerList(context, open);
    case "watch":
      return deps.watchGate(caller, () => watchObjects(context, negotiate(request, context.query), open));
    case "create":
      return answerCreate(context, open);
    case "update":
      return answerObject(await update(context), 200, context, open);
    case "patch": {
      const { object, created } = await patch(context);
      return answerObject(object, created ? 201 : 200, context, open);
    }
    case "delete":
      return answerDelete(context, open);
    case "deletecollection":
      return answerDeleteCollection(context, open);
  }
}

function verbOf(method: string, query: URLSearchParams, target: ResourceTarget): Verb {
  const single = target.name !== "";
  switch (method) {
    case "GET":
    case "HEAD":
      if (isTrue(query.get("watch")) && target.subresource === "") return "watch";
      return single ? "get" : "list";
    case "POST":
      return "create";
    case "PUT":
      return "update";
    case "PATCH":
      return "patch";
    case "DELETE":
      return single ? "delete" : "deletecollection";
    default:
      throw methodNotAllowed("the server does not allow this method on the requested resource");
  }
}

/** Before anything is looked up, so that the answer tells nothing about what exists. */
async function authorize(caller: Caller, verb: Verb, target: ResourceTarget): Promise<void> {
  const { group, resource, subresource, name } = target;
  const namespace = target.namespace ?? "";
  if (await caller.may({ verb, group, resource, subresource, namespace, name })) return;
  const shown = subresource === "" ? resource : `${resource}/${subresource}`;
  const where = namespace === "" ? "at the cluster scope" : `in the namespace ${JSON.stringify(namespace)}`;
  throw forbidden(
    { group, resource, ...(name !== "" && { name }) },
    `User ${JSON.stringify(caller.user)} cannot ${verb} resource ${JSON.stringify(shown)} in API group ${JSON.stringify(group)} ${where}`,
  );
}

function checkScope(resolved: ResolvedType, target: ResourceTarget, verb: Verb): void {
  const { type } = resolved;
  if (target.namespace !== undefined && !type.namespaced) throw unknownPath();
  const needsNamespace = target.name !== "" || verb === "create" || verb === "deletecollection";
  if (type.namespaced && target.namespace === undefined && needsNamespace)
    throw methodNotAllowed("the server does not allow this method on the requested resource");
  const hasSubresource =
    target.subresource === "" ||
    (target.subresource === "status" && type.statusSubresource === true) ||
    (target.subresource === "scale" && type.scaleSubresource === true) ||
    (verb === "create" && type.subresourceCreates?.[target.subresource] !== undefined);
  if (!hasSubresource) throw unknownPath();
  if (
    target.subresource !== "" &&
    verb !== "get" &&
    verb !== "update" &&
    verb !== "patch" &&
    type.subresourceCreates?.[target.subresource] === undefined
  )
    throw methodNotAllowed("the server does not allow this method on the requested resource");
  if (target.subresource === "" && !verbsOf(type).includes(verb))
    throw methodNotAllowed(`${verb} is not supported on resources of kind ${JSON.stringify(resolved.storeType)}`);
  if (target.name !== "" && verb === "create" && target.subresource === "")
    throw methodNotAllowed("the server does not allow this method on the requested resource");
}

/** Turns stored objects into what this caller may see. */
async function opener(context: ResourceRequest): Promise<(object: KubeObject) => Promise<KubeObject>> {
  const open = context.resolved.type.hooks?.open;
  if (open === undefined) return async (object) => object;
  const { group, plural } = context.resolved.type;
  const attributes = {
    verb: "reveal",
    group,
    resource: plural,
    subresource: "",
    namespace: context.namespace,
    name: context.name,
  };
  if (!(await context.caller.may(attributes))) return async (object) => object;
  return open;
}

async function answerObject(
  object: KubeObject,
  status: number,
  context: ResourceRequest,
  open: (object: KubeObject) => Promise<KubeObject>,
): Promise<Response> {
  const as = negotiate(context.request, context.query);
  if (context.target.subresource === "scale") return jsonResponse(scaleOf(object), status);
  const shown = await open(object);
  return jsonResponse(representObject(shown, context.resolved, as, context.now), status);
}

async function answerList(
  context: ResourceRequest,
  open: (object: KubeObject) => Promise<KubeObject>,
): Promise<Response> {
  const as = negotiate(context.request, context.query);
  const { objects, meta } = await listObjects(context);
  const shown = as.form === "object" ? await Promise.all(objects.map(open)) : objects;
  return jsonResponse(representList(shown, meta, context.resolved, as, context.now));
}

async function decode(context: ResourceRequest): Promise<DecodedBody> {
  const decoded = await readObject(context.request);
  if (decoded === undefined) throw badRequest("the request body is empty, an object was expected");
  return decoded;
}

async function answerCreate(
  context: ResourceRequest,
  open: (object: KubeObject) => Promise<KubeObject>,
): Promise<Response> {
  const { value, duplicates } = await decode(context);
  const { hooks, subresourceCreates } = context.resolved.type;
  const special = subresourceCreates?.[context.target.subresource];
  if (special !== undefined) {
    const parent = (await readCurrent(context)).object;
    return jsonResponse(await special(value, parent, context), 201);
  }
  const object = requireObject(value, context);
  if (hooks?.answerCreate !== undefined) return jsonResponse(await hooks.answerCreate(object, context), 201);
  return answerObject(await createObject(object, context, { duplicates }), 201, context, open);
}

async function update(context: ResourceRequest): Promise<KubeObject> {
  const { value, duplicates } = await decode(context);
  const { resolved } = context;
  if (context.target.subresource === "scale") {
    const current = await readCurrent(context);
    return stored(
      await replaceObject(current, scaled(current.object, value), asMain(context), { duplicates }),
      context,
    );
  }
  const next = requireObject(value, context);
  const metadata = own(next, "metadata");
  if ((own(metadata, "name") ?? "") === "")
    throw badRequest(`name is required: the object's name must be ${JSON.stringify(context.name)}, as in the path`);
  const current = await readCurrent(context);
  if (resolved.type.flavour === "custom" && (own(metadata, "resourceVersion") ?? "") === "")
    throw invalid(kindSubjectOf(resolved, context.name), [
      invalidValue("metadata.resourceVersion", 0, "must be specified for an update"),
    ]);
  return stored(await replaceObject(current, next, context, { duplicates }), context);
}

async function patch(context: ResourceRequest): Promise<{ readonly object: KubeObject; readonly created: boolean }> {
  if (context.target.subresource !== "scale") return patchObject(context);
  const { value } = decodeBody(await readBody(context.request), "json");
  const current = await readCurrent(context);
  const object = stored(
    await replaceObject(current, scaled(current.object, value), asMain(context), { duplicates: [] }),
    context,
  );
  return { object, created: false };
}

/** A scale is a write of the object itself. */
const asMain = (context: ResourceRequest): ResourceRequest => ({
  ...context,
  target: { ...context.target, subresource: "" },
});

function stored(object: KubeObject | undefined, context: ResourceRequest): KubeObject {
  if (object === undefined) throw staleObject(subjectOf(context.resolved, context.name));
  return object;
}
