import type { ProgressLine } from "../../http/index.ts";
import type { DefineCommand } from "../command.ts";
import { parseAppName } from "../app-name.ts";
import { CommandError, exitCodes } from "../exit-code.ts";
import { addHubOptions, type HubOptions, openHubAccess } from "../hub-access.ts";
import { createHubClient } from "../hub-client.ts";
import { escapeControls } from "../terminal.ts";
import { createTimeline, type Timeline } from "../timeline.ts";

export const defineKick: DefineCommand = (command, context) => {
  addHubOptions(command.argument("<app>", "NAMESPACE/NAME"))
    .description(
      "Asks a running lateen to reconcile an App now, and follows the run until it has ended. The exit code tells how it went.",
    )
    .option("--no-wait", "only ask, do not follow the run")
    .option(
      "--approve-deletions <digest>",
      "let the run delete what a deploy was refused to; its failure names the digest",
    )
    .action(async (app: string, options: HubOptions & { wait: boolean; approveDeletions?: string }) => {
      const { namespace, name } = parseAppName(app);
      const client = createHubClient(await openHubAccess(options, context));
      try {
        const approve = options.approveDeletions;
        const query = new URLSearchParams({
          wait: String(options.wait),
          ...(approve === undefined ? {} : { approve }),
        });
        const path = `/api/apps/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}/reconcile?${query.toString()}`;
        const response = await client.call("POST", path, { signal: context.signal, accept: "application/x-ndjson" });
        const timeline = createTimeline({ paint: context.terminal.paint });
        for await (const line of readLines(response.body ?? [])) {
          // The server is lateen itself; its contract is tested there.
          if (showLine(JSON.parse(line) as ProgressLine, timeline, context.terminal.err) === "failed")
            context.exitWith(exitCodes.failed);
        }
      } finally {
        await client.close();
      }
    });
};

/**
 * Prints a line of progress; answers whether the run has failed.
 * @throws CommandError when the run can no longer be followed.
 */
function showLine(line: ProgressLine, timeline: Timeline, print: (line: string) => void): "failed" | undefined {
  if (line.type === "accepted") {
    print(escapeControls(`asked for a run of ${line.app}`));
    return undefined;
  }
  if (line.type === "detached") throw new CommandError(line.reason);
  for (const text of timeline.lines(line)) print(text);
  return line.type === "finished" && line.outcome === "failed" ? "failed" : undefined;
}

async function* readLines(body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncGenerator<string, void, void> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    yield* lines.filter((line) => line !== "");
  }
  if (rest !== "") yield rest;
}
