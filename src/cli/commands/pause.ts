import { appPath } from "../app-name.ts";
import type { DefineCommand } from "../command.ts";
import { addHubOptions, type HubOptions, openHubAccess } from "../hub-access.ts";
import { createHubClient } from "../hub-client.ts";

export const definePause: DefineCommand = (command, context) => {
  addHubOptions(command.argument("<app>", "NAMESPACE/NAME"))
    .description("Sets spec.paused of an App: no new run begins, a running one ends first. With --off it goes on.")
    .option("--off", "let the App go on")
    .action(async (app: string, options: HubOptions & { off?: true }) => {
      const path = appPath(app);
      const client = createHubClient(await openHubAccess(options, context));
      try {
        const body = JSON.stringify({ spec: { paused: options.off !== true } });
        await client.call("PATCH", path, { body, contentType: "application/merge-patch+json", signal: context.signal });
        context.terminal.err(options.off === true ? `${app} goes on` : `${app} is paused`);
      } finally {
        await client.close();
      }
    });
};
