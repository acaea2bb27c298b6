import { isClusterError } from "../../cluster/index.ts";
import { DeployError, formatDeployError, shapeErrorText } from "../../deploy/index.ts";
import { CommandError, type ExitCode, exitCodes } from "../exit-code.ts";
import { type Flag, type ParsedFlags, parseFlags } from "../flags.ts";
import { appChangeNames, flagsOf, type KappCommand, kappCommands, refusedCommands } from "./commands.ts";
import type { KappContext } from "./context.ts";
import { globalFlags, type KappFlag } from "./flags.ts";
import { ExitStatus } from "./exit-status.ts";
import { Output } from "./output.ts";

const noFlags: ParsedFlags = parseFlags([], []);

/** kapp's command line: the same flags, output, messages and exit codes; never rejects. */
export async function runKapp(argv: readonly string[], context: KappContext): Promise<ExitCode> {
  let output = new Output(noFlags, context, false);
  let isDebug = false;
  try {
    const { command, rest } = findCommand(argv);
    const flags = parseFlags(rest, flagsOf(command));
    output = new Output(flags, context, command.name === "deploy" || command.name === "delete");
    isDebug = flags.has("debug");
    checkFlags(command, flags);
    await run(command, flags, output, context);
    output.print({ part: "line", text: "Succeeded" });
    return exitCodes.done;
  } catch (error) {
    if (context.signal.aborted) {
      output.error("Interrupted (hint: what is applied stays, and a second deploy goes on from there)");
      return exitCodes.interrupted;
    }
    output.error(textOf(error, isDebug));
    return error instanceof ExitStatus ? error.code : exitCodes.failed;
  } finally {
    output.end();
  }
}

/** Each command's module is loaded when it is called. */
async function run(command: KappCommand, flags: ParsedFlags, output: Output, context: KappContext): Promise<void> {
  switch (command.name) {
    case "version":
      return (await import("./version.ts")).printVersion(output);
    case "deploy":
      return (await import("./deploy.ts")).deployApp(flags, output, context);
    case "delete":
      return (await import("./delete.ts")).deleteApp(flags, output, context);
    case "list":
      return (await import("./look.ts")).list(flags, output, context);
    case "inspect":
      return (await import("./look.ts")).inspect(flags, output, context);
    case "logs":
      return (await import("./look.ts")).logs(flags, output, context);
    case "app-change list":
      return (await import("./look.ts")).listChanges(flags, output, context);
  }
}

interface Called {
  readonly command: KappCommand;
  /** The arguments without the command's name. */
  readonly rest: readonly string[];
}

/** Flags that every command has may stand before its name. @throws CommandError */
function findCommand(argv: readonly string[]): Called {
  const [first, afterFirst] = takeWord(argv);
  if (first === undefined) throw new CommandError("no command was given (hint: lateen kapp --help names them)");
  const isAppChange = appChangeNames.includes(first);
  const [second, rest] = isAppChange ? takeWord(afterFirst) : [undefined, afterFirst];
  const called = isAppChange ? `app-change ${second ?? ""}` : first;
  const command = kappCommands.find(({ name, aliases }) => {
    const group = name.startsWith("app-change ") ? "app-change " : "";
    return called === name || aliases.some((alias) => called === `${group}${alias}`);
  });
  if (command !== undefined) return { command, rest };
  const instead = refusedCommands.get(first);
  if (instead !== undefined) throw new CommandError(`lateen has no command 'kapp ${first}' (hint: ${instead})`);
  throw new CommandError(`unknown command "${called.trim()}" for "kapp" (hint: lateen kapp --help names them)`);
}

/** The first argument that is neither a flag nor the value of one, and all the others. */
function takeWord(argv: readonly string[]): readonly [string | undefined, readonly string[]] {
  for (let i = 0; i < argv.length; i++) {
    const argument = argv[i] ?? "";
    if (!argument.startsWith("-")) return [argument, [...argv.slice(0, i), ...argv.slice(i + 1)]];
    const flag = globalFlags.find(({ name }) => argument === `--${name}`);
    if (flag !== undefined && flag.type !== "bool") i++;
  }
  return [undefined, argv];
}

function checkFlags({ name }: KappCommand, { words, given }: ParsedFlags): void {
  if (words.length > 0)
    throw new CommandError(`command 'kapp ${name}' does not accept extra arguments '${words.join(", ")}'`);
  for (const [flag, value] of given) {
    if (isRefused(flag) && value !== "false")
      throw new CommandError(`--${flag.name} is not supported (hint: ${flag.instead})`);
    if (flag.name.startsWith("kube-api-") && !(Number(value) > 0))
      throw new CommandError(`invalid argument "${value}" for "--${flag.name}" flag: expected a number above 0`);
  }
}

function isRefused(flag: Flag & Pick<KappFlag, "role" | "instead">): flag is KappFlag {
  return flag.role === "refused";
}

function textOf(error: unknown, isDebug: boolean): string {
  if (error instanceof DeployError) return formatDeployError(error.failure);
  if (error instanceof CommandError || isClusterError(error)) return shapeErrorText(error.message);
  if (!(error instanceof Error)) return String(error);
  return isDebug ? (error.stack ?? error.message) : error.message;
}
