import type { Place } from "../syntax/tokens.ts";
import { Callable, type CallContext, type KeywordArgument, type Value } from "../values/value.ts";
import type { Activation } from "./activation.ts";

export type Evaluate = (at: Activation) => Value;

/** How a statement ended. */
export const normal = 0;
export const broke = 1;
export const continued = 2;
export const returned = 3;
export type Completion = typeof normal | typeof broke | typeof continued | typeof returned;

export type Execute = (at: Activation) => Completion;

/** A variable that functions share. */
export interface Cell {
  value: Value | undefined;
}

export interface ParameterCode {
  /** By index of their variables; `*args` and `**kwargs` are not among them. */
  readonly names: readonly string[];
  /** How many of the last ones must be named. */
  readonly keywordOnly: number;
  readonly hasVarargs: boolean;
  readonly hasKwargs: boolean;
}

/** A compiled function. */
export interface FunctionCode {
  readonly name: string;
  readonly file: string;
  /** Of the whole module: activations hold indexes of it. */
  readonly places: readonly Place[];
  /** What stands first in the body, for calls that do not get there. */
  readonly firstPlace: number;
  readonly parameters: ParameterCode;
  readonly localCount: number;
  readonly cellCount: number;
  /** Parameters that are cells: index as local, index as cell. */
  readonly parameterCells: readonly (readonly [local: number, cell: number])[];
  readonly body: Execute;
}

/** What the functions of a module share. */
export interface ModuleState {
  readonly globals: (Value | undefined)[];
  readonly predeclared: readonly (Value | undefined)[];
}

/** A value made by `def` or `lambda`. */
export class StarlarkFunction extends Callable {
  readonly typeName = "function";
  readonly code: FunctionCode;
  readonly module: ModuleState;
  /** For the last parameters; `undefined`: it has none. */
  readonly defaults: readonly (Value | undefined)[];
  readonly free: readonly Cell[];

  constructor(
    code: FunctionCode,
    module: ModuleState,
    defaults: readonly (Value | undefined)[],
    free: readonly Cell[],
  ) {
    super(code.name);
    this.code = code;
    this.module = module;
    this.defaults = defaults;
    this.free = free;
  }

  /** How many parameters it has; `*args` and `**kwargs` are one each. */
  get parameterCount(): number {
    const { names, hasVarargs, hasKwargs } = this.code.parameters;
    return names.length + Number(hasVarargs) + Number(hasKwargs);
  }

  invoke(context: CallContext, args: readonly Value[], kwargs: readonly KeywordArgument[]): Value {
    return context.call(this, args, kwargs);
  }

  override *heldValues(): Iterable<Value> {
    for (const value of this.defaults) if (value !== undefined) yield value;
    for (const { value } of this.free) if (value !== undefined) yield value;
  }
}
