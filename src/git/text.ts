/** Longest text of a server that is quoted in a message, in characters (reliability.md B21). */
const maxQuoted = 512;

/** Control, bidi, zero-width and line-separator characters as `\u{…}`: a server's words must not drive a terminal or a log. */
export function escapeText(text: string, max: number = maxQuoted): string {
  const clipped = text.length > max ? `${text.slice(0, max)}…` : text;
  return clipped.replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
}

/** Bytes of a name that is no UTF-8, readable: ASCII stays, the rest is `\xNN`. */
export function escapeBytes(bytes: Uint8Array, max: number = maxQuoted): string {
  let out = "";
  for (const byte of bytes.subarray(0, max)) {
    out += byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, "0")}`;
  }
  return bytes.length > max ? `${out}…` : out;
}

const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const looseUtf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** The text, or `undefined` when the bytes are no UTF-8. */
export function decodeStrict(bytes: Uint8Array): string | undefined {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    // The only thing a fatal decoder throws is "not UTF-8", and that is the answer.
    return undefined;
  }
}

/** The text with replacement characters where the bytes are no UTF-8. */
export function decodeLoose(bytes: Uint8Array): string {
  return looseUtf8.decode(bytes);
}
