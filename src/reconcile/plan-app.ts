/** Looking before deploying, and one deploy without a row: what the CLI and `GET …/plan` use. Same steps as a run. */
import { type App, parseApp } from "../app/index.ts";
import { redactDeep } from "../base/index.ts";
import { formatPlan } from "../deploy/index.ts";
import { fetchApp, type FetchDeps, type FetchSuccess } from "../fetch/index.ts";
import type { KubeObject, SourcedResource } from "../resource/index.ts";
import { templateApp } from "../template/index.ts";
import { approveDeletions, deletionRefusal, guardDeletions } from "./deletion-approval.ts";
import { carryOut, planForApp, plannedChangesOf } from "./deploy-stage.ts";
import type { ReconcileDeps } from "./deps.ts";
import { hideFormerValues, ownWords } from "./hide-secret.ts";
import { appName } from "./keys.ts";
import { refuseTakenPlace } from "./place.ts";
import { readReferenceOf } from "./read-reference.ts";
import type { PlannedChange, RunEvent } from "./run-event.ts";
import { StageFailure } from "./stage-failure.ts";
import { clusterFacts } from "./cluster-facts.ts";
import { connectTarget } from "./target.ts";

/** What a stage that failed says: the App's status would say the same. */
export interface StageProblem {
  readonly stage: "fetch" | "template" | "deploy";
  readonly error: string;
  readonly usefulErrorMessage: string;
}

export interface AppPlan {
  /** URL of the run cluster. */
  readonly cluster: string;
  /** kapp's table; below it what the deploy would be refused for. */
  readonly text: string;
  readonly changes: readonly PlannedChange[];
}

export interface RenderedApp {
  /** What kapp would get on standard input. */
  readonly yaml: string;
  readonly resources: readonly SourcedResource[];
  readonly notes: readonly string[];
}

interface Options {
  readonly signal: AbortSignal;
}

/** Fetches and templates. */
export async function renderApp(
  object: KubeObject,
  deps: ReconcileDeps,
  options: Options,
): Promise<RenderedApp | StageProblem> {
  return explained(object, deps, async (app, own) => {
    const fetched = await fetchForApp(app, own, options);
    const { documents, yaml } = await templateForApp(app, fetched, own, options);
    return { yaml, resources: documents, notes: fetched.notes };
  });
}

/** Fetches, templates and compares with the run cluster; nothing is written anywhere. */
export async function planApp(
  object: KubeObject,
  deps: ReconcileDeps,
  options: Options,
): Promise<AppPlan | StageProblem> {
  return explained(object, deps, async (app, own) => {
    const fetched = await fetchForApp(app, own, options);
    const { documents } = await templateForApp(app, fetched, own, options);
    const target = await connectTarget(app, own, options.signal);
    await refuseTakenPlace(app, target, own);
    const plan = await planForApp({ app, target }, documents, own, options.signal);
    hideFormerValues(plan, own.redactor);
    const refusal = deletionRefusal(plan, app, own);
    const text = `${formatPlan(plan)}${refusal === "" ? "" : `\n${refusal}\n`}`;
    const shown = { cluster: target.cluster.server, text, changes: plannedChangesOf(plan) };
    return redactDeep(own.redactor, shown, ownWords);
  });
}

/**
 * One deploy from beginning to end in this process, waits included; no row, no lease, no status. The last event is `finished`.
 * @param options.approve digest of deletions that are approved.
 * For an App that lateen also reconciles use its by-hand run instead: only that has one writer.
 */
export async function* deployOnce(
  object: KubeObject,
  deps: ReconcileDeps,
  options: Options & { readonly approve?: string | undefined },
): AsyncGenerator<RunEvent, void, void> {
  const redactor = deps.redactor.scope();
  for await (const event of deploySteps(object, { ...deps, redactor }, options))
    yield redactDeep(redactor, event, ownWords);
}

async function* deploySteps(
  object: KubeObject,
  deps: ReconcileDeps,
  options: Options & { readonly approve?: string | undefined },
): AsyncGenerator<RunEvent, void, void> {
  const { clock } = deps;
  const startedAt = clock.now();
  try {
    const app = readApp(object);
    yield {
      at: startedAt,
      type: "started",
      runId: deps.newId(),
      app: appName(app.namespace, app.name),
      cause: "by hand",
      epoch: 0,
    };
    const fetched = await fetchForApp(app, deps, options);
    yield fetchedEvent(fetched, clock.now(), startedAt);
    const templatedFrom = clock.now();
    const { documents } = await templateForApp(app, fetched, deps, options);
    yield { at: clock.now(), type: "templated", ms: clock.now() - templatedFrom, documents: documents.length };
    const plannedFrom = clock.now();
    const target = await connectTarget(app, deps, options.signal);
    if (target.note !== undefined) yield { at: clock.now(), type: "note", text: target.note };
    const plan = await planForApp({ app, target }, documents, deps, options.signal);
    hideFormerValues(plan, deps.redactor);
    yield {
      at: clock.now(),
      type: "planned",
      ms: clock.now() - plannedFrom,
      cluster: target.cluster.server,
      changes: plannedChangesOf(plan),
    };
    if (options.approve !== undefined) await approveDeletions(appName(app.namespace, app.name), options.approve, deps);
    await guardDeletions(plan, app, deps);
    const endless = { ...deps, config: { ...deps.config, waitSliceMs: Number.POSITIVE_INFINITY } };
    const run = { app, target, isSuperseded: () => Promise.resolve(false) };
    const result = yield* carryOut(plan, run, "Deploying", endless, {
      signal: options.signal,
      deadline: Number.POSITIVE_INFINITY,
    });
    if (result.outcome === "failed") throw result.failure;
    yield {
      at: clock.now(),
      type: "finished",
      ms: clock.now() - startedAt,
      outcome: "succeeded",
      description: "Reconcile succeeded",
    };
  } catch (error) {
    if (!(error instanceof StageFailure)) throw error;
    const description = `Reconcile failed: ${error.error}`;
    yield {
      at: clock.now(),
      type: "finished",
      ms: clock.now() - startedAt,
      outcome: "failed",
      description,
      error: usefulErrorOf(error),
    };
  }
}

/** @throws StageFailure */
export async function fetchForApp(app: App, deps: ReconcileDeps, options: Options): Promise<FetchSuccess> {
  const read = readReferenceOf(app, deps);
  const reader: FetchDeps = {
    git: deps.git,
    secret: (name, signal) => read({ kind: "secret", name }, { signal }),
    configMap: (name, signal) => read({ kind: "configMap", name }, { signal }),
  };
  const result = await fetchApp(app.spec, reader, options);
  if (!result.ok) throw new StageFailure("fetch", result);
  return result;
}

/** @throws StageFailure */
export async function templateForApp(
  app: App,
  fetched: FetchSuccess,
  deps: ReconcileDeps,
  options: Options,
): Promise<{ readonly documents: readonly SourcedResource[]; readonly yaml: string; readonly stderr: string }> {
  const result = await templateApp(
    { app, files: fetched.files },
    { readReference: readReferenceOf(app, deps), cluster: clusterFacts(app, deps) },
    options,
  );
  if (!result.ok) throw new StageFailure("template", result);
  return result;
}

export function fetchedEvent(fetched: FetchSuccess, now: number, startedAt: number): RunEvent {
  const { sources, stats, notes } = fetched;
  return {
    at: now,
    type: "fetched",
    ms: now - startedAt,
    sources: sources.map(({ url, ref, commit, commitTitle, subPath, treeId }) => ({
      url,
      ref,
      commit,
      commitTitle,
      subPath,
      treeId,
    })),
    requests: stats.requests,
    bytes: stats.bytesReceived,
    files: stats.files,
    fileBytes: stats.fileBytes,
    notes,
  };
}

function readApp(object: KubeObject): App {
  const parsed = parseApp(object);
  if ("app" in parsed) return parsed.app;
  throw new StageFailure("fetch", {
    error: parsed.problems.map(({ path, message }) => `${path}: ${message}`).join("; "),
    exitCode: -1,
  });
}

/** `work` gets dependencies with a redactor of the App's own; a stage that fails is a result. */
async function explained<Result>(
  object: KubeObject,
  deps: ReconcileDeps,
  work: (app: App, deps: ReconcileDeps) => Promise<Result>,
): Promise<Result | StageProblem> {
  const redactor = deps.redactor.scope();
  try {
    return await work(readApp(object), { ...deps, redactor });
  } catch (error) {
    if (!(error instanceof StageFailure)) throw error;
    return redactDeep(
      redactor,
      { stage: error.stage, error: error.error, usefulErrorMessage: usefulErrorOf(error) },
      ownWords,
    );
  }
}

function usefulErrorOf(failure: StageFailure): string {
  return failure.stderr === "" ? failure.error : failure.stderr;
}
