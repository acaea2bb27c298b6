import { indexOf } from "../values/search.ts";
import { boundsWithin } from "../values/slices.ts";
import { byteIndexOf, byteSlice, isRemembered, joined, toBinary, utf8Length } from "../values/text.ts";
import { isSpace } from "../values/unicode.ts";
import {
  type CallContext,
  type KeywordArgument,
  List,
  StarlarkFailure,
  Tuple,
  typeOf,
  type Value,
} from "../values/value.ts";
import { iterate } from "../values/collections.ts";
import { caseMethods } from "./case-methods.ts";
import { format } from "./format.ts";
import type { Method, MethodTable } from "./method.ts";
import { named } from "./named.ts";
import { splitFromEnd, splitOnSpace, splitOnSpaceFromEnd, splitTimes } from "./split.ts";
import { StringElements } from "./string-elements.ts";
import { asBool, asInt, asIterable, asString, asValue, unpackPositional } from "./unpack.ts";

type StringMethod = Method<string>;

/** Characters that count as one step of work. */
const charactersPerStep = 256;

export const stringMethods: MethodTable<string> = new Map<string, StringMethod>([
  ...caseMethods,
  ["codepoint_ords", elements("codepoint_ords")],
  ["codepoints", elements("codepoints")],
  ["count", count],
  ["elem_ords", elements("elem_ords")],
  ["elems", elements("elems")],
  ["endswith", affix("endswith", (text, end) => text.endsWith(end))],
  ["find", finder("find", { last: false, mustBeThere: false })],
  ["format", format],
  ["index", finder("index", { last: false, mustBeThere: true })],
  ["isalnum", test("isalnum", /^[\p{L}\p{Nd}]+$/u)],
  ["isalpha", test("isalpha", /^\p{L}+$/u)],
  ["isdigit", test("isdigit", /^\p{Nd}+$/u)],
  ["isspace", test("isspace", /^\p{White_Space}+$/u)],
  ["join", join],
  ["lstrip", strip("lstrip", { start: true, end: false })],
  ["partition", partition("partition", { last: false })],
  ["replace", replace],
  ["rfind", finder("rfind", { last: true, mustBeThere: false })],
  ["rindex", finder("rindex", { last: true, mustBeThere: true })],
  ["rpartition", partition("rpartition", { last: true })],
  ["rsplit", split("rsplit", { fromEnd: true })],
  ["rstrip", strip("rstrip", { start: false, end: true })],
  ["split", split("split", { fromEnd: false })],
  ["splitlines", splitLines],
  ["startswith", affix("startswith", (text, start) => text.startsWith(start))],
  ["strip", strip("strip", { start: true, end: true })],
]);

/** Counts work on a text, and its result if that is as long. */
function countWork(context: CallContext, text: string, makesText = false): void {
  context.step(1 + Math.floor(text.length / charactersPerStep));
  if (makesText) context.allocate(text.length + 16);
}

function test(name: string, pattern: RegExp): StringMethod {
  return (text, args, kwargs, context) => {
    unpackPositional(name, args, kwargs, []);
    context.step(1 + (text.length >> 4));
    return pattern.test(text);
  };
}

function elements(name: "elems" | "elem_ords" | "codepoints" | "codepoint_ords"): StringMethod {
  return (text, args, kwargs) => {
    unpackPositional(name, args, kwargs, []);
    return new StringElements(text, name);
  };
}

function within(
  name: string,
  text: string,
  low: Value | undefined,
  high: Value | undefined,
): readonly [number, number] {
  return named(name, () => boundsWithin(low, high, utf8Length(text)));
}

function count(text: string, args: readonly Value[], kwargs: readonly KeywordArgument[], context: CallContext): Value {
  const [wanted, low, high] = unpackPositional("count", args, kwargs, [asString], [asValue, asValue]);
  countWork(context, text);
  const [start, end] = within("count", text, low, high);
  const part = byteSlice(text, start, end);
  if (wanted === "") {
    let characters = 1;
    for (const _ of part) characters++;
    return characters;
  }
  const [hay, needle] = wanted.isWellFormed() ? [part, wanted] : [toBinary(part), toBinary(wanted)];
  let found = 0;
  for (let at = indexOf(hay, needle); at >= 0; at = indexOf(hay, needle, at + needle.length)) found++;
  return found;
}

function finder(name: string, { last, mustBeThere }: { last: boolean; mustBeThere: boolean }): StringMethod {
  return (text, args, kwargs, context) => {
    const [wanted, low, high] = unpackPositional(name, args, kwargs, [asString], [asValue, asValue]);
    countWork(context, text);
    const [start, end] = within(name, text, low, high);
    const found = byteIndexOf(byteSlice(text, start, end), wanted, last);
    if (found < 0 && mustBeThere) throw new StarlarkFailure(`${name}: substring not found`);
    return found < 0 ? -1 : found + start;
  };
}

function affix(name: string, has: (text: string, affix: string) => boolean): StringMethod {
  return (text, args, kwargs, context) => {
    const [wanted, low, high] = unpackPositional(name, args, kwargs, [asValue], [asValue, asValue]);
    if (!isRemembered(text)) countWork(context, text);
    const [start, end] = within(name, text, low, high);
    const part = byteSlice(text, start, end);
    const matches = (one: string): boolean =>
      one.isWellFormed() && part.isWellFormed() ? has(part, one) : has(toBinary(part), toBinary(one));
    if (typeof wanted === "string") return matches(wanted);
    if (!(wanted instanceof Tuple))
      throw new StarlarkFailure(`${name}: got ${typeOf(wanted)}, want string or tuple of string`);
    context.step(wanted.items.length);
    return wanted.items.some((item, index) => {
      if (typeof item !== "string")
        throw new StarlarkFailure(`${name}: want string, got ${typeOf(item)}, for element ${index}`);
      return matches(item);
    });
  };
}

function join(text: string, args: readonly Value[], kwargs: readonly KeywordArgument[], context: CallContext): Value {
  const [items] = unpackPositional("join", args, kwargs, [asIterable]);
  const parts: string[] = [];
  for (const item of iterate(items) ?? []) {
    if (typeof item !== "string") throw new StarlarkFailure(`join: in list, want string, got ${typeOf(item)}`);
    context.step(1);
    context.allocate(item.length + text.length + 8);
    parts.push(item);
  }
  return joined(parts.join(text));
}

function partition(name: string, { last }: { last: boolean }): StringMethod {
  return (text, args, kwargs, context) => {
    const [separator] = unpackPositional(name, args, kwargs, [asString]);
    if (separator === "") throw new StarlarkFailure(`${name}: empty separator`);
    countWork(context, text, true);
    const found = byteIndexOf(text, separator, last);
    if (found < 0) return new Tuple(last ? ["", "", text] : [text, "", ""]);
    const after = byteSlice(text, found + utf8Length(separator), utf8Length(text));
    return new Tuple([byteSlice(text, 0, found), separator, after]);
  };
}

function replace(
  text: string,
  args: readonly Value[],
  kwargs: readonly KeywordArgument[],
  context: CallContext,
): Value {
  const [old, by, limit] = unpackPositional("replace", args, kwargs, [asString, asString], [asInt]);
  countWork(context, text, true);
  const times = limit === undefined || limit < 0 ? Number.POSITIVE_INFINITY : limit;
  if (old === by || times === 0) return text;
  const parts = old === "" ? charactersApart(text, times) : splitTimes(text, old, times + 1);
  context.step(parts.length >> 2);
  context.allocate((parts.length - 1) * (by.length + 16));
  return joined(parts.join(by));
}

/** What an empty text is replaced between: before the first character, and behind each of them. */
function charactersApart(text: string, times: number): string[] {
  const parts: string[] = [""];
  let rest = "";
  for (const char of text) {
    if (parts.length <= times) parts.push(char);
    else rest += char;
  }
  if (rest !== "") parts[parts.length - 1] += rest;
  else if (parts.length <= times) parts.push("");
  return parts;
}

function strip(name: string, { start, end }: { start: boolean; end: boolean }): StringMethod {
  return (text, args, kwargs, context) => {
    const [cutset = ""] = unpackPositional(name, args, kwargs, [], [asString]);
    countWork(context, text, true);
    const wanted = new Set(cutset.toWellFormed());
    const isCut = cutset === "" ? isSpace : (char: string) => wanted.has(char.toWellFormed());
    let [from, to] = [0, text.length];
    if (start) {
      for (const char of text) {
        if (!isCut(char)) break;
        from += char.length;
      }
    }
    while (end && to > from) {
      const char = lastCharacter(text, to);
      if (!isCut(char)) break;
      to -= char.length;
    }
    return text.slice(from, to);
  };
}

function lastCharacter(text: string, end: number): string {
  const [before, last] = [text.charCodeAt(end - 2), text.charCodeAt(end - 1)];
  const isPair = last >= 0xdc00 && last <= 0xdfff && before >= 0xd800 && before <= 0xdbff;
  return text.slice(isPair ? end - 2 : end - 1, end);
}

function split(name: string, { fromEnd }: { fromEnd: boolean }): StringMethod {
  return (text, args, kwargs, context) => {
    const [separator = null, limit = -1] = unpackPositional(name, args, kwargs, [], [asValue, asInt]);
    countWork(context, text, true);
    const parts = splitBy(text, separator, limit, fromEnd);
    context.step(parts.length >> 2);
    context.allocate(parts.length * 32);
    return new List(parts);
  };
}

function splitBy(text: string, separator: Value, limit: number, fromEnd: boolean): string[] {
  if (separator === null) {
    if (limit < 0) return splitOnSpace(text, Number.POSITIVE_INFINITY);
    return fromEnd ? splitOnSpaceFromEnd(text, limit) : splitOnSpace(text, limit);
  }
  if (typeof separator !== "string")
    throw new StarlarkFailure(`split: got ${typeOf(separator)} for separator, want string`);
  if (separator === "") throw new StarlarkFailure("split: empty separator");
  if (limit < 0) return splitTimes(text, separator, Number.POSITIVE_INFINITY);
  return fromEnd ? splitFromEnd(text, separator, limit) : splitTimes(text, separator, limit + 1);
}

function splitLines(
  text: string,
  args: readonly Value[],
  kwargs: readonly KeywordArgument[],
  context: CallContext,
): Value {
  const [keepEnds = false] = unpackPositional("splitlines", args, kwargs, [], [asBool]);
  countWork(context, text, true);
  if (text === "") return new List([]);
  const lines = text.split("\n");
  if (text.endsWith("\n")) lines.pop();
  context.step(lines.length >> 2);
  context.allocate(lines.length * 32);
  if (!keepEnds) return new List(lines);
  const last = text.endsWith("\n") ? lines.length : lines.length - 1;
  return new List(lines.map((line, index) => (index < last ? `${line}\n` : line)));
}
