/** Anchors, aliases, tags and directives: the small pieces around nodes. */
import { type Cursor, isBlank, isBlankOrEnd, isBreak, peek, placeOf, skipBreak } from "./cursor.ts";
import { scanFault } from "./fault.ts";

const nameSign = /[0-9A-Za-z_-]/;
const uriSign = /[0-9A-Za-z_;/?:@&=+$,.!~*'()[\]%-]/;
const afterAnchor = "?:,]}%@`";

/** The name after `&` or `*`. */
export function scanAnchorName(cursor: Cursor): string {
  cursor.pos++;
  const name = take(cursor, nameSign);
  const next = peek(cursor);
  if (name === "" || !(isBlankOrEnd(next) || afterAnchor.includes(String.fromCharCode(next)))) {
    throw scanFault(placeOf(cursor), "did not find expected alphabetic or numeric character");
  }
  return name;
}

export interface TagText {
  /** `!`, `!!` or `!name!`; empty for a verbatim tag. */
  readonly handle: string;
  readonly suffix: string;
}

export function scanTag(cursor: Cursor): TagText {
  const tag = peek(cursor, 1) === 0x3c ? verbatimTag(cursor) : shorthandTag(cursor);
  if (!isBlankOrEnd(peek(cursor))) throw scanFault(placeOf(cursor), "did not find expected whitespace or line break");
  return tag;
}

function verbatimTag(cursor: Cursor): TagText {
  cursor.pos += 2;
  const suffix = decodeUri(cursor, take(cursor, uriSign));
  if (suffix === "") throw scanFault(placeOf(cursor), "did not find expected tag URI");
  if (peek(cursor) !== 0x3e) throw scanFault(placeOf(cursor), "did not find the expected '>'");
  cursor.pos++;
  return { handle: "", suffix };
}

function shorthandTag(cursor: Cursor): TagText {
  cursor.pos++;
  const name = take(cursor, nameSign);
  if (peek(cursor) === 0x21) {
    cursor.pos++;
    const suffix = decodeUri(cursor, take(cursor, uriSign));
    if (suffix === "") throw scanFault(placeOf(cursor), "did not find expected tag URI");
    return { handle: `!${name}!`, suffix };
  }
  return { handle: "!", suffix: decodeUri(cursor, name + take(cursor, uriSign)) };
}

export type Directive =
  | { readonly type: "version"; readonly major: number; readonly minor: number }
  | { readonly type: "tag"; readonly handle: string; readonly prefix: string };

/** A whole `%` line. */
export function scanDirective(cursor: Cursor): Directive {
  cursor.pos++;
  const name = take(cursor, nameSign);
  if (name === "") throw scanFault(placeOf(cursor), "could not find expected directive name");
  if (!isBlankOrEnd(peek(cursor))) throw scanFault(placeOf(cursor), "found unexpected non-alphabetical character");
  skipBlanks(cursor);
  const directive = directiveValue(cursor, name);
  skipBlanks(cursor);
  if (peek(cursor) === 0x23) while (peek(cursor) !== 0 && !isBreak(peek(cursor))) cursor.pos++;
  if (peek(cursor) !== 0 && !isBreak(peek(cursor)))
    throw scanFault(placeOf(cursor), "did not find expected comment or line break");
  if (peek(cursor) !== 0) skipBreak(cursor);
  return directive;
}

function directiveValue(cursor: Cursor, name: string): Directive {
  if (name === "YAML") {
    const version = /^(\d{1,2})\.(\d{1,2})$/.exec(take(cursor, /[0-9.]/));
    if (version === null) throw scanFault(placeOf(cursor), "did not find expected version number");
    return { type: "version", major: Number(version[1]), minor: Number(version[2]) };
  }
  if (name !== "TAG") throw scanFault(placeOf(cursor), "found unknown directive name");
  const handle = take(cursor, /[0-9A-Za-z_!-]/);
  if (!/^!(?:[0-9A-Za-z_-]*!)?$/.test(handle)) throw scanFault(placeOf(cursor), "did not find expected '!'");
  if (!isBlank(peek(cursor))) throw scanFault(placeOf(cursor), "did not find expected whitespace");
  skipBlanks(cursor);
  const prefix = decodeUri(cursor, take(cursor, uriSign));
  if (prefix === "") throw scanFault(placeOf(cursor), "did not find expected tag URI");
  if (!isBlankOrEnd(peek(cursor))) throw scanFault(placeOf(cursor), "did not find expected whitespace or line break");
  return { type: "tag", handle, prefix };
}

function decodeUri(cursor: Cursor, text: string): string {
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    // Whatever is wrong with the escapes, the tag is not one that means anything.
    throw scanFault(placeOf(cursor), "did not find URI escaped octet");
  }
}

function take(cursor: Cursor, sign: RegExp): string {
  const from = cursor.pos;
  while (cursor.pos < cursor.text.length && sign.test(cursor.text.charAt(cursor.pos))) cursor.pos++;
  return cursor.text.slice(from, cursor.pos);
}

function skipBlanks(cursor: Cursor): void {
  while (isBlank(peek(cursor))) cursor.pos++;
}
