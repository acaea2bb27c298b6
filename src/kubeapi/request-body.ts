import { type Json, parseJson, parseYamlStream } from "../resource/index.ts";
import { ApiError, badRequest } from "./api-error.ts";
import { duplicateKeys } from "./duplicate-keys.ts";

/** Bytes of a request body (reliability.md L29; etcd's and kube-apiserver's bound too). */
const maxBodyBytes = 3 * 1024 * 1024;

/** Nesting beyond this is refused before anything recursive walks the value. */
const maxDepth = 100;

export const protobufType = "application/vnd.kubernetes.protobuf";

export interface DecodedBody {
  readonly value: Json;
  /** Paths of keys that a map gives twice, such as `spec.replicas`; the last value won. */
  readonly duplicates: readonly string[];
}

/**
 * The body as text.
 * @throws ApiError RequestEntityTooLarge beyond 3 MiB, without reading on; BadRequest when it is not UTF-8.
 */
export async function readBody(request: Request): Promise<string> {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(await readBytes(request));
  } catch (error) {
    if (error instanceof TypeError) throw badRequest("the request body is not valid UTF-8");
    throw error;
  }
}

async function readBytes(request: Request): Promise<Uint8Array> {
  if (Number(request.headers.get("content-length") ?? "0") > maxBodyBytes) throw tooLarge();
  if (request.body === null) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body) {
    size += chunk.byteLength;
    if (size > maxBodyBytes) throw tooLarge();
    chunks.push(chunk);
  }
  const [only] = chunks;
  return chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks);
}

/**
 * The object that a POST, PUT or DELETE brings, as JSON, YAML or, for the kinds of protobuf-fields.ts, protobuf.
 * `undefined`: the body is empty.
 * @throws ApiError as readBody and the decoders do; UnsupportedMediaType.
 */
export async function readObject(request: Request): Promise<DecodedBody | undefined> {
  const type = mediaTypeOf(request);
  if (type === protobufType) {
    const bytes = await readBytes(request);
    if (bytes.length === 0) return undefined;
    // Its tables of fields are large, and most clients write JSON.
    const { decodeProtobuf } = await import("./protobuf.ts");
    const value = decodeProtobuf(bytes);
    checkDepth(value, 0);
    return { value, duplicates: [] };
  }
  const isYaml = type === "application/yaml" || type === "application/x-yaml" || type === "text/yaml";
  if (!isYaml && type !== "application/json") throw unsupportedMediaType(["application/json", "application/yaml"]);
  const text = await readBody(request);
  return text.trim() === "" ? undefined : decodeBody(text, isYaml ? "yaml" : "json");
}

function tooLarge(): ApiError {
  return new ApiError(
    "RequestEntityTooLarge",
    `Request entity too large: limit is ${maxBodyBytes} bytes: split the object or keep large data elsewhere`,
  );
}

export type MediaType =
  | "application/json"
  | "application/yaml"
  | "application/json-patch+json"
  | "application/merge-patch+json"
  | "application/strategic-merge-patch+json"
  | "application/apply-patch+yaml";

/** The media type of the body, without parameters; JSON when none is given. */
export function mediaTypeOf(request: Request): string {
  const type = (request.headers.get("content-type") ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
  return type === "" ? "application/json" : type;
}

/** @throws ApiError UnsupportedMediaType naming what is accepted. */
export function unsupportedMediaType(accepted: readonly MediaType[]): ApiError {
  return new ApiError(
    "UnsupportedMediaType",
    `the body of the request was in an unknown format - accepted media types include: ${accepted.join(", ")}`,
  );
}

/**
 * Decodes a JSON or YAML body.
 * @throws ApiError BadRequest with the position of the fault; also for nesting beyond 100 levels.
 */
export function decodeBody(text: string, format: "json" | "yaml"): DecodedBody {
  return format === "json" || /^\s*\{/.test(text) ? decodeJson(text) : decodeYaml(text);
}

function decodeJson(text: string): DecodedBody {
  if (text.trim() === "") throw badRequest("the request body is empty, an object was expected");
  let value: Json;
  try {
    value = parseJson(text);
  } catch (error) {
    if (error instanceof SyntaxError)
      throw badRequest(`couldn't get version/kind; json parse error: ${withoutQuotes(error.message)}`);
    // The stack of the exact parser ended.
    if (error instanceof RangeError) throw tooDeep();
    throw error;
  }
  checkDepth(value, 0);
  return { value, duplicates: duplicateKeys(text) };
}

/** V8 quotes the text around the fault, which may be part of a Secret. */
function withoutQuotes(message: string): string {
  return message.replace(/,? ?(?:\.\.\.)?"[\s\S]*$/, "");
}

function decodeYaml(text: string): DecodedBody {
  const parsed = parseYamlStream(text, { file: "body", duplicateKeys: "last-wins", limits: { maxDepth } });
  const fault = parsed.diagnostics[0];
  if (fault !== undefined)
    throw badRequest(`error converting YAML to JSON: yaml: line ${fault.line}: ${fault.message}`);
  const [document, ...more] = parsed.documents;
  if (document === undefined) throw badRequest("the request body is empty, an object was expected");
  if (more.length > 0) throw badRequest("the request body holds more than one YAML document");
  const strict = parseYamlStream(text, { file: "body", duplicateKeys: "error", limits: { maxDepth } }).diagnostics[0];
  return { value: document.value, duplicates: strict === undefined ? [] : [`line ${strict.line}`] };
}

function checkDepth(value: Json, depth: number): void {
  if (typeof value !== "object" || value === null) return;
  if (depth > maxDepth) throw tooDeep();
  for (const member of Array.isArray(value) ? value : Object.values(value)) checkDepth(member, depth + 1);
}

const tooDeep = (): ApiError => badRequest(`the request body is nested deeper than ${maxDepth} levels`);
