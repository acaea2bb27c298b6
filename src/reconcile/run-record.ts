import { type Log, type LogFields, redactDeep } from "../base/index.ts";
import { ownWords } from "./hide-secret.ts";
import { getJson, putJson, queryJson } from "./item-json.ts";
import { appPartition } from "./keys.ts";
import type { Items, Runtime } from "./ports.ts";
import type { RunCause, RunEvent, RunRecord } from "./run-event.ts";

const keepRunsMs = 30 * 24 * 3_600_000;
/** Events kept of one run: the first and the last ones tell most. */
const maxEvents = 1_000;
/** Bytes of a stored record, below what an item may have. */
const maxBytes = 128 * 1024;
/** Changes of a larger plan that a record keeps, without their differences. */
const maxChanges = 200;
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
    const record = bounded({ ...run, startedAt, ...end, timings, events });
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
      events.push(event.type === "planned" && event.changes.length > maxChanges ? withoutDetail(event) : event);
      dirty = true;
      onEvent?.(event);
      timings = { ...timings, ...timingOf(event) };
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

function timingOf(event: RunEvent): RunRecord["timings"] {
  if (event.type === "fetched") return { fetch: event.ms };
  if (event.type === "templated") return { template: event.ms };
  if (event.type === "planned") return { plan: event.ms };
  if (event.type === "finished") return { deploy: event.ms };
  return {};
}

/** The record as it is stored: a size that every store takes, and that costs little to write. */
function bounded(record: RunRecord): RunRecord {
  let kept: RunRecord = { ...record, events: clip(record.events, maxEvents) };
  for (let most = maxEvents / 2; sizeOf(kept) > maxBytes && most >= 8; most /= 2)
    kept = { ...kept, events: clip(kept.events, most) };
  if (sizeOf(kept) <= maxBytes) return kept;
  // What is left is a plan whose differences are long.
  return { ...kept, events: kept.events.map((event) => (event.type === "planned" ? withoutDetail(event) : event)) };
}

/** A plan of very many changes: the first of them tell most. */
function withoutDetail(event: Extract<RunEvent, { type: "planned" }>): RunEvent {
  return { ...event, changes: event.changes.slice(0, maxChanges).map((change) => ({ ...change, diff: [] })) };
}

function sizeOf(record: RunRecord): number {
  return Buffer.byteLength(JSON.stringify(record));
}

function clip(events: readonly RunEvent[], most: number): readonly RunEvent[] {
  if (events.length <= most) return events;
  return [...events.slice(0, most / 2), ...events.slice(-most / 2)];
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
