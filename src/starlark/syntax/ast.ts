import type { LiteralValue, Place } from "./tokens.ts";

/** Where a name is bound; the resolver fills it in. */
export type Binding =
  | { readonly scope: "local"; readonly name: string; readonly index: number; cell: number | undefined }
  | { readonly scope: "free"; readonly name: string; readonly index: number }
  | { readonly scope: "global"; readonly name: string; readonly index: number }
  | { readonly scope: "predeclared" | "universal" | "undefined"; readonly name: string };

export interface Identifier {
  readonly kind: "identifier";
  readonly name: string;
  readonly place: Place;
  binding: Binding | undefined;
}

export type UnaryOperator = "-" | "+" | "~" | "not";
export type BinaryOperator =
  | "+"
  | "-"
  | "*"
  | "/"
  | "//"
  | "%"
  | "&"
  | "|"
  | "^"
  | "<<"
  | ">>"
  | "<"
  | ">"
  | "<="
  | ">="
  | "=="
  | "!="
  | "in"
  | "not in";
export type AugmentedOperator = "+" | "-" | "*" | "/" | "//" | "%" | "&" | "|" | "^" | "<<" | ">>";

export interface Literal {
  readonly kind: "literal";
  readonly place: Place;
  readonly value: LiteralValue;
}

export interface DictEntry {
  readonly key: Expression;
  readonly colon: Place;
  readonly value: Expression;
}

export type Clause =
  | { readonly kind: "for"; readonly place: Place; readonly target: Expression; readonly iterable: Expression }
  | { readonly kind: "if"; readonly condition: Expression };

export interface Comprehension {
  readonly kind: "comprehension";
  readonly place: Place;
  readonly body: Expression | DictEntry;
  /** The first is a `for`. */
  readonly clauses: readonly Clause[];
}

export interface Argument {
  readonly kind: "positional" | "named" | "*" | "**";
  /** Of the whole argument. */
  readonly place: Place;
  /** Of a named one. */
  readonly name?: string;
  readonly value: Expression;
}

export interface Parameter {
  readonly kind: "required" | "optional" | "*" | "**";
  readonly place: Place;
  /** None for a bare `*`. */
  readonly name: Identifier | undefined;
  readonly initial?: Expression;
}

export interface FunctionScope {
  /** Local variables, parameters first, by index. */
  readonly locals: Binding[];
  /** What of them inner functions share, by cell index. */
  readonly cells: Binding[];
  /** The bindings in the enclosing function that free variables stand for, by index. */
  readonly free: Binding[];
}

export interface FunctionLiteral {
  readonly name: string;
  readonly place: Place;
  readonly parameters: readonly Parameter[];
  readonly body: readonly Statement[];
  readonly scope: FunctionScope;
}

export type Expression =
  | Identifier
  | Literal
  | Comprehension
  | { readonly kind: "paren"; readonly place: Place; readonly inner: Expression }
  | { readonly kind: "list" | "tuple"; readonly place: Place; readonly items: readonly Expression[] }
  | { readonly kind: "dict"; readonly place: Place; readonly entries: readonly DictEntry[] }
  | { readonly kind: "unary"; readonly place: Place; readonly operator: UnaryOperator; readonly operand: Expression }
  | BinaryExpression
  | LogicalExpression
  | {
      readonly kind: "conditional";
      readonly condition: Expression;
      readonly whenTrue: Expression;
      readonly whenFalse: Expression;
    }
  | { readonly kind: "dot"; readonly object: Expression; readonly dot: Place; readonly name: string }
  | { readonly kind: "index"; readonly object: Expression; readonly bracket: Place; readonly key: Expression }
  | {
      readonly kind: "slice";
      readonly object: Expression;
      readonly bracket: Place;
      readonly low: Expression | undefined;
      readonly high: Expression | undefined;
      readonly step: Expression | undefined;
    }
  | CallExpression
  | { readonly kind: "lambda"; readonly place: Place; readonly literal: FunctionLiteral };

export interface BinaryExpression {
  readonly kind: "binary";
  readonly operator: BinaryOperator;
  readonly place: Place;
  readonly left: Expression;
  readonly right: Expression;
}

export interface LogicalExpression {
  readonly kind: "logical";
  readonly operator: "and" | "or";
  readonly left: Expression;
  readonly right: Expression;
}

export interface CallExpression {
  readonly kind: "call";
  readonly callee: Expression;
  readonly paren: Place;
  readonly args: readonly Argument[];
}

export interface LoadStatement {
  readonly kind: "load";
  readonly place: Place;
  readonly module: string;
  readonly names: readonly { readonly from: string; readonly fromPlace: Place; readonly to: Identifier }[];
}

export type Statement =
  | LoadStatement
  | { readonly kind: "expression"; readonly expression: Expression }
  | { readonly kind: "assign"; readonly place: Place; readonly target: Expression; readonly value: Expression }
  | {
      readonly kind: "augmented";
      readonly operator: AugmentedOperator;
      readonly place: Place;
      readonly target: Expression;
      readonly value: Expression;
    }
  | { readonly kind: "break" | "continue"; readonly place: Place }
  | { readonly kind: "return"; readonly place: Place; readonly value: Expression | undefined }
  | { readonly kind: "def"; readonly name: Identifier; readonly literal: FunctionLiteral }
  | {
      readonly kind: "if";
      readonly branches: readonly { readonly condition: Expression; readonly body: readonly Statement[] }[];
      readonly otherwise: readonly Statement[];
    }
  | {
      readonly kind: "for";
      readonly place: Place;
      readonly target: Expression;
      readonly iterable: Expression;
      readonly body: readonly Statement[];
    }
  | { readonly kind: "while"; readonly condition: Expression; readonly body: readonly Statement[] };

/** Where an expression starts. */
export function startOf(expression: Expression): Place {
  for (let at = expression; ; ) {
    switch (at.kind) {
      case "identifier":
      case "literal":
      case "comprehension":
      case "paren":
      case "dict":
      case "unary":
      case "lambda":
        return at.place;
      case "list":
        return at.place;
      case "tuple":
        return at.place;
      case "binary":
      case "logical":
        at = at.left;
        break;
      case "conditional":
        at = at.whenTrue;
        break;
      case "dot":
      case "index":
      case "slice":
        at = at.object;
        break;
      case "call":
        at = at.callee;
        break;
    }
  }
}

export function withoutParens(expression: Expression): Exclude<Expression, { readonly kind: "paren" }> {
  let inner = expression;
  while (inner.kind === "paren") inner = inner.inner;
  return inner;
}
