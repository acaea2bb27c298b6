import { looksLikeTimestamp } from "./timestamp.ts";

/**
 * Plain scalars of YAML 1.1 as go-yaml v2 resolves them (ytt.md §2.1, kapp.md §0): `y` and `no` are booleans, `0o17`, `017` and
 * `0b1` are integers, `_` between digits is dropped, dates and base-60 numbers stay strings.
 */
export type PlainScalar =
  | { readonly type: "null" }
  | { readonly type: "bool"; readonly value: boolean }
  | { readonly type: "int"; readonly value: number | bigint }
  | { readonly type: "float"; readonly value: number }
  /** An integer that fits neither int64 nor uint64; go-yaml would silently round it to a double. */
  | { readonly type: "huge-int"; readonly value: number }
  /** `looksTyped`: a string that other YAML readers take for a date; the emitter quotes it. */
  | { readonly type: "string"; readonly looksTyped: boolean };

const plainString: PlainScalar = { type: "string", looksTyped: false };
const dateString: PlainScalar = { type: "string", looksTyped: true };

const words = new Map<string, PlainScalar>([
  ...["", "~", "null", "Null", "NULL"].map((word) => [word, { type: "null" }] as const),
  ...["y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"].map(
    (word) => [word, { type: "bool", value: true }] as const,
  ),
  ...["n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"].map(
    (word) => [word, { type: "bool", value: false }] as const,
  ),
  ...[".nan", ".NaN", ".NAN"].map((word) => [word, { type: "float", value: Number.NaN }] as const),
  ...[".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"].map(
    (word) => [word, { type: "float", value: Number.POSITIVE_INFINITY }] as const,
  ),
  ...["-.inf", "-.Inf", "-.INF"].map((word) => [word, { type: "float", value: Number.NEGATIVE_INFINITY }] as const),
]);

const decimal = /^[-+]?(?:0|[1-9]\d*)$/;
const radixInteger = /^([-+]?)0(?:[xX]([0-9a-fA-F]+)|[oO]([0-7]+)|[bB]([01]+)|([0-7]+))$/;
const float = /^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$/;
const allDigits = /^[-+]?\d+$/;
/** Here a `_` must stand between two digits. */
const dotFloat = /^\.\d+(?:_\d+)*(?:[eE][-+]?\d+(?:_\d+)*)?$/;

const minInt64 = -(2n ** 63n);
const maxUint64 = 2n ** 64n - 1n;

/** The value that an unquoted, untagged scalar stands for. */
export function resolvePlain(text: string): PlainScalar {
  const first = text.charCodeAt(0);
  const digitOrSign = (first >= 0x30 && first <= 0x39) || first === 0x2b || first === 0x2d;
  if (!digitOrSign) {
    // No word is longer than five characters; most plain scalars are.
    if (text.length <= 5) {
      const word = words.get(text);
      if (word !== undefined) return word;
    }
    return first === 0x2e && dotFloat.test(text) ? finite(Number(text.replaceAll("_", ""))) : plainString;
  }
  const word = words.get(text);
  if (word !== undefined) return word;
  if (looksLikeTimestamp(text)) return dateString;
  return resolveNumber(text.includes("_") ? text.replaceAll("_", "") : text);
}

function resolveNumber(text: string): PlainScalar {
  if (decimal.test(text)) return integer(text.length <= 15 ? Number(text) : bigintOf(text), text);
  const radix = radixInteger.exec(text);
  if (radix !== null) {
    const magnitude = radixMagnitude(radix);
    return integer(radix[1] === "-" ? -magnitude : magnitude, text);
  }
  if (!float.test(text)) return plainString;
  const value = Number(text);
  // `08` and `009` are no octal integers: go-yaml falls back to its float rule.
  if (allDigits.test(text) && !Number.isSafeInteger(value)) return { type: "huge-int", value };
  return finite(value);
}

function radixMagnitude(match: RegExpExecArray): bigint {
  const [, , hex, octal, binary, oldOctal] = match;
  if (hex !== undefined) return BigInt(`0x${hex}`);
  if (binary !== undefined) return BigInt(`0b${binary}`);
  return BigInt(`0o${octal ?? oldOctal ?? "0"}`);
}

function bigintOf(text: string): bigint {
  return BigInt(text.startsWith("+") ? text.slice(1) : text);
}

function integer(value: number | bigint, text: string): PlainScalar {
  // `-0` is the integer zero, which has no sign.
  if (typeof value === "number") return { type: "int", value: value === 0 ? 0 : value };
  const small = Number(value);
  if (Number.isSafeInteger(small)) return { type: "int", value: small };
  if (value >= minInt64 && value <= maxUint64) return { type: "int", value };
  return /^[-+]?\d+$/.test(text) ? { type: "huge-int", value: small } : plainString;
}

/** A number too large for a double stays text, as in go-yaml (`1e400`). */
function finite(value: number): PlainScalar {
  return Number.isFinite(value) ? { type: "float", value } : plainString;
}
