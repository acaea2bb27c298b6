import { asInt32, checkedInt, type Int, intOfFloat, isInt } from "../values/ints.ts";
import { codePoint } from "../values/text.ts";
import {
  type CallContext,
  Float,
  type KeywordArgument,
  LimitExceeded,
  StarlarkFailure,
  typeOf,
  type Value,
} from "../values/value.ts";
import { characterOf } from "./interpolate.ts";
import { named } from "./named.ts";
import { asString, asValue, optional, required, unpackArgs, unpackPositional } from "./unpack.ts";

type Args = readonly Value[];
type Kwargs = readonly KeywordArgument[];

/** `int(x, base)`. */
export function makeInt(args: Args, kwargs: Kwargs, context: CallContext): Value {
  const [value, base] = unpackArgs("int", args, kwargs, [required("x", asValue), optional("base", asValue)]);
  if (typeof value === "string") {
    context.step(value.length >> 4);
    return parseInt(value, base === undefined ? 10 : intBase(base));
  }
  if (base !== undefined) throw new StarlarkFailure("int: can't convert non-string with explicit base");
  if (typeof value === "boolean") return value ? 1 : 0;
  if (isInt(value)) return value;
  if (value instanceof Float) return named("int", () => intOfFloat(value.value));
  throw new StarlarkFailure(`int: cannot convert ${typeOf(value)} to int`);
}

function intBase(value: Value): number {
  if (typeof value === "number" && (value === 0 || (value >= 2 && value <= 36))) return value;
  throw new StarlarkFailure("int: base must be an integer >= 2 && <= 36");
}

const prefixes: ReadonlyMap<string, number> = new Map([
  ["o", 8],
  ["x", 16],
  ["b", 2],
]);

function parseInt(text: string, base: number): Int {
  const negative = text.startsWith("-");
  const unsigned = negative || text.startsWith("+") ? text.slice(1) : text;
  const prefixed =
    unsigned.length > 2 && unsigned.startsWith("0") ? prefixes.get(unsigned.charAt(1).toLowerCase()) : undefined;
  const fail = (shownBase: number): never => {
    throw new StarlarkFailure(`int: invalid literal with base ${shownBase}: ${text}`);
  };
  if (base === 0 && prefixed === undefined && unsigned.length > 1 && unsigned.startsWith("0"))
    return /^0+$/.test(unsigned) ? 0 : fail(base);
  if (base !== 0 && prefixed !== undefined && prefixed !== base) return fail(base);
  const digits = prefixed === undefined ? unsigned : unsigned.slice(2);
  const radix = base === 0 ? (prefixed ?? 10) : base;
  const size = digitsValue(digits, radix) ?? fail(radix);
  return checkedInt(negative ? -size : size);
}

/** Longest text in digits that is read as an int: more than the largest one has. */
const maxDigits = 2 ** 16 + 8;

function digitsValue(digits: string, base: number): bigint | undefined {
  if (!/^[0-9a-zA-Z]+$/.test(digits)) return undefined;
  if (digits.length > maxDigits) throw new LimitExceeded("bytes", "int has too many digits");
  for (const digit of digits) if (!(Number.parseInt(digit, 36) < base)) return undefined;
  switch (base) {
    case 2:
      return BigInt(`0b${digits}`);
    case 8:
      return BigInt(`0o${digits}`);
    case 10:
      return BigInt(digits);
    case 16:
      return BigInt(`0x${digits}`);
    default:
      return joinDigits(digits, BigInt(base));
  }
}

/** Halves the digits, so that the large products are few. */
function joinDigits(digits: string, base: bigint): bigint {
  if (digits.length <= 8) {
    let value = 0n;
    for (const digit of digits) value = value * base + BigInt(Number.parseInt(digit, 36));
    return value;
  }
  const lower = digits.length >> 1;
  const [high, low] = [digits.slice(0, -lower), digits.slice(-lower)];
  return joinDigits(high, base) * base ** BigInt(lower) + joinDigits(low, base);
}

/** `float(x)`. */
export function makeFloat(args: Args, kwargs: Kwargs): Value {
  if (kwargs.length > 0) throw new StarlarkFailure("float does not accept keyword arguments");
  const [value] = args;
  if (value === undefined) return new Float(0);
  if (args.length !== 1) throw new StarlarkFailure(`float got ${args.length} arguments, wants 1`);
  if (value instanceof Float) return value;
  if (isInt(value) || typeof value === "boolean") return new Float(Number(value));
  if (typeof value === "string") return new Float(parseFloatText(value));
  throw new StarlarkFailure(`float got ${typeOf(value)}, want number or string`);
}

const special = /^(?<sign>[+-]?)(?:(?<infinity>inf(?:inity)?)|nan)$/i;
const decimalFloat = /^[+-]?(?:[0-9]+(?:_[0-9]+)*\.?[0-9]*(?:_[0-9]+)*|\.[0-9]+(?:_[0-9]+)*)(?:e[+-]?[0-9]+)?$/i;
const hexFloat = /^(?<sign>[+-]?)0x(?<whole>[0-9a-f]*)(?:\.(?<fraction>[0-9a-f]*))?p(?<exponent>[+-]?[0-9]+)$/i;

function parseFloatText(text: string): number {
  const value =
    specialFloat(text) ??
    hexFloatValue(text) ??
    (decimalFloat.test(text) ? Number(text.replaceAll("_", "")) : undefined);
  const failure = `float: strconv.ParseFloat: parsing "${text}"`;
  if (value === undefined) throw new StarlarkFailure(`${failure}: invalid syntax`);
  if (!Number.isFinite(value) && !special.test(text)) throw new StarlarkFailure(`${failure}: value out of range`);
  return value;
}

function specialFloat(text: string): number | undefined {
  const match = special.exec(text);
  if (match === null) return undefined;
  const { sign, infinity } = match.groups ?? {};
  if (infinity !== undefined) return sign === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  return sign === "" ? Number.NaN : undefined;
}

function hexFloatValue(text: string): number | undefined {
  const match = hexFloat.exec(text);
  if (match === null) return undefined;
  const { sign, whole = "", fraction = "", exponent = "0" } = match.groups ?? {};
  if (whole + fraction === "") return undefined;
  const size = Number(BigInt(`0x${whole}${fraction}`)) * 2 ** (Number(exponent) - 4 * fraction.length);
  return sign === "-" ? -size : size;
}

/** `chr(code)`. */
export function makeChar(args: Args, kwargs: Kwargs): Value {
  const value = onlyArgument("chr", args, kwargs);
  let point: number;
  try {
    point = asInt32(value);
  } catch {
    throw new StarlarkFailure(`chr: got ${typeOf(value)}, want int`);
  }
  if (point < 0) throw new StarlarkFailure(`chr: Unicode code point ${point} out of range (<0)`);
  if (point > 0x10ffff)
    throw new StarlarkFailure(`chr: Unicode code point U+${point.toString(16).toUpperCase()} out of range (>0x10FFFF)`);
  return characterOf(point);
}

/** `ord(char)`. */
export function ordOf(args: Args, kwargs: Kwargs): Value {
  const value = onlyArgument("ord", args, kwargs);
  if (typeof value !== "string") throw new StarlarkFailure(`ord: got ${typeOf(value)}, want string`);
  let count = 0;
  for (const _ of value) count++;
  if (count !== 1) throw new StarlarkFailure(`ord: string encodes ${count} Unicode code points, want 1`);
  return codePoint(value);
}

/** `hash(text)`: the hash of Java's strings, over code points. */
export function hashOf(args: Args, kwargs: Kwargs, context: CallContext): Value {
  const [text] = unpackPositional("hash", args, kwargs, [asString]);
  context.step(text.length >> 6);
  let hash = 0;
  for (const char of text) hash = (Math.imul(hash, 31) + codePoint(char)) | 0;
  return hash;
}

/** The argument of a builtin that takes one, and none by name. */
export function onlyArgument(builtin: string, args: Args, kwargs: Kwargs, wanted = "want 1"): Value {
  if (kwargs.length > 0) throw new StarlarkFailure(`${builtin} does not accept keyword arguments`);
  const [value] = args;
  if (args.length !== 1 || value === undefined)
    throw new StarlarkFailure(`${builtin}: got ${args.length} arguments, ${wanted}`);
  return value;
}
