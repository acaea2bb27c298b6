import * as z from "zod";
import { problemResponse } from "../problem.ts";
import type { RouteDeps } from "./actions.ts";
import { jsonResponse, noApp } from "./answers.ts";
import { appListSchema, appViewSchema, runRecordSchema } from "./contract.ts";
import { appParams, mayTouch, namespaceName, nothing } from "./parameters.ts";
import { defineRoute, type Route } from "./route.ts";

export function listRoute({ listApps }: RouteDeps): Route {
  return defineRoute({
    method: "GET",
    path: "/api/apps",
    operationId: "listApps",
    summary: "Apps with their state",
    scope: "apps:read",
    params: nothing,
    query: z.strictObject({ namespace: namespaceName.optional().describe("only this namespace") }),
    answers: {
      200: { description: "the Apps of the token's namespaces", content: { "application/json": appListSchema } },
    },
    problems: [],
    async handle({ query, caller }) {
      const apps = (await listApps(query.namespace)).filter((app) => mayTouch(caller, app.namespace));
      return jsonResponse({ apps });
    },
  });
}

export function appRoute({ getApp }: RouteDeps): Route {
  return defineRoute({
    method: "GET",
    path: "/api/apps/{namespace}/{name}",
    operationId: "getApp",
    summary: "One App: status, repositories, last runs with their timings",
    scope: "apps:read",
    params: appParams,
    query: nothing,
    answers: { 200: { description: "the App", content: { "application/json": appViewSchema } } },
    problems: [404],
    async handle({ params }) {
      const app = await getApp(params.namespace, params.name);
      return app === undefined ? noApp(params) : jsonResponse(app);
    },
  });
}

export function runRoute({ getRun }: RouteDeps): Route {
  return defineRoute({
    method: "GET",
    path: "/api/apps/{namespace}/{name}/runs/{id}",
    operationId: "getRun",
    summary: "One run with all its events",
    description: "Runs are kept for 30 days.",
    scope: "apps:read",
    params: appParams.extend({ id: z.string().regex(/^[\w-]{1,100}$/, "must be a run's id") }),
    query: nothing,
    answers: { 200: { description: "the run", content: { "application/json": runRecordSchema } } },
    problems: [404],
    async handle({ params }) {
      const run = await getRun(params.namespace, params.name, params.id);
      if (run !== undefined) return jsonResponse(run);
      const message = `App ${params.namespace}/${params.name} has no run ${params.id}`;
      return problemResponse({ status: 404, code: "RUN_NOT_FOUND", message, hint: "runs are kept for 30 days" });
    },
  });
}
