import { type Log, type LogFields, redactDeep } from "../base/index.ts";
import { boundedRecord, keptEvent } from "./bounded-record.ts";
import { ownWords } from "./hide-secret.ts";
import { getJson, putJson, queryJson } from "./item-json.ts";
import { appPartition } from "./keys.ts";
import type { Items, Runtime } from "./ports.ts";
import type { RunCause, RunEvent, RunRecord } from "./run-event.ts";

const keepRunsMs = 30 * 24 * 3_600_000;
/** While a run is going on its record is written at most this often; stage ends are always written. */
const writeEveryMs = 250;

/** Collects the events of one run, hands them on and keeps the record that by-hand callers follow. */
export interface RunRecorder {
  readonly runId: string;
  /** `NS/NAME`. */
  readonly app: string;
  readonly cause: RunCause;
  emit(event: RunEvent): void;
  /** Writes what was not yet written. */
  flush(): Promise<void>;
}

export function startRunRecord(
  run: {
    readonly runId: string;
    readonly app: string;
    readonly cause: RunCause;
    readonly epoch: number;
    readonly wanted: number;
  },
  measure: (event: RunEvent) => void,
  deps: Runtime & { readonly items: Items },
  onEvent: ((event: RunEvent) => void) | undefined,
): RunRecorder {
  const { clock, items, log, redactor } = deps;
  const { runId } = run;
  const startedAt = clock.now();
  const events: RunEvent[] = [];
  let timings: RunRecord["timings"] = {};
  let end: Pick<RunRecord, "finishedAt" | "outcome"> = {};
  let about: LogFields = { cause: run.cause };
  let writtenAt = 0;
  let writing: Promise<void> = Promise.resolve();
  let dirty = false;

  const write = (): void => {
    dirty = false;
    writtenAt = clock.now();
    const record = boundedRecord({ ...run, startedAt, ...end, timings, events });
    // Writes follow one another; a record that could not be written costs history, never the run.
    writing = writing
      .then(() =>
        putJson(items, appPartition(run.app), `RUN#${runId}`, record, clock.now(), {
          expiresAt: clock.now() + keepRunsMs,
        }),
      )
      .then(
        () => undefined,
        (error: unknown) => log.warn("run record not written", { app: run.app, runId, error }),
      );
  };

  return {
    runId,
    app: run.app,
    cause: run.cause,
    emit(raw) {
      // Every text of an event may quote an API server or a repository.
      const event = redactDeep(redactor, raw, ownWords);
      measure(event);
      events.push(keptEvent(event));
      dirty = true;
      onEvent?.(event);
      timings = timingsWith(timings, event);
      if (event.type === "fetched") about = { ...about, commits: event.sources.map(({ commit }) => commit) };
      if (event.type === "planned") about = { ...about, cluster: event.cluster, changes: event.changes.length };
      if (event.type === "finished") tell(event, about, log);
      if (event.type === "finished") end = { finishedAt: event.at, outcome: event.outcome };
      const isStage = event.type !== "applied" && event.type !== "waited" && event.type !== "note";
      if (
        (isStage && event.type !== "started" && event.type !== "fetched" && event.type !== "templated") ||
        clock.now() - writtenAt > writeEveryMs
      )
        write();
    },
    async flush() {
      if (dirty) write();
      await writing;
    },
  };
}

export function getRun(
  app: string,
  runId: string,
  deps: Runtime & { readonly items: Items },
): Promise<RunRecord | undefined> {
  return getJson<RunRecord>(deps.items, appPartition(app), `RUN#${runId}`, deps.clock.now());
}

/** The newest runs of an App first. */
export async function listRuns(
  app: string,
  limit: number,
  deps: Runtime & { readonly items: Items },
): Promise<readonly RunRecord[]> {
  const found = await queryJson<RunRecord>(deps.items, appPartition(app), "RUN#", deps.clock.now(), {
    limit,
    descending: true,
  });
  return found.map((run) => run.value);
}

function timingsWith(timings: RunRecord["timings"], event: RunEvent): RunRecord["timings"] {
  if (event.type === "fetched") return { ...timings, fetch: event.ms };
  if (event.type === "templated") return { ...timings, template: event.ms };
  if (event.type === "planned") return { ...timings, plan: event.ms };
  // A run that ended before there was a plan did not deploy.
  if (event.type === "finished" && timings.plan !== undefined) return { ...timings, deploy: event.ms };
  return timings;
}

/** One line per run: what it was about, on which commit and cluster, and how it ended. */
function tell(
  { outcome, ms, description, error }: Extract<RunEvent, { type: "finished" }>,
  about: LogFields,
  log: Log,
): void {
  const fields = { ...about, outcome, ms };
  if (outcome === "failed") log.warn("run failed", { ...fields, description, error });
  else log.info("run ended", fields);
}
