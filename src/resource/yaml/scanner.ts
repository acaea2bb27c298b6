import {
  atDocumentMark,
  columnOf,
  type Cursor,
  isBlankOrEnd,
  isBreak,
  peek,
  placeOf,
  skipBreak,
  SPACE,
  TAB,
} from "./cursor.ts";
import { limitFault, type Place, scanFault } from "./fault.ts";
import { scanBlock } from "./scan-block.ts";
import { scanPlain } from "./scan-plain.ts";
import { scanAnchorName, scanDirective, scanTag } from "./scan-properties.ts";
import { scanQuoted } from "./scan-quoted.ts";
import type { SignToken, Token } from "./tokens.ts";
import type { YamlComment } from "./types.ts";

/** A token that may turn out to be a key when a `:` follows on its line. */
interface KeyCandidate {
  /** Number of the token, counted from the start of the text. */
  readonly token: number;
  readonly pos: number;
  readonly place: Place;
  /** It stands where only a key can stand. */
  readonly required: boolean;
}

/** A key may not be longer than this (YAML 1.1 §7.4.1), so that the scanner looks ahead only so far. */
const maxKeyLength = 1024;

/**
 * Cuts a YAML 1.1 text into tokens. Indentation becomes start and end tokens, keys are found by the `:` after them. Not recursive; nesting
 * over `maxDepth` is a fault. Comments are collected on the way, but for those on the header line of a block scalar.
 */
export class Scanner {
  readonly comments: YamlComment[] = [];
  readonly #cursor: Cursor;
  readonly #maxDepth: number;
  #queue: Token[] = [];
  #head = 0;
  /** Tokens handed out so far. */
  #taken = 0;
  #indent = -1;
  readonly #indents: number[] = [];
  #flowLevel = 0;
  /** One place per flow level. */
  readonly #candidates: (KeyCandidate | undefined)[] = [undefined];
  #keyAllowed = true;
  #ended = false;

  constructor(text: string, options: { readonly maxDepth: number }) {
    this.#cursor = { text, pos: 0, line: 0, lineStart: 0 };
    this.#maxDepth = options.maxDepth;
  }

  /** The next token, without taking it. */
  peek(): Token {
    while (this.#needsMore()) this.#fetch();
    const token = this.#queue[this.#head];
    if (token === undefined) throw new Error("unreachable: the queue is filled until a token is there");
    return token;
  }

  /** Takes the next token; the end of the stream stays. */
  next(): Token {
    const token = this.peek();
    if (token.type === "stream-end") return token;
    this.#head++;
    this.#taken++;
    if (this.#head > 1024) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
    return token;
  }

  #needsMore(): boolean {
    if (this.#head >= this.#queue.length) return true;
    if (this.#ended) return false;
    this.#dropStaleCandidates();
    // The token at hand may still become a key, and then other tokens come before it.
    for (const candidate of this.#candidates) if (candidate?.token === this.#taken) return true;
    return false;
  }

  #fetch(): void {
    const cursor = this.#cursor;
    this.#skipToToken();
    this.#dropStaleCandidates();
    this.#unroll(columnOf(cursor));
    const code = peek(cursor);
    if (code === 0) return this.#endStream();
    if (code === 0x25 && columnOf(cursor) === 0) return this.#directive();
    if (atDocumentMark(cursor)) return this.#documentMark(code === 0x2d ? "document-start" : "document-end");
    this.#fetchByFirstSign(code);
  }

  #fetchByFirstSign(code: number): void {
    const inFlow = this.#flowLevel > 0;
    const next = peek(this.#cursor, 1);
    switch (code) {
      case 0x5b:
        return this.#openFlow("flow-sequence-start");
      case 0x7b:
        return this.#openFlow("flow-mapping-start");
      case 0x5d:
        return this.#closeFlow("flow-sequence-end");
      case 0x7d:
        return this.#closeFlow("flow-mapping-end");
      case 0x2c:
        return this.#flowEntry();
      case 0x2a:
      case 0x26:
        return this.#anchor(code === 0x26 ? "anchor" : "alias");
      case 0x21:
        return this.#tag();
      case 0x27:
      case 0x22:
        return this.#quoted();
      case 0x7c:
      case 0x3e:
        if (!inFlow) return this.#block();
        break;
      case 0x2d:
        return isBlankOrEnd(next) ? this.#blockEntry() : this.#plain();
      case 0x3f:
        if (inFlow || isBlankOrEnd(next)) return this.#key();
        return this.#plain();
      case 0x3a:
        if (inFlow || isBlankOrEnd(next)) return this.#value();
        return this.#plain();
      case TAB:
      case 0x23:
      case 0x25:
      case 0x40:
      case 0x60:
        break;
      default:
        return this.#plain();
    }
    throw scanFault(placeOf(this.#cursor), "found character that cannot start any token");
  }

  /** Steps over blanks, line breaks and comments. A tab may not stand where indentation could matter. */
  #skipToToken(): void {
    const cursor = this.#cursor;
    for (;;) {
      let code = peek(cursor);
      while (code === SPACE || (code === TAB && (this.#flowLevel > 0 || !this.#keyAllowed))) {
        cursor.pos++;
        code = peek(cursor);
      }
      if (code === 0x23) {
        const from = cursor.pos;
        while (peek(cursor) !== 0 && !isBreak(peek(cursor))) cursor.pos++;
        this.comments.push({ line: cursor.line + 1, text: cursor.text.slice(from, cursor.pos) });
        code = peek(cursor);
      }
      if (!isBreak(code)) return;
      skipBreak(cursor);
      if (this.#flowLevel === 0) this.#keyAllowed = true;
    }
  }

  #endStream(): void {
    const cursor = this.#cursor;
    // libyaml ends a last line that has no line break.
    if (columnOf(cursor) !== 0) {
      cursor.line++;
      cursor.lineStart = cursor.pos;
    }
    this.#unroll(-1);
    this.#dropCandidate();
    this.#keyAllowed = false;
    this.#ended = true;
    this.#push({ type: "stream-end", ...placeOf(this.#cursor) });
  }

  #directive(): void {
    this.#unroll(-1);
    this.#dropCandidate();
    this.#keyAllowed = false;
    const place = placeOf(this.#cursor);
    this.#push({ type: "directive", directive: scanDirective(this.#cursor), ...place });
  }

  #documentMark(type: "document-start" | "document-end"): void {
    this.#unroll(-1);
    this.#dropCandidate();
    this.#keyAllowed = false;
    this.#push({ type, ...placeOf(this.#cursor) });
    this.#cursor.pos += 3;
  }

  #openFlow(type: "flow-sequence-start" | "flow-mapping-start"): void {
    this.#saveCandidate();
    this.#flowLevel++;
    this.#checkDepth();
    this.#candidates.push(undefined);
    this.#keyAllowed = true;
    this.#pushSign(type);
  }

  #closeFlow(type: "flow-sequence-end" | "flow-mapping-end"): void {
    this.#dropCandidate();
    if (this.#flowLevel > 0) {
      this.#flowLevel--;
      this.#candidates.pop();
    }
    this.#keyAllowed = false;
    this.#pushSign(type);
  }

  #flowEntry(): void {
    this.#dropCandidate();
    this.#keyAllowed = true;
    this.#pushSign("flow-entry");
  }

  #blockEntry(): void {
    if (this.#flowLevel === 0) {
      if (!this.#keyAllowed)
        throw scanFault(placeOf(this.#cursor), "block sequence entries are not allowed in this context");
      this.#roll("block-sequence-start", placeOf(this.#cursor));
    }
    this.#dropCandidate();
    this.#keyAllowed = true;
    this.#pushSign("block-entry");
  }

  #key(): void {
    if (this.#flowLevel === 0) {
      if (!this.#keyAllowed) throw scanFault(placeOf(this.#cursor), "mapping keys are not allowed in this context");
      this.#roll("block-mapping-start", placeOf(this.#cursor));
    }
    this.#dropCandidate();
    this.#keyAllowed = this.#flowLevel === 0;
    this.#pushSign("key");
  }

  #value(): void {
    const level = this.#candidates.length - 1;
    const candidate = this.#candidates[level];
    if (candidate !== undefined) {
      const at = this.#head + candidate.token - this.#taken;
      this.#queue.splice(at, 0, { type: "key", ...candidate.place });
      this.#roll("block-mapping-start", candidate.place, at);
      this.#candidates[level] = undefined;
      this.#keyAllowed = false;
    } else {
      if (this.#flowLevel === 0) {
        if (!this.#keyAllowed) throw scanFault(placeOf(this.#cursor), "mapping values are not allowed in this context");
        this.#roll("block-mapping-start", placeOf(this.#cursor));
      }
      this.#keyAllowed = this.#flowLevel === 0;
    }
    this.#pushSign("value");
  }

  #anchor(type: "anchor" | "alias"): void {
    this.#saveCandidate();
    this.#keyAllowed = false;
    const place = placeOf(this.#cursor);
    this.#push({ type, name: scanAnchorName(this.#cursor), ...place });
  }

  #tag(): void {
    this.#saveCandidate();
    this.#keyAllowed = false;
    const place = placeOf(this.#cursor);
    this.#push({ type: "tag", ...scanTag(this.#cursor), ...place });
  }

  #quoted(): void {
    this.#saveCandidate();
    this.#keyAllowed = false;
    const place = placeOf(this.#cursor);
    this.#push({ type: "scalar", value: scanQuoted(this.#cursor), plain: false, ...place });
  }

  #block(): void {
    this.#dropCandidate();
    this.#keyAllowed = true;
    const place = placeOf(this.#cursor);
    this.#push({ type: "scalar", value: scanBlock(this.#cursor, this.#indent), plain: false, ...place });
  }

  #plain(): void {
    this.#saveCandidate();
    this.#keyAllowed = false;
    const place = placeOf(this.#cursor);
    const { value, endedOnNewLine } = scanPlain(this.#cursor, this.#indent + 1, this.#flowLevel > 0);
    if (endedOnNewLine) this.#keyAllowed = true;
    this.#push({ type: "scalar", value, plain: true, ...place });
  }

  #saveCandidate(): void {
    if (!this.#keyAllowed) return;
    const place = placeOf(this.#cursor);
    const required = this.#flowLevel === 0 && this.#indent === place.column;
    this.#dropCandidate();
    const token = this.#taken + this.#queue.length - this.#head;
    this.#candidates[this.#candidates.length - 1] = { token, pos: this.#cursor.pos, place, required };
  }

  #dropCandidate(): void {
    const level = this.#candidates.length - 1;
    const candidate = this.#candidates[level];
    if (candidate?.required === true) throw scanFault(placeOf(this.#cursor), "could not find expected ':'");
    this.#candidates[level] = undefined;
  }

  /** A key ends on its line and has a bounded length. */
  #dropStaleCandidates(): void {
    const { line, pos } = this.#cursor;
    for (let level = 0; level < this.#candidates.length; level++) {
      const candidate = this.#candidates[level];
      if (candidate === undefined || (candidate.place.line === line && candidate.pos + maxKeyLength >= pos)) continue;
      if (candidate.required) throw scanFault(placeOf(this.#cursor), "could not find expected ':'");
      this.#candidates[level] = undefined;
    }
  }

  /** A collection starts where the column is deeper than the indentation so far. */
  #roll(type: "block-sequence-start" | "block-mapping-start", place: Place, at?: number): void {
    if (this.#flowLevel > 0 || this.#indent >= place.column) return;
    this.#indents.push(this.#indent);
    this.#indent = place.column;
    this.#checkDepth();
    const token: Token = { type, ...place };
    if (at === undefined) this.#queue.push(token);
    else this.#queue.splice(at, 0, token);
  }

  /** Collections end where the column is less deep than theirs. */
  #unroll(column: number): void {
    if (this.#flowLevel > 0) return;
    while (this.#indent > column) {
      this.#push({ type: "block-end", ...placeOf(this.#cursor) });
      this.#indent = this.#indents.pop() ?? -1;
    }
  }

  #checkDepth(): void {
    if (this.#flowLevel + this.#indents.length <= this.#maxDepth) return;
    throw limitFault(placeOf(this.#cursor), `collections are nested more than ${this.#maxDepth} deep`);
  }

  #pushSign(type: SignToken): void {
    this.#push({ type, ...placeOf(this.#cursor) });
    this.#cursor.pos++;
  }

  #push(token: Token): void {
    this.#queue.push(token);
  }
}
