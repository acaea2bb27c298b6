import { type Clock, type Log, type Redactor, silentLog } from "../base/index.ts";
import type { EngineContext } from "./apply/engine.ts";
import { createEventChannel } from "./apply/event-channel.ts";
import type { DeployEvent, DeployOutcome } from "./apply/events.ts";
import { PodLogs } from "./apply/pod-logs.ts";
import type { RecordContext } from "./apply/record-writer.ts";
import { runDeletion } from "./apply/run-deletion.ts";
import { runDeployment } from "./apply/run-deployment.ts";
import type { DeployCluster } from "./cluster-port.ts";
import { DeployError } from "./failure.ts";
import { configMapType } from "./existing/read-record.ts";
import type { CallSettings } from "./plan.ts";
import { asDeployErrors } from "./plan.ts";
import type { DeploymentPlan, DeployPlan, DeployProgress } from "./plan-types.ts";
import { clusterScope, trimQualified } from "./record/app-record.ts";

export interface ApplyDeps {
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly log?: Log;
  /** Hides secrets in what containers wrote, before it is clipped. Without it that is shown as it is. */
  readonly redactor?: Pick<Redactor, "redact">;
  /** This writer's number: it stops as soon as the app record shows a larger one. Without it nothing is fenced. */
  readonly fence?: { readonly epoch: number };
  /** Whether something newer is wanted; asked between groups of writes and between looks at what is waited for. */
  readonly isSuperseded?: () => Promise<boolean>;
  /** From then on (epoch milliseconds) a run that only waits ends as `waiting`. */
  readonly handOverAt?: number;
  /** The progress of the slice before: its app change, time-outs and counts go on. */
  readonly resume?: DeployProgress;
}

/**
 * Carries out a plan: groups of changes in order, waiting in between, yielding an event per step. Stops between calls on abort and
 * leaves what was applied; a later plan goes on from there. Ending the loop early aborts too. With `diffRun` nothing is done, and it succeeds.
 * @throws DeployError `DEPLOY_FENCED` when a later writer took over; `signal.reason` on abort. Every other failure is an outcome.
 */
export async function* applyPlan(
  plan: DeployPlan,
  cluster: DeployCluster,
  deps: ApplyDeps,
  { signal }: CallSettings,
): AsyncGenerator<DeployEvent, DeployOutcome> {
  if (plan.options.diffRun) return { state: "succeeded", associated: undefined, inventory: [] };
  const stop = new AbortController();
  const inner = AbortSignal.any([signal, stop.signal]);
  const channel = createEventChannel<DeployEvent>();
  const work = asOutcome(
    plan,
    asDeployErrors(inner, () => run(plan, cluster, deps, inner, channel.send)),
  );
  try {
    return yield* channel.drain(work);
  } finally {
    stop.abort(new DOMException("the events were no longer wanted", "AbortError"));
    await Promise.allSettled([work]);
  }
}

async function asOutcome(plan: DeployPlan, work: Promise<DeployOutcome>): Promise<DeployOutcome> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof DeployError) || error.failure.code === "DEPLOY_FENCED") throw error;
    return { state: "failed", failure: error.failure, retryable: error.retryable, associated: plan.associated };
  }
}

async function run(
  plan: DeployPlan,
  cluster: DeployCluster,
  deps: ApplyDeps,
  signal: AbortSignal,
  emit: (event: DeployEvent) => void,
): Promise<DeployOutcome> {
  const { clock, random, resume } = deps;
  if (plan.kind === "deploy" && plan.notAllowed.length > 0)
    throw new DeployError({ code: "DEPLOY_INPUT_INVALID", errors: plan.notAllowed });
  const context: RecordContext = {
    cluster,
    clock,
    signal,
    type: configMapType(plan.discovery),
    namespace: plan.app.stateNamespace,
    name: trimQualified(plan.app.name),
    labels: plan.kind === "deploy" ? plan.options.labels : [],
    isQualified: plan.app.isQualified === true,
    epoch: deps.fence?.epoch,
    log: deps.log ?? silentLog,
  };
  const record = plan.kind === "deploy" ? plan.record : plan.stored?.record;
  const redact = (text: string): string => deps.redactor?.redact(text) ?? text;
  const logsOf = ({ options, steps, namespaces, label, discovery }: DeploymentPlan): PodLogs =>
    new PodLogs({
      cluster,
      signal,
      steps,
      emit,
      redact,
      appLabel: label,
      all: options.logsAll,
      namespaces: namespaces.filter((namespace) => namespace !== clusterScope),
      podType: discovery.types.find(({ group, version, kind }) => group === "" && version === "v1" && kind === "Pod"),
      resume: resume?.logs,
    });
  const engine = (fence: () => Promise<void>): EngineContext => ({
    steps: plan.steps,
    options: plan.options,
    discovery: plan.discovery,
    emit,
    fence,
    redact,
    ...(plan.kind === "deploy" && (plan.options.logs || plan.options.logsAll) ? { logs: logsOf(plan) } : {}),
    isSuperseded: deps.isSuperseded ?? (() => Promise.resolve(false)),
    handOverAt: deps.handOverAt,
    resume,
    write: {
      cluster,
      clock,
      random,
      signal,
      appLabel: { key: record?.labelKey ?? "", value: record?.labelValue ?? "" },
      config: plan.config,
      againstLastApplied: plan.options.diffAgainstLastApplied,
      replaceTimeoutMs: plan.options.applyTimeoutMs,
    },
  });
  return plan.kind === "deploy"
    ? runDeployment({ plan, context, random, resume, engine })
    : runDeletion({ plan, context, resume, engine });
}
