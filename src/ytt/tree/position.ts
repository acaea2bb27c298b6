/** A text that positions point into. */
export interface SourceText {
  /** Path of the file as ytt names it, or the flag that gave the value. */
  readonly file: string;
  /** Its lines without their breaks; `lines[0]` is line 1. */
  readonly lines: readonly string[];
}

/** Where a node or comment stands. Immutable: nodes share positions. */
export class Position {
  readonly #source: SourceText;
  /** 1-based; `undefined` when unknown. */
  readonly line: number | undefined;
  /** The value was made by a program, not read from a text. */
  readonly fromMemory: boolean;

  private constructor(source: SourceText, line: number | undefined, fromMemory: boolean) {
    this.#source = source;
    this.line = line;
    this.fromMemory = fromMemory;
  }

  static at(source: SourceText, line: number): Position {
    return new Position(source, line, false);
  }

  static unknown(file = ""): Position {
    return file === "" ? Position.none : new Position({ file, lines: [] }, undefined, false);
  }

  /** @param text Shown in the place of a source line: `key: value`. */
  static inMemory(text: string): Position {
    return new Position({ file: "", lines: [text] }, undefined, true);
  }

  get file(): string {
    return this.#source.file;
  }

  /** Text of the line; empty when it is unknown. */
  get text(): string {
    return this.#source.lines[this.fromMemory ? 0 : (this.line ?? 0) - 1] ?? "";
  }

  get isKnown(): boolean {
    return this.line !== undefined;
  }

  /** `file:line`, `?` for an unknown line. */
  compact(): string {
    return `${this.file === "" ? "" : `${this.file}:`}${this.line ?? "?"}`;
  }

  /** `line file:line`. */
  describe(): string {
    return `line ${this.compact()}`;
  }

  /** At most one line apart in one file. */
  isNextTo(other: Position): boolean {
    if (this.line === undefined || other.line === undefined || this.file !== other.file) return false;
    return Math.abs(this.line - other.line) <= 1;
  }

  static readonly none: Position = new Position({ file: "", lines: [] }, undefined, false);
}
