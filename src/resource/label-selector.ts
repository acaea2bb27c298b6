/** One condition of a Kubernetes label selector. Numbers of `Gt`/`Lt` are kept as text, as the API does. */
export type LabelRequirement =
  | { readonly operator: "In" | "NotIn"; readonly key: string; readonly values: readonly string[] }
  | { readonly operator: "Exists" | "DoesNotExist"; readonly key: string }
  | { readonly operator: "Gt" | "Lt"; readonly key: string; readonly value: string };

/** Conditions that must all hold. */
export type LabelSelector = readonly LabelRequirement[];

export type ParsedLabelSelector = { readonly selector: LabelSelector } | { readonly problem: string };

/**
 * Parses the string form of a label selector: `a=b,c!=d,e in (f,g),h notin (i),j,!k,l>1`. The empty text selects everything.
 * The `problem` is worded for the client that sent it.
 */
export function parseLabelSelector(text: string): ParsedLabelSelector {
  const tokens = tokenize(text);
  const selector: LabelRequirement[] = [];
  if (tokens.length === 0) return { selector };
  let at = 0;
  for (;;) {
    const parsed = parseRequirement(tokens, at);
    if ("problem" in parsed) return { problem: `unable to parse requirement: ${parsed.problem}` };
    selector.push(parsed.requirement);
    at = parsed.next;
    if (at >= tokens.length) return { selector };
    if (tokens[at] !== ",")
      return { problem: `unable to parse requirement: found '${tokens[at] ?? ""}', expected: ',' or 'end of string'` };
    at++;
  }
}

/** Whether labels satisfy every condition; a missing key satisfies `!=`, `notin` and `!key`. */
export function matchesLabels(selector: LabelSelector, labels: Readonly<Record<string, string>>): boolean {
  return selector.every((requirement) =>
    holds(requirement, Object.hasOwn(labels, requirement.key) ? labels[requirement.key] : undefined),
  );
}

function holds(requirement: LabelRequirement, value: string | undefined): boolean {
  switch (requirement.operator) {
    case "In":
      return value !== undefined && requirement.values.includes(value);
    case "NotIn":
      return value === undefined || !requirement.values.includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
    case "Gt":
      return value !== undefined && integer.test(value) && BigInt(value) > BigInt(requirement.value);
    case "Lt":
      return value !== undefined && integer.test(value) && BigInt(value) < BigInt(requirement.value);
  }
}

const integer = /^-?\d{1,19}$/;
const tokenPattern = /\s*(==|!=|[=!,()<>]|[^\s=!,()<>]+)/y;

function tokenize(text: string): string[] {
  const tokens: string[] = [];
  tokenPattern.lastIndex = 0;
  for (let match = tokenPattern.exec(text); match !== null; match = tokenPattern.exec(text))
    tokens.push(match[1] ?? "");
  return tokens;
}

type RequirementResult =
  | { readonly requirement: LabelRequirement; readonly next: number }
  | { readonly problem: string };

function parseRequirement(tokens: readonly string[], start: number): RequirementResult {
  const negated = tokens[start] === "!";
  const at = negated ? start + 1 : start;
  const key = tokens[at] ?? "";
  const keyProblem = checkKey(key);
  if (keyProblem !== undefined) return { problem: keyProblem };
  const operator = tokens[at + 1];
  if (negated || operator === undefined || operator === ",") {
    return { requirement: { operator: negated ? "DoesNotExist" : "Exists", key }, next: at + 1 };
  }
  switch (operator) {
    case "=":
    case "==":
    case "!=":
      return equality(tokens, at + 2, key, operator === "!=" ? "NotIn" : "In");
    case "in":
    case "notin":
      return setMembership(tokens, at + 2, key, operator === "in" ? "In" : "NotIn");
    case ">":
    case "<": {
      const value = tokens[at + 2] ?? "";
      if (!integer.test(value))
        return { problem: `for 'Gt', 'Lt' operators, the value must be an integer, got '${value}'` };
      return { requirement: { operator: operator === ">" ? "Gt" : "Lt", key, value }, next: at + 3 };
    }
    default:
      return { problem: `found '${operator}', expected: in, notin, =, ==, !=, gt, lt` };
  }
}

function equality(tokens: readonly string[], at: number, key: string, operator: "In" | "NotIn"): RequirementResult {
  const token = tokens[at];
  // `a=` selects the empty value.
  if (token === undefined || token === ",") return { requirement: { operator, key, values: [""] }, next: at };
  const problem = checkValue(token);
  return problem === undefined ? { requirement: { operator, key, values: [token] }, next: at + 1 } : { problem };
}

function setMembership(
  tokens: readonly string[],
  start: number,
  key: string,
  operator: "In" | "NotIn",
): RequirementResult {
  if (tokens[start] !== "(") return { problem: `found '${tokens[start] ?? ""}' expected: '('` };
  const values: string[] = [];
  let at = start + 1;
  for (;;) {
    const token = tokens[at];
    if (token === undefined) return { problem: "found '', expected: ',', or ')'" };
    if (token === ")" || token === ",") {
      values.push("");
    } else {
      const problem = checkValue(token);
      if (problem !== undefined) return { problem };
      values.push(token);
      at++;
    }
    if (tokens[at] === ")") return { requirement: { operator, key, values: [...new Set(values)] }, next: at + 1 };
    if (tokens[at] !== ",") return { problem: `found '${tokens[at] ?? ""}', expected: ',' or ')'` };
    at++;
  }
}

const namePart = /^[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const dnsSubdomain = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/;

function checkKey(key: string): string | undefined {
  const slash = key.indexOf("/");
  const prefix = slash === -1 ? undefined : key.slice(0, slash);
  const name = slash === -1 ? key : key.slice(slash + 1);
  const prefixFits = prefix === undefined || (prefix.length <= 253 && dnsSubdomain.test(prefix));
  return prefixFits && namePart.test(name)
    ? undefined
    : `<nil>: Invalid value: "${key}": a label key is an optional DNS prefix, '/', and a name of at most 63 characters`;
}

function checkValue(value: string): string | undefined {
  return value === "" || namePart.test(value)
    ? undefined
    : `values[0][]: Invalid value: "${value}": a label value has at most 63 characters, alphanumeric at both ends, with '-', '_' or '.' between`;
}
