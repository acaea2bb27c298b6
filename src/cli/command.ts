import type { Command } from "commander";
import type { ExitCode } from "./exit-code.ts";
import type { Terminal } from "./terminal.ts";

/** What a command may use of the process that it runs in. */
export interface CommandContext {
  readonly terminal: Terminal;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Aborts on Ctrl-C and SIGTERM. */
  readonly signal: AbortSignal;
  /** Sets an exit code other than `done`; failures are thrown instead. */
  exitWith(code: ExitCode): void;
}

/** Adds arguments, options, help and action to a command that has its name and summary. */
export type DefineCommand = (command: Command, context: CommandContext) => void;

/** Columns of help texts. */
export const helpWidth = 110;
