import type { Argument, Expression, Statement } from "./ast.ts";
import { noPlace } from "./tokens.ts";

/** Calls around the bodies of some functions. */
export interface Bracket {
  /** Meant is each `def` with a statement of its own that calls one of these. */
  readonly marks: ReadonlySet<string>;
  /** Called first, without arguments. */
  readonly enter: string;
  /** Called with what the function returns, if anything; its result is returned instead. */
  readonly leave: string;
}

/** Puts the calls where they belong. They have no place of their own. */
export function insertBrackets(statements: readonly Statement[], bracket: Bracket): readonly Statement[] {
  return statements.map((statement) => inStatement(statement, bracket, false));
}

/** @param leaves Whether the function around it is meant. */
function inStatement(statement: Statement, bracket: Bracket, leaves: boolean): Statement {
  const inBody = (body: readonly Statement[]) => body.map((inner) => inStatement(inner, bracket, leaves));
  switch (statement.kind) {
    case "def":
      return { ...statement, literal: { ...statement.literal, body: inFunction(statement.literal.body, bracket) } };
    case "if": {
      const branches = statement.branches.map(({ condition, body }) => ({ condition, body: inBody(body) }));
      return { ...statement, branches, otherwise: inBody(statement.otherwise) };
    }
    case "for":
    case "while":
      return { ...statement, body: inBody(statement.body) };
    case "return":
      return leaves ? { ...statement, value: callOf(bracket.leave, statement.value) } : statement;
    default:
      return statement;
  }
}

function inFunction(body: readonly Statement[], bracket: Bracket): readonly Statement[] {
  const isMeant = hasMark(body, bracket.marks);
  const inner = body.map((statement) => inStatement(statement, bracket, isMeant));
  if (!isMeant) return inner;
  return [
    { kind: "expression", expression: callOf(bracket.enter, undefined) },
    ...inner,
    { kind: "return", place: noPlace, value: callOf(bracket.leave, undefined) },
  ];
}

function hasMark(body: readonly Statement[], marks: ReadonlySet<string>): boolean {
  return body.some((statement) => {
    switch (statement.kind) {
      case "expression": {
        const { expression } = statement;
        return (
          expression.kind === "call" && expression.callee.kind === "identifier" && marks.has(expression.callee.name)
        );
      }
      case "if":
        return statement.branches.some((branch) => hasMark(branch.body, marks)) || hasMark(statement.otherwise, marks);
      case "for":
      case "while":
        return hasMark(statement.body, marks);
      default:
        return false;
    }
  });
}

function callOf(name: string, value: Expression | undefined): Expression {
  const args: readonly Argument[] = value === undefined ? [] : [{ kind: "positional", place: noPlace, value }];
  return {
    kind: "call",
    callee: { kind: "identifier", name, place: noPlace, binding: undefined },
    paren: noPlace,
    args,
  };
}
