/** Makes docs/reference.md from the code: the help of each command, the table of settings, the exit codes. A test compares the file with it. */
import type { Command } from "commander";
import { type CommandContext, helpWidth } from "../src/cli/command.ts";
import { buildProgram, commandEntries } from "../src/cli/program.ts";
import { type Setting, settings } from "../src/functions/index.ts";

/** A process that prints nothing; no command is run. */
const context: CommandContext = {
  terminal: { out: () => undefined, err: () => undefined, write: () => undefined, paint: (_colour, text) => text },
  environment: {},
  signal: new AbortController().signal,
  exitWith: () => undefined,
};

export async function reference(): Promise<string> {
  const program = await buildProgram(
    commandEntries.map(({ name }) => name),
    context,
  );
  const commands = program.commands.flatMap((command) => [
    section(command),
    ...command.commands.map((inner) => section(inner)),
  ]);
  return `# Reference

Written by \`npm run docs\` from the code; a test compares.

## Settings of \`lateen serve\`

A flag wins over the environment, the environment over \`lateen.yml\` (or the file that \`--config\` or \`LATEEN_CONFIG\` names), that over the default. All
faults are told at once. In the environment, lists are separated by white space.

| \`lateen.yml\` | flag | environment | default | meaning |
|---|---|---|---|---|
${settings.map(settingRow).join("\n")}

## Commands

${fenced(helpOf(program))}

${commands.join("\n\n")}
`;
}

function settingRow(setting: Setting): string {
  const { key, flag, variable, description } = setting;
  const yaml = setting.isSecret === true ? "–" : code(setting.isList === true ? `${key}: […]` : key);
  return `| ${yaml} | ${flag === undefined ? "–" : code(flag)} | ${code(variable)} | ${setting.default === undefined ? "" : code(setting.default)} | ${description} |`;
}

function section(command: Command): string {
  const names: string[] = [];
  for (let at: Command | null = command; at !== null; at = at.parent) names.unshift(at.name());
  return `### ${names.join(" ")}\n\n${fenced(helpOf(command))}`;
}

/** The help as a user sees it, with the texts that commands add after it. */
function helpOf(command: Command): string {
  let text = "";
  command.configureOutput({ writeOut: (part) => (text += part), getOutHelpWidth: () => helpWidth });
  command.outputHelp();
  return text.trim();
}

function fenced(text: string): string {
  return `\`\`\`text\n${text}\n\`\`\``;
}

function code(text: string): string {
  return `\`${text}\``;
}
