import { quoteGo } from "./quote-go.ts";

/**
 * IP addresses as Go's `net/netip` reads and writes them: IPv4 as four decimal numbers without leading zeros; IPv6 as RFC 4291 has it,
 * written as RFC 5952 wants.
 */
export interface Address {
  /** 16 bytes; an IPv4 address stands in the last four, after `::ffff:`. */
  readonly bytes: readonly number[];
  /** Written as IPv4. */
  readonly isV4: boolean;
  /** What stands after the `%` of an IPv6 address, else empty. */
  readonly zone: string;
}

/** What is wrong with a text that is no address, in Go's words. */
export class AddressFault extends Error {
  override readonly name = "AddressFault";
}

const mappedPrefix: readonly number[] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];

/** @throws AddressFault */
export function parseAddress(text: string): Address {
  const [mark] = /[.:%]/.exec(text) ?? [];
  if (mark === ".") return { bytes: [...mappedPrefix, ...parseV4(text, text)], isV4: true, zone: "" };
  if (mark === ":") return parseV6(text);
  throw fault(text, mark === "%" ? "missing IPv6 address" : "unable to parse IP");
}

function parseV4(text: string, whole: string): readonly number[] {
  const bytes: number[] = [];
  let value = 0;
  let digits = 0;
  for (let i = 0; i < text.length; i++) {
    const char = text.charAt(i);
    if (/[0-9]/.test(char)) {
      if (digits === 1 && value === 0) throw fault(whole, "IPv4 field has octet with leading zero");
      value = value * 10 + Number(char);
      digits++;
      if (value > 255) throw fault(whole, "IPv4 field has value >255");
    } else if (char === ".") {
      if (digits === 0 || i === text.length - 1)
        throw fault(whole, "IPv4 field must have at least one digit", text.slice(i));
      if (bytes.length === 3) throw fault(whole, "IPv4 address too long");
      bytes.push(value);
      value = 0;
      digits = 0;
    } else {
      throw fault(whole, "unexpected character", text.slice(i));
    }
  }
  if (bytes.length < 3) throw fault(whole, "IPv4 address too short");
  return [...bytes, value];
}

function parseV6(whole: string): Address {
  const percent = whole.indexOf("%");
  const zone = percent < 0 ? "" : whole.slice(percent + 1);
  if (percent >= 0 && zone === "") throw fault(whole, "zone must be a non-empty string");
  let rest = percent < 0 ? whole : whole.slice(0, percent);
  const bytes: number[] = [];
  /** Where `::` stands, in bytes. */
  let gap: number | undefined;
  if (rest.startsWith("::")) {
    gap = 0;
    rest = rest.slice(2);
  }
  while (rest !== "" && bytes.length < 16) {
    const [digits = ""] = /^[0-9A-Fa-f]*/.exec(rest) ?? [];
    if (digits.length > 4) throw fault(whole, "each group must have 4 or less digits", rest);
    if (digits === "") throw fault(whole, "each colon-separated field must have at least one digit", rest);
    if (rest.charAt(digits.length) === ".") {
      if (gap === undefined && bytes.length !== 12)
        throw fault(whole, "embedded IPv4 address must replace the final 2 fields of the address", rest);
      if (bytes.length > 12)
        throw fault(whole, "too many hex fields to fit an embedded IPv4 at the end of the address", rest);
      bytes.push(...parseV4(rest, whole));
      rest = "";
      break;
    }
    const group = Number.parseInt(digits, 16);
    bytes.push(group >> 8, group & 255);
    rest = rest.slice(digits.length);
    if (rest === "") break;
    if (!rest.startsWith(":")) throw fault(whole, "unexpected character, want colon", rest);
    if (rest === ":") throw fault(whole, "colon must be followed by more characters", rest);
    rest = rest.slice(1);
    if (rest.startsWith(":")) {
      if (gap !== undefined) throw fault(whole, "multiple :: in address", rest);
      gap = bytes.length;
      rest = rest.slice(1);
    }
  }
  if (rest !== "") throw fault(whole, "trailing garbage after address", rest);
  if (gap === undefined) {
    if (bytes.length < 16) throw fault(whole, "address string too short");
  } else {
    if (bytes.length === 16) throw fault(whole, "the :: must expand to at least one field of zeros");
    bytes.splice(gap, 0, ...new Array<number>(16 - bytes.length).fill(0));
  }
  return { bytes, isV4: false, zone };
}

function fault(whole: string, message: string, at = ""): AddressFault {
  const place = at === "" ? "" : ` (at ${quoteGo(at)})`;
  return new AddressFault(`ParseAddr(${quoteGo(whole)}): ${message}${place}`);
}

/** Whether it is an IPv4 address, in whatever way it was written. */
export function isMappedV4(bytes: readonly number[]): boolean {
  return mappedPrefix.every((byte, index) => bytes[index] === byte);
}

/** An IPv4 address as four numbers also where it was written as IPv6. */
export function formatAddress(bytes: readonly number[]): string {
  if (isMappedV4(bytes)) return bytes.slice(12).join(".");
  const groups = Array.from({ length: 8 }, (_, index) =>
    (((bytes[2 * index] ?? 0) << 8) | (bytes[2 * index + 1] ?? 0)).toString(16),
  );
  // The longest run of zeros, the first of equal ones, is left out when it has two groups or more.
  let [start, length] = [0, 0];
  for (let from = 0; from < 8; from++) {
    let to = from;
    while (groups[to] === "0") to++;
    if (to - from > length) [start, length] = [from, to - from];
  }
  if (length < 2) return groups.join(":");
  return `${groups.slice(0, start).join(":")}::${groups.slice(start + length).join(":")}`;
}

/** The address with all but its first `bits` of 128 cleared. */
export function maskAddress(bytes: readonly number[], bits: number): readonly number[] {
  return bytes.map((byte, index) => {
    const kept = Math.min(8, Math.max(0, bits - 8 * index));
    return byte & (0xff << (8 - kept));
  });
}
