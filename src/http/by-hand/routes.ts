import { z } from "zod";
import { refTracks } from "../../app/index.ts";
import type { Clock, Log } from "../../base/index.ts";
import type { AppSummary, AppView, RunEvent, RunRecord } from "../../reconcile/index.ts";
import { type Json, stringifyJson } from "../../resource/index.ts";
import { problemResponse } from "../problem.ts";
import {
  acceptedSchema,
  appListSchema,
  appViewSchema,
  type Plan,
  planSchema,
  progressLineSchema,
  runRecordSchema,
  syncStartedSchema,
} from "./contract.ts";
import { describeProgress } from "./describe-progress.ts";
import { progressOf, streamLines } from "./progress-stream.ts";
import { type Caller, defineRoute, type Route, type RouteInput } from "./route.ts";

/** What the by-hand API does, as functions of the reconcile room with their dependencies bound. */
export interface ByHandActions {
  readonly listApps: (namespace?: string) => Promise<readonly AppSummary[]>;
  readonly getApp: (namespace: string, name: string) => Promise<AppView | undefined>;
  readonly getRun: (namespace: string, name: string, runId: string) => Promise<RunRecord | undefined>;
  readonly requestReconcile: (namespace: string, name: string) => Promise<{ readonly wanted: number } | undefined>;
  readonly requestSync: (input: {
    readonly repository?: string;
    readonly ref?: string;
  }) => Promise<{ readonly sources: number; readonly apps: readonly string[] }>;
  readonly followRuns: (
    namespace: string,
    name: string,
    wanted: number,
    options: { readonly signal: AbortSignal },
  ) => AsyncGenerator<RunEvent, void, void>;
  /** `undefined`: no such App. */
  readonly planApp: (
    namespace: string,
    name: string,
    options: { readonly signal: AbortSignal },
  ) => Promise<
    Plan | { readonly error: string; readonly stage: string; readonly usefulErrorMessage: string } | undefined
  >;
}

export interface RouteDeps extends ByHandActions {
  readonly clock: Clock;
  readonly log: Log;
  readonly authenticate: (request: Request) => Promise<Caller | undefined>;
  readonly maxWaitMs: number;
  readonly recheckMs: number;
}

const label = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const subdomain = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/;
const namespace = z.string().regex(label, "must be a namespace's name");
const name = z.string().regex(subdomain, "must be an App's name");
const appParams = z.strictObject({ namespace, name });
const nothing = z.strictObject({});
const ref = z
  .string()
  .min(1)
  .max(1_024)
  .describe("branch, tag or full ref name: main, origin/main, v1.2, refs/heads/main");
const longestWaitS = 900;

const wait = z
  .string()
  .regex(/^(true|false|\d{1,3})$/, `must be true, false or seconds up to ${longestWaitS}`)
  .refine((text) => !/^\d/.test(text) || Number(text) <= longestWaitS, `must not be above ${longestWaitS} seconds`)
  .optional()
  .describe("true (default): follow the run until it ends; a number: at most so many seconds; false: answer at once");

/** Every route of the API but its own description. */
export function byHandRoutes(deps: RouteDeps): readonly Route[] {
  return [listRoute(deps), appRoute(deps), runRoute(deps), planRoute(deps), reconcileRoute(deps), syncRoute(deps)];
}

function listRoute({ listApps }: RouteDeps): Route {
  return defineRoute({
    method: "GET",
    path: "/api/apps",
    operationId: "listApps",
    summary: "Apps with their state",
    scope: "apps:read",
    params: nothing,
    query: z.strictObject({ namespace: namespace.optional().describe("only this namespace") }),
    answers: {
      200: { description: "the Apps of the token's namespaces", content: { "application/json": appListSchema } },
    },
    problems: [],
    async handle({ query, caller }) {
      const apps = (await listApps(query.namespace)).filter((app) => mayTouch(caller, app.namespace));
      return Response.json({ apps });
    },
  });
}

function appRoute({ getApp }: RouteDeps): Route {
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

function runRoute({ getRun }: RouteDeps): Route {
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
      if (run !== undefined) return Response.json(run);
      const message = `App ${params.namespace}/${params.name} has no run ${params.id}`;
      return problemResponse({ status: 404, code: "RUN_NOT_FOUND", message, hint: "runs are kept for 30 days" });
    },
  });
}

function planRoute({ planApp, clock, maxWaitMs }: RouteDeps): Route {
  return defineRoute({
    method: "GET",
    path: "/api/apps/{namespace}/{name}/plan",
    operationId: "planApp",
    summary: "What a run would change now; writes nothing",
    description: "Fetches, renders and compares. `Accept: text/plain` gives kapp's table.",
    scope: "apps:read",
    params: appParams,
    query: nothing,
    answers: {
      200: { description: "the plan", content: { "application/json": planSchema, "text/plain": z.string() } },
    },
    problems: [404, 422, 504],
    async handle({ params, request }) {
      const stop = new AbortController();
      const late = clock.sleep(maxWaitMs, stop.signal).then(
        () => "late" as const,
        () => "stopped" as const,
      );
      try {
        const plan = await Promise.race([
          planApp(params.namespace, params.name, { signal: AbortSignal.any([stop.signal, request.signal]) }),
          late,
        ]);
        if (plan === undefined) return noApp(params);
        if (typeof plan === "string") {
          const message = `the plan took longer than ${Math.round(maxWaitMs / 1_000)} s`;
          return problemResponse({ status: 504, code: "PLAN_TIMEOUT", message });
        }
        if ("error" in plan) {
          const { error, stage, usefulErrorMessage } = plan;
          const message = `${stage}: ${error}`;
          return problemResponse({ status: 422, code: "PLAN_FAILED", message, hint: usefulErrorMessage });
        }
        const { cluster, text, changes } = plan;
        return prefersText(request) ? textResponse(text) : Response.json({ cluster, text, changes });
      } finally {
        stop.abort();
      }
    },
  });
}

function reconcileRoute(deps: RouteDeps): Route {
  return defineRoute({
    method: "POST",
    path: "/api/apps/{namespace}/{name}/reconcile",
    operationId: "reconcileApp",
    summary: "Run an App now and follow it",
    description:
      "The answer is a stream: one JSON object per line as it happens, or lines for people with `Accept: text/plain`. " +
      "It ends with the run; leaving early does not stop the run.",
    scope: "apps:write",
    params: appParams,
    query: z.strictObject({ ref: ref.optional(), wait }),
    answers: {
      200: {
        description: "progress, line by line",
        content: { "application/x-ndjson": progressLineSchema, "text/plain": z.string() },
      },
      202: { description: "asked for, with wait=false", content: { "application/json": acceptedSchema } },
    },
    problems: [404, 422],
    async handle(input) {
      const { params, query } = input;
      if (query.ref !== undefined) {
        const app = await deps.getApp(params.namespace, params.name);
        if (app === undefined) return noApp(params);
        if (!app.repositories.some((repository) => follows(repository.ref, query.ref ?? "")))
          return notFollowed(app, query.ref);
      }
      const asked = await deps.requestReconcile(params.namespace, params.name);
      if (asked === undefined) return noApp(params);
      if (query.wait !== "false") return progress(input, asked.wanted, deps);
      const app = `${params.namespace}/${params.name}`;
      return Response.json({ type: "accepted", at: deps.clock.now(), app, wanted: asked.wanted }, { status: 202 });
    },
  });
}

function syncRoute({ requestSync }: RouteDeps): Route {
  return defineRoute({
    method: "POST",
    path: "/api/sync",
    operationId: "sync",
    summary: "Ask repositories for their refs now, as a push would",
    description: "Apps run where the commit's files of their subPath changed.",
    scope: "apps:write",
    params: nothing,
    query: z.strictObject({
      repo: z
        .string()
        .min(1)
        .max(2_048)
        .optional()
        .describe("any spelling of the repository's URL; absent: all repositories"),
      ref: ref.optional(),
    }),
    answers: { 202: { description: "asked for", content: { "application/json": syncStartedSchema } } },
    problems: [],
    async handle({ query, caller }) {
      const { sources, apps } = await requestSync({
        ...(query.repo === undefined ? {} : { repository: query.repo }),
        ...(query.ref === undefined ? {} : { ref: fullRef(query.ref) }),
      });
      const visible = apps.filter((app) => mayTouch(caller, app.split("/", 1)[0] ?? ""));
      // The number of sources would tell about namespaces that this token must not see.
      return Response.json({ ...(caller.namespaces === "*" ? { sources } : {}), apps: visible }, { status: 202 });
    },
  });
}

export function mayTouch(caller: Caller, wanted: string): boolean {
  return caller.namespaces === "*" || caller.namespaces.includes(wanted);
}

function progress(
  { params, query, request }: RouteInput<z.output<typeof appParams>, { readonly wait?: string | undefined }>,
  wanted: number,
  deps: RouteDeps,
): Response {
  const app = `${params.namespace}/${params.name}`;
  const gone = new AbortController();
  const asked = Number(query.wait);
  const lines = progressOf(
    app,
    wanted,
    (signal) => deps.followRuns(params.namespace, params.name, wanted, { signal }),
    {
      clock: deps.clock,
      signal: gone.signal,
      maxWaitMs: asked > 0 ? asked * 1_000 : deps.maxWaitMs,
      recheckMs: deps.recheckMs,
      stillAllowed: async () => {
        const caller = await deps.authenticate(request);
        return caller !== undefined && mayTouch(caller, params.namespace);
      },
      onError: (error) => deps.log.error("progress of a run cannot be read", { app, wanted, error }),
    },
  );
  return prefersText(request)
    ? streamLines(lines, describeProgress, "text/plain; charset=utf-8", () => gone.abort())
    : streamLines(
        lines,
        (line) => `${JSON.stringify(line)}\n`,
        "application/x-ndjson",
        () => gone.abort(),
      );
}

/** `main`, `origin/main` and `refs/heads/main` all name the branch that an App follows as `origin/main`. */
function follows(appRef: string, wanted: string): boolean {
  const short = wanted.replace(/^origin\//, "");
  return [wanted, `refs/heads/${short}`, `refs/tags/${short}`].some((full) => refTracks(appRef, full));
}

function fullRef(wanted: string): string {
  return wanted.startsWith("refs/") ? wanted : `refs/heads/${wanted.replace(/^origin\//, "")}`;
}

function notFollowed(app: AppView, wanted: string): Response {
  const followed = [...new Set(app.repositories.map((repository) => repository.ref))].filter((text) => text !== "");
  const list = followed.length === 0 ? "no git ref" : followed.join(", ");
  return problemResponse({
    status: 422,
    code: "REF_NOT_FOLLOWED",
    message: `App ${app.namespace}/${app.name} follows ${list}, not ${wanted}`,
    hint: "a run deploys what the App's spec names; change spec.fetch[].git.ref to deploy another ref",
  });
}

function noApp(params: { readonly namespace: string; readonly name: string }): Response {
  const message = `there is no App ${params.namespace}/${params.name}`;
  return problemResponse({
    status: 404,
    code: "APP_NOT_FOUND",
    message,
    hint: "GET /api/apps lists those that there are",
  });
}

function prefersText(request: Request): boolean {
  const accept = request.headers.get("accept") ?? "";
  return accept.includes("text/plain") && !accept.includes("json");
}

function textResponse(text: string): Response {
  return new Response(text, { headers: { "content-type": "text/plain; charset=utf-8" } });
}

/** Statuses hold Kubernetes JSON, whose integers may be bigger than a double. */
function jsonResponse(app: AppView): Response {
  // An AppView holds JSON values only; its interface has no index signature.
  return new Response(stringifyJson(app as unknown as Json), { headers: { "content-type": "application/json" } });
}
