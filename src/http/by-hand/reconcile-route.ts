import * as z from "zod";
import { refTracks } from "../../app/index.ts";
import type { AppView } from "../../reconcile/index.ts";
import { problemResponse } from "../problem.ts";
import type { RouteDeps } from "./actions.ts";
import { jsonResponse, noApp, prefersText } from "./answers.ts";
import { type Accepted, acceptedSchema, progressLineSchema } from "./contract.ts";
import { describeProgress } from "./describe-progress.ts";
import { type AppParams, appParams, mayTouch, refName } from "./parameters.ts";
import { progressOf, streamLines } from "./progress-stream.ts";
import { defineRoute, type Route, type RouteInput } from "./route.ts";

const longestWaitS = 900;

const wait = z
  .string()
  .regex(/^(true|false|[1-9]\d{0,2})$/, `must be true, false or seconds up to ${longestWaitS}`)
  .refine((text) => !/^\d/.test(text) || Number(text) <= longestWaitS, `must not be above ${longestWaitS} seconds`)
  .optional()
  .describe("true (default): follow the run until it ends; a number: at most so many seconds; false: answer at once");

const approve = z
  .string()
  .regex(/^[0-9a-f]{16}$/, "must be the 16 hex digits that a refused deploy names")
  .optional()
  .describe(
    "lets the deploy delete what it was refused to: the digest that its failure names, for exactly these objects",
  );

export function reconcileRoute(deps: RouteDeps): Route {
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
    query: z.strictObject({ ref: refName.optional(), approve, wait }),
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
      const asked = await deps.requestReconcile(params.namespace, params.name, { approve: query.approve });
      if (asked === undefined) return noApp(params);
      if (query.wait !== "false") return progress(input, asked.wanted, deps);
      const app = `${params.namespace}/${params.name}`;
      const accepted: Accepted = { type: "accepted", at: deps.clock.now(), app, wanted: asked.wanted };
      return jsonResponse(accepted, 202);
    },
  });
}

function progress(
  { params, query, request }: RouteInput<AppParams, { readonly wait?: string | undefined }>,
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
      maxWaitMs: asked > 0 ? Math.min(asked * 1_000, deps.maxWaitMs) : deps.maxWaitMs,
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
