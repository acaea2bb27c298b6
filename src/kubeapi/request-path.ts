import { ApiError, unknownPath } from "./api-error.ts";

/** What a path means. */
export type RequestTarget =
  | { readonly kind: "versions" }
  | { readonly kind: "core-versions" }
  | { readonly kind: "groups" }
  | { readonly kind: "group"; readonly group: string }
  | { readonly kind: "group-version"; readonly group: string; readonly version: string }
  | { readonly kind: "openapi-v2" }
  | { readonly kind: "openapi-v3" }
  | { readonly kind: "openapi-v3-group"; readonly group: string; readonly version: string }
  | { readonly kind: "health" }
  | ResourceTarget;

/** `/apis/GROUP/VERSION[/namespaces/NS]/RESOURCE[/NAME[/SUBRESOURCE]]`, `/api/v1/…` for the core group. */
export interface ResourceTarget {
  readonly kind: "resource";
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  /** `undefined`: the path has no namespace. */
  readonly namespace: string | undefined;
  readonly name: string;
  readonly subresource: string;
}

/**
 * Reads a path. Segments are decoded once; a segment that holds a slash or is `.` or `..` after that is refused: no stored name can be meant.
 * @throws ApiError NotFound for anything that is no API path.
 */
export function parseRequestPath(pathname: string): RequestTarget {
  const [root, ...rest] = segmentsOf(pathname);
  switch (root) {
    case "version":
      return rest.length === 0 ? { kind: "versions" } : fail();
    case "healthz":
    case "livez":
    case "readyz":
      return { kind: "health" };
    case "openapi":
      return openApiTarget(rest);
    case "api": {
      const [version, ...path] = rest;
      return version === undefined ? { kind: "core-versions" } : groupTarget("", version, path);
    }
    case "apis": {
      const [group, version, ...path] = rest;
      if (group === undefined) return { kind: "groups" };
      return version === undefined ? { kind: "group", group } : groupTarget(group, version, path);
    }
    default:
      return fail();
  }
}

function groupTarget(group: string, version: string, path: readonly string[]): RequestTarget {
  if (path.length === 0) return { kind: "group-version", group, version };
  // `/namespaces/NS/RESOURCE…` is a namespaced path; `/namespaces`, `/namespaces/NS` and its subresources are the Namespace itself.
  const [first, second, third] = path;
  if (first === "namespaces" && second !== undefined && third !== undefined && !namespaceSubresources.has(third)) {
    return resourceTarget(group, version, second, path.slice(2));
  }
  return resourceTarget(group, version, undefined, path);
}

const namespaceSubresources: ReadonlySet<string> = new Set(["status", "finalize"]);

function resourceTarget(
  group: string,
  version: string,
  namespace: string | undefined,
  path: readonly string[],
): RequestTarget {
  const [resource, name = "", subresource = "", ...more] = path;
  if (resource === undefined || more.length > 0) return fail();
  return { kind: "resource", group, version, resource, namespace, name, subresource };
}

function openApiTarget([version, ...path]: readonly string[]): RequestTarget {
  if (version === "v2" && path.length === 0) return { kind: "openapi-v2" };
  if (version !== "v3") return fail();
  const [root, ...rest] = path;
  if (root === undefined) return { kind: "openapi-v3" };
  if (root === "api" && rest.length === 1) return { kind: "openapi-v3-group", group: "", version: rest[0] ?? "" };
  if (root === "apis" && rest.length === 2)
    return { kind: "openapi-v3-group", group: rest[0] ?? "", version: rest[1] ?? "" };
  return fail();
}

function segmentsOf(pathname: string): readonly string[] {
  const raw = pathname.split("/").filter((segment) => segment !== "");
  return raw.map((segment) => {
    let decoded: string;
    try {
      decoded = decodeURIComponent(segment);
    } catch (error) {
      if (error instanceof URIError) throw new ApiError("BadRequest", "the path is not valid percent-encoding");
      throw error;
    }
    if (decoded === "." || decoded === ".." || decoded.includes("/") || decoded.includes("\0")) fail();
    return decoded;
  });
}

function fail(): never {
  throw unknownPath();
}
