import type { Evaluate, Execute } from "../eval/function.ts";
import type { Expression, FunctionScope, Statement } from "../syntax/ast.ts";
import { noPlace, type Place } from "../syntax/tokens.ts";

/** What makes closures of the two kinds of syntax, which hold one another. */
export interface Compilers {
  expression(expression: Expression, compiler: FunctionCompiler): Evaluate;
  block(statements: readonly Statement[], compiler: FunctionCompiler): Execute;
}

/** What the functions of a module are compiled into together. */
export class ModuleCompiler {
  readonly file: string;
  readonly compilers: Compilers;
  readonly places: Place[] = [];
  /** Names from outside that the module uses, by index. */
  readonly predeclared: string[] = [];
  readonly #predeclaredIndexes = new Map<string, number>();

  constructor(file: string, compilers: Compilers) {
    this.file = file;
    this.compilers = compilers;
  }

  predeclaredIndex(name: string): number {
    const known = this.#predeclaredIndexes.get(name);
    if (known !== undefined) return known;
    const index = this.predeclared.push(name) - 1;
    this.#predeclaredIndexes.set(name, index);
    return index;
  }
}

/** Compiles one function: keeps its places and how deep closures nest in it. */
export class FunctionCompiler {
  readonly module: ModuleCompiler;
  readonly scope: FunctionScope;
  /** What stands first in the body, in the order of evaluation. */
  firstPlace: number | undefined;
  #lastPlace: number;
  #depth = 0;

  constructor(module: ModuleCompiler, scope: FunctionScope, place: Place) {
    this.module = module;
    this.scope = scope;
    this.#lastPlace = module.places.push(place) - 1;
  }

  /** The index of a place. For what has none it is the place before. */
  at(place: Place): number {
    if (place === noPlace) return this.#lastPlace;
    this.#lastPlace = this.module.places.push(place) - 1;
    this.firstPlace ??= this.#lastPlace;
    return this.#lastPlace;
  }

  /** Closures around what is compiled now. */
  get depth(): number {
    return this.#depth;
  }

  /** Makes an expression a closure that evaluates it. */
  expression(expression: Expression): Evaluate {
    return this.nested(() => this.module.compilers.expression(expression, this));
  }

  /** Makes statements a closure that executes them. */
  block(statements: readonly Statement[]): Execute {
    return this.nested(() => this.module.compilers.block(statements, this));
  }

  nested<T>(compile: () => T): T {
    this.#depth++;
    const result = compile();
    this.#depth--;
    return result;
  }
}
