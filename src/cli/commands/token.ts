import type { TokenRecord } from "../../hub/index.ts";
import type { CommandContext, DefineCommand } from "../command.ts";
import { addDataDirOptions, type DataDir, type DataDirOptions, localConfig, openDataDir } from "../data-dir.ts";
import { CommandError } from "../exit-code.ts";
import { formatAge, formatTable } from "../table.ts";
import { escapeControls } from "../terminal.ts";
import { addTokenOptions, type TokenOptions, toTokenRequest } from "../token-options.ts";

export const defineToken: DefineCommand = (command, context) => {
  command.description(
    "Makes, lists and revokes the tokens that the hub and the by-hand API let in. Works on the data folder, whether lateen runs or not.",
  );
  addTokenOptions(
    addDataDirOptions(command.command("create")).description("make a token and print it; it stands nowhere else"),
  ).action((options: TokenOptions & DataDirOptions) =>
    withDataDir(options, context, async ({ tokens }) => {
      const { token, record } = await tokens.create(toTokenRequest(options));
      context.terminal.err(`token ${record.id}`);
      context.terminal.out(token);
    }),
  );
  addDataDirOptions(command.command("list"))
    .description("list tokens: what they may do, and until when")
    .action((options: DataDirOptions) =>
      withDataDir(options, context, async ({ tokens }) => {
        for (const line of formatTable(header, (await tokens.list()).map(toRow))) context.terminal.out(line);
      }),
    );
  addDataDirOptions(command.command("revoke").argument("<id>", "as `lateen token list` prints it"))
    .description("end a token now")
    .action((id: string, options: DataDirOptions) =>
      withDataDir(options, context, async ({ tokens }) => {
        if (!(await tokens.revoke(id))) throw new CommandError(`there is no token ${id}`);
        context.terminal.err(`token ${id} is revoked`);
      }),
    );
};

const header = ["ID", "SCOPES", "NAMESPACES", "EXPIRES", "DESCRIPTION"];

function toRow(record: TokenRecord): readonly string[] {
  const left = record.expiresAt - Date.now();
  const expires = record.revoked ? "revoked" : left <= 0 ? "expired" : `in ${formatAge(left)}`;
  const namespaces = record.namespaces === "*" ? "*" : record.namespaces.join(",");
  return [record.id, record.scopes.join(","), namespaces, expires, record.description].map(escapeControls);
}

async function withDataDir(
  options: DataDirOptions,
  context: CommandContext,
  work: (dataDir: DataDir) => Promise<void>,
): Promise<void> {
  const dataDir = await openDataDir(await localConfig(options, context));
  try {
    await work(dataDir);
  } finally {
    await dataDir.close();
  }
}
