import type { AppSummary } from "../../reconcile/index.ts";
import { stringifyJson } from "../../resource/index.ts";
import { parseJson } from "../../resource/index.ts";
import type { DefineCommand } from "../command.ts";
import { addHubOptions, type HubOptions, openHubAccess } from "../hub-access.ts";
import { createHubClient } from "../hub-client.ts";
import { formatAge, formatTable } from "../table.ts";
import { escapeControls } from "../terminal.ts";

export const defineApps: DefineCommand = (command, context) => {
  addHubOptions(command)
    .description("Lists the Apps of a running lateen: how they are, since when, and whether a run is on its way.")
    .option("-n, --namespace <namespace>", "only this namespace")
    .option("-o, --output <format>", "table or json", "table")
    .action(async (options: HubOptions & { namespace?: string; output: string }) => {
      const client = createHubClient(await openHubAccess(options, context));
      try {
        const response = await client.call("GET", "/api/apps", { signal: context.signal });
        // The server is lateen itself; its contract is tested there.
        const { apps } = parseJson(await response.text()) as unknown as { apps: readonly AppSummary[] };
        const wanted = apps.filter(
          ({ namespace }) => options.namespace === undefined || namespace === options.namespace,
        );
        if (options.output === "json")
          context.terminal.out(
            stringifyJson(
              wanted.map((app) => ({ ...app })),
              { indent: 2 },
            ),
          );
        else for (const line of formatTable(header, wanted.map(toRow))) context.terminal.out(line);
      } finally {
        await client.close();
      }
    });
};

const header = ["NAMESPACE", "NAME", "DESCRIPTION", "SINCE-DEPLOY", "RUN"];

function toRow(app: AppSummary): readonly string[] {
  const since = app.deployedAt === undefined ? "" : formatAge(Date.now() - Date.parse(app.deployedAt));
  return [app.namespace, app.name, app.description, since, app.pending ? "pending" : ""].map(escapeControls);
}
