import { type KubeObject, nameOf, namespaceOf, own, parseJson, stringifyJson } from "../resource/index.ts";
import { ApiError, badRequest } from "./api-error.ts";
import type { ResourceRequest } from "./request-context.ts";

/** Milliseconds a continue token is good for, as in kube-apiserver (etcd's compaction). */
const lifeMs = 5 * 60_000;
const maxLength = 2048;

/**
 * The token that continues a list behind `last`: the place, and what the list was about. It names nothing that the caller did not see, and a
 * changed one only moves the start within what the request is authorised for, so it is not signed.
 */
export function writeContinue(last: KubeObject, context: ResourceRequest): string {
  const token = { v: 1, t: context.now, q: questionOf(context), ns: namespaceOf(last), name: nameOf(last) };
  return Buffer.from(stringifyJson(token)).toString("base64url");
}

/**
 * The place behind which the request's list continues.
 * @throws ApiError BadRequest for a token of another list or none at all, Expired for an old one.
 */
export function readContinue(
  context: ResourceRequest,
): { readonly namespace: string; readonly name: string } | undefined {
  const text = context.query.get("continue") ?? "";
  if (text === "") return undefined;
  const token = parse(text);
  const namespace = own(token, "ns");
  const name = own(token, "name");
  const time = own(token, "t");
  if (own(token, "v") !== 1 || typeof namespace !== "string" || typeof name !== "string" || typeof time !== "number")
    throw badRequest("continue key is not valid: it was not given by this server");
  if (own(token, "q") !== questionOf(context))
    throw badRequest("continue key is not valid: it belongs to another list");
  if (context.now - time > lifeMs || time > context.now + lifeMs)
    throw new ApiError(
      "Expired",
      "The provided continue parameter is too old to display a consistent list result. You must start a new list without the continue parameter.",
    );
  return { namespace, name };
}

function parse(text: string): ReturnType<typeof parseJson> {
  if (text.length > maxLength || !/^[\w-]+=*$/.test(text))
    throw badRequest("continue key is not valid: it was not given by this server");
  try {
    return parseJson(Buffer.from(text, "base64url").toString());
  } catch (error) {
    if (error instanceof SyntaxError) throw badRequest("continue key is not valid: it was not given by this server");
    throw error;
  }
}

/** What must be the same on every page. */
function questionOf(context: ResourceRequest): string {
  const { query, resolved, namespace } = context;
  return stringifyJson([
    resolved.storeType,
    namespace,
    query.get("labelSelector") ?? "",
    query.get("fieldSelector") ?? "",
  ]);
}
