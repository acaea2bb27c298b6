import { type Json, stringifyJson } from "../../resource/index.ts";
import { problemResponse } from "../problem.ts";
import type { AppParams } from "./parameters.ts";

/** JSON with exact integers: statuses hold Kubernetes JSON, whose integers may be bigger than a double. */
export function jsonResponse(value: object, status: number = 200): Response {
  // The contract's types hold JSON values only; interfaces have no index signature.
  return new Response(stringifyJson(value as unknown as Json), {
    status,
    headers: { "content-type": "application/json" },
  });
}

export function textResponse(text: string): Response {
  return new Response(text, { headers: { "content-type": "text/plain; charset=utf-8" } });
}

/** Whether the caller is a person: asks for plain text and for no JSON. */
export function prefersText(request: Request): boolean {
  const accept = request.headers.get("accept") ?? "";
  return accept.includes("text/plain") && !accept.includes("json");
}

export function noApp({ namespace, name }: AppParams): Response {
  const message = `there is no App ${namespace}/${name}`;
  return problemResponse({
    status: 404,
    code: "APP_NOT_FOUND",
    message,
    hint: "GET /api/apps lists those that there are",
  });
}
