import { SyntaxFault } from "./fault.ts";
import type { Scanner } from "./scanner.ts";
import type { Lexeme, Place, Token } from "./tokens.ts";

/** A lexeme that waits; `else` and `elif` close the block before them once. */
interface Waiting {
  readonly lexeme: Lexeme;
  readonly closedBlock: boolean;
}

/**
 * Blocks as ytt has them: a colon at the end of a line opens one, the word `end` (or the next `elif`, `else`) closes it. Indentation means
 * nothing. The order in which this looks ahead is that of ytt's own, since positions of errors depend on it.
 */
export class BlockScanner {
  readonly #scanner: Scanner;
  readonly #waiting: Waiting[] = [];
  /** Where the open blocks were opened. */
  readonly #open: Place[] = [];
  #last: Lexeme | undefined;
  #beforeLast: Token | undefined;

  constructor(scanner: Scanner) {
    this.#scanner = scanner;
  }

  get place(): Place {
    return this.#scanner.place;
  }

  next(): Lexeme {
    const lexeme = this.#make();
    this.#beforeLast = this.#last?.token;
    this.#last = lexeme;
    return lexeme;
  }

  #make(): Lexeme {
    if (this.#beforeLast === ":" && this.#last?.token === "newline") return this.#openBlock(this.#last.position);
    for (;;) {
      const { lexeme, closedBlock } = this.#waiting.shift() ?? this.#read();
      switch (lexeme.token) {
        case "indent":
        case "outdent":
          continue;
        case "else": {
          if (closedBlock) return lexeme;
          // Without a colon it belongs to a conditional expression.
          const after = this.#read();
          if (after.lexeme.token !== ":") {
            this.#waiting.push(after);
            return lexeme;
          }
          this.#waiting.push({ lexeme, closedBlock: true }, after);
          return this.#closeBlock();
        }
        case "elif":
          if (closedBlock) return lexeme;
          this.#waiting.push({ lexeme, closedBlock: true });
          return this.#closeBlock();
        case "pass":
          throw new SyntaxFault(this.place, "use of reserved keyword 'pass' is not allowed");
        case "identifier":
          if (lexeme.raw !== "end") return lexeme;
          this.#skipNewline();
          return this.#closeBlock();
        case "end of file": {
          const opened = this.#open.at(-1);
          if (opened === undefined) return lexeme;
          const message = "mismatched set of block openings (if/else/elif/for/def) and closing (end)";
          throw new SyntaxFault(opened, message);
        }
        default:
          return lexeme;
      }
    }
  }

  #read(): Waiting {
    return { lexeme: this.#scanner.next(), closedBlock: false };
  }

  #skipNewline(): void {
    const after = this.#read();
    if (after.lexeme.token !== "newline") this.#waiting.push(after);
  }

  #openBlock(position: Place): Lexeme {
    this.#open.push(position);
    return { token: "indent", raw: "", position };
  }

  #closeBlock(): Lexeme {
    if (this.#open.pop() === undefined) throw new SyntaxFault(this.place, "unexpected end");
    return { token: "outdent", raw: "", position: this.#last?.position ?? this.place };
  }
}
