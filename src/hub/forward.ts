import { ApiError, asJsonRequest, forbidden, parseRequestPath, type ResourceTarget } from "../kubeapi/index.ts";
import { stringifyJson } from "../resource/index.ts";
import type { HubOptions } from "./hub-door.ts";
import type { HubTokens } from "./token-door.ts";

/** Headers that mean something to the home cluster and are no credentials. */
const passedHeaders = ["accept", "content-type", "user-agent"];

/** Passes requests for identities and permissions on to the home cluster, where they count; `undefined`: the hub answers itself. */
export function createForwarder(
  options: HubOptions,
  tokens: HubTokens,
): (request: Request) => Promise<Response | undefined> {
  const { forward } = options;
  const basePath = (options.basePath ?? "").replace(/\/+$/, "");
  if (forward === undefined) return async () => undefined;
  return async (request) => {
    const url = new URL(request.url);
    const target = targetOf(url.pathname.slice(basePath.length));
    if (target === undefined) return undefined;
    const token = await tokens.authenticate(request);
    // The hub's own answer to a missing token is as good.
    if (token === undefined) return undefined;
    const namespaced = token.namespaces === "*" || token.namespaces.includes(target.namespace ?? "");
    // Writing roles with the home cluster's credentials is power over that cluster; minting tokens there is more than that.
    const isAllowed = token.scopes.includes("admin") || token.scopes.includes("identities:write");
    if (!isAllowed || !namespaced || target.subresource !== "") return refusal(target);
    const sent = await readable(request);
    if (sent instanceof ApiError) return answer(sent);
    const headers = new Headers();
    for (const name of passedHeaders) {
      const value = sent.headers.get(name);
      if (value !== null) headers.set(name, value);
    }
    const path = url.pathname.slice(basePath.length) + url.search;
    const body = sent.method === "GET" || sent.method === "HEAD" ? null : await sent.arrayBuffer();
    return forward(
      new Request(new URL(path, "http://home"), { method: sent.method, headers, body, signal: request.signal }),
    );
  };
}

function targetOf(path: string): ResourceTarget | undefined {
  try {
    const target = parseRequestPath(path);
    if (target.kind !== "resource") return undefined;
    const isIdentity = target.group === "" && target.version === "v1" && target.resource === "serviceaccounts";
    const isPermission = target.group === "rbac.authorization.k8s.io" && target.version === "v1";
    return isIdentity || isPermission ? target : undefined;
  } catch (error) {
    // The hub answers wrong paths itself.
    if (error instanceof ApiError) return undefined;
    throw error;
  }
}

/** The way to the home cluster carries texts only. */
async function readable(request: Request): Promise<Request | ApiError> {
  try {
    return await asJsonRequest(request);
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
}

function refusal({ group, resource, name }: ResourceTarget): Response {
  return answer(
    forbidden(
      { group, resource, ...(name !== "" && { name }) },
      "it lies on the home cluster: reaching it through the hub needs a token with the scope admin or identities:write",
    ),
  );
}

function answer(error: ApiError): Response {
  return new Response(stringifyJson(error.toStatus()), {
    status: error.code,
    headers: { "content-type": "application/json" },
  });
}
