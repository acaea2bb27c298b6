import { createHash } from "node:crypto";
import { type Json, stringifyJson } from "../resource/index.ts";
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
import { asksForOpenApiV2Protobuf, encodeOpenApiV2, openApiV2Protobuf } from "./openapi-v2-protobuf.ts";
import type { TypeRegistry } from "./registry.ts";
import { methodNotAllowed } from "./request-context.ts";
import type { RequestTarget, ResourceTarget } from "./request-path.ts";

/** A document as JSON, or in a form of its own. */
type Document = Json | Uint8Array<ArrayBuffer>;

interface CachedDocument {
  readonly body: string | Uint8Array<ArrayBuffer>;
  readonly etag: string;
}

/** Discovery and OpenAPI documents, ready to send: clients ask for them at every start. */
export interface DocumentCache {
  /** The document with its entity tag; made again when the served types changed. */
  get(key: string, make: (registry: TypeRegistry) => Document): CachedDocument;
}

export function createDocumentCache(registry: TypeRegistry): DocumentCache {
  const cached = new Map<string, CachedDocument>();
  let revision = registry.revision();
  return {
    get: (key, make) => {
      if (registry.revision() !== revision) {
        cached.clear();
        revision = registry.revision();
      }
      let document = cached.get(key);
      if (document === undefined) {
        const made = make(registry);
        const body = made instanceof Uint8Array ? made : stringifyJson(made);
        document = { body, etag: `"${createHash("sha256").update(body).digest("base64url")}"` };
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
  const send = (
    key: string,
    make: (registry: TypeRegistry) => Document,
    contentType = "application/json",
  ): Response => {
    const { body, etag } = documents.get(key, make);
    const headers = { "content-type": contentType, etag, vary: "Accept", "cache-control": "no-cache, private" };
    if (request.headers.get("if-none-match") === etag) return new Response(null, { status: 304, headers });
    return new Response(body, { headers });
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
      return asksForOpenApiV2Protobuf(accept)
        ? send("openapi v2 protobuf", (registry) => encodeOpenApiV2(openApiV2(registry)), openApiV2Protobuf)
        : send("openapi v2", openApiV2);
    case "openapi-v3":
      return send("openapi v3", openApiRoot);
    case "openapi-v3-group":
      return send(`openapi v3 ${target.group}/${target.version}`, (registry) =>
        openApiGroup(registry, target.group, target.version),
      );
  }
}
