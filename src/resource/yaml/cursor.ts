import type { Place } from "./fault.ts";

/** A place in a text that moves on. Lines are counted from 0. */
export interface Cursor {
  readonly text: string;
  pos: number;
  line: number;
  /** Position of the first sign of the line. */
  lineStart: number;
}

export const TAB = 0x09;
export const LF = 0x0a;
const CR = 0x0d;
export const SPACE = 0x20;

export function placeOf(cursor: Cursor): Place {
  return { line: cursor.line, column: cursor.pos - cursor.lineStart };
}

export function columnOf(cursor: Cursor): number {
  return cursor.pos - cursor.lineStart;
}

/** The code unit at the cursor; 0 at the end (a text with NUL in it is refused before it is read). */
export function peek(cursor: Cursor, offset = 0): number {
  const at = cursor.pos + offset;
  return at < cursor.text.length ? cursor.text.charCodeAt(at) : 0;
}

export function isBlank(code: number): boolean {
  return code === SPACE || code === TAB;
}

/** YAML 1.1 knows five line breaks. */
export function isBreak(code: number): boolean {
  return code === LF || code === CR || code === 0x85 || code === 0x2028 || code === 0x2029;
}

/** A blank, a line break or the end. */
export function isBlankOrEnd(code: number): boolean {
  return code === SPACE || code === LF || code === 0 || code === TAB || isBreak(code);
}

/** Steps over one line break and gives it as the value sees it: `\n`, or the Unicode separators as they are. */
export function skipBreak(cursor: Cursor): string {
  const code = peek(cursor);
  cursor.pos += code === CR && peek(cursor, 1) === LF ? 2 : 1;
  cursor.line++;
  cursor.lineStart = cursor.pos;
  return code === 0x2028 || code === 0x2029 ? String.fromCharCode(code) : "\n";
}

/** Whether a line starts here with `---` or `...` followed by a blank, a break or the end. */
export function atDocumentMark(cursor: Cursor): boolean {
  if (cursor.pos !== cursor.lineStart) return false;
  const code = peek(cursor);
  if (code !== 0x2d && code !== 0x2e) return false;
  return peek(cursor, 1) === code && peek(cursor, 2) === code && isBlankOrEnd(peek(cursor, 3));
}
