import { indexOf } from "../values/search.ts";
import { fromBinary, joined, toBinary } from "../values/text.ts";
import { isSpace } from "../values/unicode.ts";

/** Splits by a text into at most so many parts. */
export function splitTimes(text: string, separator: string, parts: number): string[] {
  if (!separator.isWellFormed()) return splitTimes(toBinary(text), toBinary(separator), parts).map(fromBinary);
  const found: string[] = [];
  let from = 0;
  while (found.length < parts - 1) {
    const at = indexOf(text, separator, from);
    if (at < 0) break;
    found.push(text.slice(from, at));
    from = at + separator.length;
  }
  found.push(text.slice(from));
  return found;
}

/** The last `times` places count. */
export function splitFromEnd(text: string, separator: string, times: number): string[] {
  const parts = splitTimes(text, separator, Number.POSITIVE_INFINITY);
  const excess = parts.length - times;
  if (excess <= 0) return parts;
  return [joined(parts.slice(0, excess).join(separator)), ...parts.slice(excess)];
}

/** Fields between white space; after `times` fields the rest is one, with the space in it and behind it. */
export function splitOnSpace(text: string, times: number): string[] {
  const found: string[] = [];
  let start = -1;
  let at = 0;
  for (const char of text) {
    if (!isSpace(char)) {
      if (start < 0) start = at;
    } else if (start >= 0) {
      if (found.length === times) break;
      found.push(text.slice(start, at));
      start = -1;
    }
    at += char.length;
  }
  if (start >= 0) found.push(text.slice(start));
  return found;
}

/** The same from the end. */
export function splitOnSpaceFromEnd(text: string, times: number): string[] {
  const found: string[] = [];
  let end = -1;
  let at = text.length;
  for (const char of Array.from(text).reverse()) {
    if (!isSpace(char)) {
      if (end < 0) end = at;
    } else if (end >= 0) {
      if (found.length === times) break;
      found.push(text.slice(at, end));
      end = -1;
    }
    at -= char.length;
  }
  if (end >= 0) found.push(text.slice(0, end));
  return found.reverse();
}
