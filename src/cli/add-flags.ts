import { type Command, Option } from "commander";
import type { Flag } from "./flags.ts";

/** Describes flags in a command's help; who reads them is somebody else. */
export function addFlags(command: Command, flags: readonly Flag[]): void {
  for (const { name, short, value, help } of flags) {
    if (name === "help") continue;
    const flag = `${short === undefined ? "" : `-${short}, `}--${name}${value === undefined ? "" : ` <${value}>`}`;
    command.addOption(new Option(flag, help));
  }
}
