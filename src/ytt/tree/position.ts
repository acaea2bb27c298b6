/** A text that positions point into. */
export interface SourceText {
  /** Path of the file as ytt names it, or the flag that gave the value. */
  readonly file: string;
  /** Its lines without their breaks; `lines[0]` is line 1. */
  readonly lines: readonly string[];
}

/** Where a node or comment stands. Immutable: nodes share positions. */
export class Position {
  /** 1-based; `undefined` when unknown. */
  readonly line: number | undefined;
  /** Text of the line; for values made in memory `key: value`. */
  readonly text: string;
  readonly file: string;
  /** The value was made by a program, not read from a text. */
  readonly fromMemory: boolean;

  private constructor(file: string, line: number | undefined, text: string, fromMemory: boolean) {
    this.file = file;
    this.line = line;
    this.text = text;
    this.fromMemory = fromMemory;
  }

  static at(source: SourceText, line: number): Position {
    return new Position(source.file, line, source.lines[line - 1] ?? "", false);
  }

  static unknown(file = ""): Position {
    return file === "" ? Position.none : new Position(file, undefined, "", false);
  }

  static inMemory(text: string): Position {
    return new Position("", undefined, text, true);
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

  static readonly none: Position = new Position("", undefined, "", false);
}
