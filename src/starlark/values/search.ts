/** Searches whose time does not grow with the product of both lengths, which that of the engine's own does for some texts. */

/** Up to this length of what is searched for, and this product of both lengths, the engine's own search is fast enough at its worst. */
const maxPlainLength = 32;
const maxPlainProduct = 4_000_000;

export function indexOf(text: string, wanted: string, from = 0): number {
  if (isPlain(text, wanted)) return text.indexOf(wanted, from);
  return searchForward(text, wanted, from);
}

export function lastIndexOf(text: string, wanted: string): number {
  if (isPlain(text, wanted)) return text.lastIndexOf(wanted);
  return searchBackward(text, wanted);
}

function isPlain(text: string, wanted: string): boolean {
  return (
    wanted.length <= maxPlainLength || wanted.length > text.length || text.length * wanted.length <= maxPlainProduct
  );
}

/** Knuth, Morris and Pratt: after a mismatch it goes on with the longest start of `wanted` that ends there. */
function searchForward(text: string, wanted: string, from: number): number {
  const borders = bordersOf(wanted);
  let matched = 0;
  for (let at = from; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    while (matched > 0 && wanted.charCodeAt(matched) !== unit) matched = borders[matched - 1] ?? 0;
    if (wanted.charCodeAt(matched) === unit) matched++;
    if (matched === wanted.length) return at - matched + 1;
  }
  return -1;
}

/** The last place: that of the first one in the text reversed. */
function searchBackward(text: string, wanted: string): number {
  const found = searchForward(reversed(text), reversed(wanted), 0);
  return found < 0 ? -1 : text.length - found - wanted.length;
}

/** For each start of a text, the length of the longest shorter start that it ends with. */
function bordersOf(text: string): Int32Array {
  const borders = new Int32Array(text.length);
  let matched = 0;
  for (let at = 1; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    while (matched > 0 && text.charCodeAt(matched) !== unit) matched = borders[matched - 1] ?? 0;
    if (text.charCodeAt(matched) === unit) matched++;
    borders[at] = matched;
  }
  return borders;
}

function reversed(text: string): string {
  const units = new Uint16Array(text.length);
  for (let at = 0; at < text.length; at++) units[text.length - 1 - at] = text.charCodeAt(at);
  const parts: string[] = [];
  for (let at = 0; at < units.length; at += 8192) parts.push(String.fromCharCode(...units.subarray(at, at + 8192)));
  return parts.join("");
}
