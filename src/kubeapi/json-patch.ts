import { applyPatch, type Operation, Pointer } from "rfc6902";
import { cloneJson, isList, isMap, type Json, type MutableJson, own, stringifyJson } from "../resource/index.ts";
import { ApiError, badRequest, invalid } from "./api-error.ts";

/** Operations in one patch (reliability.md L29, as in kube-apiserver). */
const maxOperations = 10_000;
/** Bytes that `copy` operations of one patch may add: each can double the object (CVE-2019-1002100). */
const maxCopiedBytes = 3 * 1024 * 1024;
/** Names that reach outside the object where a map has a prototype; the patch engine would pass over them silently. */
const refusedTokens: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);

/**
 * RFC 6902. Answers the patched copy.
 * @throws ApiError RequestEntityTooLarge (too many operations, copies grow too large), BadRequest (no JSON patch), Invalid naming the operation that does not fit.
 */
export function applyJsonPatch(target: Json, patch: Json): MutableJson {
  if (!isList(patch)) throw badRequest("a JSON patch must be a list of operations");
  if (patch.length > maxOperations)
    throw new ApiError(
      "RequestEntityTooLarge",
      `The allowed maximum operations in a JSON patch is ${maxOperations}, got ${patch.length}`,
    );
  let document = cloneJson(target);
  let copied = 0;
  for (const [index, entry] of patch.entries()) {
    const operation = checkOperation(entry, index);
    if (operation.op === "copy") {
      const source: unknown = Pointer.fromJSON(operation.from).get(document);
      // The document holds JSON only, so what lies at a path is JSON.
      copied += stringifyJson((source ?? null) as Json).length;
      if (copied > maxCopiedBytes)
        throw new ApiError(
          "RequestEntityTooLarge",
          `operation ${index} (copy): the copies of this patch exceed ${maxCopiedBytes} bytes`,
        );
    }
    if (operation.op !== "remove" && operation.path === "" && operation.op !== "test") {
      document = newRoot(operation, index);
      continue;
    }
    checkParent(document, operation, index);
    const [error] = applyPatch(document, [operation]);
    if (error !== null && error !== undefined) throw fault(index, operation, describe(error));
  }
  return document;
}

function newRoot(operation: Operation, index: number): MutableJson {
  // The operation came from JSON, and so did its value.
  if (operation.op === "add" || operation.op === "replace") return cloneJson(operation.value as Json);
  throw fault(index, operation, "the whole object cannot be its target");
}

function checkOperation(entry: Json, index: number): Operation {
  const op = own(entry, "op");
  const path = own(entry, "path");
  const from = own(entry, "from");
  if (!isMap(entry) || typeof op !== "string" || typeof path !== "string")
    throw badRequest(`operation ${index} of the JSON patch needs "op" and "path"`);
  const known = ["add", "remove", "replace", "move", "copy", "test"];
  if (!known.includes(op)) throw badRequest(`operation ${index} of the JSON patch: unknown op ${JSON.stringify(op)}`);
  if ((op === "move" || op === "copy") && typeof from !== "string")
    throw badRequest(`operation ${index} (${op}) of the JSON patch needs "from"`);
  if ((op === "add" || op === "replace" || op === "test") && own(entry, "value") === undefined)
    throw badRequest(`operation ${index} (${op}) of the JSON patch needs "value"`);
  // Its members were checked above; unknown further ones are ignored by the standard.
  const operation = entry as unknown as Operation;
  for (const pointer of [path, ...(typeof from === "string" ? [from] : [])]) {
    if (pointer !== "" && !pointer.startsWith("/"))
      throw badRequest(`operation ${index} (${op}) of the JSON patch: ${JSON.stringify(pointer)} is no JSON pointer`);
    const refused = pointer
      .split("/")
      .find((token) => refusedTokens.has(token.replace(/~1/g, "/").replace(/~0/g, "~")));
    if (refused !== undefined) throw fault(index, operation, `a path may not hold "${refused}"`);
  }
  return operation;
}

/** The engine sets members of strings and inherited members without complaint; only own maps and lists have members. */
function checkParent(document: MutableJson, operation: Operation, index: number): void {
  for (const pointer of [operation.path, ...("from" in operation ? [operation.from] : [])]) {
    const tokens = Pointer.fromJSON(pointer).tokens.slice(1, -1);
    let value: Json | undefined = document;
    for (const token of tokens) {
      value = isList(value) ? (/^(0|[1-9]\d{0,9})$/.test(token) ? value[Number(token)] : undefined) : own(value, token);
      if (typeof value !== "object" || value === null) throw fault(index, operation, `there is nothing at ${pointer}`);
    }
  }
}

function describe(error: Error): string {
  switch (error.name) {
    case "MissingError":
      return "there is nothing at its path";
    case "TestError":
      // The values stay out of the message: they may be secret.
      return "the value is another one";
    default:
      return "it is not a valid operation";
  }
}

function fault(index: number, operation: Operation, detail: string): ApiError {
  return invalid({ group: "", resource: "", name: "" }, [
    {
      reason: "FieldValueInvalid",
      field: "patch",
      message: `Invalid value: operation ${index} (${operation.op} ${JSON.stringify(operation.path.slice(0, 200))}): ${detail}`,
    },
  ]);
}
