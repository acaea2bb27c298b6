import { stringifyJson } from "../resource/index.ts";
import { mediaTypeOf, protobufType, readObject } from "./request-body.ts";

/**
 * The same request without protobuf, for a way that carries texts only: a protobuf body is sent as JSON, and no protobuf is accepted.
 * @throws ApiError as the API itself answers such a body: BadRequest, UnsupportedMediaType, RequestEntityTooLarge.
 */
export async function asJsonRequest(request: Request): Promise<Request> {
  const headers = new Headers(request.headers);
  const accepted = (headers.get("accept") ?? "").split(",").filter((entry) => !entry.includes(protobufType));
  headers.set("accept", accepted.join(",") || "application/json");
  const isProtobuf = mediaTypeOf(request) === protobufType;
  if (isProtobuf) {
    headers.set("content-type", "application/json");
    headers.delete("content-length");
  }
  const { url, method, signal } = request;
  const hasBody = method !== "GET" && method !== "HEAD";
  const body = !hasBody ? null : isProtobuf ? await jsonBody(request) : await request.arrayBuffer();
  return new Request(url, { method, headers, body, signal });
}

async function jsonBody(request: Request): Promise<string | null> {
  const decoded = await readObject(request);
  return decoded === undefined ? null : stringifyJson(decoded.value);
}
