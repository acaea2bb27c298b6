import { resolvePlain } from "./plain-scalar.ts";

/** Which forms a text may take when it is written (libyaml's analysis of scalars). */
export interface ScalarShape {
  /** Holds a line break of any kind. */
  readonly multiline: boolean;
  readonly plainAllowed: boolean;
  readonly singleQuotedAllowed: boolean;
  readonly blockAllowed: boolean;
  /** Written plain it would be read back as something else than this string, or other readers would. */
  readonly looksTyped: boolean;
}

const simple: ScalarShape = {
  multiline: false,
  plainAllowed: true,
  singleQuotedAllowed: true,
  blockAllowed: true,
  looksTyped: false,
};
const empty: ScalarShape = { ...simple, blockAllowed: false, looksTyped: true };

/** Most names, versions and words: nothing to look at but whether they read as another type. */
const simpleText = /^[A-Za-z0-9_/.][A-Za-z0-9_/.-]*$/;
const base60 = /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/;
/** Tab, controls, byte order mark, everything outside the basic plane. */
const special = /[^\n\x20-\x7e\u00a0-\ud7ff\ue000-\ufefe\uff00-\ufffd]/u;
const breaks = /[\r\n\u0085\u2028\u2029]/;
const forbiddenStart = /^(?:[#,[\]{}&*!|>'"%@`]|---|\.\.\.|[-?:](?:[ \t]|$))/;
const forbiddenInside = /:(?:[ \t]|$)|[ \t\r\n\u0085\u2028\u2029\0]#/;

export function shapeOf(text: string): ScalarShape {
  if (text === "") return empty;
  const looksTyped = readsAsOtherType(text);
  if (simpleText.test(text) && !text.startsWith("...")) return looksTyped ? { ...simple, looksTyped } : simple;
  const multiline = breaks.test(text);
  const odd = special.test(text) || / [\r\n\u0085\u2028\u2029]/.test(text);
  const outerBlank = /^[ \r\n\u0085\u2028\u2029]|[ \r\n\u0085\u2028\u2029]$/.test(text);
  const blankAfterBreak = /[\r\n\u0085\u2028\u2029] /.test(text);
  return {
    multiline,
    plainAllowed: !(
      multiline ||
      odd ||
      outerBlank ||
      blankAfterBreak ||
      forbiddenStart.test(text) ||
      forbiddenInside.test(text)
    ),
    singleQuotedAllowed: !(odd || blankAfterBreak),
    blockAllowed: !(odd || text.endsWith(" ")),
    looksTyped,
  };
}

function readsAsOtherType(text: string): boolean {
  const resolved = resolvePlain(text);
  return resolved.type !== "string" || resolved.looksTyped || (text.includes(":") && base60.test(text));
}
