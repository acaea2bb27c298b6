import type { CommandContext } from "../command.ts";

/** What kapp's command line may use of the process that it runs in. */
export interface KappContext extends Pick<CommandContext, "terminal" | "environment" | "signal"> {
  /** What relative paths are relative to. */
  readonly cwd: string;
  /** Where a Pod finds its ServiceAccount. */
  readonly serviceAccountFolder: string;
  /** Whether standard input is a terminal. */
  readonly isInteractive: boolean;
  /** Whether standard output is a terminal. */
  readonly isTty: boolean;
  /** Whether colours may be used, if it is. */
  readonly hasColours: boolean;
  readonly readStdin: () => Uint8Array;
  /** One line of the person's; `undefined` at the end of standard input. */
  readonly readLine: () => Promise<string | undefined>;
}
