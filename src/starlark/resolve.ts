import {
  type CallExpression,
  type Comprehension,
  type Expression,
  type FunctionLiteral,
  type FunctionScope,
  type Identifier,
  type LoadStatement,
  type Parameter,
  type Statement,
  startOf,
} from "./syntax/ast.ts";
import { maxNesting } from "./syntax/parser.ts";
import type { Place } from "./syntax/tokens.ts";
import { type KnownNames, type ResolveError, Scopes } from "./scopes.ts";

export interface ModuleScope {
  /** Names of the global variables in the order of their first binding. */
  readonly globals: readonly string[];
  /** Variables of the file that are no globals: what `load` binds, what comprehensions bind. */
  readonly scope: FunctionScope;
}

/** Most arguments of one kind in a call, as upstream. */
const maxArguments = 255;

/** Gives each identifier its binding. Reports all errors at once, in upstream's order. */
export function resolve(
  statements: readonly Statement[],
  known: KnownNames,
): { readonly module: ModuleScope; readonly errors: readonly ResolveError[] } {
  return new Resolver(known).resolveFile(statements);
}

class Resolver {
  readonly #scopes: Scopes;
  #loops = 0;
  #depth = 0;

  constructor(known: KnownNames) {
    this.#scopes = new Scopes(known);
  }

  resolveFile(statements: readonly Statement[]): { module: ModuleScope; errors: readonly ResolveError[] } {
    this.#resolveStatements(statements);
    this.#scopes.finish();
    const { globals, fileScope, errors } = this.#scopes;
    return { module: { globals, scope: fileScope }, errors };
  }

  #report(place: Place, message: string): void {
    this.#scopes.report(place, message);
  }

  // Statements

  #resolveStatements(statements: readonly Statement[]): void {
    for (const statement of statements) this.#resolveStatement(statement);
  }

  #resolveStatement(statement: Statement): void {
    switch (statement.kind) {
      case "expression":
        this.#resolve(statement.expression);
        break;
      case "break":
      case "continue":
        if (this.#loops === 0) this.#report(statement.place, `${statement.kind} not in a loop`);
        break;
      case "if":
        for (const { condition, body } of statement.branches) {
          this.#resolve(condition);
          this.#resolveStatements(body);
        }
        this.#resolveStatements(statement.otherwise);
        break;
      case "assign":
        this.#resolve(statement.value);
        this.#assign(statement.target, false);
        break;
      case "augmented":
        this.#resolve(statement.value);
        this.#assign(statement.target, true);
        break;
      case "def":
        this.#scopes.bind(statement.name);
        this.#resolveFunction(statement.literal);
        break;
      case "for":
        this.#resolve(statement.iterable);
        this.#assign(statement.target, false);
        this.#resolveLoop(statement.body);
        break;
      case "while":
        this.#resolve(statement.condition);
        this.#resolveLoop(statement.body);
        break;
      case "return":
        if (!this.#scopes.isInFunction) this.#report(statement.place, "return statement not within a function");
        if (statement.value !== undefined) this.#resolve(statement.value);
        break;
      case "load":
        this.#resolveLoad(statement);
        break;
    }
  }

  #resolveLoop(body: readonly Statement[]): void {
    this.#loops++;
    this.#resolveStatements(body);
    this.#loops--;
  }

  #resolveLoad({ place, names }: LoadStatement): void {
    if (this.#scopes.isInFunction) this.#report(place, "load statement within a function");
    for (const { from, fromPlace, to } of names) {
      if (from === "") {
        this.#report(fromPlace, "load: empty identifier");
        continue;
      }
      if (from.startsWith("_"))
        this.#report(fromPlace, `load: names with leading underscores are not exported: ${from}`);
      this.#scopes.bindLocal(to);
    }
  }

  #assign(target: Expression, isAugmented: boolean): void {
    switch (target.kind) {
      case "identifier":
        this.#scopes.bind(target);
        break;
      case "index":
        this.#resolve(target.object);
        this.#resolve(target.key);
        break;
      case "dot":
        this.#resolve(target.object);
        break;
      case "tuple":
      case "list":
        if (target.items.length === 0)
          this.#report(target.place, `can't assign to ${target.kind === "tuple" ? "()" : "[]"}`);
        if (isAugmented) this.#report(target.place, `can't use ${target.kind} expression in augmented assignment`);
        this.#enter(target);
        for (const item of target.items) this.#assign(item, isAugmented);
        this.#depth--;
        break;
      case "paren":
        this.#assign(target.inner, isAugmented);
        break;
      default:
        this.#report(startOf(target), `can't assign to ${nodeName(target)}`);
    }
  }

  // Expressions

  /** Bounds what later stages recurse into. */
  #enter(expression: Expression): void {
    if (++this.#depth > maxNesting) throw new NestingFault(startOf(expression));
  }

  #resolve(expression: Expression): void {
    this.#enter(expression);
    switch (expression.kind) {
      case "identifier":
        this.#scopes.use(expression);
        break;
      case "literal":
        break;
      case "list":
      case "tuple":
        for (const item of expression.items) this.#resolve(item);
        break;
      case "dict":
        for (const { key, value } of expression.entries) {
          this.#resolve(key);
          this.#resolve(value);
        }
        break;
      case "conditional":
        this.#resolve(expression.condition);
        this.#resolve(expression.whenTrue);
        this.#resolve(expression.whenFalse);
        break;
      case "index":
        this.#resolve(expression.object);
        this.#resolve(expression.key);
        break;
      case "slice":
        for (const part of [expression.object, expression.low, expression.high, expression.step])
          if (part !== undefined) this.#resolve(part);
        break;
      case "comprehension":
        this.#resolveComprehension(expression);
        break;
      case "unary":
        this.#resolve(expression.operand);
        break;
      case "binary":
      case "logical":
        this.#resolveOperators(expression);
        break;
      case "dot":
        this.#resolve(expression.object);
        break;
      case "call":
        this.#resolveCall(expression);
        break;
      case "lambda":
        this.#resolveFunction(expression.literal);
        break;
      case "paren":
        this.#resolve(expression.inner);
        break;
    }
    this.#depth--;
  }

  /** `a + b + c + …` is a tree that leans to the left, of any height. */
  #resolveOperators(expression: Expression): void {
    const rights: Expression[] = [];
    let left = expression;
    while (left.kind === "binary" || left.kind === "logical") {
      rights.push(left.right);
      left = left.left;
    }
    this.#resolve(left);
    for (const right of rights.reverse()) this.#resolve(right);
  }

  #resolveComprehension(comprehension: Comprehension): void {
    const { body, clauses } = comprehension;
    const [first, ...others] = clauses;
    if (first?.kind !== "for") return;
    // Only this one is evaluated outside: `[x for x in x]`.
    this.#resolve(first.iterable);
    this.#scopes.within(undefined, () => {
      this.#assign(first.target, false);
      for (const clause of others) {
        // Each loop runs within the one before.
        this.#enter(comprehension);
        if (clause.kind === "if") {
          this.#resolve(clause.condition);
          continue;
        }
        this.#assign(clause.target, false);
        this.#resolve(clause.iterable);
      }
      if ("colon" in body) {
        this.#resolve(body.key);
        this.#resolve(body.value);
      } else {
        this.#resolve(body);
      }
      this.#depth -= others.length;
    });
  }

  #resolveCall(call: CallExpression): void {
    this.#resolve(call.callee);
    const seen = { star: false, doubleStar: false, names: new Set<string>() };
    const counts = { positional: 0, named: 0 };
    for (const { kind, place, name, value } of call.args) {
      switch (kind) {
        case "**":
          if (seen.doubleStar) this.#report(place, "multiple **kwargs not allowed");
          seen.doubleStar = true;
          break;
        case "*":
          if (seen.doubleStar) this.#report(place, "*args may not follow **kwargs");
          else if (seen.star) this.#report(place, "multiple *args not allowed");
          seen.star = true;
          break;
        case "named":
          counts.named++;
          if (seen.doubleStar) this.#report(place, "argument may not follow **kwargs");
          if (name !== undefined && seen.names.has(name)) this.#report(place, `keyword argument ${name} repeated`);
          else if (name !== undefined) seen.names.add(name);
          break;
        case "positional":
          counts.positional++;
          if (seen.star) this.#report(place, "argument may not follow *args");
          else if (seen.doubleStar) this.#report(place, "argument may not follow **kwargs");
          else if (seen.names.size > 0) this.#report(place, "positional argument may not follow named");
          break;
      }
      this.#resolve(value);
    }
    if (counts.positional > maxArguments)
      this.#report(startOf(call), `${counts.positional} positional arguments in call, limit is ${maxArguments}`);
    if (counts.named > maxArguments)
      this.#report(startOf(call), `${counts.named} keyword arguments in call, limit is ${maxArguments}`);
  }

  #resolveFunction({ parameters, body, scope }: FunctionLiteral): void {
    // Defaults belong to the enclosing block.
    for (const { initial } of parameters) if (initial !== undefined) this.#resolve(initial);
    const loops = this.#loops;
    this.#loops = 0;
    this.#scopes.within(scope, () => {
      this.#bindParameters(parameters);
      this.#resolveStatements(body);
    });
    this.#loops = loops;
  }

  #bindParameters(parameters: readonly Parameter[]): void {
    let optional = false;
    let star: Parameter | undefined;
    let doubleStar: Parameter | undefined;
    let keywordOnly = 0;
    for (const parameter of parameters) {
      const { kind, place, name } = parameter;
      switch (kind) {
        case "required":
          if (doubleStar !== undefined)
            this.#report(place, `required parameter may not follow **${nameOf(doubleStar)}`);
          else if (star !== undefined) keywordOnly++;
          else if (optional) this.#report(place, "required parameter may not follow optional");
          this.#bindParameter(name, place);
          break;
        case "optional":
          if (doubleStar !== undefined)
            this.#report(place, `optional parameter may not follow **${nameOf(doubleStar)}`);
          else if (star !== undefined) keywordOnly++;
          this.#bindParameter(name, place);
          optional = true;
          break;
        case "*":
          if (doubleStar !== undefined) this.#report(place, `* parameter may not follow **${nameOf(doubleStar)}`);
          else if (star !== undefined) this.#report(place, "multiple * parameters not allowed");
          else star = parameter;
          break;
        case "**":
          if (doubleStar !== undefined) this.#report(place, "multiple ** parameters not allowed");
          doubleStar = parameter;
          break;
      }
    }
    // These two come last, so that the others have one index after the other.
    if (star?.name !== undefined) this.#bindParameter(star.name, star.name.place);
    else if (star !== undefined && keywordOnly === 0)
      this.#report(star.place, "bare * must be followed by keyword-only parameters");
    if (doubleStar?.name !== undefined) this.#bindParameter(doubleStar.name, doubleStar.name.place);
  }

  #bindParameter(name: Identifier | undefined, place: Place): void {
    if (name !== undefined && this.#scopes.bind(name)) this.#report(place, `duplicate parameter: ${name.name}`);
  }
}

/** Thrown where expressions nest deeper than later stages may recurse. */
export class NestingFault extends Error {
  override readonly name = "NestingFault";
  readonly place: Place;
  constructor(place: Place) {
    super(`nested more than ${maxNesting} levels deep`);
    this.place = place;
  }
}

function nameOf(parameter: Parameter): string {
  return parameter.name?.name ?? "";
}

/** What upstream calls the node. */
function nodeName(expression: Expression): string {
  switch (expression.kind) {
    case "logical":
      return "binaryexpr";
    case "conditional":
      return "condexpr";
    case "literal":
    case "comprehension":
      return expression.kind;
    default:
      return `${expression.kind}expr`;
  }
}
