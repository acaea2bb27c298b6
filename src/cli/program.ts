import { Command, CommanderError } from "commander";
import { createRedactor } from "../base/index.ts";
import { type CommandContext, type DefineCommand, helpWidth } from "./command.ts";
import { CommandError, type ExitCode, exitCodes, UsageError } from "./exit-code.ts";
import { escapeControls, type Terminal } from "./terminal.ts";
import { version } from "./version.ts";

/** A command's line in `lateen --help`; its module is loaded only when it is called, so that the help and each command start fast. */
interface CommandEntry {
  readonly name: string;
  readonly group: string;
  readonly summary: string;
  readonly load: () => Promise<DefineCommand>;
}

const look = "Look before deploying:";
const deliver = "Deliver:";
const operate = "Talk to a running lateen:";

export const commandEntries: readonly CommandEntry[] = [
  {
    name: "demo",
    group: "Start here:",
    summary: "see a push deploy, on embedded clusters, in a minute",
    load: async () => (await import("./commands/demo.ts")).defineDemo,
  },
  {
    name: "fetch",
    group: look,
    summary: "fetch just the given folders of a git repository",
    load: async () => (await import("./commands/fetch.ts")).defineFetch,
  },
  {
    name: "render",
    group: look,
    summary: "fetch and template an App, and print its resources",
    load: async () => (await import("./commands/render.ts")).defineRender,
  },
  {
    name: "ytt",
    group: look,
    summary: "render YAML templates as ytt does",
    load: async () => (await import("./commands/ytt.ts")).defineYtt,
  },
  {
    name: "kapp",
    group: deliver,
    summary: "deploy and look at apps as kapp does",
    load: async () => (await import("./commands/kapp.ts")).defineKapp,
  },
  {
    name: "diff",
    group: look,
    summary: "show what a deploy would change; writes nothing",
    load: async () => (await import("./commands/diff.ts")).defineDiff,
  },
  {
    name: "deploy",
    group: deliver,
    summary: "reconcile an App once, from this machine",
    load: async () => (await import("./commands/deploy.ts")).defineDeploy,
  },
  {
    name: "serve",
    group: deliver,
    summary: "run lateen: webhooks, hub, by-hand API, drift checks",
    load: async () => (await import("./commands/serve.ts")).defineServe,
  },
  {
    name: "kubeconfig",
    group: operate,
    summary: "print a kubeconfig for the hub, with a token of its own",
    load: async () => (await import("./commands/kubeconfig.ts")).defineKubeconfig,
  },
  {
    name: "token",
    group: operate,
    summary: "make, list and revoke the hub's tokens",
    load: async () => (await import("./commands/token.ts")).defineToken,
  },
  {
    name: "apps",
    group: operate,
    summary: "list Apps and how they are",
    load: async () => (await import("./commands/apps.ts")).defineApps,
  },
  {
    name: "kick",
    group: operate,
    summary: "reconcile an App now and follow the run",
    load: async () => (await import("./commands/kick.ts")).defineKick,
  },
  {
    name: "pause",
    group: operate,
    summary: "pause an App, or let it go on",
    load: async () => (await import("./commands/pause.ts")).definePause,
  },
  {
    name: "delete",
    group: operate,
    summary: "delete an App and what it deployed",
    load: async () => (await import("./commands/delete.ts")).defineDelete,
  },
];

/** Runs one command line (without `node` and the script) and resolves to its exit code; never rejects. */
export async function runCli(
  argv: readonly string[],
  process: {
    readonly terminal: Terminal;
    readonly environment: CommandContext["environment"];
    readonly signal: AbortSignal;
  },
): Promise<ExitCode> {
  let code: ExitCode = exitCodes.done;
  const context: CommandContext = { ...process, exitWith: (other) => (code = other) };
  try {
    const program = await buildProgram(argv.slice(0, 2), context);
    await program.parseAsync([...argv], { from: "user" });
    return code;
  } catch (error) {
    return reportError(error, context);
  }
}

/** The program with the commands that `called` names fully defined; all others have their name and summary. */
export async function buildProgram(called: readonly string[], context: CommandContext): Promise<Command> {
  const program = new Command("lateen")
    .description("GitOps delivery for Carvel Apps and any Kubernetes YAML, with no controller to run.")
    .version(version(), "--version", "print the version")
    .helpCommand("help [command]", "explain a command")
    .helpOption("-h, --help", "explain")
    .addHelpText("after", footer)
    .exitOverride()
    .showHelpAfterError("(lateen --help explains)")
    .configureOutput({
      writeOut: (text) => context.terminal.write(text),
      writeErr: (text) => context.terminal.err(text.trimEnd()),
      getErrHelpWidth: () => helpWidth,
      getOutHelpWidth: () => helpWidth,
    });
  for (const entry of commandEntries) {
    const command = program.command(entry.name).summary(entry.summary).helpGroup(entry.group);
    if (called.includes(entry.name)) (await entry.load())(command, context);
  }
  return program;
}

const footer = `
Exit codes: ${exitCodes.done} done, ${exitCodes.failed} failed, ${exitCodes.usage} wrong command line, setting or file, ${exitCodes.changes} diff found changes, ${exitCodes.interrupted} interrupted.

Examples:
  lateen demo                                    see it work; nothing else is needed
  lateen diff -f app.yml --kubeconfig prod.yml   what would this App change?
  lateen serve --apps-dir apps --webhook-secret-file hook.secret
  lateen kubeconfig > hub.kubeconfig && kubectl --kubeconfig hub.kubeconfig get apps -A
`;

function reportError(error: unknown, { terminal, environment, signal }: CommandContext): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
  if (signal.aborted) {
    terminal.err("lateen: interrupted");
    return exitCodes.interrupted;
  }
  const expected = error instanceof UsageError || error instanceof CommandError;
  const text = error instanceof Error ? error.message : String(error);
  const stack =
    error instanceof Error && !expected && environment["LATEEN_DEBUG"] !== undefined ? (error.stack ?? text) : text;
  for (const line of createRedactor().redact(`lateen: ${stack}`).split("\n")) terminal.err(escapeControls(line));
  return error instanceof UsageError ? exitCodes.usage : exitCodes.failed;
}
