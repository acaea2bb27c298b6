import {
  Budget,
  compile,
  type CompileOptions,
  EvalError,
  StarlarkFailure,
  type StarlarkLimits,
  SyntaxErrors,
  Thread,
  type Value,
} from "../../../src/starlark/index.ts";

export interface RunOptions {
  readonly limits?: Partial<StarlarkLimits>;
  readonly predeclared?: Readonly<Record<string, Value>>;
  readonly modules?: Readonly<Record<string, string>>;
  readonly checkTime?: () => void;
  readonly bracket?: NonNullable<CompileOptions["bracket"]>;
}

export interface Outcome {
  readonly printed: readonly string[];
  readonly globals: ReadonlyMap<string, Value>;
  readonly failure: EvalError | undefined;
  readonly syntax: SyntaxErrors | undefined;
  readonly budget: Budget;
}

/** Runs a program. What is neither its fault nor a bound that it met is thrown. */
export function run(source: string, options: RunOptions = {}): Outcome {
  const { predeclared = {}, bracket } = options;
  const printed: string[] = [];
  const budget = new Budget(options.limits);
  const names = new Map(Object.entries(predeclared));
  const outcome = { printed, globals: new Map<string, Value>(), failure: undefined, syntax: undefined, budget };
  try {
    const program = compile(source, {
      file: "main.star",
      isPredeclared: (name) => names.has(name),
      ...(bracket === undefined ? {} : { bracket }),
    });
    return { ...outcome, globals: program.run(threadOf(options, budget, printed), names) };
  } catch (error) {
    if (error instanceof EvalError) return { ...outcome, failure: error };
    if (error instanceof SyntaxErrors) return { ...outcome, syntax: error };
    throw error;
  }
}

/** A thread whose modules are programs, too. */
export function threadOf(options: RunOptions = {}, budget: Budget = new Budget(), printed: string[] = []): Thread {
  return new Thread({
    budget,
    print: (line) => printed.push(line),
    load(_thread, module) {
      const source = options.modules?.[module];
      if (source === undefined) throw new StarlarkFailure("no such module");
      const program = compile(source, { file: module, isPredeclared: () => false });
      return program.run(threadOf(options, budget, printed), new Map());
    },
    ...(options.checkTime === undefined ? {} : { checkTime: options.checkTime }),
  });
}

/** What an expression gives, as `repr` shows it. */
export function evaluate(expression: string, options?: RunOptions): string {
  const { printed, failure, syntax } = run(`print(repr(${expression}))`, options);
  return failure?.message ?? syntax?.message ?? printed.join("\n");
}

/** Frames as `name file:line:column`, innermost first. */
export function framesOf({ failure }: Outcome): readonly string[] {
  return (failure?.frames ?? []).map(
    ({ functionName, position }) => `${functionName} ${position.file}:${position.line}:${position.column}`,
  );
}
