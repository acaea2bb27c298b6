import { randomUUID } from "node:crypto";
import { Hono } from "hono";
import type { Log } from "../base/index.ts";
import { problemResponse } from "./problem.ts";

/** What each request carries through a hono app of this room. */
export interface EdgeEnv {
  readonly Variables: { readonly requestId: string; readonly log: Log };
}

/** Nothing that lateen serves is a page that may be framed, sniffed or cached by others. */
const securityHeaders: Readonly<Record<string, string>> = {
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "cache-control": "no-store",
};

/**
 * A hono app with the edge of every door: a request id on the answer and in each log line, security headers, and a total catch.
 * Whatever is thrown becomes a 500 that tells its id and nothing else (reliability.md T3).
 */
export function createEdge(log: Log): Hono<EdgeEnv> {
  const app = new Hono<EdgeEnv>();
  app.use(async (context, next) => {
    const requestId = lambdaRequestId(context.env) ?? randomUUID();
    context.set("requestId", requestId);
    context.set("log", log.child({ requestId }));
    try {
      await next();
    } catch (error) {
      // hono hands on what is no Error; Errors arrive in onError below.
      context.res = failed(error, requestId, log);
    }
    context.res = withHeaders(context.res, requestId);
  });
  app.onError((error, context) => failed(error, context.get("requestId"), log));
  app.notFound((context) =>
    problemResponse({ status: 404, code: "NOT_FOUND", message: `nothing is served at ${context.req.path}` }),
  );
  return app;
}

/** The platform's own id of an invocation, so that its report and our lines go together. */
function lambdaRequestId(env: unknown): string | undefined {
  const id: unknown = typeof env === "object" && env !== null ? Reflect.get(env, "lambdaRequestId") : undefined;
  return typeof id === "string" ? id : undefined;
}

function failed(error: unknown, requestId: string, log: Log): Response {
  log.error("request failed", { requestId, error });
  return problemResponse({
    status: 500,
    code: "INTERNAL",
    message: "lateen failed to answer this request",
    hint: `its log says why under request id ${requestId}`,
  });
}

/** Adds what is missing; the answer keeps its own headers, such as those of a mounted app. */
function withHeaders(response: Response, requestId: string): Response {
  const headers = new Headers(response.headers);
  for (const [name, value] of Object.entries({ ...securityHeaders, "x-request-id": requestId })) {
    if (!headers.has(name)) headers.set(name, value);
  }
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers });
}
