import { universe } from "../builtins/universe.ts";
import { SyntaxErrors } from "../eval/error.ts";
import { type FunctionCode, StarlarkFunction } from "../eval/function.ts";
import type { Thread } from "../eval/thread.ts";
import { NestingFault, resolve } from "../resolve.ts";
import type { ResolveError } from "../scopes.ts";
import type { FunctionLiteral, Statement } from "../syntax/ast.ts";
import { type Bracket, insertBrackets } from "../syntax/bracket.ts";
import { SyntaxFault } from "../syntax/fault.ts";
import { parse } from "../syntax/parser.ts";
import type { Value } from "../values/value.ts";
import { ModuleCompiler } from "./context.ts";
import { compileExpression } from "./expressions.ts";
import { compileCode } from "./functions.ts";
import { compileBlock } from "./statements.ts";

export interface CompileOptions {
  /** Names the module in positions. */
  readonly file: string;
  /** Names that exist besides the universe. */
  readonly isPredeclared: (name: string) => boolean;
  /** Calls to put around the bodies of functions. */
  readonly bracket?: Bracket;
}

/** Parses, resolves and compiles a module. Throws `SyntaxErrors`. */
export function compile(source: string, options: CompileOptions): Program {
  const fail = (errors: readonly ResolveError[]): never => {
    throw new SyntaxErrors(
      errors.map(({ message, place }) => ({ message, position: { file: options.file, ...place } })),
    );
  };
  try {
    const parsed = parse(source);
    const statements = options.bracket === undefined ? parsed : insertBrackets(parsed, options.bracket);
    const { isPredeclared } = options;
    const { module, errors } = resolve(statements, { isPredeclared, isUniversal: (name) => universe.has(name) });
    if (errors.length > 0) return fail(errors);
    return new Program(options.file, statements, module);
  } catch (error) {
    if (error instanceof SyntaxFault || error instanceof NestingFault)
      return fail([{ message: error.message, place: error.place }]);
    throw error;
  }
}

/** A compiled module. Holds no values: it may run any number of times. */
export class Program {
  readonly file: string;
  readonly #code: FunctionCode;
  readonly #globals: readonly string[];
  readonly #predeclared: readonly string[];

  /** @param module What the resolver found. */
  constructor(file: string, statements: readonly Statement[], module: ReturnType<typeof resolve>["module"]) {
    this.file = file;
    this.#globals = module.globals;
    const compiler = new ModuleCompiler(file, { expression: compileExpression, block: compileBlock });
    const place = { line: 1, column: 1 };
    const literal: FunctionLiteral = {
      name: "<toplevel>",
      place,
      parameters: [],
      body: statements,
      scope: module.scope,
    };
    this.#code = compileCode(literal, compiler);
    this.#predeclared = compiler.predeclared;
  }

  /**
   * Runs the top level. Answers the globals that it set, also those with a leading underscore, in order of definition.
   * @throws EvalError
   */
  run(thread: Thread, predeclared: ReadonlyMap<string, Value>): ReadonlyMap<string, Value> {
    const state = {
      globals: this.#globals.map((): Value | undefined => undefined),
      predeclared: this.#predeclared.map((name) => predeclared.get(name)),
    };
    thread.call(new StarlarkFunction(this.#code, state, [], []), []);
    const found = new Map<string, Value>();
    for (const [index, name] of this.#globals.entries()) {
      const value = state.globals[index];
      if (value !== undefined) found.set(name, value);
    }
    return found;
  }
}
