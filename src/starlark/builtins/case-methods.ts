import { isAscii } from "../values/text.ts";
import { isCased, toLower, toTitle, toUpper } from "../values/unicode.ts";
import type { CallContext } from "../values/value.ts";
import type { Method } from "./method.ts";
import { unpackPositional } from "./unpack.ts";

type Work<Result> = (text: string, context: CallContext) => Result;

/** Methods of strings that look at the case of letters. */
export const caseMethods: readonly (readonly [string, Method<string>])[] = [
  ["capitalize", withoutArguments("capitalize", capitalize)],
  ["islower", withoutArguments("islower", (text, context) => hasCase(text) && text === lower(text, context))],
  ["istitle", withoutArguments("istitle", isTitle)],
  ["isupper", withoutArguments("isupper", (text, context) => hasCase(text) && text === upper(text, context))],
  ["lower", withoutArguments("lower", lower)],
  ["title", withoutArguments("title", title)],
  ["upper", withoutArguments("upper", upper)],
];

function withoutArguments(name: string, work: Work<string | boolean>): Method<string> {
  return (text, args, kwargs, context) => {
    unpackPositional(name, args, kwargs, []);
    context.step(1 + (text.length >> 8));
    context.allocate(text.length + 16);
    return work(text, context);
  };
}

function lower(text: string, context: CallContext): string {
  return isAscii(text) ? text.toLowerCase() : mapCharacters(text, context, toLower);
}

function upper(text: string, context: CallContext): string {
  return isAscii(text) ? text.toUpperCase() : mapCharacters(text, context, toUpper);
}

function capitalize(text: string, context: CallContext): string {
  let isFirst = true;
  return mapCharacters(text, context, (char) => {
    const next = isFirst ? toTitle(char) : toLower(char);
    isFirst = false;
    return next;
  });
}

function title(text: string, context: CallContext): string {
  let afterCased = false;
  return mapCharacters(text, context, (char) => {
    const next = afterCased ? toLower(char) : toTitle(char);
    afterCased = isCased(next);
    return next;
  });
}

/** Characters that are mapped between counts of steps. */
const chunkLength = 4096;

/** A byte that is no character becomes U+FFFD, as in Go. */
function mapCharacters(text: string, context: CallContext, map: (char: string) => string): string {
  const parts: string[] = [];
  let chunk: string[] = [];
  for (const char of text.toWellFormed()) {
    chunk.push(map(char));
    if (chunk.length < chunkLength) continue;
    context.step(chunkLength >> 2);
    parts.push(chunk.join(""));
    chunk = [];
  }
  parts.push(chunk.join(""));
  return parts.join("");
}

function hasCase(text: string): boolean {
  for (const char of text) if (isCased(char)) return true;
  return false;
}

const titleCase = /^[A-Z\p{Lt}]$/u;
const lowerCase = /^\p{Ll}$/u;
const upperCase = /^\p{Lu}$/u;

/** Capitals may stand only behind what has no case, small letters only behind what has one. */
function isTitle(text: string, context: CallContext): boolean {
  context.step(text.length >> 2);
  let cased = false;
  let afterCased = false;
  for (const char of text) {
    const [capital, small] = [titleCase.test(char), lowerCase.test(char)];
    if (capital ? afterCased : small ? !afterCased : upperCase.test(char)) return false;
    afterCased = capital || small;
    cased ||= afterCased;
  }
  return cased;
}
