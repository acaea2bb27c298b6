import { quoteRune } from "../values/quote.ts";
import { SyntaxFault } from "./fault.ts";
import { scanNumber } from "./numbers.ts";
import { unquote } from "./quote.ts";
import { type Lexeme, type LiteralValue, type Place, type Punctuation, type Token, wordToken } from "./tokens.ts";

const letter = /^\p{L}$/u;
/** Signs by their first character, longest first. */
const signs: ReadonlyMap<string, readonly Punctuation[]> = new Map<string, readonly Punctuation[]>([
  ["=", ["==", "="]],
  ["<", ["<=", "<<=", "<<", "<"]],
  [">", [">=", ">>=", ">>", ">"]],
  ["!", ["!="]],
  ["+", ["+=", "+"]],
  ["-", ["-=", "-"]],
  ["%", ["%=", "%"]],
  ["/", ["/=", "//=", "//", "/"]],
  ["&", ["&=", "&"]],
  ["|", ["|=", "|"]],
  ["^", ["^=", "^"]],
  ["*", ["**", "*=", "*"]],
  [",", [","]],
  [":", [":"]],
  [";", [";"]],
  ["~", ["~"]],
  ["(", ["("]],
  [")", [")"]],
  ["[", ["["]],
  ["]", ["]"]],
  ["{", ["{"]],
  ["}", ["}"]],
]);

/** Makes tokens of a source text. Indentation gives tokens too, which `BlockScanner` drops; what is wrong with it is still said. */
export class Scanner {
  readonly #text: string;
  #at = 0;
  #line = 1;
  #column = 1;
  /** Open brackets: no newline counts within. */
  #depth = 0;
  readonly #indents = [0];
  /** Indents (or, negative, outdents) that are still to be told. */
  #dents = 0;
  #atLineStart = true;

  constructor(text: string) {
    this.#text = text;
  }

  /** Where the scanner stands: behind the last token. */
  get place(): Place {
    return { line: this.#line, column: this.#column };
  }

  next(): Lexeme {
    for (;;) {
      const atLineStart = this.#atLineStart;
      const blank = atLineStart && this.#scanIndentation();
      if (this.#dents !== 0) return this.#takeDent();
      this.#skipSpaces();
      this.#skipComment();
      const char = this.#peek();
      if (char === "\n") {
        this.#atLineStart = true;
        const place = this.place;
        this.#advance();
        if (this.#depth > 0 || blank) continue;
        return { token: "newline", raw: "\n", position: place };
      }
      if (char === "") {
        if (this.#indents.length === 1) return { token: "end of file", raw: "", position: this.place };
        if (atLineStart) {
          this.#dents = 1 - this.#indents.length;
          this.#indents.length = 1;
          continue;
        }
        this.#atLineStart = true;
        return { token: "newline", raw: "\n", position: this.place };
      }
      if (char !== "\\") return this.#scanToken(char);
      this.#advance();
      if (this.#peek() !== "\n") throw new SyntaxFault(this.place, "stray backslash in program");
      this.#advance();
    }
  }

  /** Answers whether nothing but space and a comment stands on the line. */
  #scanIndentation(): boolean {
    this.#atLineStart = false;
    let width = 0;
    for (;;) {
      const char = this.#peek();
      if (char === " ") width++;
      else if (char === "\t") width += 8 - ((this.#column - 1) % 8);
      else break;
      this.#advance();
    }
    const char = this.#peek();
    if (char === "#" || char === "\n" || char === "") return true;
    if (this.#depth === 0) this.#compareIndentation(width);
    return false;
  }

  #compareIndentation(width: number): void {
    if (width > (this.#indents.at(-1) ?? 0)) {
      this.#dents++;
      this.#indents.push(width);
      return;
    }
    while (width < (this.#indents.at(-1) ?? 0)) {
      this.#dents--;
      this.#indents.pop();
    }
    if (width !== this.#indents.at(-1))
      throw new SyntaxFault(this.place, "unindent does not match any outer indentation level");
  }

  #takeDent(): Lexeme {
    const token = this.#dents < 0 ? "outdent" : "indent";
    this.#dents += this.#dents < 0 ? 1 : -1;
    return { token, raw: "", position: this.place };
  }

  #skipSpaces(): void {
    while (this.#peek() === " " || this.#peek() === "\t") this.#advance();
  }

  #skipComment(): void {
    if (this.#peek() !== "#") return;
    while (this.#peek() !== "" && this.#peek() !== "\n") this.#advance();
  }

  #scanToken(char: string): Lexeme {
    const [start, place] = [this.#at, this.place];
    if (char === '"' || char === "'") return this.#scanString(start, place);
    if (isWordStart(char)) {
      const after = this.#text.charAt(this.#at + 1);
      if (char === "r" && (after === '"' || after === "'")) {
        this.#advance();
        return this.#scanString(start, place);
      }
      while (isWordStart(this.#peek()) || isDigit(this.#peek())) this.#advance();
      const raw = this.#text.slice(start, this.#at);
      return { token: wordToken(raw), raw, position: place };
    }
    if (isDigit(char) || (char === "." && isDigit(this.#text.charAt(this.#at + 1))))
      return this.#scanNumber(start, place);
    return this.#scanSign(char, place);
  }

  #scanSign(char: string, place: Place): Lexeme {
    const sign = char === "." ? "." : signs.get(char)?.find((candidate) => this.#text.startsWith(candidate, this.#at));
    if (sign === undefined) throw new SyntaxFault(place, `unexpected input character ${quoteRune(char)}`);
    if (sign === "(" || sign === "[" || sign === "{") this.#depth++;
    if (sign === ")" || sign === "]" || sign === "}") {
      if (this.#depth === 0) throw new SyntaxFault(place, `unexpected '${sign}'`);
      this.#depth--;
    }
    for (let count = sign.length; count > 0; count--) this.#advance();
    return { token: sign, raw: sign, position: place };
  }

  #scanString(start: number, place: Place): Lexeme {
    const quotePlace = this.place;
    const quote = this.#peek();
    const triple = this.#text.startsWith(quote.repeat(3), this.#at);
    for (let count = triple ? 3 : 1; count > 0; count--) this.#advance();
    let quotes = 0;
    while (quotes < (triple ? 3 : 1)) {
      const char = this.#takeInString(place);
      quotes = char === quote ? quotes + 1 : 0;
      if (char === "\n" && !triple) throw new SyntaxFault(place, "unexpected newline in string");
      if (char === "\\") this.#takeInString(place);
    }
    const raw = this.#text.slice(start, this.#at);
    const result = unquote(raw);
    if ("fault" in result) throw new SyntaxFault(quotePlace, result.fault);
    return { token: "string literal", raw, position: place, value: result.value };
  }

  #takeInString(place: Place): string {
    if (this.#at >= this.#text.length) throw new SyntaxFault(place, "unexpected EOF in string");
    const char = this.#peek();
    this.#advance();
    return char;
  }

  #scanNumber(start: number, place: Place): Lexeme {
    const number = scanNumber(this.#text, start);
    while (this.#at < number.end) this.#advance();
    if ("fault" in number) throw new SyntaxFault(number.atStart ? place : this.place, number.fault);
    const token: Token = typeof number.value === "object" ? "float literal" : "int literal";
    const value: LiteralValue = number.value;
    return { token, raw: this.#text.slice(start, number.end), position: place, value };
  }

  /** The next character; every line break is `\n`; the end of the text, and a NUL outside of a string, are "". */
  #peek(): string {
    const point = this.#text.codePointAt(this.#at);
    if (point === undefined || point === 0) return "";
    if (point === 13) return "\n";
    return point < 0x80 ? this.#text.charAt(this.#at) : String.fromCodePoint(point);
  }

  #advance(): void {
    const unit = this.#text.charCodeAt(this.#at);
    if (unit === 13 || unit === 10) {
      this.#at += unit === 13 && this.#text.charCodeAt(this.#at + 1) === 10 ? 2 : 1;
      this.#line++;
      this.#column = 1;
      return;
    }
    this.#at += (this.#text.codePointAt(this.#at) ?? 0) > 0xffff ? 2 : 1;
    this.#column++;
  }
}

function isDigit(char: string): boolean {
  return char >= "0" && char <= "9" && char.length === 1;
}

function isWordStart(char: string): boolean {
  const unit = char.charCodeAt(0);
  if (unit < 0x80) return (unit >= 97 && unit <= 122) || (unit >= 65 && unit <= 90) || unit === 95;
  return letter.test(char);
}
