/** Text templates: `(@ code @)` and `(@= value @)` in any text (ytt.md §3.4). */
import { YttError } from "../error.ts";
import { Position, type SourceText } from "../tree/position.ts";
import { type CodeLine, codeLines, instructions } from "./code.ts";
import { type NodeTable, noParent } from "./node-table.ts";

export interface TextTemplate {
  readonly pieces: readonly Piece[];
}

interface Piece {
  readonly type: "text" | "code";
  readonly content: string;
  /** Of its first character. */
  readonly position: (offset: number) => Position;
}

/**
 * Cuts a text at its markers.
 * @param options `line`: where the text starts in its file, 1-based.
 * @throws YttError on markers that do not match.
 */
export function parseText(text: string, options: { readonly file: string; readonly line: number }): TextTemplate {
  const source: SourceText = { file: options.file, lines: [] };
  const pieces: Piece[] = [];
  let type: Piece["type"] = "text";
  let start = 0;
  let startLine = options.line;
  let { line } = options;
  let column = 1;
  let before = "";
  const close = (end: number): void => {
    const first = startLine;
    pieces.push({ type, content: text.slice(start, end), position: (offset) => Position.at(source, first + offset) });
  };
  for (let i = 0; i < text.length; i++) {
    const char = text.charAt(i);
    if (before === "(" && char === "@") {
      if (type === "code") throw new YttError(`Unexpected code opening '(@' at line ${line} col ${column}`);
      close(i - 1);
      type = "code";
      start = i + 1;
      startLine = line;
    } else if (before === "@" && char === ")") {
      if (type === "text") throw new YttError(`Unexpected code closing '@)' at line ${line} col ${column}`);
      close(i - 1);
      type = "text";
      start = i + 1;
      startLine = line;
    }
    if (char === "\n") {
      line++;
      column = 1;
    } else if (!isLowSurrogate(char)) {
      column++;
    }
    before = char;
  }
  if (type === "code") throw new YttError(`Missing code closing '@)' at line ${line} col ${column}`);
  close(text.length);
  return { pieces };
}

function isLowSurrogate(char: string): boolean {
  return char >= "\udc00" && char <= "\udfff";
}

/** The program of a text; `result` is the expression that gives the text. */
export function compileText(
  { pieces }: TextTemplate,
  nodes: NodeTable,
): { readonly lines: readonly CodeLine[]; readonly result: string } {
  const root = nodes.add({ kind: "text root" }, noParent);
  const lines: CodeLine[] = [
    { code: `${instructions.startContext}()`, source: undefined },
    { code: `${instructions.startNode}(${root})`, source: undefined },
  ];
  for (const [index, piece] of pieces.entries()) {
    const source = { position: piece.position(0), text: piece.content };
    if (piece.type === "text") {
      const text = trimmed(piece.content, pieces[index - 1], pieces[index + 1]);
      const tag = nodes.add({ kind: "text", text }, root);
      nodes.entry(tag).isWhole = true;
      lines.push({ code: `${instructions.startNode}(${tag})`, source });
      continue;
    }
    const code = codeOf(piece.content);
    if (!/^-?=/.test(piece.content)) {
      lines.push(...codeLines(code, (offset) => ({ position: piece.position(offset), text: "" })));
      continue;
    }
    const tag = nodes.add({ kind: "text", text: "" }, root);
    lines.push(
      { code: `${instructions.startNode}(${tag})`, source },
      { code: `${instructions.setNode}(${tag}, (${code}))`, source },
    );
  }
  return { lines, result: `${instructions.endContext}()` };
}

/** `-@)` before a text and `(@-` after it take its blanks at that end. */
function trimmed(text: string, before: Piece | undefined, after: Piece | undefined): string {
  const start = before?.content.endsWith("-") === true ? text.trimStart() : text;
  return after?.content.startsWith("-") === true ? start.trimEnd() : start;
}

function codeOf(content: string): string {
  return content.replace(/^(?:-=|[-=])/, "").replace(/-$/, "");
}
