import type { Hono } from "hono";
import type { Log } from "../base/index.ts";
import { createEdge, type EdgeEnv } from "./edge.ts";

/** Anything that answers requests; `env` is what the platform says about the connection. */
export interface RequestAnswerer {
  readonly fetch: (request: Request, env?: unknown) => Response | Promise<Response>;
}

export interface HttpParts {
  readonly webhooks?: RequestAnswerer;
  readonly byHand: RequestAnswerer;
  /** The hub's Kubernetes API; the request's paths are its own. */
  readonly hub: (request: Request) => Promise<Response>;
  readonly health: RequestAnswerer;
  readonly metrics?: RequestAnswerer;
  readonly log: Log;
}

/** Where the hub answers: what an API server has at its root. Health is lateen's own. */
const hubPath = /^\/(?:api|apis|version|openapi|livez)(?:\/|$)/;
/** `/api` belongs to the hub as well; these words are no versions of the core API. */
const byHandPath = /^\/api\/(?:apps|sync|openapi\.json)(?:\/|$)/;

/** Everything that one local process serves, on one address. On AWS the parts are functions of their own. */
export function createHttp(parts: HttpParts): Hono<EdgeEnv> {
  const { webhooks, byHand, hub, health, metrics, log } = parts;
  const app = createEdge(log);
  app.all("*", async (context) => {
    const request = context.req.raw;
    const { path } = context.req;
    if (path === "/healthz" || path === "/readyz") return health.fetch(request, context.env);
    if (path === "/metrics" && metrics !== undefined) return metrics.fetch(request, context.env);
    if (path.startsWith("/webhooks/") && webhooks !== undefined) return webhooks.fetch(request, context.env);
    if (byHandPath.test(path)) return byHand.fetch(request, context.env);
    if (hubPath.test(path)) return hub(request);
    return context.notFound();
  });
  return app;
}
