import { columnOf, type Cursor, isBlank, isBreak, peek, placeOf, skipBreak, SPACE, TAB } from "./cursor.ts";
import { scanFault } from "./fault.ts";

const LITERAL = 0x7c;
const PLUS = 0x2b;
const MINUS = 0x2d;

interface Header {
  readonly literal: boolean;
  readonly chomping: "strip" | "clip" | "keep";
  /** 0 = to be found. */
  readonly increment: number;
}

/**
 * Reads a block scalar, the cursor on its `|` or `>`.
 * @param parentIndent Indentation of the collection around it, -1 at the top.
 */
export function scanBlock(cursor: Cursor, parentIndent: number): string {
  const { literal, chomping, increment } = scanHeader(cursor);
  const fixed = increment === 0 ? 0 : Math.max(parentIndent, 0) + increment;
  const first = scanBreaks(cursor, fixed, parentIndent);
  const { indent } = first;
  let value = "";
  let lineBreak = "";
  let trailing = first.breaks;
  let afterBlank = false;
  while (columnOf(cursor) === indent && peek(cursor) !== 0) {
    const startsBlank = isBlank(peek(cursor));
    const folds = !literal && lineBreak.startsWith("\n") && !afterBlank && !startsBlank;
    if (folds) value += trailing === "" ? " " : trailing;
    else value += lineBreak + trailing;
    afterBlank = startsBlank;
    value += restOfLine(cursor);
    lineBreak = peek(cursor) === 0 ? "" : skipBreak(cursor);
    trailing = scanBreaks(cursor, indent, parentIndent).breaks;
  }
  if (chomping === "strip") return value;
  return chomping === "keep" ? value + lineBreak + trailing : value + lineBreak;
}

function scanHeader(cursor: Cursor): Header {
  const literal = peek(cursor) === LITERAL;
  cursor.pos++;
  let chomping: Header["chomping"] = "clip";
  let increment = 0;
  for (let sign = 0; sign < 2; sign++) {
    const code = peek(cursor);
    if ((code === PLUS || code === MINUS) && chomping === "clip") chomping = code === PLUS ? "keep" : "strip";
    else if (code >= 0x30 && code <= 0x39 && increment === 0) increment = indentDigit(cursor, code);
    else break;
    cursor.pos++;
  }
  while (isBlank(peek(cursor))) cursor.pos++;
  if (peek(cursor) === 0x23) restOfLine(cursor);
  if (peek(cursor) !== 0 && !isBreak(peek(cursor)))
    throw scanFault(placeOf(cursor), "did not find expected comment or line break");
  if (peek(cursor) !== 0) skipBreak(cursor);
  return { literal, chomping, increment };
}

function indentDigit(cursor: Cursor, code: number): number {
  if (code === 0x30) throw scanFault(placeOf(cursor), "found an indentation indicator equal to 0");
  return code - 0x30;
}

/** Empty lines and indentation up to the next text; finds the indentation when it is still 0. */
function scanBreaks(
  cursor: Cursor,
  indent: number,
  parentIndent: number,
): { readonly indent: number; readonly breaks: string } {
  let breaks = "";
  let deepest = 0;
  for (;;) {
    while ((indent === 0 || columnOf(cursor) < indent) && peek(cursor) === SPACE) cursor.pos++;
    deepest = Math.max(deepest, columnOf(cursor));
    if ((indent === 0 || columnOf(cursor) < indent) && peek(cursor) === TAB) {
      throw scanFault(placeOf(cursor), "found a tab character where an indentation space is expected");
    }
    if (!isBreak(peek(cursor))) break;
    breaks += skipBreak(cursor);
  }
  return { indent: indent === 0 ? Math.max(deepest, parentIndent + 1, 1) : indent, breaks };
}

function restOfLine(cursor: Cursor): string {
  const { text } = cursor;
  const from = cursor.pos;
  let at = from;
  while (at < text.length && !isBreak(text.charCodeAt(at))) at++;
  cursor.pos = at;
  return text.slice(from, at);
}
