/** Where the emitter stands on its page; the functions below are the strokes that everything is made of. */
export interface Pen {
  text: string;
  column: number;
  /** Of the collection around, -1 at the top. */
  indent: number;
  /** The last sign was a blank. */
  whitespace: boolean;
  /** Only indentation and indicators stand on the line so far. */
  indention: boolean;
  /** Column after which texts fold. */
  readonly width: number;
  /** A text `<<` as key is written in quotes. */
  readonly quotesMergeKey: boolean;
}

interface IndicatorTraits {
  /** A blank must stand before it. */
  readonly space?: boolean;
  readonly whitespace?: boolean;
  readonly indention?: boolean;
}

export function writeIndicator(pen: Pen, indicator: string, traits: IndicatorTraits): void {
  put(pen, traits.space === true && !pen.whitespace ? ` ${indicator}` : indicator);
  pen.whitespace = traits.whitespace === true;
  pen.indention = pen.indention && traits.indention === true;
}

export function writeIndent(pen: Pen): void {
  const indent = Math.max(pen.indent, 0);
  if (!pen.indention || pen.column > indent || (pen.column === indent && !pen.whitespace)) putBreak(pen);
  if (pen.column < indent) put(pen, " ".repeat(indent - pen.column));
  pen.whitespace = true;
  pen.indention = true;
}

export function put(pen: Pen, text: string): void {
  pen.text += text;
  // Columns count code points, but matter only where texts are folded.
  pen.column += pen.width === Number.POSITIVE_INFINITY ? text.length : codePoints(text);
}

export function putBreak(pen: Pen): void {
  pen.text += "\n";
  pen.column = 0;
}

function codePoints(text: string): number {
  let count = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0xdc00 && unit <= 0xdfff) count--;
  }
  return count;
}
