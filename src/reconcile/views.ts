/** What people and programs look at: Apps with their state, runs, and a run as it happens. Nothing here changes anything. */
import { parseApp } from "../app/index.ts";
import { type Json, type KubeObject, nameOf, namespaceOf, own } from "../resource/index.ts";
import { eventsFrom } from "./bounded-record.ts";
import type { ReconcileDeps } from "./deps.ts";
import { getJson } from "./item-json.ts";
import { appKey, appName, appPartition } from "./keys.ts";
import type { LastRun } from "./last-run.ts";
import type { RunEvent, RunRecord } from "./run-event.ts";
import { getRun, listRuns } from "./run-record.ts";

const shownRuns = 20;

export interface AppSummary {
  readonly namespace: string;
  readonly name: string;
  /** `status.friendlyDescription`. */
  readonly description: string;
  /** `ReconcileSucceeded`, `Reconciling`…; empty before the first run. */
  readonly condition: string;
  /** RFC 3339; absent before the first deploy. */
  readonly deployedAt?: string;
  /** Somebody asked for a run that has not ended yet. */
  readonly pending: boolean;
}

export interface AppView extends AppSummary {
  readonly status: Json;
  readonly repositories: readonly { readonly url: string; readonly ref: string; readonly subPath: string }[];
  /** When the last run succeeded, epoch milliseconds. */
  readonly succeededAt?: number;
  /** When a pending run may begin at the earliest. */
  readonly nextAt?: number;
  /** Leases taken since the last completed run. */
  readonly tries: number;
  /** Newest first, without events. */
  readonly runs: readonly Omit<RunRecord, "events" | "omitted">[];
}

export async function listApps(deps: ReconcileDeps, namespace?: string): Promise<readonly AppSummary[]> {
  const objects = await deps.apps.list(namespace);
  return Promise.all(objects.map((object) => summarize(object, deps)));
}

export async function getApp(namespace: string, name: string, deps: ReconcileDeps): Promise<AppView | undefined> {
  const object = await deps.apps.get(namespace, name);
  if (object === undefined) return undefined;
  const app = appName(namespace, name);
  const row = await deps.rows.get(appKey(app));
  const last = await getJson<LastRun>(deps.items, appPartition(app), "LAST", deps.clock.now());
  const runs = await listRuns(app, shownRuns, deps);
  const parsed = parseApp(object);
  const fetches = "app" in parsed ? parsed.app.spec.fetch : [];
  return {
    ...(await summarize(object, deps)),
    status: own(object, "status") ?? null,
    repositories: fetches.flatMap((step) =>
      step.type === "git" ? [{ url: deps.redactor.redact(step.url), ref: step.ref, subPath: step.subPath }] : [],
    ),
    ...(last === undefined ? {} : { succeededAt: last.succeededAt }),
    ...(row?.nextAt === undefined || row.wanted === row.done ? {} : { nextAt: row.nextAt }),
    tries: row?.tries ?? 0,
    runs: runs.map(({ events: _events, omitted: _omitted, ...run }) => run),
  };
}

/**
 * The events of runs from now on, until one that answers `wanted` has ended. Of a run with very many events at once the middle may be passed over; its end never is. Reads the run records, so it works from any process.
 * @throws signal.reason on abort.
 */
export async function* followRuns(
  namespace: string,
  name: string,
  wanted: number,
  deps: ReconcileDeps,
  options: { readonly signal: AbortSignal; readonly pollMs?: number },
): AsyncGenerator<RunEvent, void, void> {
  const app = appName(namespace, name);
  const shown = new Map<string, number>();
  for (;;) {
    const records = (await listRuns(app, 5, deps)).filter((run) => run.wanted >= wanted).reverse();
    for (const record of records) {
      const { events, next } = eventsFrom(record, shown.get(record.runId) ?? 0);
      for (const event of events) yield event;
      shown.set(record.runId, next);
      if (record.outcome === "succeeded" || record.outcome === "failed" || record.outcome === "skipped") return;
    }
    await deps.clock.sleep(options.pollMs ?? 100, options.signal);
  }
}

export { getRun };

async function summarize(object: KubeObject, deps: ReconcileDeps): Promise<AppSummary> {
  const namespace = namespaceOf(object);
  const name = nameOf(object);
  const status = own(object, "status");
  const conditions = own(status, "conditions");
  const condition = Array.isArray(conditions) ? text(own(conditions[0] as Json | undefined, "type")) : "";
  const deployedAt = text(own(own(status, "deploy"), "startedAt"));
  const row = await deps.rows.get(appKey(appName(namespace, name)));
  return {
    namespace,
    name,
    description: text(own(status, "friendlyDescription")),
    condition,
    ...(deployedAt === "" ? {} : { deployedAt }),
    pending: row !== undefined && row.wanted > row.done,
  };
}

function text(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}
