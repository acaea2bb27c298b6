/** The deploy step of a run: plan, apply in order, wait; as events and as what the App's status shows. */
import { type App, deployProblem, type DeployStep } from "../app/index.ts";
import {
  applyPlan,
  type AssociatedResources,
  createEventFormatter,
  describeTarget,
  DeployError,
  type DeployEvent,
  type DeployFailure,
  type DeployPlan,
  type DeployProgress,
  formatDeployError,
  formatPlan,
  inspectApp,
  type InventoryEntry,
  isApiFailure,
  isControllerFailure,
  parseDeleteOptions,
  parseDeployOptions,
  parseInspectOptions,
  planDelete,
  planDeploy,
} from "../deploy/index.ts";
import type { SourcedResource } from "../resource/index.ts";
import { loadConfigTools } from "../template/index.ts";
import type { ReconcileDeps, SliceOptions } from "./deps.ts";
import type { PlannedChange, RunEvent } from "./run-event.ts";
import { containerRedactor } from "./hide-secret.ts";
import { type KappVerb, StageFailure } from "./stage-failure.ts";
import type { Target } from "./target.ts";

/** A deploy that gave the worker back while it waits; what the next slice continues from. */
export interface SuspendedDeploy {
  readonly progress: DeployProgress;
  /** Output so far. */
  readonly stdout: string;
  readonly startedAt: number;
  /** Digest of what is deployed: only a run for the same thing continues it. */
  readonly of: string;
  /** Slices so far; later ones come after longer waits. */
  readonly slices: number;
}

export type DeployResult =
  | {
      readonly outcome: "succeeded";
      readonly stdout: string;
      readonly associated: AssociatedResources | undefined;
      readonly inventory: readonly InventoryEntry[];
    }
  | { readonly outcome: "failed"; readonly failure: StageFailure }
  | { readonly outcome: "waiting"; readonly progress: DeployProgress; readonly stdout: string }
  | { readonly outcome: "superseded"; readonly stdout: string };

export interface DeployRun {
  readonly app: App;
  readonly target: Target;
  /** Absent for `lateen deploy`, which holds no lease. */
  readonly epoch?: number;
  readonly suspended?: SuspendedDeploy | undefined;
  /** Whether the run should end at the next safe point. */
  readonly isSuperseded: () => Promise<boolean>;
}

/** Plans without writing. @throws StageFailure */
export async function planForApp(
  run: Pick<DeployRun, "app" | "target">,
  resources: readonly SourcedResource[],
  deps: ReconcileDeps,
  signal: AbortSignal,
): Promise<DeployPlan> {
  const { app, target } = run;
  const step = kappStepOf(app, "deploy", deps);
  const parsed = parseDeployOptions({
    intoNs: step.intoNs,
    mapNs: step.mapNs,
    rawOptions: [...deps.config.kappDeployRawOptions, ...step.rawOptions],
  });
  if ("failure" in parsed) throw optionFailure("Deploying", parsed.failure);
  const tools = await loadConfigTools();
  return guarded("Deploying", target, signal, () =>
    planDeploy(
      { app: recordOf(run), resources, options: parsed.options },
      target.cluster,
      { ...deps, ...tools },
      { signal },
    ),
  );
}

/** Plans the deletion of everything that the App owns. @throws StageFailure */
export async function planDeletionOfApp(
  run: Pick<DeployRun, "app" | "target">,
  deps: ReconcileDeps,
  signal: AbortSignal,
): Promise<DeployPlan> {
  const { app, target } = run;
  const step = kappStepOf(app, "delete", deps);
  const parsed = parseDeleteOptions({ rawOptions: step.delete.rawOptions });
  if ("failure" in parsed) throw optionFailure("Deleting", parsed.failure);
  return guarded("Deleting", target, signal, () =>
    planDelete({ app: recordOf(run), options: parsed.options }, target.cluster, deps, { signal }),
  );
}

/** What the App has on its run cluster, as kapp shows it. @throws StageFailure */
export async function inspectForApp(
  run: Pick<DeployRun, "app" | "target">,
  deps: ReconcileDeps,
  signal: AbortSignal,
): Promise<string> {
  const { app, target } = run;
  const step = kappStepOf(app, "inspect", deps);
  const parsed = parseInspectOptions({ rawOptions: step.inspect?.rawOptions ?? [] });
  if ("failure" in parsed) throw optionFailure("Inspecting", parsed.failure);
  const input = { app: recordOf(run), options: parsed.options };
  const { text } = await guarded("Inspecting", target, signal, () =>
    inspectApp(input, target.cluster, deps, { signal }),
  );
  return text;
}

type KappStep = Extract<DeployStep, { type: "kapp" }>;

/** The App's only deploy step, checked against what the operator forbids. @throws StageFailure */
function kappStepOf(app: App, to: "deploy" | "delete" | "inspect", deps: ReconcileDeps): KappStep {
  const problem = deployProblem(app.spec, to);
  const [step] = app.spec.deploy;
  if (problem !== undefined || step?.type !== "kapp")
    throw new StageFailure("deploy", { error: problem ?? `Unsupported way to ${to}`, exitCode: -1 });
  const options = to === "deploy" ? step.rawOptions : (step[to]?.rawOptions ?? []);
  const forbidden = options.find((option) => deps.config.forbiddenRawOptions.includes(option.split("=", 1)[0] ?? ""));
  if (forbidden === undefined) return step;
  throw new StageFailure("deploy", {
    error: `rawOptions: '${forbidden.split("=", 1)[0]}' is forbidden by lateen's configuration`,
    exitCode: -1,
  });
}

/** Carries out a plan; yields an event per step. Never throws a deploy error: a failed deploy is a result. */
export async function* carryOut(
  plan: DeployPlan,
  run: DeployRun,
  verb: Exclude<KappVerb, "Inspecting">,
  deps: ReconcileDeps,
  options: SliceOptions,
  onOutput: (stdout: string) => void = () => undefined,
): AsyncGenerator<RunEvent, DeployResult> {
  const { clock, config } = deps;
  const format = createEventFormatter({ clock });
  let stdout = run.suspended?.stdout ?? formatPlan(plan);
  onOutput(stdout);
  const slice = applyPlan(
    plan,
    run.target.cluster,
    {
      ...deps,
      redactor: containerRedactor(plan, deps.redactor),
      ...(run.epoch === undefined ? {} : { fence: { epoch: run.epoch } }),
      ...(run.suspended === undefined ? {} : { resume: run.suspended.progress }),
      isSuperseded: run.isSuperseded,
      // Half a minute is kept for writing status and giving the row back.
      handOverAt: Math.min(clock.now() + config.waitSliceMs, options.deadline),
    },
    { signal: options.signal },
  );
  try {
    for (;;) {
      const step = await slice.next();
      if (step.done === true) {
        const outcome = step.value;
        switch (outcome.state) {
          case "succeeded":
            return {
              outcome: "succeeded",
              stdout: `${stdout}\nSucceeded`,
              associated: withNamespaces(outcome.associated),
              inventory: outcome.inventory,
            };
          case "waiting":
            return { outcome: "waiting", progress: outcome.progress, stdout };
          case "superseded":
            return { outcome: "superseded", stdout };
          case "failed":
            return {
              outcome: "failed",
              failure: toolFailure(verb, formatDeployError(outcome.failure), stdout, {
                cause: new DeployError(outcome.failure),
                associated: withNamespaces(outcome.associated),
              }),
            };
        }
      }
      const text = format(step.value);
      if (text !== "") {
        stdout += `\n${text}`;
        onOutput(stdout);
      }
      const event = toRunEvent(step.value, clock.now());
      if (event !== undefined) yield event;
    }
  } catch (error) {
    options.signal.throwIfAborted();
    const failure = asToolFailure(verb, error, stdout);
    if (failure === undefined) throw error;
    return { outcome: "failed", failure };
  }
}

/** kapp-controller keeps what it knew when kapp names no namespace (app.md §2.1). */
function withNamespaces(associated: AssociatedResources | undefined): AssociatedResources | undefined {
  return associated === undefined || associated.namespaces.length === 0 ? undefined : associated;
}

export function plannedChangesOf(plan: DeployPlan): readonly PlannedChange[] {
  return plan.changes.map((change) => ({
    resource: change.resource,
    op: change.op,
    waitFor: change.waitFor,
    reasons: change.reasons,
    diff: change.diff,
  }));
}

function recordOf(run: Pick<DeployRun, "app" | "target">): {
  readonly name: string;
  readonly prevName: string;
  readonly stateNamespace: string;
  readonly defaultNamespace: string;
  readonly ownUid: string;
} {
  const { app, target } = run;
  return {
    ownUid: app.uid,
    name: `${app.name}.app`,
    prevName: `${app.name}-ctrl`,
    stateNamespace: target.stateNamespace,
    defaultNamespace: target.defaultNamespace,
  };
}

async function guarded<Result>(
  verb: KappVerb,
  target: Target,
  signal: AbortSignal,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    signal.throwIfAborted();
    throw asToolFailure(verb, error, await openingLine(target, signal)) ?? error;
  }
}

/** kapp names its target before it looks at anything; nothing is shown of a cluster that does not answer. */
async function openingLine({ cluster }: Target, signal: AbortSignal): Promise<string> {
  try {
    return await describeTarget(cluster, await cluster.discover({ signal }), signal);
  } catch (error) {
    if (isApiFailure(error)) return "";
    throw error;
  }
}

/** kapp-controller checks which options there are, kapp what stands in them (app.md §6.3). */
function optionFailure(verb: KappVerb, failure: DeployFailure): StageFailure {
  const text = formatDeployError(failure);
  if (!isControllerFailure(failure)) return toolFailure(verb, text, "");
  return new StageFailure("deploy", { error: text, exitCode: -1 });
}

/** Errors of the engine and of the API server are the tool's; anything else, a lost fence too, is ours and flies on. */
function asToolFailure(verb: KappVerb, error: unknown, stdout: string): StageFailure | undefined {
  if (error instanceof DeployError && error.failure.code === "DEPLOY_FENCED") return undefined;
  if (error instanceof DeployError)
    return toolFailure(verb, formatDeployError(error.failure), stdout, { cause: error });
  if (isApiFailure(error)) return toolFailure(verb, error.message, stdout, { cause: error });
  return undefined;
}

/** A plan that must not be carried out. */
export function refusedDeploy(plan: DeployPlan, failure: DeployFailure): StageFailure {
  const cause = new DeployError(failure);
  return toolFailure("Deploying", formatDeployError(failure), formatPlan(plan), { cause });
}

/** kapp-controller shows kapp's stderr in full and names it in the error (app.md §1.5). */
function toolFailure(
  verb: KappVerb,
  text: string,
  stdout: string,
  known: { readonly cause?: unknown; readonly associated?: AssociatedResources | undefined } = {},
): StageFailure {
  return new StageFailure("deploy", {
    error: `${verb}: Error (see .status.usefulErrorMessage for details)`,
    stderr: `kapp: Error: ${text}`,
    stdout,
    exitCode: 1,
    ...known,
  });
}

function toRunEvent(event: DeployEvent, at: number): RunEvent | undefined {
  switch (event.type) {
    case "applied":
      return { at, type: "applied", op: event.op, resource: event.resource, reasons: event.reasons };
    case "waited":
      return { at, type: "waited", resource: event.resource, state: event.state, message: event.message };
    case "warning":
      return { at, type: "note", text: event.text };
    default:
      return undefined;
  }
}
