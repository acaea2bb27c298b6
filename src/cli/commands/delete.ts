import { appPath } from "../app-name.ts";
import { systemClock } from "../../base/index.ts";
import type { DefineCommand } from "../command.ts";
import { addHubOptions, type HubOptions, openHubAccess } from "../hub-access.ts";
import { createHubClient, type HubClient } from "../hub-client.ts";

const pollMs = 250;

export const defineDelete: DefineCommand = (command, context) => {
  addHubOptions(command.argument("<app>", "NAMESPACE/NAME"))
    .description(
      "Deletes an App from the hub; first, what it deployed is deleted from the run cluster (but for spec.noopDelete). Waits until it is gone.",
    )
    .option("--no-wait", "only ask, do not wait")
    .action(async (app: string, options: HubOptions & { wait: boolean }) => {
      const path = appPath(app);
      const client = createHubClient(await openHubAccess(options, context));
      try {
        await client.call("DELETE", path, { signal: context.signal });
        while (options.wait && (await exists(client, path, context.signal)))
          await systemClock.sleep(pollMs, context.signal);
        context.terminal.err(options.wait ? `${app} is gone` : `${app} is being deleted`);
      } finally {
        await client.close();
      }
    });
};

async function exists(client: HubClient, path: string, signal: AbortSignal): Promise<boolean> {
  const response = await client.call("GET", path, { signal, allow: 404 });
  await response.body?.cancel();
  return response.status !== 404;
}
