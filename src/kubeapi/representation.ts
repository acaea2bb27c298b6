import { isMap, type Json, type JsonMap, type KubeObject, own, stringifyJson } from "../resource/index.ts";
import { ApiError } from "./api-error.ts";
import type { ResolvedType } from "./registry.ts";
import { listKindOf } from "./served-type.ts";
import { columnDefinitions, type IncludedObject, partialMetadata, tableRow } from "./table.ts";

/** The form in which the client wants objects. */
export type Representation =
  | { readonly form: "object" }
  | { readonly form: "metadata" }
  | { readonly form: "table"; readonly version: "v1" | "v1beta1"; readonly include: IncludedObject };

/**
 * Chooses from the Accept header, first acceptable entry first.
 * @throws ApiError NotAcceptable when JSON in any form is none of them.
 */
export function negotiate(request: Request, query: URLSearchParams): Representation {
  const accept = request.headers.get("accept") ?? "";
  if (accept.trim() === "") return { form: "object" };
  for (const entry of accept.split(",")) {
    const [type = "", ...rest] = entry.split(";").map((part) => part.trim());
    const parameters = new Map(rest.map((part) => [part.split("=")[0] ?? "", part.split("=")[1] ?? ""]));
    if (type !== "application/json" && type !== "*/*" && type !== "application/*") continue;
    switch (parameters.get("as")) {
      case undefined:
        return { form: "object" };
      case "Table": {
        const version = parameters.get("v");
        if (parameters.get("g") === "meta.k8s.io" && (version === "v1" || version === "v1beta1"))
          return { form: "table", version, include: includedOf(query) };
        break;
      }
      case "PartialObjectMetadata":
      case "PartialObjectMetadataList":
        return { form: "metadata" };
      default:
    }
  }
  throw new ApiError(
    "NotAcceptable",
    "only the following media types are accepted: application/json, application/json;as=Table;v=v1;g=meta.k8s.io, application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io",
  );
}

function includedOf(query: URLSearchParams): IncludedObject {
  const include = query.get("includeObject");
  return include === "None" || include === "Object" ? include : "Metadata";
}

/** One object in that form. */
export function representObject(
  object: KubeObject,
  resolved: ResolvedType,
  as: Representation,
  now: number,
  options: { readonly withColumns?: boolean } = {},
): JsonMap {
  switch (as.form) {
    case "object":
      return object;
    case "metadata":
      return partialMetadata(object);
    case "table":
      return {
        kind: "Table",
        apiVersion: `meta.k8s.io/${as.version}`,
        metadata: { resourceVersion: own(own(object, "metadata"), "resourceVersion") ?? "" },
        ...(options.withColumns !== false && { columnDefinitions: columnDefinitions(resolved) }),
        rows: [tableRow(object, resolved, as.include, now)],
      };
  }
}

export interface ListMeta {
  readonly resourceVersion: string;
  readonly continue?: string;
  readonly remainingItemCount?: number;
}

/** A page of objects in that form. */
export function representList(
  objects: readonly KubeObject[],
  meta: ListMeta,
  resolved: ResolvedType,
  as: Representation,
  now: number,
): JsonMap {
  // A spread copy of the interface is a plain JSON map.
  const metadata: JsonMap = { ...meta };
  switch (as.form) {
    case "object":
      return { kind: listKindOf(resolved.type), apiVersion: resolved.apiVersion, metadata, items: objects };
    case "metadata":
      return {
        kind: "PartialObjectMetadataList",
        apiVersion: "meta.k8s.io/v1",
        metadata,
        items: objects.map(partialMetadata),
      };
    case "table":
      return {
        kind: "Table",
        apiVersion: `meta.k8s.io/${as.version}`,
        metadata,
        columnDefinitions: columnDefinitions(resolved),
        rows: objects.map((object) => tableRow(object, resolved, as.include, now)),
      };
  }
}

/** An answer of JSON. */
export function jsonResponse(value: Json, status = 200, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(stringifyJson(value), { status, headers: { "content-type": "application/json", ...headers } });
}

/** The Status that answers a deletion. */
export function deletedStatus(object: KubeObject, resolved: ResolvedType): JsonMap {
  const metadata = own(object, "metadata");
  return {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Success",
    details: {
      name: own(metadata, "name") ?? "",
      ...(resolved.type.group !== "" && { group: resolved.type.group }),
      kind: resolved.type.plural,
      uid: (isMap(metadata) && own(metadata, "uid")) || "",
    },
  };
}
