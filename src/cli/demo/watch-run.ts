import { followRuns, getApp, type RunEvent } from "../../reconcile/index.ts";
import { own, parseJson } from "../../resource/index.ts";
import type { Terminal } from "../terminal.ts";
import { createTimeline } from "../timeline.ts";
import type { Delivery } from "./forge.ts";
import { DemoFailure, type Show } from "./show.ts";
import type { World } from "./world.ts";

/** Longest time that a run of the demo may take before it counts as stuck. */
const runTimeoutMs = 20_000;
const pollMs = 20;

/** An App of the demo. */
export interface AppId {
  readonly namespace: string;
  readonly name: string;
}

/** A place in an App's history: "the runs after this". */
export type Mark = number;

/** Remembers where the App's runs are now; call it before doing what should wake the App. */
export async function mark({ lateen }: World, { namespace, name }: AppId): Promise<Mark> {
  return (await lateen.deps.rows.get(`app/${namespace}/${name}`))?.wanted ?? 0;
}

/** What a run showed, in order. */
export interface WatchedRun {
  readonly events: readonly RunEvent[];
  readonly finished: Extract<RunEvent, { type: "finished" }>;
  /** From the webhook, or the time that was given, to the end of the run. */
  readonly ms: number;
}

/**
 * Prints the run that follows the mark, as it happens, until it has succeeded or failed.
 * @param from The delivery that woke it, or the time, from which milliseconds are counted.
 * @throws DemoFailure when no run ends in time.
 */
export async function watchRun(
  world: World,
  app: AppId,
  after: Mark,
  from: Delivery | number,
  { show, terminal }: { readonly show: Show; readonly terminal: Terminal },
): Promise<WatchedRun> {
  const startAt = typeof from === "number" ? from : from.sentAt;
  const timeline = createTimeline({ paint: terminal.paint, startAt });
  if (typeof from !== "number") {
    show.line(
      timeline.mark(startAt + from.ms, "webhook", `answered ${from.status} after ${from.ms} ms: ${messageOf(from)}`),
    );
  }
  const events: RunEvent[] = [];
  const signal = AbortSignal.timeout(runTimeoutMs);
  try {
    for await (const event of followRuns(app.namespace, app.name, after + 1, world.lateen.deps, { signal, pollMs })) {
      events.push(event);
      for (const line of timeline.lines(event)) show.line(line);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new DemoFailure(`${app.namespace}/${app.name}: no run ended within ${runTimeoutMs / 1_000} s`, {
      cause: error,
    });
  }
  const finished = events.findLast((event) => event.type === "finished");
  if (finished === undefined) throw new DemoFailure(`${app.namespace}/${app.name}: the run ended without a result`);
  return { events, finished, ms: finished.at - startAt };
}

/** The sentence in lateen's answer to a webhook. */
export function messageOf(delivery: Delivery): string {
  try {
    const message = own(parseJson(delivery.body), "message");
    if (typeof message === "string") return message;
  } catch {
    // Not lateen's JSON: shown as it is.
  }
  return delivery.body;
}

/** Ids of the App's runs, newest first. */
export async function runIds({ lateen }: World, { namespace, name }: AppId): Promise<readonly string[]> {
  return (await getApp(namespace, name, lateen.deps))?.runs.map(({ runId }) => runId) ?? [];
}

/** Waits until `isTrue`; the time it took, in milliseconds. @throws DemoFailure naming what did not come. */
export async function until(what: string, isTrue: () => Promise<boolean>): Promise<number> {
  const began = Date.now();
  while (!(await isTrue())) {
    if (Date.now() - began > runTimeoutMs) throw new DemoFailure(`waited ${runTimeoutMs / 1_000} s for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
  return Date.now() - began;
}
