import {
  Callable,
  type CallContext,
  HostValue,
  type KeywordArgument,
  LimitExceeded,
  StarlarkFailure,
  typeOf,
  type Value,
} from "../values/value.ts";
import { Activation } from "./activation.ts";
import { bindArguments } from "./arguments.ts";
import type { Budget } from "./budget.ts";
import { EvalError, type Frame } from "./error.ts";
import { StarlarkFunction } from "./function.ts";

export interface ThreadOptions {
  /** Receives a line of `print`. */
  print(line: string): void;
  /** The globals of a module that a `load` names. What it throws is told as `cannot load …`. */
  load(thread: Thread, module: string, fromFile: string): ReadonlyMap<string, Value>;
  /** Shared by all threads that work for one purpose. */
  readonly budget: Budget;
  /** Called before a builtin calls back; what it answers is called when that call fails, for hosts that keep track of calls. */
  checkpoint?(): () => void;
  /** Called every 10,000 steps; may throw what ends the program, which then passes unchanged. */
  checkTime?(): void;
}

/** Closures that the machinery of a call takes beside those of the caller and the callee. */
const closuresOfCall = 4;
/** The same where a builtin calls back. */
const closuresOfCallback = 12;

/** Runs programs and calls functions, one within another. */
export class Thread implements CallContext {
  readonly budget: Budget;
  readonly #options: ThreadOptions;
  #top: Activation | undefined;

  constructor(options: ThreadOptions) {
    this.#options = options;
    this.budget = options.budget;
  }

  /** Calls any callable. Throws `EvalError`, and whatever else builtins throw that is no `StarlarkFailure`. */
  call(callee: Value, args: readonly Value[], kwargs: readonly KeywordArgument[] = []): Value {
    const top = this.#top;
    const { depth, closures } = this.budget;
    const undo = this.#options.checkpoint?.();
    try {
      return this.invoke(callee, args, kwargs, closuresOfCallback);
    } catch (error) {
      const failure = this.#located(error);
      undo?.();
      this.#top = top;
      this.budget.depth = depth;
      this.budget.closures = closures;
      throw failure;
    }
  }

  /** A call from compiled code: errors pass as they are, and find the activations where they were. */
  invoke(callee: Value, args: readonly Value[], kwargs: readonly KeywordArgument[], closures: number): Value {
    if (callee instanceof StarlarkFunction) return this.#run(callee, args, kwargs, closures + closuresOfCall);
    if (--this.budget.left < 0) this.takeSlice();
    if (callee instanceof Callable) return callee.invoke(this, args, kwargs);
    if (callee instanceof HostValue && callee.invoke !== undefined) return callee.invoke(this, args, kwargs);
    throw new StarlarkFailure(`invalid call of non-function (${typeOf(callee)})`);
  }

  allocate(bytes: number): void {
    this.budget.allocate(bytes);
  }

  step(count: number): void {
    this.budget.left -= count;
    if (this.budget.left < 0) this.takeSlice();
  }

  /** Must be called when the budget's slice of steps is used up. */
  takeSlice(): void {
    this.budget.takeSlice();
    this.#options.checkTime?.();
  }

  print(line: string): void {
    this.#options.print(line);
  }

  load(module: string, fromFile: string): ReadonlyMap<string, Value> {
    return this.#options.load(this, module, fromFile);
  }

  get callerFile(): string | undefined {
    return this.#top?.code.file;
  }

  #run(callee: StarlarkFunction, args: readonly Value[], kwargs: readonly KeywordArgument[], closures: number): Value {
    const { code } = callee;
    const { budget } = this;
    const locals: (Value | undefined)[] = [];
    for (let index = 0; index < code.localCount; index++) locals.push(undefined);
    const activation = new Activation(callee, this, this.#top, locals);
    if (--budget.left < 0) this.takeSlice();
    budget.enter(closures);
    this.#top = activation;
    const { parameters } = code;
    if (kwargs.length === 0 && args.length === parameters.names.length && isPlain(parameters))
      for (let index = 0; index < args.length; index++) locals[index] = args[index];
    else bindArguments(callee, locals, args, kwargs);
    for (const [local, cell] of code.parameterCells) {
      const shared = activation.cells[cell];
      if (shared !== undefined) shared.value = locals[local];
    }
    code.body(activation);
    this.#top = activation.caller;
    budget.leave(closures);
    return activation.result;
  }

  /** The error as the host gets it. */
  #located(error: unknown): unknown {
    if (error instanceof EvalError) return error;
    if (error instanceof StarlarkFailure) return new EvalError(error.message, this.#frames(), error);
    if (!isStackOverflow(error)) return error;
    // The host itself stood deep in the stack.
    const failure = new LimitExceeded("call depth", "calls and expressions nest too deep");
    return new EvalError(failure.message, this.#frames(), failure);
  }

  #frames(): readonly Frame[] {
    const frames: Frame[] = [];
    for (let at = this.#top; at !== undefined; at = at.caller) {
      const { line, column } = at.code.places[at.place] ?? { line: 0, column: 0 };
      frames.push({ functionName: at.code.name, position: { file: at.code.file, line, column } });
    }
    return frames;
  }
}

function isPlain(parameters: { keywordOnly: number; hasVarargs: boolean; hasKwargs: boolean }): boolean {
  return parameters.keywordOnly === 0 && !parameters.hasVarargs && !parameters.hasKwargs;
}

function isStackOverflow(error: unknown): boolean {
  return error instanceof RangeError && /call stack/i.test(error.message);
}
