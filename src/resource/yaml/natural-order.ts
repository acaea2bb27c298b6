/**
 * go-yaml v2's order of map keys (kapp.md §0): signs and digits before letters, runs of digits by their number, so that `key2` comes
 * before `key10`.
 */
export function compareNaturally(a: string, b: string): number {
  const left = Array.from(a);
  const right = Array.from(b);
  const length = Math.min(left.length, right.length);
  for (let i = 0; i < length; i++) {
    const x = left[i] ?? "";
    const y = right[i] ?? "";
    if (x === y) continue;
    const xLetter = isLetter(x);
    const yLetter = isLetter(y);
    if (xLetter !== yLetter) return yLetter ? -1 : 1;
    const order = xLetter ? 0 : compareDigits(left, right, i);
    return order === 0 ? codePoint(x) - codePoint(y) : order;
  }
  return left.length - right.length;
}

function compareDigits(left: readonly string[], right: readonly string[], at: number): number {
  const lead = (left[at] === "0" || right[at] === "0") && followsNonZeroDigit(left, at) ? 1n : 0n;
  const x = digitRun(left, at, lead);
  const y = digitRun(right, at, lead);
  if (x.value !== y.value) return x.value < y.value ? -1 : 1;
  return x.end - y.end;
}

/** A zero inside a number counts as a digit of it, a leading zero does not. */
function followsNonZeroDigit(text: readonly string[], at: number): boolean {
  for (let j = at - 1; j >= 0 && isDigit(text[j] ?? ""); j--) if (text[j] !== "0") return true;
  return false;
}

function digitRun(text: readonly string[], at: number, lead: bigint): { readonly value: bigint; readonly end: number } {
  let end = at;
  let value = lead;
  // Go adds up int64 values, which wrap around; other digits than ASCII ones are counted from '0' as well.
  for (; end < text.length && isDigit(text[end] ?? ""); end++) {
    value = BigInt.asIntN(64, value * 10n + BigInt(codePoint(text[end] ?? "") - 0x30));
  }
  return { value, end };
}

function isLetter(char: string): boolean {
  return /^\p{L}$/u.test(char);
}

function isDigit(char: string): boolean {
  return /^\p{Nd}$/u.test(char);
}

function codePoint(char: string): number {
  return char.codePointAt(0) ?? 0;
}
