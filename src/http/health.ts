import type { Hono } from "hono";
import type { Log } from "../base/index.ts";
import { createEdge, type EdgeEnv } from "./edge.ts";

export interface HealthDeps {
  /** Whether work can be taken: stores open, not shutting down. Problems are sentences without secrets. */
  readonly ready: () => Promise<{ readonly ok: boolean; readonly problems: readonly string[] }>;
  readonly log: Log;
}

/** `/healthz` says that the process answers, `/readyz` that it can work; 503 lists what is missing. */
export function createHealth({ ready, log }: HealthDeps): Hono<EdgeEnv> {
  const app = createEdge(log);
  app.get("/healthz", (context) => context.text("ok\n"));
  app.get("/readyz", async () => {
    const { ok, problems } = await ready().catch((error: unknown) => {
      log.error("readiness check failed", { error });
      return { ok: false, problems: ["the readiness check itself failed"] };
    });
    return Response.json({ ok, problems }, { status: ok ? 200 : 503 });
  });
  return app;
}

/** `/metrics` in Prometheus' text format. It names Apps: keep it from strangers by the network, or by `allowed`. */
export function createMetricsRoute(deps: {
  readonly render: () => Promise<string>;
  readonly log: Log;
  /** Whether this caller may read measurements. Default: everybody who reaches the address. */
  readonly allowed?: (request: Request) => Promise<boolean>;
}): Hono<EdgeEnv> {
  const { render, log, allowed = () => Promise.resolve(true) } = deps;
  const app = createEdge(log);
  app.get("/metrics", async (context) => {
    if (!(await allowed(context.req.raw))) return context.text("not allowed\n", 403);
    return context.body(await render(), 200, { "content-type": "text/plain; version=0.0.4; charset=utf-8" });
  });
  return app;
}
