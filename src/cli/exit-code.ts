/** What `lateen` tells its caller. The help prints this table. */
export const exitCodes = {
  /** Everything asked for was done; for `diff`: nothing would change. */
  done: 0,
  /** It was tried and failed: the App's run, a fetch, a call to the hub. */
  failed: 1,
  /** The command line, a setting or a file given to the command is wrong; nothing was tried. */
  usage: 2,
  /** `diff` found changes. */
  changes: 3,
  /** Ended by Ctrl-C. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** A fault of the command line or of a file given on it: printed without a stack, exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Something that was tried and failed, with a message that is complete for the user: printed without a stack, exit code 1. */
export class CommandError extends Error {
  override readonly name = "CommandError";
}
