import type {
  Argument,
  AugmentedOperator,
  BinaryOperator,
  Clause,
  DictEntry,
  Expression,
  FunctionLiteral,
  Identifier,
  LoadStatement,
  Parameter,
  Statement,
} from "./ast.ts";
import { startOf } from "./ast.ts";
import { BlockScanner } from "./blocks.ts";
import { SyntaxFault } from "./fault.ts";
import { Scanner } from "./scanner.ts";
import { isKeyword, type Lexeme, type Place, shown, type Token } from "./tokens.ts";

/**
 * Deepest nesting of expressions and blocks. The parser, the resolver and the compiler recurse by a few frames for each level, which must
 * fit a stack of 1 MB many times over; people nest by a dozen.
 */
export const maxNesting = 500;

const augmented: ReadonlyMap<Token, AugmentedOperator> = new Map([
  ["+=", "+"],
  ["-=", "-"],
  ["*=", "*"],
  ["/=", "/"],
  ["//=", "//"],
  ["%=", "%"],
  ["&=", "&"],
  ["|=", "|"],
  ["^=", "^"],
  ["<<=", "<<"],
  [">>=", ">>"],
]);

type Infix = BinaryOperator | "and" | "or" | "not";
const comparisonLevel = 3;
const notLevel = 2;
/** Binding strength: what binds least first. */
const levels: ReadonlyMap<Token, readonly [level: number, operator: Infix]> = new Map(
  (
    [
      ["or"],
      ["and"],
      ["not"],
      ["==", "!=", "<", ">", "<=", ">=", "in", "not in"],
      ["|"],
      ["^"],
      ["&"],
      ["<<", ">>"],
      ["-", "+"],
      ["*", "%", "/", "//"],
    ] as const
  ).flatMap((operators, level) => operators.map((operator) => [operator, [level, operator]] as const)),
);

/** The statements of a source text. Throws `SyntaxFault`. */
export function parse(source: string): readonly Statement[] {
  return new Parser(source).parseFile();
}

class Parser {
  readonly #scanner: BlockScanner;
  #lexeme: Lexeme;
  #depth = 0;

  constructor(source: string) {
    this.#scanner = new BlockScanner(new Scanner(source));
    this.#lexeme = this.#scanner.next();
  }

  parseFile(): readonly Statement[] {
    const statements: Statement[] = [];
    while (!this.#is("end of file")) {
      if (this.#is("newline")) this.#advance();
      else this.#parseStatement(statements);
    }
    return statements;
  }

  get #token(): Token {
    return this.#lexeme.token;
  }

  #is(token: Token): boolean {
    return this.#lexeme.token === token;
  }

  /** Goes on and answers where the token stood that was current. */
  #advance(): Place {
    const { position } = this.#lexeme;
    this.#lexeme = this.#scanner.next();
    return position;
  }

  #consume(token: Token): Place {
    if (this.#token !== token) this.#fail(`got ${shown(this.#token)}, want ${shown(token)}`);
    return this.#advance();
  }

  #fail(message: string, place: Place = this.#scanner.place): never {
    throw new SyntaxFault(place, message);
  }

  #enter(): void {
    if (++this.#depth > maxNesting) this.#fail(`nested more than ${maxNesting} levels deep`);
  }

  #leave(): void {
    this.#depth--;
  }

  // Statements

  #parseStatement(into: Statement[]): void {
    switch (this.#token) {
      case "def":
        into.push(this.#parseDef());
        break;
      case "if":
        into.push(this.#parseIf());
        break;
      case "for":
        into.push(this.#parseFor());
        break;
      case "while":
        into.push(this.#parseWhile());
        break;
      default:
        this.#parseSimpleStatements(into);
    }
  }

  #parseDef(): Statement {
    const place = this.#advance();
    const name = this.#parseIdentifier();
    this.#consume("(");
    const parameters = this.#parseParameters();
    this.#consume(")");
    this.#consume(":");
    const body = this.#parseSuite();
    return { kind: "def", name, literal: functionLiteral(name.name, place, parameters, body) };
  }

  #parseIf(): Statement {
    const branches: { condition: Expression; body: readonly Statement[] }[] = [];
    do {
      this.#advance();
      const condition = this.#parseTest();
      this.#consume(":");
      branches.push({ condition, body: this.#parseSuite() });
    } while (this.#is("elif"));
    if (!this.#is("else")) return { kind: "if", branches, otherwise: [] };
    this.#advance();
    this.#consume(":");
    return { kind: "if", branches, otherwise: this.#parseSuite() };
  }

  #parseFor(): Statement {
    const place = this.#advance();
    const target = this.#parseLoopVariables();
    this.#consume("in");
    const iterable = this.#parseExpression(false);
    this.#consume(":");
    return { kind: "for", place, target, iterable, body: this.#parseSuite() };
  }

  #parseWhile(): Statement {
    this.#advance();
    const condition = this.#parseTest();
    this.#consume(":");
    return { kind: "while", condition, body: this.#parseSuite() };
  }

  #parseSuite(): readonly Statement[] {
    const statements: Statement[] = [];
    if (!this.#is("newline")) {
      this.#parseSimpleStatements(statements);
      return statements;
    }
    this.#enter();
    this.#advance();
    this.#consume("indent");
    while (!this.#is("outdent") && !this.#is("end of file")) this.#parseStatement(statements);
    this.#consume("outdent");
    this.#leave();
    return statements;
  }

  #parseSimpleStatements(into: Statement[]): void {
    do {
      into.push(this.#parseSmallStatement());
      if (!this.#is(";")) break;
      this.#advance();
    } while (!this.#is("newline") && !this.#is("end of file"));
    if (!this.#is("end of file")) this.#consume("newline");
  }

  #parseSmallStatement(): Statement {
    switch (this.#token) {
      case "return": {
        const place = this.#advance();
        const bare = this.#is("end of file") || this.#is("newline") || this.#is(";");
        return { kind: "return", place, value: bare ? undefined : this.#parseExpression(false) };
      }
      case "break":
      case "continue": {
        const kind = this.#token;
        return { kind, place: this.#advance() };
      }
      case "load":
        return this.#parseLoad();
      default:
        return this.#parseAssignment();
    }
  }

  #parseAssignment(): Statement {
    const target = this.#parseExpression(false);
    const operator = augmented.get(this.#token);
    if (!this.#is("=") && operator === undefined) return { kind: "expression", expression: target };
    const place = this.#advance();
    const value = this.#parseExpression(false);
    if (operator === undefined) return { kind: "assign", place, target, value };
    return { kind: "augmented", operator, place, target, value };
  }

  #parseLoad(): LoadStatement {
    const place = this.#advance();
    const paren = this.#consume("(");
    if (!this.#is("string literal")) this.#fail("first operand of load statement must be a string literal");
    const module = this.#takeString();
    const names: LoadStatement["names"][number][] = [];
    while (!this.#is(")") && !this.#is("end of file")) {
      this.#consume(",");
      if (this.#is(")")) break;
      names.push(this.#parseLoadedName());
    }
    this.#consume(")");
    if (names.length === 0) this.#fail("load statement must import at least 1 symbol", paren);
    return { kind: "load", place, module, names };
  }

  #parseLoadedName(): LoadStatement["names"][number] {
    if (this.#is("string literal")) {
      const fromPlace = behindQuote(this.#lexeme.position);
      const from = this.#takeString();
      return { from, fromPlace, to: { kind: "identifier", name: from, place: fromPlace, binding: undefined } };
    }
    if (!this.#is("identifier"))
      this.#fail(`load operand must be "name" or localname="name" (got ${shown(this.#token)})`);
    const to = this.#parseIdentifier();
    const { name } = to;
    if (!this.#is("=")) this.#fail(`load operand must be "${name}" or ${name}="originalname" (want '=' after ${name})`);
    this.#advance();
    if (!this.#is("string literal"))
      this.#fail(`original name of loaded symbol must be quoted: ${name}="originalname"`);
    const fromPlace = behindQuote(this.#lexeme.position);
    return { from: this.#takeString(), fromPlace, to };
  }

  #takeString(): string {
    const { value } = this.#lexeme;
    this.#advance();
    return typeof value === "string" ? value : "";
  }

  // Names and parameters

  #parseIdentifier(): Identifier {
    const { token, raw } = this.#lexeme;
    if (isKeyword(token)) this.#fail(`use of reserved keyword '${raw}' is not allowed (expected identifier)`);
    if (token !== "identifier") this.#fail("not an identifier");
    return { kind: "identifier", name: raw, place: this.#advance(), binding: undefined };
  }

  #parseParameters(): readonly Parameter[] {
    const parameters: Parameter[] = [];
    let stars = false;
    while (!this.#is(")") && !this.#is(":") && !this.#is("end of file")) {
      if (parameters.length > 0) this.#consume(",");
      if (this.#is(")")) {
        if (stars) this.#fail(`got ${shown(this.#token)}, want parameter`);
        break;
      }
      const parameter = this.#parseParameter();
      stars ||= parameter.kind === "*" || parameter.kind === "**";
      parameters.push(parameter);
    }
    return parameters;
  }

  #parseParameter(): Parameter {
    const kind = this.#token;
    if (kind === "*" || kind === "**") {
      const place = this.#advance();
      const named = kind === "**" || this.#is("identifier");
      return { kind, place, name: named ? this.#parseIdentifier() : undefined };
    }
    const name = this.#parseIdentifier();
    if (!this.#is("=")) return { kind: "required", place: name.place, name };
    const place = this.#advance();
    return { kind: "optional", place, name, initial: this.#parseTest() };
  }

  #parseLoopVariables(): Expression {
    const first = this.#parsePrimaryWithSuffix();
    if (!this.#is(",")) return first;
    const items = [first];
    while (this.#is(",")) {
      this.#advance();
      if (endsExpressions(this.#token)) break;
      items.push(this.#parsePrimaryWithSuffix());
    }
    return { kind: "tuple", place: startOf(first), items };
  }

  // Expressions

  /** One expression, or several with commas: a tuple. */
  #parseExpression(inParens: boolean): Expression {
    const first = this.#parseTest();
    if (!this.#is(",")) return first;
    return { kind: "tuple", place: startOf(first), items: this.#parseMore(first, inParens) };
  }

  #parseMore(first: Expression, trailingComma: boolean): readonly Expression[] {
    const items = [first];
    while (this.#is(",")) {
      const place = this.#advance();
      if (endsExpressions(this.#token)) {
        if (!trailingComma) this.#fail("unparenthesized tuple with trailing comma", place);
        break;
      }
      items.push(this.#parseTest());
    }
    return items;
  }

  #parseTest(): Expression {
    if (this.#is("lambda")) return this.#parseLambda(true);
    this.#enter();
    const value = this.#parseOperators(0);
    if (!this.#is("if")) {
      this.#leave();
      return value;
    }
    const place = this.#advance();
    const condition = this.#parseOperators(0);
    if ((this.#token as Token) !== "else") this.#fail("conditional expression without else clause", place);
    this.#advance();
    const whenFalse = this.#parseTest();
    this.#leave();
    return { kind: "conditional", condition, whenTrue: value, whenFalse };
  }

  #parseLambda(allowConditional: boolean): Expression {
    this.#enter();
    const place = this.#advance();
    const parameters = this.#is(":") ? [] : this.#parseParameters();
    this.#consume(":");
    const value = allowConditional ? this.#parseTest() : this.#parseTestWithoutConditional();
    this.#leave();
    const body: Statement = { kind: "return", place, value };
    return { kind: "lambda", place, literal: functionLiteral("lambda", place, parameters, [body]) };
  }

  #parseTestWithoutConditional(): Expression {
    return this.#is("lambda") ? this.#parseLambda(false) : this.#parseOperators(0);
  }

  /** Operators that bind at least as strongly as `least`, and what they join. */
  #parseOperators(least: number): Expression {
    this.#enter();
    let left = this.#is("not") && least <= notLevel ? this.#parseNot() : this.#parsePrimaryWithSuffix();
    let comparison: string | undefined;
    for (;;) {
      if (this.#is("not")) this.#readNotIn();
      const [level, operator] = levels.get(this.#token) ?? [-1, undefined];
      if (level < least || operator === undefined || operator === "not") break;
      if (level === comparisonLevel && comparison !== undefined)
        this.#fail(`${comparison} does not associate with ${operator} (use parens)`);
      const place = this.#advance();
      const right = this.#parseOperators(level + 1);
      comparison = level === comparisonLevel ? operator : undefined;
      left =
        operator === "and" || operator === "or"
          ? { kind: "logical", operator, left, right }
          : { kind: "binary", operator, place, left, right };
    }
    this.#leave();
    return left;
  }

  #parseNot(): Expression {
    const place = this.#advance();
    return { kind: "unary", place, operator: "not", operand: this.#parseOperators(notLevel) };
  }

  /** Behind an operand, `not` must go on with `in`. */
  #readNotIn(): void {
    this.#advance();
    if (!this.#is("in")) this.#fail(`got ${shown(this.#token)}, want in`);
    this.#lexeme = { ...this.#lexeme, token: "not in" };
  }

  #parsePrimaryWithSuffix(): Expression {
    let value = this.#parsePrimary();
    for (;;) {
      switch (this.#token) {
        case ".": {
          const dot = this.#advance();
          value = { kind: "dot", object: value, dot, name: this.#parseIdentifier().name };
          break;
        }
        case "[":
          value = this.#parseBrackets(value);
          break;
        case "(":
          value = this.#parseCall(value);
          break;
        default:
          return value;
      }
    }
  }

  #parseBrackets(object: Expression): Expression {
    const bracket = this.#advance();
    let low: Expression | undefined;
    if (!this.#is(":")) {
      const key = this.#parseExpression(false);
      if (this.#is("]")) {
        this.#advance();
        return { kind: "index", object, bracket, key };
      }
      low = key;
    }
    const high = this.#parseSlicePart(":");
    const step = this.#parseSlicePart("]");
    this.#consume("]");
    return { kind: "slice", object, bracket, low, high, step };
  }

  #parseSlicePart(end: Token): Expression | undefined {
    if (!this.#is(":")) return undefined;
    this.#advance();
    return this.#token === end || this.#is("]") ? undefined : this.#parseTest();
  }

  #parseCall(callee: Expression): Expression {
    const paren = this.#advance();
    const args = this.#is(")") ? [] : this.#parseArguments();
    this.#consume(")");
    return { kind: "call", callee, paren, args };
  }

  #parseArguments(): readonly Argument[] {
    const args: Argument[] = [];
    let stars = false;
    while (!this.#is(")") && !this.#is("end of file")) {
      if (args.length > 0) this.#consume(",");
      if (this.#is(")")) {
        if (stars) this.#fail(`got ${shown(this.#token)}, want argument`);
        break;
      }
      const argument = this.#parseArgument();
      stars ||= argument.kind === "*" || argument.kind === "**";
      args.push(argument);
    }
    return args;
  }

  #parseArgument(): Argument {
    const kind = this.#token;
    if (kind === "*" || kind === "**") {
      const place = this.#advance();
      return { kind, place, value: this.#parseTest() };
    }
    const value = this.#parseTest();
    if (!this.#is("=")) return { kind: "positional", place: startOf(value), value };
    if (value.kind !== "identifier") this.#fail("keyword argument must have form name=expr");
    this.#advance();
    return { kind: "named", place: value.place, name: value.name, value: this.#parseTest() };
  }

  #parsePrimary(): Expression {
    switch (this.#token) {
      case "identifier":
        return this.#parseIdentifier();
      case "int literal":
      case "float literal":
      case "string literal": {
        const { value } = this.#lexeme;
        return { kind: "literal", place: this.#advance(), value: value ?? "" };
      }
      case "[":
        return this.#parseList();
      case "{":
        return this.#parseDict();
      case "(":
        return this.#parseParens();
      case "-":
      case "+":
      case "~": {
        const operator = this.#token;
        this.#enter();
        const place = this.#advance();
        const operand = this.#parsePrimaryWithSuffix();
        this.#leave();
        return { kind: "unary", place, operator, operand };
      }
      default:
        return this.#fail(`got ${shown(this.#token)}, want primary expression`);
    }
  }

  #parseParens(): Expression {
    const place = this.#advance();
    if (this.#is(")")) {
      this.#advance();
      return { kind: "tuple", place, items: [] };
    }
    const inner = this.#parseExpression(true);
    this.#consume(")");
    return { kind: "paren", place, inner };
  }

  #parseList(): Expression {
    const place = this.#advance();
    if (this.#is("]")) {
      this.#advance();
      return { kind: "list", place, items: [] };
    }
    const first = this.#parseTest();
    if (this.#is("for")) return this.#parseComprehension(place, first, "]");
    const items = this.#parseMore(first, true);
    this.#consume("]");
    return { kind: "list", place, items };
  }

  #parseDict(): Expression {
    const place = this.#advance();
    if (this.#is("}")) {
      this.#advance();
      return { kind: "dict", place, entries: [] };
    }
    const first = this.#parseDictEntry();
    if (this.#is("for")) return this.#parseComprehension(place, first, "}");
    const entries = [first];
    while (this.#is(",")) {
      this.#advance();
      if (this.#is("}")) break;
      entries.push(this.#parseDictEntry());
    }
    this.#consume("}");
    return { kind: "dict", place, entries };
  }

  #parseDictEntry(): DictEntry {
    const key = this.#parseTest();
    const colon = this.#consume(":");
    return { key, colon, value: this.#parseTest() };
  }

  #parseComprehension(place: Place, body: Expression | DictEntry, close: "]" | "}"): Expression {
    const clauses: Clause[] = [];
    while (this.#token !== close) {
      if (this.#is("for")) {
        const forPlace = this.#advance();
        const target = this.#parseLoopVariables();
        this.#consume("in");
        clauses.push({ kind: "for", place: forPlace, target, iterable: this.#parseOperators(0) });
      } else if (this.#is("if")) {
        this.#advance();
        clauses.push({ kind: "if", condition: this.#parseTestWithoutConditional() });
      } else {
        this.#fail(`got ${shown(this.#token)}, want '${close}', for, or if`);
      }
    }
    this.#advance();
    return { kind: "comprehension", place, body, clauses };
  }
}

function functionLiteral(
  name: string,
  place: Place,
  parameters: readonly Parameter[],
  body: readonly Statement[],
): FunctionLiteral {
  return { name, place, parameters, body, scope: { locals: [], cells: [], free: [] } };
}

function behindQuote(place: Place): Place {
  return { line: place.line, column: place.column + 1 };
}

function endsExpressions(token: Token): boolean {
  switch (token) {
    case "end of file":
    case "newline":
    case "=":
    case "}":
    case "]":
    case ")":
    case ";":
      return true;
    default:
      return false;
  }
}
