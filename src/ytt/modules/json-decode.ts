import {
  type CallContext,
  Dict,
  Float,
  LimitExceeded,
  List,
  StarlarkFailure,
  toBytes,
  type Value,
} from "../../starlark/index.ts";
import { maxDepth, sortedEntries } from "./encodable.ts";
import { quoteGo } from "./quote-go.ts";

/**
 * JSON as Go's `encoding/json` reads it into values without a type: keys end up sorted, the last of equal keys wins, all numbers are floats.
 * @throws StarlarkFailure with Go's message.
 */
export function decodeJson(text: string, context: CallContext): Value {
  return new JsonReader(text, context).read();
}

const whitespace = /[ \t\n\r]*/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: the characters that JSON wants escaped
// oxlint-disable-next-line no-control-regex -- the characters that JSON wants escaped
const plainCharacters = /[^"\\\u0000-\u001f]*/y;
const digits = /[0-9]*/y;
const hexDigit = /[0-9a-fA-F]/;
const escapes: ReadonlyMap<string, string> = new Map([
  ['"', '"'],
  ["\\", "\\"],
  ["/", "/"],
  ["b", "\b"],
  ["f", "\f"],
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
]);

const bytesPerValue = 32;

class JsonReader {
  readonly #text: string;
  readonly #context: CallContext;
  #at = 0;
  /** A number beyond all floats is told only when the whole text is JSON. */
  #numberFault: string | undefined;

  constructor(text: string, context: CallContext) {
    this.#text = text;
    this.#context = context;
  }

  read(): Value {
    const value = this.#value(0);
    this.#skip(whitespace);
    if (this.#at < this.#text.length) throw this.#unexpected("after top-level value");
    if (this.#numberFault !== undefined) throw new StarlarkFailure(this.#numberFault);
    return value;
  }

  #value(depth: number): Value {
    if (depth > maxDepth) throw new LimitExceeded("JSON depth", `JSON nests deeper than ${maxDepth} levels`);
    this.#context.step(1);
    this.#context.allocate(bytesPerValue);
    this.#skip(whitespace);
    const char = this.#text.charAt(this.#at);
    switch (char) {
      case "{":
        return this.#object(depth);
      case "[":
        return this.#array(depth);
      case '"':
        return this.#string();
      case "t":
        return this.#literal("true", true);
      case "f":
        return this.#literal("false", false);
      case "n":
        return this.#literal("null", null);
      default:
        if (/[-0-9]/.test(char)) return this.#number();
        throw this.#unexpected("looking for beginning of value");
    }
  }

  #object(depth: number): Value {
    const members = new Map<string, Value>();
    if (this.#opensEmpty("}")) return new Dict();
    do {
      this.#skip(whitespace);
      if (this.#text.charAt(this.#at) !== '"') throw this.#unexpected("looking for beginning of object key string");
      const key = this.#string();
      this.#skip(whitespace);
      if (!this.#take(":")) throw this.#unexpected("after object key");
      members.set(key, this.#value(depth + 1));
    } while (this.#continues("}", "after object key:value pair"));
    return Dict.of(sortedEntries(members));
  }

  #array(depth: number): Value {
    if (this.#opensEmpty("]")) return new List([]);
    const items: Value[] = [];
    do items.push(this.#value(depth + 1));
    while (this.#continues("]", "after array element"));
    return new List(items);
  }

  /** Steps over the opening bracket, and the closing one when nothing stands between. */
  #opensEmpty(close: string): boolean {
    this.#at++;
    this.#skip(whitespace);
    return this.#take(close);
  }

  #continues(close: string, place: string): boolean {
    this.#skip(whitespace);
    if (this.#take(",")) return true;
    if (this.#take(close)) return false;
    throw this.#unexpected(place);
  }

  #string(): string {
    this.#at++;
    let text = "";
    for (;;) {
      text += this.#skip(plainCharacters);
      if (this.#take('"')) return text.toWellFormed();
      if (!this.#take("\\")) throw this.#unexpected("in string literal");
      const char = this.#text.charAt(this.#at);
      const escape = escapes.get(char);
      if (escape !== undefined) text += escape;
      else if (char !== "u") throw this.#broken("in string escape code");
      this.#at++;
      if (escape === undefined) text += this.#codeUnit();
    }
  }

  #codeUnit(): string {
    const start = this.#at;
    for (; this.#at < start + 4; this.#at++)
      if (!hexDigit.test(this.#text.charAt(this.#at))) throw this.#broken("in \\u hexadecimal character escape");
    return String.fromCharCode(Number.parseInt(this.#text.slice(start, this.#at), 16));
  }

  #literal<Literal extends boolean | null>(word: string, value: Literal): Literal {
    for (const char of word) if (!this.#take(char)) throw this.#broken(`in literal ${word} (expecting '${char}')`);
    return value;
  }

  #number(): Value {
    const start = this.#at;
    this.#take("-");
    if (!this.#take("0")) this.#digits("in numeric literal");
    if (this.#take(".")) this.#digits("after decimal point in numeric literal");
    if (this.#take("e") || this.#take("E")) {
      if (!this.#take("+")) this.#take("-");
      this.#digits("in exponent of numeric literal");
    }
    const text = this.#text.slice(start, this.#at);
    const value = Number(text);
    if (!Number.isFinite(value))
      this.#numberFault ??= `json: cannot unmarshal number ${text} into Go value of type float64`;
    return new Float(value);
  }

  #digits(place: string): void {
    if (this.#skip(digits) === "") throw this.#broken(place);
  }

  #take(char: string): boolean {
    const isThere = this.#text.charAt(this.#at) === char;
    if (isThere) this.#at++;
    return isThere;
  }

  #skip(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const [text = ""] = pattern.exec(this.#text) ?? [];
    this.#at += text.length;
    return text;
  }

  #unexpected(place: string): StarlarkFailure {
    return this.#at < this.#text.length ? this.#broken(place) : new StarlarkFailure("unexpected end of JSON input");
  }

  /** Go reads bytes, shows the first one of a longer character, and feigns a space after the end where a token is incomplete. */
  #broken(place: string): StarlarkFailure {
    const code = this.#text.codePointAt(this.#at) ?? 0x20;
    const [byte = 0] = toBytes(String.fromCodePoint(code));
    const char = String.fromCharCode(byte);
    const shown = char === "'" ? "\\'" : char === '"' ? char : quoteGo(char).slice(1, -1);
    return new StarlarkFailure(`invalid character '${shown}' ${place}`);
  }
}
