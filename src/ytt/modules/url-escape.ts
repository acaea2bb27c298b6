import { fromBytes, StarlarkFailure, toBytes } from "../../starlark/index.ts";
import { quoteGo } from "./quote-go.ts";

/** The parts of a URL, each with characters of its own that need no escape; Go's `net/url` decides which. */
export type UrlPart = "path" | "path segment" | "host" | "zone" | "user" | "query" | "fragment";

const always = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~";
const hostMarks = "!$&'()*+,;=:[]<>\"";

const unescaped: Readonly<Record<UrlPart, ReadonlySet<number>>> = {
  path: codes("$&+,/:;=@"),
  "path segment": codes("$&+:=@"),
  host: codes(hostMarks),
  zone: codes(hostMarks),
  user: codes("$&+,;="),
  query: codes(""),
  fragment: codes("$&+,/:;=?@!()*"),
};

function codes(marks: string): ReadonlySet<number> {
  return new Set(toBytes(always + marks));
}

export function needsEscape(byte: number, part: UrlPart): boolean {
  return !unescaped[part].has(byte);
}

export function escapeUrl(text: string, part: UrlPart): string {
  const plain = unescaped[part];
  return Array.from(toBytes(text), (byte) => {
    if (plain.has(byte)) return String.fromCharCode(byte);
    if (byte === 0x20 && part === "query") return "+";
    return `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }).join("");
}

const percentEscape = /%(?:[0-9A-Fa-f]{2})?/g;

/** @throws StarlarkFailure `invalid URL escape "%zz"`, and for a character that may not stand in a host. */
export function unescapeUrl(text: string, part: UrlPart): string {
  if (part === "host" || part === "zone") checkHost(text, part);
  const bytes: number[] = [];
  let end = 0;
  const plain = (upTo: number): void => {
    const between = text.slice(end, upTo);
    for (const byte of toBytes(part === "query" ? between.replaceAll("+", " ") : between)) bytes.push(byte);
  };
  for (const { 0: escape, index } of text.matchAll(percentEscape)) {
    if (escape.length < 3) throw invalidEscape(text, index);
    plain(index);
    bytes.push(Number.parseInt(escape.slice(1), 16));
    end = index + escape.length;
  }
  plain(text.length);
  return fromBytes(Uint8Array.from(bytes));
}

/** In hosts only bytes beyond ASCII may be escaped, and the `%` before a zone; in zones also what hosts have unescaped, and spaces. */
function checkHost(text: string, part: "host" | "zone"): void {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code !== 0x25) {
      if (code < 0x80 && needsEscape(code, part))
        throw new StarlarkFailure(`invalid character ${quoteGo(text.charAt(i))} in host name`);
      continue;
    }
    const [escape = ""] = /^%[0-9A-Fa-f]{2}/.exec(text.slice(i, i + 3)) ?? [];
    const byte = Number.parseInt(escape.slice(1), 16);
    const isAllowed =
      escape === "%25" || (part === "host" ? byte >= 0x80 : byte === 0x20 || !needsEscape(byte, "host"));
    if (escape === "" || !isAllowed) throw invalidEscape(text, i);
    i += 2;
  }
}

function invalidEscape(text: string, at: number): StarlarkFailure {
  const bytes = toBytes(text.slice(at, at + 3)).subarray(0, 3);
  return new StarlarkFailure(`invalid URL escape ${quoteGo(fromBytes(bytes))}`);
}
