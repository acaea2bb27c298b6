import * as z from "zod";
import type { RouteDeps } from "./actions.ts";
import { jsonResponse } from "./answers.ts";
import { type SyncStarted, syncStartedSchema } from "./contract.ts";
import { mayTouchApp, nothing, refName } from "./parameters.ts";
import { defineRoute, type Route } from "./route.ts";

export function syncRoute({ requestSync }: RouteDeps): Route {
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
      ref: refName.optional(),
    }),
    answers: { 202: { description: "asked for", content: { "application/json": syncStartedSchema } } },
    problems: [],
    async handle({ query, caller }) {
      const { sources, apps } = await requestSync({
        ...(query.repo === undefined ? {} : { repository: query.repo }),
        ...(query.ref === undefined ? {} : { ref: fullRef(query.ref) }),
      });
      const visible = apps.filter((app) => mayTouchApp(caller, app));
      // The number of sources would tell about namespaces that this token must not see.
      const started: SyncStarted = { ...(caller.namespaces === "*" ? { sources } : {}), apps: visible };
      return jsonResponse(started, 202);
    },
  });
}

function fullRef(wanted: string): string {
  return wanted.startsWith("refs/") ? wanted : `refs/heads/${wanted.replace(/^origin\//, "")}`;
}
