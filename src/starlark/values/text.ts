/**
 * Starlark strings are byte strings. Here they are JavaScript strings in one form: what is valid UTF-8 stands as its characters, and each
 * byte that is not stands as a lone surrogate U+DC80…U+DCFF (its low byte is the byte). Lengths and positions that a program sees count bytes.
 */
import { indexOf, lastIndexOf } from "./search.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
// biome-ignore lint/suspicious/noControlCharactersInRegex: the range of ASCII
// oxlint-disable-next-line no-control-regex -- the range of ASCII
const asciiOnly = /^[\0-\x7f]*$/;

/** Shorter texts are looked at anew each time. */
const minRemembered = 64;

/** The last text that was found to be ASCII, and the last other one with its bytes: programs walk through one text by index. */
let knownAscii = "";
let knownOther = "";
let knownBytes: Uint8Array = new Uint8Array();

/** Whether work on the bytes of a text takes no time to speak of, since the last work was on the same. */
export function isRemembered(text: string): boolean {
  return text.length <= minRemembered || text === knownAscii || text === knownOther;
}

export function isAscii(text: string): boolean {
  if (text === knownAscii) return true;
  if (text === knownOther && text !== "") return false;
  if (!asciiOnly.test(text)) return false;
  if (text.length > minRemembered) knownAscii = text;
  return true;
}

/** Must not be changed. */
function sharedBytes(text: string): Uint8Array {
  if (text === knownOther) return knownBytes;
  const bytes = toBytes(text);
  if (text.length <= minRemembered) return bytes;
  knownOther = text;
  knownBytes = bytes;
  return bytes;
}

/** Whether the code unit is a byte that belongs to no character, given that the text is in its one form and the unit starts a character. */
export function isStrayByte(unit: number): boolean {
  return unit >= 0xdc80 && unit <= 0xdcff;
}

/** The bytes of a Starlark string. */
export function toBytes(text: string): Uint8Array {
  if (text.isWellFormed()) return encoder.encode(text);
  const bytes = new Uint8Array(utf8Length(text));
  let at = 0;
  for (const char of text) {
    const point = char.codePointAt(0) ?? 0;
    if (isStrayByte(point)) bytes[at++] = point & 0xff;
    else at += encoder.encodeInto(char, bytes.subarray(at)).written;
  }
  return bytes;
}

/** The Starlark string of any bytes. */
export function fromBytes(bytes: Uint8Array): string {
  const [only] = bytes;
  if (only !== undefined && bytes.length === 1) return String.fromCharCode(only < 0x80 ? only : 0xdc00 | only);
  try {
    return decoder.decode(bytes);
  } catch {
    return decodeWithStrays(bytes);
  }
}

function decodeWithStrays(bytes: Uint8Array): string {
  const parts: string[] = [];
  let start = 0;
  let at = 0;
  const flush = () => {
    if (start < at) parts.push(decoder.decode(bytes.subarray(start, at)));
  };
  while (at < bytes.length) {
    const size = characterSize(bytes, at);
    if (size > 0) {
      at += size;
      continue;
    }
    flush();
    parts.push(String.fromCharCode(0xdc00 | (bytes[at] ?? 0)));
    start = ++at;
  }
  flush();
  return parts.join("");
}

/** Bytes of the character that starts there; 0 if none does. */
function characterSize(bytes: Uint8Array, at: number): number {
  const first = bytes[at] ?? 0;
  if (first < 0x80) return 1;
  const size =
    first >= 0xc2 && first <= 0xdf ? 2 : first >= 0xe0 && first <= 0xef ? 3 : first >= 0xf0 && first <= 0xf4 ? 4 : 0;
  if (size === 0 || at + size > bytes.length) return 0;
  for (let index = 1; index < size; index++) {
    const next = bytes[at + index] ?? 0;
    const low = index === 1 ? (first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80) : 0x80;
    const high = index === 1 ? (first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf) : 0xbf;
    if (next < low || next > high) return 0;
  }
  return size;
}

/** Length in bytes: what `len` gives. */
export function utf8Length(text: string): number {
  if (isAscii(text)) return text.length;
  if (text === knownOther) return knownBytes.length;
  let length = text.length;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80) continue;
    if (unit < 0x800) length += 1;
    else if (unit < 0xd800 || unit > 0xdfff) length += 2;
    else if (unit <= 0xdbff && index + 1 < text.length) {
      length += 2;
      index++;
    } else if (!isStrayByte(unit)) length += 2;
  }
  return length;
}

/** One character for each byte, U+0000…U+00FF. */
export function toBinary(text: string): string {
  if (isAscii(text)) return text;
  const bytes = toBytes(text);
  const parts: string[] = [];
  for (let at = 0; at < bytes.length; at += 8192) parts.push(String.fromCharCode(...bytes.subarray(at, at + 8192)));
  return parts.join("");
}

export function fromBinary(binary: string): string {
  if (isAscii(binary)) return binary;
  return fromBytes(Uint8Array.from(binary, (char) => char.charCodeAt(0)));
}

/** Puts a text that was joined of Starlark strings into its one form: bytes that meet may make a character. */
export function joined(text: string): string {
  return text.isWellFormed() ? text : fromBytes(toBytes(text));
}

/** `a + b`. */
export function concat(a: string, b: string): string {
  // Looks at `b` first: reading the end of a long text that grows would make the engine copy it each time.
  if (b.length > 0 && isStrayByte(b.charCodeAt(0)) && !a.isWellFormed()) return joined(a + b);
  return a + b;
}

/** The bytes from `start` to before `end`. */
export function byteSlice(text: string, start: number, end: number): string {
  if (start >= end) return "";
  if (isAscii(text)) return text.slice(start, end);
  const bytes = sharedBytes(text);
  return start <= 0 && end >= bytes.length ? text : fromBytes(bytes.subarray(start, end));
}

/** Byte index of the first (or last) place of `wanted`; -1: nowhere. */
export function byteIndexOf(text: string, wanted: string, last = false): number {
  if (!wanted.isWellFormed()) {
    const [hay, needle] = [toBinary(text), toBinary(wanted)];
    return last ? lastIndexOf(hay, needle) : indexOf(hay, needle);
  }
  const found = last ? lastIndexOf(text, wanted) : indexOf(text, wanted);
  if (found <= 0 || isAscii(text)) return found;
  return utf8Length(text.slice(0, found));
}

export function contains(text: string, wanted: string): boolean {
  return wanted.isWellFormed() ? indexOf(text, wanted) >= 0 : byteIndexOf(text, wanted) >= 0;
}

/** Order of the bytes. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  const shorter = Math.min(a.length, b.length);
  for (let index = 0; index < shorter; index++) {
    const [left, right] = [a.charCodeAt(index), b.charCodeAt(index)];
    if (left === right) continue;
    if (isSurrogate(left) || isSurrogate(right)) return compareBinary(toBinary(a), toBinary(b));
    return left - right;
  }
  // The longer one may go on within what the shorter one ends with only where stray bytes stand.
  return a.isWellFormed() && b.isWellFormed() ? a.length - b.length : compareBinary(toBinary(a), toBinary(b));
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff;
}

function compareBinary(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Characters as Go ranges over them: a stray byte is one that reads as U+FFFD. */
export function codePoint(char: string): number {
  const point = char.codePointAt(0) ?? 0;
  return isSurrogate(point) ? 0xfffd : point;
}
