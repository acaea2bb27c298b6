import { atDocumentMark, type Cursor, isBlank, isBlankOrEnd, isBreak, peek, placeOf, skipBreak } from "./cursor.ts";
import { scanFault } from "./fault.ts";
import { fold } from "./scan-plain.ts";

const SINGLE = 0x27;
const DOUBLE = 0x22;
const BACKSLASH = 0x5c;

/** Reads a quoted scalar, the cursor on its opening quote. */
export function scanQuoted(cursor: Cursor): string {
  const quote = peek(cursor);
  cursor.pos++;
  let value = "";
  for (;;) {
    if (atDocumentMark(cursor)) throw scanFault(placeOf(cursor), "found unexpected document indicator");
    if (peek(cursor) === 0) throw scanFault(placeOf(cursor), "found unexpected end of stream");
    const [words, continued] = quote === SINGLE ? [singleQuotedWords(cursor), false] : doubleQuotedWords(cursor);
    value += words;
    if (peek(cursor) === quote) break;
    value += between(cursor, continued);
  }
  cursor.pos++;
  return value;
}

function singleQuotedWords(cursor: Cursor): string {
  let words = "";
  let from = cursor.pos;
  for (let code = peek(cursor); !isBlankOrEnd(code); code = peek(cursor)) {
    if (code === SINGLE) {
      if (peek(cursor, 1) !== SINGLE) break;
      words += cursor.text.slice(from, cursor.pos + 1);
      cursor.pos++;
      from = cursor.pos + 1;
    }
    cursor.pos++;
  }
  return words + cursor.text.slice(from, cursor.pos);
}

/** The second member tells that an escaped line break was passed. */
function doubleQuotedWords(cursor: Cursor): [string, boolean] {
  let words = "";
  let from = cursor.pos;
  for (let code = peek(cursor); !isBlankOrEnd(code) && code !== DOUBLE; code = peek(cursor)) {
    if (code !== BACKSLASH) {
      cursor.pos++;
      continue;
    }
    words += cursor.text.slice(from, cursor.pos);
    if (isBreak(peek(cursor, 1))) {
      cursor.pos++;
      skipBreak(cursor);
      return [words, true];
    }
    words += scanEscape(cursor);
    from = cursor.pos;
  }
  return [words + cursor.text.slice(from, cursor.pos), false];
}

/** Blanks and breaks between words; `afterBreak`: an escaped break came right before. */
function between(cursor: Cursor, afterBreak: boolean): string {
  let blanks = "";
  let firstBreak = "";
  let moreBreaks = "";
  let crossed = afterBreak;
  for (let code = peek(cursor); isBlank(code) || isBreak(code); code = peek(cursor)) {
    if (isBlank(code)) {
      if (!crossed) blanks += cursor.text.charAt(cursor.pos);
      cursor.pos++;
      continue;
    }
    const found = skipBreak(cursor);
    if (crossed) moreBreaks += found;
    else firstBreak = found;
    crossed = true;
  }
  return crossed ? fold(firstBreak, moreBreaks) : blanks;
}

const simpleEscapes: ReadonlyMap<string, string> = new Map([
  ["0", "\0"],
  ["a", "\x07"],
  ["b", "\b"],
  ["t", "\t"],
  ["\t", "\t"],
  ["n", "\n"],
  ["v", "\v"],
  ["f", "\f"],
  ["r", "\r"],
  ["e", "\x1b"],
  [" ", " "],
  ['"', '"'],
  ["'", "'"],
  ["/", "/"],
  ["\\", "\\"],
  ["N", "\u0085"],
  ["_", "\u00a0"],
  ["L", "\u2028"],
  ["P", "\u2029"],
]);
const hexLengths: ReadonlyMap<string, number> = new Map([
  ["x", 2],
  ["u", 4],
  ["U", 8],
]);

function scanEscape(cursor: Cursor): string {
  const letter = cursor.text.charAt(cursor.pos + 1);
  const simple = simpleEscapes.get(letter);
  if (simple !== undefined) {
    cursor.pos += 2;
    return simple;
  }
  const length = hexLengths.get(letter);
  if (length === undefined) throw scanFault(placeOf(cursor), "found unknown escape character");
  const digits = cursor.text.slice(cursor.pos + 2, cursor.pos + 2 + length);
  if (digits.length < length || !/^[0-9a-fA-F]+$/.test(digits))
    throw scanFault(placeOf(cursor), "did not find expected hexdecimal number");
  const code = Number.parseInt(digits, 16);
  if ((code >= 0xd800 && code <= 0xdfff) || code > 0x10ffff)
    throw scanFault(placeOf(cursor), "found invalid Unicode character escape code");
  cursor.pos += 2 + length;
  return String.fromCodePoint(code);
}
