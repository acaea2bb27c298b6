import { isMap, type KubeObject, nameOf, own } from "../resource/index.ts";
import { badRequest, conflict, invalid, required } from "./api-error.ts";
import { listObjects } from "./list-objects.ts";
import { deletedStatus, jsonResponse, representList, representObject } from "./representation.ts";
import { readObject } from "./request-body.ts";
import { type ResourceRequest, subjectOf } from "./request-context.ts";
import { type DeletePreconditions, deleteObject } from "./delete-object.ts";
import { findCurrent, readCurrent } from "./write-object.ts";

type Open = (object: KubeObject) => Promise<KubeObject>;

/** Tries of a deletion that meets other writers. */
const deleteTries = 5;

export async function answerDelete(context: ResourceRequest, open: Open): Promise<Response> {
  const { preconditions, dryRun } = await deleteOptions(context);
  const { object, gone } = await deleteOne(preconditions, { ...context, dryRun: context.dryRun || dryRun });
  return gone
    ? jsonResponse(deletedStatus(object, context.resolved))
    : jsonResponse(representObject(await open(object), context.resolved, { form: "object" }, context.now));
}

async function deleteOne(
  preconditions: DeletePreconditions,
  context: ResourceRequest,
): Promise<{ readonly object: KubeObject; readonly gone: boolean }> {
  for (let tries = deleteTries; tries > 0; tries--) {
    const result = await deleteObject(await readCurrent(context), preconditions, context);
    if (result !== undefined) return result;
  }
  throw conflict(subjectOf(context.resolved, context.name), "other writers came first each time; please try again");
}

export async function answerDeleteCollection(context: ResourceRequest, open: Open): Promise<Response> {
  const { dryRun } = await deleteOptions(context);
  const { objects, meta } = await listObjects(context);
  const results: KubeObject[] = [];
  for (const object of objects) {
    const one: ResourceRequest = { ...context, name: nameOf(object), dryRun: context.dryRun || dryRun };
    // Gone meanwhile: what was asked for is so.
    if ((await findCurrent(one)) === undefined) continue;
    const { object: result } = await deleteOne({}, one);
    results.push(await open(result));
  }
  return jsonResponse(representList(results, meta, context.resolved, { form: "object" }, context.now));
}

async function deleteOptions(
  context: ResourceRequest,
): Promise<{ readonly preconditions: DeletePreconditions; readonly dryRun: boolean }> {
  const decoded = await readObject(context.request);
  if (decoded === undefined) return { preconditions: {}, dryRun: false };
  const { value } = decoded;
  if (!isMap(value)) throw badRequest("DeleteOptions must be a map");
  const given = own(value, "preconditions");
  const uid = own(given, "uid");
  const resourceVersion = own(given, "resourceVersion");
  const dryRun = own(value, "dryRun");
  if (Array.isArray(dryRun) && dryRun.some((one) => one !== "All"))
    throw invalid({ group: "meta.k8s.io", resource: "DeleteOptions", name: "" }, [
      required("dryRun", "only All is supported"),
    ]);
  return {
    preconditions: {
      ...(typeof uid === "string" && { uid }),
      ...(typeof resourceVersion === "string" && { resourceVersion }),
    },
    dryRun: Array.isArray(dryRun) && dryRun.length > 0,
  };
}
