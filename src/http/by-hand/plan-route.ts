import * as z from "zod";
import { redactDeep } from "../../base/index.ts";
import { problemResponse } from "../problem.ts";
import type { RouteDeps } from "./actions.ts";
import { jsonResponse, noApp, prefersText, textResponse } from "./answers.ts";
import { type Plan, planSchema } from "./contract.ts";
import { appParams, nothing } from "./parameters.ts";
import { defineRoute, type Route } from "./route.ts";

export function planRoute(deps: RouteDeps): Route {
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
      const planned = await planInTime(params.namespace, params.name, request.signal, deps);
      if (planned === undefined) return noApp(params);
      if (planned === "late") {
        const message = `the plan took longer than ${Math.round(deps.maxWaitMs / 1_000)} s`;
        return problemResponse({ status: 504, code: "PLAN_TIMEOUT", message });
      }
      const plan = deps.redactor === undefined ? planned : redactDeep(deps.redactor, planned);
      if ("error" in plan) {
        const message = `${plan.stage}: ${plan.error}`;
        return problemResponse({ status: 422, code: "PLAN_FAILED", message, hint: plan.usefulErrorMessage });
      }
      const answer: Plan = { cluster: plan.cluster, text: plan.text, changes: plan.changes };
      return prefersText(request) ? textResponse(plan.text) : jsonResponse(answer);
    },
  });
}

/** Stops planning when the time is up or the caller is gone. */
async function planInTime(
  namespace: string,
  name: string,
  gone: AbortSignal,
  { planApp, clock, maxWaitMs }: RouteDeps,
): Promise<Awaited<ReturnType<RouteDeps["planApp"]>> | "late"> {
  const stop = new AbortController();
  const late = async (): Promise<"late"> => {
    await clock.sleep(maxWaitMs, stop.signal);
    return "late";
  };
  try {
    return await Promise.race([planApp(namespace, name, { signal: AbortSignal.any([stop.signal, gone]) }), late()]);
  } finally {
    stop.abort();
  }
}
