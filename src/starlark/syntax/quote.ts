import { fromBinary, toBinary } from "../values/text.ts";

const escapes: ReadonlyMap<string, string> = new Map([
  ["a", "\x07"],
  ["b", "\b"],
  ["f", "\f"],
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
  ["v", "\v"],
  ["\\", "\\"],
  ["'", "'"],
  ['"', '"'],
  ["\n", ""],
]);

/** The value of a string literal as it stands in the source; a text instead of it is what is wrong with it. */
export function unquote(literal: string): { readonly value: string } | { readonly fault: string } {
  const raw = literal.startsWith("r");
  const quoted = raw ? literal.slice(1) : literal;
  const quote = quoted.charAt(0);
  const triple = quoted.length >= 6 && quoted.startsWith(quote.repeat(3)) && quoted.endsWith(quote.repeat(3));
  const body = (triple ? quoted.slice(3, -3) : quoted.slice(1, -1)).replace(/\r\n?/g, "\n");
  return raw || !body.includes("\\") ? { value: body } : unescape(body);
}

function unescape(body: string): { readonly value: string } | { readonly fault: string } {
  // Escapes name bytes, which may make characters together.
  const text = toBinary(body);
  let value = "";
  let at = 0;
  for (;;) {
    const slash = text.indexOf("\\", at);
    if (slash < 0) return { value: fromBinary(value + text.slice(at)) };
    value += text.slice(at, slash);
    const next = text.charAt(slash + 1);
    if (next === "") return { fault: "truncated escape sequence \\" };
    const simple = escapes.get(next);
    if (simple !== undefined) {
      value += simple;
      at = slash + 2;
    } else if (next >= "0" && next <= "7") {
      const digits = /^[0-7]{1,3}/.exec(text.slice(slash + 1, slash + 4))?.[0] ?? "";
      const code = Number.parseInt(digits, 8);
      if (code > 0xff) return { fault: `invalid escape sequence \\${code.toString(8).padStart(3, "0")}` };
      value += String.fromCharCode(code);
      at = slash + 1 + digits.length;
    } else if (next === "x") {
      const digits = text.slice(slash + 2, slash + 4);
      if (digits.length < 2) return { fault: `truncated escape sequence ${fromBinary(text.slice(slash))}` };
      if (!/^[0-9a-fA-F]{2}$/.test(digits)) return { fault: `invalid escape sequence ${fromBinary(`\\x${digits}`)}` };
      value += String.fromCharCode(Number.parseInt(digits, 16));
      at = slash + 4;
    } else {
      value += `\\${next}`;
      at = slash + 2;
    }
  }
}
