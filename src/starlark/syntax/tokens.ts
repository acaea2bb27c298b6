/** Tokens, named as messages name them. */
const punctuation = [
  "+",
  "-",
  "*",
  "/",
  "//",
  "%",
  "&",
  "|",
  "^",
  "<<",
  ">>",
  "~",
  ".",
  ",",
  "=",
  ";",
  ":",
  "(",
  ")",
  "[",
  "]",
  "{",
  "}",
  "<",
  ">",
  ">=",
  "<=",
  "==",
  "!=",
  "+=",
  "-=",
  "*=",
  "/=",
  "//=",
  "%=",
  "&=",
  "|=",
  "^=",
  "<<=",
  ">>=",
  "**",
] as const;

const keywords = [
  "and",
  "break",
  "continue",
  "def",
  "elif",
  "else",
  "for",
  "if",
  "in",
  "lambda",
  "load",
  "not",
  "or",
  "pass",
  "return",
  "while",
] as const;

const reservedWords = [
  "as",
  "class",
  "del",
  "except",
  "finally",
  "from",
  "global",
  "import",
  "is",
  "nonlocal",
  "raise",
  "try",
  "with",
  "yield",
] as const;

export type Punctuation = (typeof punctuation)[number];
export type Keyword = (typeof keywords)[number];
export type Token =
  | "illegal token"
  | "end of file"
  | "newline"
  | "indent"
  | "outdent"
  | "identifier"
  | "int literal"
  | "float literal"
  | "string literal"
  | "not in"
  | Punctuation
  | Keyword;

const words: ReadonlyMap<string, Token> = new Map<string, Token>([
  ...keywords.map((word) => [word, word] as const),
  ...reservedWords.map((word) => [word, "illegal token"] as const),
]);
const signs: ReadonlySet<string> = new Set(punctuation);

/** The token of a word: a keyword, a reserved word or an identifier. */
export function wordToken(word: string): Token {
  return words.get(word) ?? "identifier";
}

export function isKeyword(token: Token): boolean {
  return token === "illegal token" || words.get(token) === token;
}

/** As messages show it: signs in quotes, words bare. */
export function shown(token: Token): string {
  return signs.has(token) ? `'${token}'` : token;
}

/** What stands at a place in the source. */
export interface Lexeme {
  readonly token: Token;
  /** The source text of it. */
  readonly raw: string;
  readonly position: Place;
  /** Value of a literal: `number` and `bigint` are ints. */
  readonly value?: LiteralValue;
}

export type LiteralValue = string | number | bigint | { readonly float: number };

/** 1-based; columns count characters. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** Of what no source text says. */
export const noPlace: Place = { line: 0, column: 0 };
