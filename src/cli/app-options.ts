import { existsSync, readFileSync } from "node:fs";
import type { Command } from "commander";
import { composeOnce, type Once } from "../functions/index.ts";
import { readAppFile } from "./app-file.ts";
import type { CommandContext } from "./command.ts";
import { UsageError } from "./exit-code.ts";
import { gather } from "./gather.ts";
import { escapeControls } from "./terminal.ts";

export interface AppOptions {
  readonly file: readonly string[];
  readonly app?: string;
  readonly kubeconfig?: string;
  readonly homeKubeconfig?: string;
}

/** Adds the options that say which App is meant and, with `target`, where it goes. */
export function addAppOptions(command: Command, options: { readonly target: boolean }): Command {
  command
    .requiredOption(
      "-f, --file <file>",
      "YAML with the App, and the Secrets and ConfigMaps that it names; - is stdin; may be repeated",
      gather,
    )
    .option("--app <name>", "NAME or NAMESPACE/NAME of the App, where there are several");
  if (!options.target) return command;
  return command
    .option("--kubeconfig <file>", "deploy with this kubeconfig, whatever the App says")
    .option(
      "--home-kubeconfig <file>",
      "kubeconfig of the home cluster, for an App with serviceAccountName (LATEEN_HOME_KUBECONFIG)",
    );
}

/** Reads the App and composes what it needs, and gives both to `work`. */
export async function withApp<Result>(
  options: AppOptions,
  context: CommandContext,
  work: (once: Once) => Promise<Result>,
): Promise<Result> {
  const { terminal, environment } = context;
  const { unused, ...objects } = readAppFile(options.file, options.app);
  if (unused.length > 0) terminal.err(escapeControls(`note: not used by this command: ${unused.join(", ")}`));
  const homeKubeconfig = options.homeKubeconfig ?? environment["LATEEN_HOME_KUBECONFIG"];
  if (homeKubeconfig !== undefined && !existsSync(homeKubeconfig))
    throw new UsageError(`${homeKubeconfig}: no such file`);
  if (options.kubeconfig !== undefined && !existsSync(options.kubeconfig))
    throw new UsageError(`${options.kubeconfig}: no such file`);
  const once = await composeOnce({
    ...objects,
    ...(options.kubeconfig === undefined ? {} : { kubeconfig: readFileSync(options.kubeconfig, "utf8") }),
    ...(homeKubeconfig === undefined ? {} : { homeKubeconfig }),
    write: (line) => terminal.err(line),
  });
  try {
    return await work(once);
  } finally {
    await once.close();
  }
}
