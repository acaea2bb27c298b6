import type { TokenRecord } from "../../hub/index.ts";
import type { CommandContext, DefineCommand } from "../command.ts";
import { addTokenHomeOptions, openTokenHome, type TokenHome, type TokenHomeOptions } from "../data-dir.ts";
import { CommandError } from "../exit-code.ts";
import { formatAge, formatTable } from "../table.ts";
import { escapeControls } from "../terminal.ts";
import { addTokenOptions, type TokenOptions, toTokenRequest } from "../token-options.ts";

export const defineToken: DefineCommand = (command, context) => {
  command.description(
    "Makes, lists and revokes the tokens that the hub and the by-hand API let in. Works on the data folder, whether lateen runs or not, or on the table of a lateen on AWS.",
  );
  addTokenOptions(
    addTokenHomeOptions(command.command("create")).description("make a token and print it; it stands nowhere else"),
  ).action((options: TokenOptions & TokenHomeOptions) =>
    withTokenHome(options, context, async ({ tokens }) => {
      const { token, record } = await tokens.create(toTokenRequest(options));
      context.terminal.err(`token ${record.id}`);
      context.terminal.out(token);
    }),
  );
  addTokenHomeOptions(command.command("list"))
    .description("list tokens: what they may do, and until when")
    .action((options: TokenHomeOptions) =>
      withTokenHome(options, context, async ({ tokens }) => {
        for (const line of formatTable(header, (await tokens.list()).map(toRow))) context.terminal.out(line);
      }),
    );
  addTokenHomeOptions(command.command("revoke").argument("<id>", "as `lateen token list` prints it"))
    .description("end a token now")
    .action((id: string, options: TokenHomeOptions) =>
      withTokenHome(options, context, async ({ tokens }) => {
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

async function withTokenHome(
  options: TokenHomeOptions,
  context: CommandContext,
  work: (home: TokenHome) => Promise<void>,
): Promise<void> {
  const home = await openTokenHome(options, context);
  try {
    await work(home);
  } finally {
    await home.close();
  }
}
