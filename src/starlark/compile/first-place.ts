import type { Expression, FunctionLiteral, Statement } from "../syntax/ast.ts";
import { noPlace, type Place } from "../syntax/tokens.ts";

/**
 * Where upstream says a function is whose call fails for its arguments: at the first thing that it would do, if that has a place of its own
 * in upstream's code; otherwise at its `def`. Behind a call that nobody wrote (`bracket`) it is the next thing that has a place.
 */
export function firstPlace({ place, body }: FunctionLiteral): Place | "next" {
  for (const statement of body) {
    if (statement.kind === "expression" && statement.expression.kind === "literal") continue;
    const found = ofStatement(statement);
    return found === noPlace ? "next" : (found ?? place);
  }
  return place;
}

function ofStatement(statement: Statement): Place | undefined {
  switch (statement.kind) {
    case "expression":
      return ofExpression(statement.expression);
    case "assign":
      return ofExpression(statement.value);
    case "augmented":
      return ofExpression(statement.target);
    case "return":
      return statement.value === undefined ? undefined : ofExpression(statement.value);
    case "def":
      return ofFunction(statement.literal);
    case "if": {
      const [first] = statement.branches;
      return first === undefined ? undefined : ofExpression(first.condition);
    }
    case "for":
      return ofExpression(statement.iterable);
    case "while":
      return ofExpression(statement.condition);
    case "load":
    case "break":
    case "continue":
      return undefined;
  }
}

function ofExpression(expression: Expression): Place | undefined {
  let bracket: Place | undefined;
  for (let at = expression; ; ) {
    switch (at.kind) {
      case "identifier":
        return at.binding?.scope === "universal" ? bracket : at.place;
      case "literal":
      case "dict":
      case "comprehension":
        return bracket;
      case "lambda":
        return ofFunction(at.literal);
      case "list":
      case "tuple": {
        const [first] = at.items;
        if (first === undefined) return bracket;
        at = first;
        break;
      }
      case "paren":
        at = at.inner;
        break;
      case "unary":
        at = at.operand;
        break;
      case "binary":
      case "logical":
        at = at.left;
        break;
      case "conditional":
        at = at.condition;
        break;
      case "slice":
        bracket = at.bracket;
        at = at.object;
        break;
      case "dot":
      case "index":
        at = at.object;
        break;
      case "call":
        at = at.callee;
        break;
    }
  }
}

/** Of making the function, not of running it. */
function ofFunction({ place, parameters }: FunctionLiteral): Place {
  let starred = false;
  for (const { kind, initial } of parameters) {
    if (initial !== undefined) return ofExpression(initial) ?? place;
    starred ||= kind === "*" || kind === "**";
    if (starred && kind === "required") return place;
  }
  return place;
}
