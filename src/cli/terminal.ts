import { styleText } from "node:util";

export type Colour = "green" | "red" | "yellow" | "cyan" | "dim" | "bold";

/** Where a command prints and how. */
export interface Terminal {
  /** One line of the command's result. Without a line feed at the end. */
  readonly out: (line: string) => void;
  /** One line about the work: progress, warnings, errors. */
  readonly err: (line: string) => void;
  /** The result as it is, without a line feed added. */
  readonly write: (bytes: Uint8Array | string) => void;
  readonly paint: (colour: Colour, text: string) => string;
}

/** The process's own streams; colours only where `stderr` is a terminal and NO_COLOR is not set. */
export function processTerminal(): Terminal {
  return {
    out: (line) => void process.stdout.write(`${line}\n`),
    err: (line) => void process.stderr.write(`${line}\n`),
    write: (bytes) => void process.stdout.write(bytes),
    paint: (colour, text) => styleText(colour, text, { stream: process.stderr }),
  };
}

/**
 * Shows control characters and those that turn the direction of text as `\x1b` or `\u202e` (reliability.md T26): commit messages, server
 * warnings and object names come from outside and must not steer a terminal.
 */
export function escapeControls(text: string): string {
  return text.replace(/[\p{Cc}\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, (character) => {
    const code = character.charCodeAt(0);
    return code <= 0xff ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u${code.toString(16).padStart(4, "0")}`;
  });
}
