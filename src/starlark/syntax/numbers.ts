import { intOf } from "../values/value.ts";
import type { LiteralValue } from "./tokens.ts";

type NumberToken =
  | { readonly end: number; readonly value: Exclude<LiteralValue, string> }
  | { readonly end: number; readonly fault: string; readonly atStart: boolean };

/** Longest int literal in digits: what ints are bounded by elsewhere, long before. */
const maxDigits = 20_000;

const based = /0(?:[xX](?<x>[0-9a-fA-F]*)|[oO](?<o>[0-7]*)|[bB](?<b>[01]*))/y;
const decimal = /[0-9]*/y;

/** The number that starts at `start`, or what is wrong with it and how far it was read. */
export function scanNumber(text: string, start: number): NumberToken {
  based.lastIndex = start;
  const match = based.exec(text);
  if (match !== null) return basedNumber(match[0], start, match.groups ?? {});
  let end = digitsEnd(text, start);
  const octal = text.charAt(start) === "0" && end > start + 1;
  const fraction = text.charAt(end) === ".";
  if (fraction) end = digitsEnd(text, end + 1);
  const exponent = text.charAt(end) === "e" || text.charAt(end) === "E";
  if (!fraction && !exponent) return decimalInt(text.slice(start, end), end, octal);
  if (exponent) {
    const sign = text.charAt(end + 1) === "+" || text.charAt(end + 1) === "-" ? 1 : 0;
    const from = end + 1 + sign;
    end = digitsEnd(text, from);
    if (end === from) return { end, fault: "invalid float literal", atStart: false };
  }
  const value = Number(text.slice(start, end));
  if (!Number.isFinite(value)) return { end, fault: "invalid float literal", atStart: false };
  return { end, value: { float: value } };
}

function basedNumber(raw: string, start: number, groups: Readonly<Record<string, string | undefined>>): NumberToken {
  const end = start + raw.length;
  if (groups["x"] === "") return { end, fault: "invalid hex literal", atStart: true };
  if (groups["o"] === "") return { end, fault: "invalid octal literal", atStart: false };
  if (groups["b"] === "") return { end, fault: "invalid binary literal", atStart: false };
  return intToken(raw, end);
}

function decimalInt(raw: string, end: number, leadingZero: boolean): NumberToken {
  if (leadingZero && /[1-9]/.test(raw)) {
    if (!/[89]/.test(raw))
      return { end, fault: `obsolete form of octal literal; use 0o${raw.slice(1)}`, atStart: false };
    return { end, fault: "invalid int literal", atStart: true };
  }
  return intToken(raw, end);
}

function intToken(raw: string, end: number): NumberToken {
  if (raw.length > maxDigits) return { end, fault: "invalid int literal", atStart: true };
  return { end, value: intOf(BigInt(raw)) };
}

function digitsEnd(text: string, from: number): number {
  decimal.lastIndex = from;
  return from + (decimal.exec(text)?.[0].length ?? 0);
}
