import { type Matcher, RE2JS, RE2JSSyntaxException } from "re2js";
import {
  type CallContext,
  isCallable,
  joined,
  LimitExceeded,
  StarlarkFailure,
  type Value,
} from "../../starlark/index.ts";
import { yttFunction } from "../values/builtin.ts";
import { type ModuleMembers, moduleOf, stringOf } from "./builtin.ts";
import { MeteredText } from "./metered-text.ts";
import { expandReplacement, parseReplacement } from "./replacement.ts";

const maxPatternLength = 4 * 1_024;
const maxInputLength = 1_024 * 1_024;
/** Instructions of a compiled expression, all of which each character may meet; `\pL{1000}` has 1,000. */
const maxProgramSize = 20_000;

/** Work for one instruction, in steps of the language. */
const stepsToCompile = 16;
const stepsToRun = 1 / 16;
/** A search reads a character about three times. */
const stepsPerRead = 2;
/** A thread of the search keeps its captures; copying eight of them is as much work as an instruction. */
const capturesPerInstruction = 8;
const bytesPerCapture = 8;

/** `@ytt:regexp`: the syntax of RE2, as Go has it. */
export const regexpModule: ModuleMembers = moduleOf("regexp", {
  match: yttFunction("regexp.match", (args, _kwargs, context) => {
    const [pattern, input] = args;
    if (args.length !== 2 || pattern === undefined || input === undefined)
      throw new StarlarkFailure("expected exactly two arguments");
    const source = stringOf(pattern, context);
    const text = stringOf(input, context);
    const expression = compile(source, context);
    return expression.test(metered(text, expression, context));
  }),
  replace: yttFunction("regexp.replace", (args, _kwargs, context) => {
    const [pattern, input, replacement] = args;
    if (args.length !== 3 || pattern === undefined || input === undefined || replacement === undefined)
      throw new StarlarkFailure("expected exactly 3 arguments");
    const expression = compile(stringOf(pattern, context), context);
    const text = stringOf(input, context);
    return replaceAll(expression, text, replacerOf(replacement, expression, context), context);
  }),
});

function compile(source: string, context: CallContext): RE2JS {
  if (source.length > maxPatternLength)
    throw new LimitExceeded("regexp pattern length", `pattern is longer than ${maxPatternLength} characters`);
  const expression = parse(source);
  const size = expression.programSize();
  context.step(size * stepsToCompile);
  if (size > maxProgramSize)
    throw new LimitExceeded("regexp program size", `pattern stands for more than ${maxProgramSize} instructions`);
  context.allocate(size * (expression.groupCount() + 1) * bytesPerCapture);
  return expression;
}

function parse(source: string): RE2JS {
  if (!source.isWellFormed()) {
    const [valid = ""] = /^\P{Surrogate}*/u.exec(source) ?? [];
    throw new StarlarkFailure(`error parsing regexp: invalid UTF-8: \`${source.slice(valid.length)}\``);
  }
  try {
    return RE2JS.compile(source);
  } catch (error) {
    if (!(error instanceof RE2JSSyntaxException)) throw error;
    const reason = error.getDescription();
    // Go shows nothing after this one, and the whole where no part is to blame.
    const part = error.getPattern() ?? (reason.startsWith("trailing backslash") ? "" : source);
    throw new StarlarkFailure(`error parsing regexp: ${reason}: \`${part}\``);
  }
}

function metered(text: string, expression: RE2JS, context: CallContext): string {
  if (text.length > maxInputLength)
    throw new LimitExceeded("regexp input length", `input is longer than ${maxInputLength} characters`);
  const weight = 1 + expression.groupCount() / capturesPerInstruction;
  // The engine takes any object of class String, its types do not say so.
  return new MeteredText(
    text,
    context,
    stepsPerRead + expression.programSize() * weight * stepsToRun,
  ) as unknown as string;
}

type Replacer = (matcher: Matcher, text: string) => string;

function replacerOf(replacement: Value, expression: RE2JS, context: CallContext): Replacer {
  if (isCallable(replacement))
    return (matcher, text) =>
      stringOf(context.call(replacement, [text.slice(matcher.start(), matcher.end())]), context);
  const parts = parseReplacement(stringOf(replacement, context), expression.namedGroups());
  return (matcher, text) => {
    context.step(parts.length);
    return expandReplacement(parts, expression.groupCount(), matcher, text);
  };
}

/** As Go does it: an empty match right after another one is not replaced. */
function replaceAll(expression: RE2JS, text: string, replace: Replacer, context: CallContext): string {
  const matcher = expression.matcher(metered(text, expression, context));
  const parts: string[] = [];
  let replaced = 0;
  let search = 0;
  while (search <= text.length && matcher.find(search)) {
    context.step(1);
    const [start, end] = [matcher.start(), matcher.end()];
    if (end > replaced || start === 0) {
      const part = replace(matcher, text);
      context.allocate(start - replaced + part.length);
      parts.push(text.slice(replaced, start), part);
    }
    replaced = end;
    search = Math.max(end, search + widthAt(text, search));
  }
  parts.push(text.slice(replaced));
  return joined(parts.join(""));
}

function widthAt(text: string, index: number): number {
  return (text.codePointAt(index) ?? 0) > 0xffff ? 2 : 1;
}
