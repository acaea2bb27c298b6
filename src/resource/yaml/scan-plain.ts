import {
  atDocumentMark,
  columnOf,
  type Cursor,
  isBlank,
  isBlankOrEnd,
  isBreak,
  LF,
  peek,
  placeOf,
  skipBreak,
  SPACE,
  TAB,
} from "./cursor.ts";
import { scanFault } from "./fault.ts";

const COLON = 0x3a;
const HASH = 0x23;

/** Signs that end a plain scalar inside `[…]` and `{…}`: `, ? [ ] { }`. */
function endsInFlow(code: number): boolean {
  return code === 0x2c || code === 0x3f || code === 0x5b || code === 0x5d || code === 0x7b || code === 0x7d;
}

export interface PlainText {
  readonly value: string;
  /** The scalar ended on a later line, so a key may follow. */
  readonly endedOnNewLine: boolean;
}

/**
 * Reads an unquoted scalar; its lines are joined by blanks, empty lines are kept.
 * @param indent Column from which following lines must start.
 */
export function scanPlain(cursor: Cursor, indent: number, inFlow: boolean): PlainText {
  let value = "";
  // What stands between the last word and the next one, not yet known to be inside the scalar.
  let blanks = "";
  let firstBreak = "";
  let moreBreaks = "";
  let crossed = false;
  for (;;) {
    if (atDocumentMark(cursor) || peek(cursor) === HASH) break;
    const start = cursor.pos;
    skipWord(cursor, inFlow);
    if (cursor.pos > start) {
      if (value === "") value = cursor.text.slice(start, cursor.pos);
      else value += (crossed ? fold(firstBreak, moreBreaks) : blanks) + cursor.text.slice(start, cursor.pos);
      crossed = false;
      blanks = "";
      firstBreak = "";
      moreBreaks = "";
    }
    const code = peek(cursor);
    if (!isBlank(code) && !isBreak(code)) break;
    for (let next = code; isBlank(next) || isBreak(next); next = peek(cursor)) {
      if (isBreak(next)) {
        const found = skipBreak(cursor);
        if (crossed) moreBreaks += found;
        else firstBreak = found;
        crossed = true;
        continue;
      }
      if (crossed && next === TAB && columnOf(cursor) < indent) {
        throw scanFault(placeOf(cursor), "found a tab character that violates indentation");
      }
      if (!crossed) blanks += next === SPACE ? " " : "\t";
      cursor.pos++;
    }
    if (!inFlow && columnOf(cursor) < indent) break;
  }
  return { value, endedOnNewLine: crossed };
}

function skipWord(cursor: Cursor, inFlow: boolean): void {
  const { text } = cursor;
  let at = cursor.pos;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code <= SPACE || code === 0x85 || code === 0x2028 || code === 0x2029) break;
    if (code === COLON && (at + 1 >= text.length || isBlankOrEnd(text.charCodeAt(at + 1)))) break;
    if (inFlow && endsInFlow(code)) break;
  }
  cursor.pos = at;
}

/** One line break becomes a blank, further ones stay; Unicode separators are not folded. */
export function fold(firstBreak: string, moreBreaks: string): string {
  if (firstBreak.charCodeAt(0) !== LF) return firstBreak + moreBreaks;
  return moreBreaks === "" ? " " : moreBreaks;
}
