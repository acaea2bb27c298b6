import { parseGoDuration } from "../../app/index.ts";
import { systemClock } from "../../base/index.ts";
import { own, parseJson } from "../../resource/index.ts";
import { appPath } from "../app-name.ts";
import type { CommandContext, DefineCommand } from "../command.ts";
import { CommandError, UsageError } from "../exit-code.ts";
import { addHubOptions, type HubOptions, openHubAccess } from "../hub-access.ts";
import { createHubClient, type HubClient } from "../hub-client.ts";
import { escapeControls } from "../terminal.ts";

const pollMs = 250;

export const defineDelete: DefineCommand = (command, context) => {
  addHubOptions(command.argument("<app>", "NAMESPACE/NAME"))
    .description(
      "Deletes an App from the hub; first, what it deployed is deleted from the run cluster (but for spec.noopDelete). Waits until it is gone.",
    )
    .option("--no-wait", "only ask, do not wait")
    .option("--timeout <duration>", "how long to wait; the deletion itself goes on", "5m")
    .action(async (app: string, options: HubOptions & { wait: boolean; timeout: string }) => {
      const path = appPath(app);
      const timeout = parseGoDuration(options.timeout);
      if ("problem" in timeout) throw new UsageError(`--timeout: ${timeout.problem}`);
      const client = createHubClient(await openHubAccess(options, context));
      try {
        await client.call("DELETE", path, { signal: context.signal });
        if (options.wait) await waitUntilGone(client, app, path, timeout.ms, context);
        context.terminal.err(options.wait ? `${app} is gone` : `${app} is being deleted`);
      } finally {
        await client.close();
      }
    });
};

/** Says how the App is whenever that changes: a deletion that cannot go on tells why. */
async function waitUntilGone(
  client: HubClient,
  app: string,
  path: string,
  timeoutMs: number,
  { terminal, signal }: CommandContext,
): Promise<void> {
  const end = Date.now() + timeoutMs;
  for (let shown = ""; ; ) {
    const response = await client.call("GET", path, { signal, allow: 404 });
    const body = await response.text();
    if (response.status === 404) return;
    const description = own(own(parseJson(body), "status"), "friendlyDescription");
    if (typeof description === "string" && description !== shown) {
      shown = description;
      terminal.err(escapeControls(`${app}: ${description}`));
    }
    if (Date.now() >= end)
      throw new CommandError(
        `${app} is not gone yet (hint: spec.noopDelete lets it go without touching the run cluster)`,
      );
    await systemClock.sleep(pollMs, signal);
  }
}
