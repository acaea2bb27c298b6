/**
 * Letter cases one character at a time, as Go's unicode package has them: no mapping changes the number of characters.
 */
const space = /^\p{White_Space}$/u;
/** Upper case differs from title case. */
const digraphTitles: ReadonlyMap<number, number> = new Map(
  (
    [
      [0x1c4, 0x1c6],
      [0x1c7, 0x1c9],
      [0x1ca, 0x1cc],
      [0x1f1, 0x1f3],
    ] as const
  ).flatMap(([first, last]) =>
    Array.from({ length: last - first + 1 }, (_, index) => [first + index, first + 1] as const),
  ),
);

export function toUpper(char: string): string {
  const upper = char.toUpperCase();
  if (isOneCharacter(upper)) return upper;
  return greekWithIota(char);
}

export function toLower(char: string): string {
  const lower = char.toLowerCase();
  return isOneCharacter(lower) ? lower : char === "\u0130" ? "i" : char;
}

export function toTitle(char: string): string {
  const title = digraphTitles.get(char.codePointAt(0) ?? 0);
  if (title !== undefined) return String.fromCodePoint(title);
  // Georgian has capitals, yet no title case.
  return char >= "\u10d0" && char <= "\u10ff" ? char : toUpper(char);
}

/** Whether a character takes part in a pair of cases. */
export function isCased(char: string): boolean {
  if (char === "\u0130" || char === "\u0131") return false;
  return char === "ß" || toUpper(char) !== char || toLower(char) !== char;
}

export function isSpace(char: string): boolean {
  return space.test(char);
}

/** ᾳ and its like become a capital with a small iota: one character where full mapping gives two. */
function greekWithIota(char: string): string {
  const point = char.codePointAt(0) ?? 0;
  if (point >= 0x1f80 && point <= 0x1faf && (point & 8) === 0) return String.fromCodePoint(point + 8);
  if (point === 0x1fb3 || point === 0x1fc3 || point === 0x1ff3) return String.fromCodePoint(point + 9);
  return char;
}

function isOneCharacter(text: string): boolean {
  return text.length === ((text.codePointAt(0) ?? 0) > 0xffff ? 2 : 1);
}
