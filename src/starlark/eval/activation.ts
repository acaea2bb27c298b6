import type { Value } from "../values/value.ts";
import type { Budget } from "./budget.ts";
import type { Cell, FunctionCode, ModuleState, StarlarkFunction } from "./function.ts";
import type { Thread } from "./thread.ts";

/** A call of a Starlark function that is running. */
export class Activation {
  readonly code: FunctionCode;
  readonly module: ModuleState;
  readonly free: readonly Cell[];
  readonly thread: Thread;
  readonly budget: Budget;
  readonly caller: Activation | undefined;
  readonly locals: (Value | undefined)[];
  readonly cells: Cell[];
  /** Where it is: index of `code.places`. Set before anything that can fail. */
  place: number;
  /** What `return` gave. */
  result: Value = null;

  constructor(callee: StarlarkFunction, thread: Thread, caller: Activation | undefined, locals: (Value | undefined)[]) {
    const { code } = callee;
    this.code = code;
    this.module = callee.module;
    this.free = callee.free;
    this.thread = thread;
    this.budget = thread.budget;
    this.caller = caller;
    this.locals = locals;
    this.place = code.firstPlace;
    this.cells = [];
    for (let index = 0; index < code.cellCount; index++) this.cells.push({ value: undefined });
  }
}
