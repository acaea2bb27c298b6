import type { Context, Hono } from "hono";
import * as z from "zod";
import type { Scope } from "../../hub/index.ts";
import type { Metrics } from "../../reconcile/index.ts";
import { createEdge, type EdgeEnv } from "../edge.ts";
import { problemResponse } from "../problem.ts";
import type { RouteDeps } from "./actions.ts";
import { openApiDocument } from "./openapi.ts";
import { type Caller, defineRoute, type Route } from "./route.ts";
import { appRoute, listRoute, runRoute } from "./look-routes.ts";
import { mayTouch, nothing } from "./parameters.ts";
import { planRoute } from "./plan-route.ts";
import { reconcileRoute } from "./reconcile-route.ts";
import { syncRoute } from "./sync-route.ts";

export interface ByHandDeps extends Omit<RouteDeps, "maxWaitMs" | "recheckMs"> {
  readonly metrics: Metrics;
  /** Shown in the OpenAPI document. */
  readonly version: string;
  /** Longest answer of a run or plan; a function's time less a reserve. Default 300 000. */
  readonly maxWaitMs?: number;
  /** How often a token is checked again while an answer streams. Default 30 000 (reliability.md B128). */
  readonly recheckMs?: number;
}

/** The by-hand API under `/api/apps`, `/api/sync` and `/api/openapi.json`. Tokens and scopes are the hub's. */
export function createByHand(deps: ByHandDeps): Hono<EdgeEnv> {
  const app = createEdge(deps.log);
  const bound = { ...deps, maxWaitMs: deps.maxWaitMs ?? 300_000, recheckMs: deps.recheckMs ?? 30_000 };
  const described = [listRoute, appRoute, runRoute, planRoute, reconcileRoute, syncRoute].map((route) => route(bound));
  const routes = [...described, openApiRoute(described, deps.version)];
  for (const route of routes) {
    app.on(route.method, honoPath(route.path), async (context) => {
      const response = await serveRoute(route, context, deps);
      deps.metrics.count("lateen_by_hand_requests_total", {
        operation: route.operationId,
        status: String(response.status),
      });
      return response;
    });
  }
  for (const [path, methods] of methodsByPath(routes)) {
    app.all(honoPath(path), (context) => {
      const message = `${context.req.method} is not possible here, ${methods} is`;
      return problemResponse({ status: 405, code: "METHOD_NOT_ALLOWED", message }, { allow: methods });
    });
  }
  return app;
}

/** Token, scope and namespace are checked before anything is looked up: what must not be seen is refused alike, there or not (reliability.md T21). */
async function serveRoute(route: Route, context: Context<EdgeEnv>, deps: ByHandDeps): Promise<Response> {
  const request = context.req.raw;
  const caller = route.scope === undefined ? anybody : await deps.authenticate(request);
  if (caller === undefined) return unauthorized();
  if (route.scope !== undefined && !hasScope(caller, route.scope))
    return forbidden(`the token has no scope ${route.scope}`);
  const params = route.params.safeParse(context.req.param());
  if (!params.success) return invalid("path", params.error);
  const query = route.query.safeParse(singleValues(new URL(request.url).searchParams));
  if (!query.success) return invalid("query", query.error);
  const namespace = params.data["namespace"] ?? query.data["namespace"];
  if (typeof namespace === "string" && !mayTouch(caller, namespace))
    return forbidden("the token may not touch this namespace");
  if (route.method === "POST") {
    const { id: token } = caller;
    context.get("log").info("asked by hand", { operation: route.operationId, token, ...params.data, ...query.data });
  }
  // `defineRoute` tied the handler's types to the two schemas that have just parsed these values.
  return route.handle({ params: params.data as Readonly<Record<string, string>>, query: query.data, caller, request });
}

const anybody: Caller = { scopes: [], namespaces: [] };

function openApiRoute(described: readonly Route[], version: string): Route {
  const route: Route = defineRoute({
    method: "GET",
    path: "/api/openapi.json",
    operationId: "describe",
    summary: "This document",
    scope: undefined,
    params: nothing,
    query: nothing,
    answers: {
      200: { description: "OpenAPI 3.1", content: { "application/json": z.record(z.string(), z.unknown()) } },
    },
    problems: [],
    handle: () => Promise.resolve(Response.json(openApiDocument([...described, route], version))),
  });
  return route;
}

function hasScope(caller: Caller, scope: Scope): boolean {
  return caller.scopes.includes(scope) || caller.scopes.includes("admin");
}

function unauthorized(): Response {
  return problemResponse(
    {
      status: 401,
      code: "TOKEN_NEEDED",
      message: "this needs a valid token",
      hint: "send Authorization: Bearer TOKEN with a token of the hub",
    },
    { "www-authenticate": 'Bearer realm="lateen"' },
  );
}

function forbidden(message: string): Response {
  return problemResponse({ status: 403, code: "FORBIDDEN", message });
}

function invalid(where: "path" | "query", error: z.ZodError): Response {
  const faults = error.issues.map(({ path, message }) =>
    path.length === 0 ? message : `${path.join(".")}: ${message}`,
  );
  return problemResponse({
    status: 400,
    code: "INVALID_REQUEST",
    message: `${where}: ${faults.join("; ")}`,
    hint: "GET /api/openapi.json describes every route",
  });
}

/** A parameter that is given twice stays a list, which no schema accepts. */
function singleValues(query: URLSearchParams): Readonly<Record<string, unknown>> {
  const entries = [...new Set(query.keys())].map((key) => [key, query.getAll(key)] as const);
  return Object.fromEntries(entries.map(([key, values]) => [key, values.length === 1 ? values[0] : values]));
}

function methodsByPath(routes: readonly Route[]): ReadonlyMap<string, string> {
  const grouped = Map.groupBy(routes, ({ path }) => path);
  return new Map([...grouped].map(([path, same]) => [path, same.map(({ method }) => method).join(", ")]));
}

function honoPath(path: string): string {
  return path.replace(/\{(\w+)\}/g, ":$1");
}
