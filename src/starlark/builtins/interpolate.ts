import { repr, str } from "../values/display.ts";
import { formatFloat } from "../values/float-text.ts";
import { type Int, intOfFloat, isInt } from "../values/ints.ts";
import { codePoint, joined } from "../values/text.ts";
import {
  type CallContext,
  Dict,
  Float,
  HostValue,
  StarlarkFailure,
  Tuple,
  typeOf,
  type Value,
} from "../values/value.ts";

/** `"…" % value`. */
export function interpolate(template: string, value: Value, context: CallContext): string {
  context.step(1 + (template.length >> 8));
  const args = value instanceof Tuple ? value.items : [value];
  const parts: string[] = [];
  let used = 0;
  let at = 0;
  for (;;) {
    const percent = template.indexOf("%", at);
    if (percent < 0) break;
    parts.push(template.slice(at, percent));
    at = percent + 1;
    if (template.startsWith("%", at)) {
      parts.push("%");
      at++;
      continue;
    }
    let argument: Value | undefined;
    if (template.startsWith("(", at)) {
      const close = template.indexOf(")", at);
      if (close < 0) throw new StarlarkFailure("incomplete format key");
      argument = lookUp(value, template.slice(at + 1, close));
      at = close + 1;
    } else {
      argument = args[used];
      if (argument === undefined) throw new StarlarkFailure("not enough arguments for format string");
    }
    const verb = String.fromCodePoint(...codePoints(template, at));
    if (verb === "") throw new StarlarkFailure("incomplete format");
    const shown = convert(verb, argument, context);
    context.allocate(shown.length + 16);
    parts.push(shown);
    at += verb.length;
    used++;
  }
  if (used < args.length) throw new StarlarkFailure("too many arguments for format string");
  context.allocate(template.length);
  parts.push(template.slice(at));
  return joined(parts.join(""));
}

function codePoints(text: string, at: number): readonly number[] {
  const point = text.codePointAt(at);
  return point === undefined ? [] : [point];
}

function lookUp(mapping: Value, key: string): Value {
  let found: Value | undefined;
  if (mapping instanceof Dict) found = mapping.get(key);
  else if (mapping instanceof HostValue && mapping.lookup !== undefined) found = mapping.lookup(key);
  else throw new StarlarkFailure("format requires a mapping");
  if (found === undefined) throw new StarlarkFailure(`key not found: ${key}`);
  return found;
}

function convert(verb: string, value: Value, context: CallContext): string {
  switch (verb) {
    case "s":
      return str(value, context);
    case "r":
      return repr(value, context);
    case "d":
    case "i":
      return intArgument(verb, value).toString();
    case "o":
      return intArgument(verb, value).toString(8);
    case "x":
      return intArgument(verb, value).toString(16);
    case "X":
      return intArgument(verb, value).toString(16).toUpperCase();
    case "e":
    case "f":
    case "g":
      return formatFloat(floatArgument(verb, value), verb);
    case "E":
      return upperExponent(formatFloat(floatArgument(verb, value), "e"));
    case "F":
      return formatFloat(floatArgument(verb, value), "f");
    case "G":
      return upperExponent(formatFloat(floatArgument(verb, value), "g"));
    case "c":
      return character(value);
    default:
      throw new StarlarkFailure(`unknown conversion %${verb}`);
  }
}

function intArgument(verb: string, value: Value): Int {
  if (isInt(value)) return value;
  try {
    if (value instanceof Float) return intOfFloat(value.value);
    throw new StarlarkFailure(`cannot convert ${typeOf(value)} to int`);
  } catch (error) {
    if (!(error instanceof StarlarkFailure)) throw error;
    throw new StarlarkFailure(`%${verb} format requires integer: ${error.message}`);
  }
}

function floatArgument(verb: string, value: Value): number {
  if (isInt(value)) return Number(value);
  if (value instanceof Float) return value.value;
  throw new StarlarkFailure(`%${verb} format requires float, not ${typeOf(value)}`);
}

function upperExponent(text: string): string {
  return text.replace("e", "E");
}

function character(value: Value): string {
  if (isInt(value)) {
    if (typeof value === "bigint" || value < 0 || value > 0x10ffff)
      throw new StarlarkFailure(`%c format requires a valid Unicode code point, got ${value}`);
    return characterOf(value);
  }
  if (typeof value !== "string")
    throw new StarlarkFailure(`%c format requires int or single-character string, not ${typeOf(value)}`);
  const [first, second] = value;
  if (first === undefined || second !== undefined)
    throw new StarlarkFailure("%c format requires a single-character string");
  return characterOf(codePoint(first));
}

/** The character of a code point; half of a surrogate pair is none. */
export function characterOf(point: number): string {
  return point >= 0xd800 && point <= 0xdfff ? "\ufffd" : String.fromCodePoint(point);
}
