import type { Position } from "../tree/position.ts";

/** A line of the text that a piece of code comes from. */
export interface SourceLine {
  readonly position: Position;
  /** What is shown: the line, or the code between `(@` and `@)`. */
  readonly text: string;
}

/** One line of the program that a template is compiled to. */
export interface CodeLine {
  readonly code: string;
  /** `undefined` for lines that nobody wrote. */
  readonly source: SourceLine | undefined;
}

/** Names of the functions that build the tree; a program may not shadow them, as they are no identifiers that ytt users write. */
export const instructions = {
  startContext: "__ytt_tpl1_start_ctx",
  endContext: "__ytt_tpl1_end_ctx",
  collectAnnotation: "__ytt_tpl1_collect_node_annotation",
  startAnnotation: "__ytt_tpl1_start_node_annotation",
  startNode: "__ytt_tpl1_start_node",
  setNode: "__ytt_tpl1_set_node",
  setMapItemKey: "__ytt_tpl1_set_map_item_key",
} as const;

/** The program: leading blanks go from every line unless the one before ends in `\`. */
export function programText(lines: readonly CodeLine[]): string {
  let isContinued = false;
  return lines
    .map(({ code }) => {
      const line = isContinued ? code : code.trimStart();
      isContinued = line.endsWith("\\");
      return line;
    })
    .join("\n");
}

/** A program of several lines that start at a position: each line knows its own. */
export function codeLines(code: string, at: (offset: number) => SourceLine): readonly CodeLine[] {
  return code.split("\n").map((line, index) => ({ code: line, source: { ...at(index), text: line } }));
}
