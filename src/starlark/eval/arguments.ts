import { quoteText } from "../values/quote.ts";
import { Dict, type KeywordArgument, StarlarkFailure, Tuple, type Value } from "../values/value.ts";
import type { StarlarkFunction } from "./function.ts";

/** Sets the parameters of a function: its first local variables. */
export function bindArguments(
  callee: StarlarkFunction,
  locals: (Value | undefined)[],
  args: readonly Value[],
  kwargs: readonly KeywordArgument[],
): void {
  const { names, keywordOnly, hasVarargs, hasKwargs } = callee.code.parameters;
  const positional = names.length - keywordOnly;
  if (names.length === 0 && !hasVarargs && !hasKwargs) {
    const given = args.length + kwargs.length;
    if (given > 0) throw new StarlarkFailure(`function ${callee.name} accepts no arguments (${given} given)`);
    return;
  }
  if (args.length > positional && !hasVarargs) throw tooMany(callee, positional, args.length);
  const bound = Math.min(args.length, positional);
  for (let index = 0; index < bound; index++) locals[index] = args[index];
  if (hasVarargs) locals[names.length] = new Tuple(args.slice(bound));
  bindNamed(callee, locals, kwargs);
  if (bound < names.length) bindDefaults(callee, locals, bound);
}

function bindNamed(callee: StarlarkFunction, locals: (Value | undefined)[], kwargs: readonly KeywordArgument[]): void {
  const { names, hasVarargs, hasKwargs } = callee.code.parameters;
  const rest = hasKwargs ? new Dict() : undefined;
  if (rest !== undefined) locals[names.length + (hasVarargs ? 1 : 0)] = rest;
  for (const [name, value] of kwargs) {
    const index = names.indexOf(name);
    if (index < 0 && rest === undefined)
      throw new StarlarkFailure(`function ${callee.name} got an unexpected keyword argument ${quoteText(name)}`);
    if (index < 0 ? rest?.has(name) : locals[index] !== undefined)
      throw new StarlarkFailure(`function ${callee.name} got multiple values for parameter ${quoteText(name)}`);
    if (index < 0) rest?.set(name, value);
    else locals[index] = value;
  }
}

function bindDefaults(callee: StarlarkFunction, locals: (Value | undefined)[], from: number): void {
  const { names } = callee.code.parameters;
  const firstDefault = names.length - callee.defaults.length;
  const missing: string[] = [];
  for (let index = from; index < names.length; index++) {
    if (locals[index] !== undefined) continue;
    const value = index < firstDefault ? undefined : callee.defaults[index - firstDefault];
    if (value === undefined) missing.push(names[index] ?? "");
    else locals[index] = value;
  }
  if (missing.length === 0) return;
  const what = `${missing.length} argument${missing.length > 1 ? "s" : ""}`;
  throw new StarlarkFailure(`function ${callee.name} missing ${what} (${missing.join(", ")})`);
}

function tooMany(callee: StarlarkFunction, positional: number, given: number): StarlarkFailure {
  const atMost = callee.defaults.length > callee.code.parameters.keywordOnly ? "at most " : "";
  const what = `${atMost}${positional} positional argument${positional === 1 ? "" : "s"}`;
  return new StarlarkFailure(`function ${callee.name} accepts ${what} (${given} given)`);
}
