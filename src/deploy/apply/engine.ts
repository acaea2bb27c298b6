import { type Clock, mapBounded, type Redactor } from "../../base/index.ts";
import type { KubeObject } from "../../resource/index.ts";
import type { ApiType, Discovery } from "../cluster-port.ts";
import { DeployError, type DeployFailure } from "../failure.ts";
import type { ChangeOptions } from "../options/deploy-options.ts";
import type { DeployProgress, PlanStep } from "../plan-types.ts";
import type { Diagnosis } from "../wait/diagnosis.ts";
import { deletingState } from "../wait/readiness.ts";
import { isWorthAnotherRound, statusOf } from "./api-calls.ts";
import type { DeployEvent } from "./events.ts";
import { type CheckContext, type CheckResult, checkSteps } from "./check-steps.ts";
import { ClusterWarnings } from "./cluster-warnings.ts";
import { explainWait } from "./explain-wait.ts";
import { Schedule } from "./schedule.ts";
import { HeldSince } from "./held-since.ts";
import type { PodLogs } from "./pod-logs.ts";
import type { WriteContext } from "./send-object.ts";
import { ServedTypes } from "./served-types.ts";
import { writeStep } from "./write-step.ts";

export interface EngineContext {
  readonly steps: readonly PlanStep[];
  readonly options: ChangeOptions;
  readonly discovery: Discovery;
  readonly write: WriteContext;
  readonly emit: (event: DeployEvent) => void;
  /** Called before each group of writes. @throws DeployError `DEPLOY_FENCED` */
  readonly fence: () => Promise<void>;
  /** Hides secrets in what containers wrote before it is clipped. */
  readonly redact: Redactor["redact"];
  /** Absent where the logs of Pods are not told. */
  readonly logs?: PodLogs;
  readonly isSuperseded: () => Promise<boolean>;
  /** From then on a run that only waits gives the worker back; epoch milliseconds. */
  readonly handOverAt: number | undefined;
  readonly resume: DeployProgress | undefined;
}

export type EngineOutcome =
  | { readonly state: "succeeded" }
  | { readonly state: "failed"; readonly failure: DeployFailure; readonly retryable: boolean }
  | {
      readonly state: "waiting";
      readonly lastProgressAt: number;
      readonly total: number;
      readonly waitingFor: readonly string[];
      readonly retryingSince: number | undefined;
      readonly heldSince: Readonly<Record<string, number>>;
    }
  | { readonly state: "superseded" };

/** First pause between looks at what is waited for; it doubles up to the wait check interval. */
const firstPauseMs = 50;
/** A look at what was not ready the last time costs a call: the more there is of it, the longer until the next look. */
const firstPausePerLookMs = 10;
/** A new kind may lag behind its CRD in discovery (reliability.md F47). */
const typeLagMs = 30_000;

/**
 * Applies and waits, round after round (kapp.md §5.5, §6.1, §7.1): all changes that wait for nothing more are applied together, then
 * what was applied is looked at until something finishes.
 */
export class Engine {
  /** What the cluster last said of each step's object. */
  readonly objects: Map<PlanStep, KubeObject> = new Map();
  readonly #context: EngineContext;
  readonly #schedule: Schedule;
  readonly #types: ServedTypes;
  readonly #tracked = new Set<number>();
  /** When this slice began to wait for each. */
  readonly #trackedSince = new Map<number, number>();
  /** What is still waited for but no longer holds up others. */
  readonly #unblocked = new Set<number>();
  readonly #held: HeldSince;
  readonly #warnings: ClusterWarnings;
  /** Why what is tracked was not ready at the last look. */
  readonly #diagnoses = new Map<number, Diagnosis>();
  readonly #failures: DeployError[] = [];
  readonly #total: number;
  #applied: number;
  #waited: number;
  #lastProgressAt: number;
  #retryingSince: number | undefined;
  #lastRetry: DeployError | undefined;
  #lookedAt = 0;
  /** Something is tracked that was not looked at yet. */
  #hasNew = false;
  /** 0: progress was made since the last pause. */
  #pauseMs = 0;
  #startedAt: number;

  constructor(context: EngineContext) {
    const { steps, discovery, resume, write } = context;
    this.#context = context;
    this.#types = new ServedTypes(discovery, write.cluster, write.signal);
    this.#schedule = new Schedule(steps);
    this.#total = Math.max(this.#schedule.left, resume?.total ?? 0);
    this.#applied = this.#total - this.#schedule.left;
    this.#waited = this.#applied;
    this.#startedAt = write.clock.now();
    this.#lastProgressAt = resume?.lastProgressAt ?? this.#startedAt;
    this.#retryingSince = resume?.retryingSince;
    this.#held = new HeldSince(write.clock, resume?.heldSince);
    const eventType = (): ApiType | undefined => this.#types.find({ apiVersion: "v1", kind: "Event" });
    this.#warnings = new ClusterWarnings(write.cluster, write.clock, write.signal, eventType);
    for (const step of steps) if (step.live !== undefined) this.objects.set(step, step.live);
  }

  async run(): Promise<EngineOutcome> {
    const { write } = this.#context;
    try {
      this.#resumeWaits();
      for (;;) {
        write.signal.throwIfAborted();
        // With nothing left to do the run has succeeded, whoever asks for the next one.
        if (this.#tracked.size === 0 && this.#isOver()) {
          await this.#context.logs?.look();
          return this.#end();
        }
        if (await this.#context.isSuperseded()) return { state: "superseded" };
        const ready = this.#schedule.ready();
        if (ready.length > 0) await this.#applyRound(ready);
        if (this.#tracked.size > 0) await this.#waitRound();
        const handOver = this.#handOver();
        if (handOver !== undefined) return handOver;
      }
    } catch (error) {
      if (!(error instanceof DeployError) || error.failure.code === "DEPLOY_FENCED") throw error;
      // What a Pod wrote last may say why.
      await this.#context.logs?.look();
      return { state: "failed", failure: error.failure, retryable: error.retryable };
    }
  }

  /** The served type of an object, with the kinds that this deploy brought. */
  typeOf(object: KubeObject): ApiType | undefined {
    return this.#types.find(object);
  }

  get #clock(): Clock {
    return this.#context.write.clock;
  }

  /** What an earlier slice applied and waited for needs no "applying" again; what got ready in between is told. */
  #resumeWaits(): void {
    const { resume, steps, emit } = this.#context;
    if (resume === undefined) return;
    const waitingFor = new Set(resume.waitingFor);
    steps.forEach((step, index) => {
      if (!waitingFor.has(step.description)) return;
      const isDeleting = step.op === "delete" && deletingState(step.live ?? {}) !== undefined;
      if (step.op !== "noop" && !isDeleting) return;
      if (step.active) {
        this.#schedule.start(index);
        this.#track(index);
        this.#applied++;
      } else if (step.fresh !== undefined) {
        const message = step.existingState?.message ?? "";
        emit({ type: "waited", op: "reconcile", resource: step.description, state: "ok", message, children: [] });
        this.#lastProgressAt = this.#clock.now();
      }
    });
    const gone = [...waitingFor].filter((description) => !steps.some((step) => step.description === description));
    if (gone.length > 0) this.#lastProgressAt = this.#clock.now();
  }

  async #applyRound(ready: readonly number[]): Promise<void> {
    const { emit, options, fence } = this.#context;
    await fence();
    emit({ type: "section", phase: "applying", count: ready.length, done: this.#applied, total: this.#total });
    let advanced = false;
    this.#types.beginRound();
    await mapBounded(ready, options.applyConcurrency, async (index) => {
      if (await this.#applyStep(index)) advanced = true;
    });
    if (advanced || this.#lastRetry === undefined) {
      this.#retryingSince = undefined;
      return;
    }
    this.#retryingSince ??= this.#clock.now();
    if (this.#clock.now() - this.#retryingSince > options.applyTimeoutMs) {
      throw new DeployError({
        code: "DEPLOY_APPLY_TIMEOUT",
        timeoutMs: options.applyTimeoutMs,
        last: this.#lastRetry.failure,
      });
    }
    if (this.#tracked.size === 0) await this.#sleep(options.applyCheckIntervalMs);
  }

  /** Whether the step is done with, well or badly. */
  async #applyStep(index: number): Promise<boolean> {
    const { steps, emit, write, options } = this.#context;
    const step = steps[index];
    if (step === undefined) return false;
    write.signal.throwIfAborted();
    const startedAt = this.#clock.now();
    const report = (succeeded: boolean): void => {
      const reasons = step.waitsFor.map(({ reason }) => reason);
      emit({
        type: "applied",
        op: step.op,
        resource: step.description,
        reasons,
        succeeded,
        ms: this.#clock.now() - startedAt,
      });
    };
    try {
      const result = await writeStep(step, await this.#types.of(step), write);
      if (result.saved !== undefined) this.objects.set(step, result.saved);
      if (result.gone === true) this.objects.delete(step);
      report(true);
    } catch (error) {
      write.signal.throwIfAborted();
      report(false);
      if (this.#mayRetry(error, step)) {
        this.#lastRetry = error;
        emit({ type: "retry", op: step.op, resource: step.description, message: retryText(error) });
        return false;
      }
      this.#applied++;
      this.#schedule.start(index);
      this.#fail(error, options.exitEarlyOnApplyError);
      return true;
    }
    this.#applied++;
    this.#schedule.start(index);
    this.#track(index);
    return true;
  }

  #mayRetry(error: unknown, step: PlanStep): error is DeployError {
    if (!(error instanceof DeployError)) return false;
    const isNewKind = step.type === undefined;
    const lags = isNewKind && (error.failure.code === "DEPLOY_TYPE_MISSING" || statusOf(error) === 404);
    if (lags) return this.#clock.now() - this.#startedAt < typeLagMs;
    return isWorthAnotherRound(error) && error.failure.code !== "DEPLOY_TYPE_MISSING";
  }

  get #leastPauseMs(): number {
    const notReady = [...this.#tracked].filter((index) => this.#diagnoses.has(index));
    return firstPausePerLookMs * notReady.length;
  }

  /** Where one of many got ready, the others are not looked at again at once, unless something was applied since. */
  async #spaceLooks(): Promise<void> {
    const pauseMs =
      this.#lookedAt + Math.min(this.#leastPauseMs, this.#context.options.waitCheckIntervalMs) - this.#clock.now();
    if (!this.#hasNew && pauseMs > 0) await this.#sleep(pauseMs);
    this.#hasNew = false;
    this.#lookedAt = this.#clock.now();
  }

  #track(index: number): void {
    this.#hasNew = true;
    this.#tracked.add(index);
    this.#trackedSince.set(index, this.#clock.now());
  }

  /** @throws DeployError when `--wait-resource-timeout` is over; unlike in kapp not for what is ready by then. */
  #checkPatience(index: number, { state }: CheckResult): void {
    const { waitResourceTimeoutMs: timeoutMs } = this.#context.options;
    const since = this.#trackedSince.get(index) ?? this.#startedAt;
    if (state.state === "ongoing" && timeoutMs > 0 && this.#clock.now() - since > timeoutMs)
      throw new DeployError({ code: "DEPLOY_RESOURCE_TIMEOUT", timeoutMs });
  }

  /** Looks at everything that is tracked until something finishes, something else can be tried again or the slice is over. */
  async #waitRound(): Promise<void> {
    const { emit, options } = this.#context;
    const retries = this.#schedule.ready().length > 0;
    for (;;) {
      await this.#spaceLooks();
      emit({ type: "section", phase: "waiting", count: this.#tracked.size, done: this.#waited, total: this.#total });
      const tracked = [...this.#tracked];
      const hasProgress = await this.#lookAt(tracked);
      await this.#context.logs?.look();
      if (hasProgress) {
        this.#lastProgressAt = this.#clock.now();
        this.#pauseMs = 0;
        return;
      }
      if (this.#clock.now() - this.#lastProgressAt > options.waitTimeoutMs) {
        const resources = tracked.map((index) => this.#context.steps[index]?.description ?? "");
        const reasons = await this.#explain(tracked);
        throw new DeployError({ code: "DEPLOY_WAIT_TIMEOUT", timeoutMs: options.waitTimeoutMs, resources, reasons });
      }
      this.#pauseMs ||= Math.max(firstPauseMs, this.#leastPauseMs);
      await this.#sleep(Math.min(this.#pauseMs, retries ? options.applyCheckIntervalMs : options.waitCheckIntervalMs));
      this.#pauseMs = Math.min(this.#pauseMs * 2, options.waitCheckIntervalMs);
      if (retries || this.#isSliceOver() || (await this.#context.isSuperseded())) return;
    }
  }

  /** Looks once at these steps. `true` when one finished, or lets others go on. */
  async #lookAt(tracked: readonly number[]): Promise<boolean> {
    const looked = tracked.flatMap((index) => {
      const step = this.#context.steps[index];
      return step === undefined ? [] : [{ index, step }];
    });
    const results = await checkSteps(
      looked.map(({ step }) => ({ step, known: this.objects.get(step), typeOf: () => this.#types.of(step) })),
      this.#checkContext(),
    );
    this.#context.write.signal.throwIfAborted();
    let hasProgress = false;
    for (const [place, { index, step }] of looked.entries()) {
      const result = results[place];
      if (result !== undefined && (await this.#settle(index, step, result))) hasProgress = true;
    }
    return hasProgress;
  }

  /** What a look at a step means. `true` when it finished, or lets others go on. */
  async #settle(index: number, step: PlanStep, look: PromiseSettledResult<CheckResult>): Promise<boolean> {
    const { emit, options } = this.#context;
    let result: CheckResult;
    try {
      if (look.status === "rejected") throw look.reason;
      result = look.value;
      this.#checkPatience(index, result);
    } catch (error) {
      if (!(error instanceof DeployError)) throw error;
      this.#tracked.delete(index);
      this.#waited++;
      const failure: DeployFailure = {
        code: "DEPLOY_WAIT_ERROR",
        waitOp: step.wait,
        resource: step.description,
        cause: error.failure,
      };
      this.#fail(new DeployError(failure, { cause: error }), options.exitEarlyOnWaitError);
      return true;
    }
    if (result.object !== undefined) this.objects.set(step, result.object);
    const { state, message } = result.state;
    if (result.diagnosis !== undefined) this.#diagnoses.set(index, result.diagnosis);
    emit({ type: "waited", op: step.wait, resource: step.description, state, message, children: result.children });
    if (result.state.state === "ongoing" && result.diagnosis?.hopelessFor === undefined)
      return result.state.unblocks === true && this.#unblock(index);
    this.#tracked.delete(index);
    this.#waited++;
    if (state === "ok") this.#schedule.finish(index);
    else {
      const failure: DeployFailure = {
        code: "DEPLOY_WAIT_FAILED",
        waitOp: step.wait,
        resource: step.description,
        message,
        reasons: await this.#explain([index]),
      };
      this.#fail(new DeployError(failure), options.exitEarlyOnWaitError);
    }
    return true;
  }

  async #explain(indices: readonly number[]): Promise<string[]> {
    const { redact, write } = this.#context;
    const diagnoses = indices.flatMap((index) => this.#diagnoses.get(index) ?? []);
    const { cluster, clock, signal } = write;
    return explainWait(diagnoses, { cluster, clock, signal, warnings: this.#warnings, redact });
  }

  /** Lets go what waits for a step; `false` when that was done before. */
  #unblock(index: number): boolean {
    if (this.#unblocked.has(index)) return false;
    this.#unblocked.add(index);
    this.#schedule.finish(index);
    return true;
  }

  #checkContext(): CheckContext {
    const { write, options } = this.#context;
    return {
      cluster: write.cluster,
      signal: write.signal,
      typeOf: this.#types.find,
      concurrency: options.waitConcurrency,
      ignoreFailingApiServices: options.ignoreFailingApiServices,
      waitRules: write.config.waitRules,
      heldFor: this.#held.heldFor,
      heldOf: this.#held.heldOf,
      warnings: this.#warnings,
    };
  }

  #fail(error: unknown, exitEarly: boolean): void {
    if (exitEarly || !(error instanceof DeployError)) throw error;
    this.#failures.push(error);
  }

  /** Nothing is tracked and nothing can be applied. */
  #isOver(): boolean {
    return this.#schedule.ready().length === 0;
  }

  #end(): EngineOutcome {
    const { emit, steps } = this.#context;
    const [first, ...others] = this.#failures;
    if (first !== undefined) {
      const failure: DeployFailure =
        others.length === 0
          ? first.failure
          : { code: "DEPLOY_SEVERAL", failures: this.#failures.map((error) => error.failure) };
      return { state: "failed", failure, retryable: this.#failures.some((error) => error.retryable) };
    }
    if (this.#schedule.left > 0) {
      const resources = this.#schedule.pending().map((index) => steps[index]?.description ?? "");
      throw new DeployError({ code: "DEPLOY_BLOCKED", applied: this.#applied, total: this.#total, resources });
    }
    emit({ type: "complete", phase: "applying", done: this.#applied, total: this.#total });
    emit({ type: "complete", phase: "waiting", done: this.#waited, total: this.#total });
    return { state: "succeeded" };
  }

  #isSliceOver(): boolean {
    const { handOverAt } = this.#context;
    return handOverAt !== undefined && this.#clock.now() >= handOverAt;
  }

  /** Only what waits may be handed over: changes that can be applied at once are applied first. */
  #handOver(): EngineOutcome | undefined {
    if (!this.#isSliceOver() || this.#failures.length > 0) return undefined;
    const ready = this.#schedule.ready();
    if (ready.length > 0 && this.#retryingSince === undefined) return undefined;
    if (this.#tracked.size === 0 && ready.length === 0) return undefined;
    const { steps } = this.#context;
    return {
      state: "waiting",
      lastProgressAt: this.#lastProgressAt,
      total: this.#total,
      waitingFor: [...this.#tracked].map((index) => steps[index]?.description ?? ""),
      retryingSince: this.#retryingSince,
      heldSince: this.#held.progress,
    };
  }

  async #sleep(ms: number): Promise<void> {
    const { handOverAt } = this.#context;
    const left = handOverAt === undefined ? ms : Math.max(0, handOverAt - this.#clock.now());
    await this.#clock.sleep(Math.min(ms, left), this.#context.write.signal);
  }
}

function retryText(error: DeployError): string {
  const { failure } = error;
  if (failure.code === "DEPLOY_EXTERNAL_MISSING") return "Retryable error: External resource doesn't exists";
  return `Retryable error: ${failure.code === "DEPLOY_API" ? `${failure.verb} resource ${failure.resource}: API server says: ${failure.message} (reason: ${failure.reason})` : error.message}`;
}
