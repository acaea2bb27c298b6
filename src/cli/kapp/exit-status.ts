import { CommandError, type ExitCode, exitCodes } from "../exit-code.ts";

/** The end of a command that was asked to tell by its exit code whether there were changes: 2 without, 3 with. */
export class ExitStatus extends CommandError {
  readonly code: ExitCode;

  constructor(after: "diffing" | "applying", hasChanges: boolean) {
    // kapp's number for "no changes" is lateen's for a wrong command line.
    const code = hasChanges ? exitCodes.changes : exitCodes.usage;
    const what = after === "diffing" ? "pending changes" : "changes";
    super(`Exiting after ${after} with ${hasChanges ? "" : "no "}${what} (exit status ${code})`);
    this.code = code;
  }
}
