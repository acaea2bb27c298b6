import {
  type Binding,
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
import { nearestName } from "./spell.ts";

export interface ResolveError {
  readonly message: string;
  readonly place: Place;
}

export interface ModuleScope {
  /** Names of the global variables in the order of their first binding. */
  readonly globals: readonly string[];
  /** Variables of the file that are no globals: what `load` binds, what comprehensions bind. */
  readonly scope: FunctionScope;
}

export interface KnownNames {
  readonly isPredeclared: (name: string) => boolean;
  readonly isUniversal: (name: string) => boolean;
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

/** A region of names: the file, a function or a comprehension. */
class Block {
  readonly parent: Block | undefined;
  /** Of a function. */
  readonly scope: FunctionScope | undefined;
  readonly bindings = new Map<string, Binding>();
  readonly children: Block[] = [];
  /** Of a function or the file: the names used within that are not resolved yet, with the block each one stands in. */
  uses: { readonly identifier: Identifier; readonly block: Block }[] = [];

  constructor(parent?: Block, scope?: FunctionScope) {
    this.parent = parent;
    this.scope = scope;
    parent?.children.push(this);
  }
}

class Resolver {
  readonly #known: KnownNames;
  readonly #file = new Block();
  readonly #fileScope: FunctionScope = { locals: [], cells: [], free: [] };
  readonly #globals = new Map<string, Binding>();
  readonly #outside = new Map<string, Binding>();
  readonly #errors: ResolveError[] = [];
  #block: Block = this.#file;
  #loops = 0;
  #depth = 0;

  constructor(known: KnownNames) {
    this.#known = known;
  }

  resolveFile(statements: readonly Statement[]): { module: ModuleScope; errors: readonly ResolveError[] } {
    this.#resolveStatements(statements);
    resolveOwnUses(this.#file);
    // Functions may use globals that are bound further down.
    this.#resolveOuterUses(this.#file);
    return { module: { globals: [...this.#globals.keys()], scope: this.#fileScope }, errors: this.#errors };
  }

  #report(place: Place, message: string): void {
    this.#errors.push({ place, message });
  }

  /** The function or file that holds the current block. */
  #container(): Block {
    let block = this.#block;
    while (block.scope === undefined && block.parent !== undefined) block = block.parent;
    return block;
  }

  /** Answers whether the name was bound there before. */
  #bind(identifier: Identifier): boolean {
    if (this.#block !== this.#file) return this.#bindLocal(identifier);
    const { name } = identifier;
    const bound = this.#file.bindings.get(name) ?? this.#globals.get(name);
    identifier.binding = bound ?? { scope: "global", name, index: this.#globals.size };
    if (bound === undefined) this.#globals.set(name, identifier.binding);
    return bound !== undefined;
  }

  #bindLocal(identifier: Identifier): boolean {
    const { name } = identifier;
    const bound = this.#block.bindings.has(name);
    if (!bound) {
      const { locals } = this.#container().scope ?? this.#fileScope;
      const binding: Binding = { scope: "local", name, index: locals.length, cell: undefined };
      locals.push(binding);
      this.#block.bindings.set(name, binding);
    }
    this.#use(identifier);
    return bound;
  }

  #use(identifier: Identifier): void {
    if (this.#block === this.#file) identifier.binding = this.#lookUpTopLevel(identifier, this.#block);
    else this.#container().uses.push({ identifier, block: this.#block });
  }

  #lookUpTopLevel(identifier: Identifier, block: Block): Binding {
    const { name } = identifier;
    const known = this.#file.bindings.get(name) ?? this.#globals.get(name) ?? this.#outside.get(name);
    if (known !== undefined) return known;
    const scope = this.#known.isPredeclared(name)
      ? "predeclared"
      : this.#known.isUniversal(name)
        ? "universal"
        : "undefined";
    const binding: Binding = { scope, name };
    if (scope === "undefined") this.#reportUndefined(identifier, block);
    else this.#outside.set(name, binding);
    return binding;
  }

  #reportUndefined({ name, place }: Identifier, from: Block): void {
    const names = [...this.#globals.keys()];
    for (let block: Block | undefined = from; block !== undefined; block = block.parent)
      names.push(...block.bindings.keys());
    const nearest = nearestName(name, names.sort());
    this.#report(place, `undefined: ${name}${nearest === undefined ? "" : ` (did you mean ${nearest}?)`}`);
  }

  /** What the names used in functions and comprehensions mean outside of them. */
  #resolveOuterUses(block: Block): void {
    for (const child of block.children) this.#resolveOuterUses(child);
    for (const { identifier, block: from } of block.uses) identifier.binding = this.#lookUp(identifier, from, from);
  }

  #lookUp(identifier: Identifier, block: Block, from: Block): Binding {
    if (block === this.#file || block.parent === undefined) return this.#lookUpTopLevel(identifier, from);
    const own = block.bindings.get(identifier.name);
    if (own !== undefined) return own;
    let found = this.#lookUp(identifier, block.parent, from);
    if (block.scope !== undefined && (found.scope === "local" || found.scope === "free"))
      found = this.#capture(found, block.scope, block.parent);
    block.bindings.set(identifier.name, found);
    return found;
  }

  #capture(outer: Binding & { scope: "local" | "free" }, scope: FunctionScope, parent: Block): Binding {
    if (outer.scope === "local" && outer.cell === undefined) {
      const { cells } = scopeOf(parent) ?? this.#fileScope;
      outer.cell = cells.length;
      cells.push(outer);
    }
    scope.free.push(outer);
    return { scope: "free", name: outer.name, index: scope.free.length - 1 };
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
        this.#bind(statement.name);
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
        if (this.#container() === this.#file) this.#report(statement.place, "return statement not within a function");
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
    if (this.#container() !== this.#file) this.#report(place, "load statement within a function");
    for (const { from, fromPlace, to } of names) {
      if (from === "") {
        this.#report(fromPlace, "load: empty identifier");
        continue;
      }
      if (from.startsWith("_"))
        this.#report(fromPlace, `load: names with leading underscores are not exported: ${from}`);
      this.#bindLocal(to);
    }
  }

  #assign(target: Expression, isAugmented: boolean): void {
    switch (target.kind) {
      case "identifier":
        this.#bind(target);
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
        this.#use(expression);
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
    const outer = this.#block;
    this.#block = new Block(outer);
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
    this.#block = outer;
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
    const [outer, loops] = [this.#block, this.#loops];
    const block = new Block(outer, scope);
    this.#block = block;
    this.#loops = 0;
    this.#bindParameters(parameters);
    this.#resolveStatements(body);
    resolveOwnUses(block);
    this.#block = outer;
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
    if (name !== undefined && this.#bind(name)) this.#report(place, `duplicate parameter: ${name.name}`);
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

/** Resolves what is bound in the function (or file) itself; the rest stays to be looked up outside. */
function resolveOwnUses(container: Block): void {
  container.uses = container.uses.filter(({ identifier, block }) => {
    const found = lookUpOwn(identifier.name, block);
    if (found?.scope !== "local") return true;
    identifier.binding = found;
    return false;
  });
}

function lookUpOwn(name: string, from: Block): Binding | undefined {
  for (let block: Block | undefined = from; block !== undefined; block = block.parent) {
    const found = block.bindings.get(name);
    if (found !== undefined || block.scope !== undefined) return found;
  }
  return undefined;
}

/** The variables of the function around a block; `undefined`: those of the file. */
function scopeOf(from: Block): FunctionScope | undefined {
  let block: Block | undefined = from;
  while (block !== undefined && block.scope === undefined) block = block.parent;
  return block?.scope;
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
