import { type Json, stringifyJson } from "../resource/index.ts";
import { ApiError } from "./api-error.ts";
import {
  aggregatedDiscovery,
  aggregatedVersion,
  coreVersions,
  groupDocument,
  groupList,
  resourceList,
  versionDocument,
} from "./discovery.ts";
import { openApiGroup, openApiRoot, openApiV2 } from "./openapi.ts";
import type { TypeRegistry } from "./registry.ts";
import { methodNotAllowed } from "./request-context.ts";
import type { RequestTarget, ResourceTarget } from "./request-path.ts";

/** Discovery and OpenAPI documents as text: clients ask for them at every start. */
export interface DocumentCache {
  /** The document's text and entity tag; made again when the served types changed. */
  get(key: string, make: (registry: TypeRegistry) => Json): { readonly text: string; readonly etag: string };
}

export function createDocumentCache(registry: TypeRegistry): DocumentCache {
  const cached = new Map<string, { readonly text: string; readonly etag: string }>();
  let revision = registry.revision();
  return {
    get: (key, make) => {
      if (registry.revision() !== revision) {
        cached.clear();
        revision = registry.revision();
      }
      let document = cached.get(key);
      if (document === undefined) {
        const text = stringifyJson(make(registry));
        document = { text, etag: `"${fingerprint(text)}"` };
        cached.set(key, document);
      }
      return document;
    },
  };
}

/** Answers everything but resources. */
export function answerDocument(
  request: Request,
  url: URL,
  target: Exclude<RequestTarget, ResourceTarget>,
  documents: DocumentCache,
): Response {
  if (request.method !== "GET" && request.method !== "HEAD") throw methodNotAllowed("discovery is read with GET");
  const accept = request.headers.get("accept") ?? "";
  const send = (key: string, make: (registry: TypeRegistry) => Json, contentType = "application/json"): Response => {
    const { text, etag } = documents.get(key, make);
    const headers = { "content-type": contentType, etag, vary: "Accept", "cache-control": "no-cache, private" };
    if (request.headers.get("if-none-match") === etag) return new Response(null, { status: 304, headers });
    return new Response(text, { headers });
  };
  switch (target.kind) {
    case "versions":
      return send("version", () => versionDocument);
    case "health":
      return new Response("ok", { headers: { "content-type": "text/plain; charset=utf-8" } });
    case "core-versions":
    case "groups": {
      const root = target.kind === "groups" ? "apis" : "api";
      const form = aggregatedVersion(accept);
      if (form !== undefined)
        return send(
          `${root} ${form}`,
          (registry) => aggregatedDiscovery(registry, root, form),
          `application/json;g=apidiscovery.k8s.io;v=${form};as=APIGroupDiscoveryList`,
        );
      return root === "api" ? send("api", () => coreVersions(url.host)) : send("apis", groupList);
    }
    case "group":
      return send(`group ${target.group}`, (registry) => groupDocument(registry, target.group));
    case "group-version":
      return send(`list ${target.group}/${target.version}`, (registry) =>
        resourceList(registry, target.group, target.version),
      );
    case "openapi-v2":
      if (accept !== "" && !/application\/(json|\*)|\*\/\*/.test(accept))
        throw new ApiError(
          "NotAcceptable",
          "OpenAPI v2 is served as application/json only; OpenAPI v3 is at /openapi/v3",
        );
      return send("openapi v2", openApiV2);
    case "openapi-v3":
      return send("openapi v3", openApiRoot);
    case "openapi-v3-group":
      return send(`openapi v3 ${target.group}/${target.version}`, (registry) =>
        openApiGroup(registry, target.group, target.version),
      );
  }
}

/** A short, stable mark of a text (FNV-1a, twice 32 bits): for caches, not for security. */
function fingerprint(text: string): string {
  let a = 0x811c9dc5;
  let b = 0x01000193;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    a = Math.imul(a ^ code, 0x01000193);
    b = Math.imul(b ^ code, 0x811c9dc5);
  }
  return (a >>> 0).toString(16).padStart(8, "0") + (b >>> 0).toString(16).padStart(8, "0");
}
