import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { type Json, own, parseYamlStream } from "../resource/index.ts";
import type { CommandContext } from "./command.ts";
import { addDataDirOptions, type DataDirOptions, localConfig, openDataDir } from "./data-dir.ts";
import { UsageError } from "./exit-code.ts";

/** Where a lateen is and how to be let in. */
export interface HubAccess {
  /** Without a slash at the end. */
  readonly url: string;
  /** PEM; absent when the system's roots decide. */
  readonly ca?: string;
  readonly token: string;
}

export interface HubOptions extends DataDirOptions {
  readonly kubeconfig?: string;
}

/** How long a token lives that a command makes for itself, in milliseconds. */
const ownTokenLifeMs = 15 * 60_000;

/** Adds the options that say which lateen is meant. */
export function addHubOptions(command: Command): Command {
  const which = command.option(
    "--kubeconfig <file>",
    "kubeconfig that `lateen kubeconfig` printed (LATEEN_HUB_KUBECONFIG); without it, the lateen of the data folder",
  );
  return addDataDirOptions(which);
}

/**
 * Access by a kubeconfig, or by the data folder of a lateen on this machine, for which a token of a few minutes is made.
 * @throws UsageError when neither is there.
 */
export async function openHubAccess(options: HubOptions, context: CommandContext): Promise<HubAccess> {
  const kubeconfig = options.kubeconfig ?? context.environment["LATEEN_HUB_KUBECONFIG"];
  if (kubeconfig !== undefined) return readKubeconfig(kubeconfig);
  const config = await localConfig(options, context);
  if (!existsSync(join(config.dataDir, "lateen.db"))) {
    throw new UsageError(
      `${config.dataDir}: no lateen has run with this data folder (hint: --data-dir, or --kubeconfig for another machine)`,
    );
  }
  const dataDir = await openDataDir(config);
  try {
    const { token } = await dataDir.tokens.create({
      scopes: ["apps:read", "apps:write"],
      description: "lateen command",
      lifeMs: ownTokenLifeMs,
    });
    return { ...dataDir.endpoint, token };
  } finally {
    await dataDir.close();
  }
}

function readKubeconfig(path: string): HubAccess {
  if (!existsSync(path)) throw new UsageError(`${path}: no such file`);
  return accessOfKubeconfig(readFileSync(path, "utf8"), path);
}

/**
 * The current context's server and token of a kubeconfig as `lateen kubeconfig` prints it.
 * @throws UsageError that begins with `path`.
 */
export function accessOfKubeconfig(text: string, path: string): HubAccess {
  const { documents, diagnostics } = parseYamlStream(text, { file: path });
  const [fault] = diagnostics;
  if (fault !== undefined) throw new UsageError(`${path}:${fault.line}: ${fault.message}`);
  const config = documents[0]?.value;
  const context = named(config, "contexts", own(config, "current-context"), "context");
  const cluster = named(config, "clusters", own(context, "cluster"), "cluster");
  const user = named(config, "users", own(context, "user"), "user");
  const [url, token, ca] = [own(cluster, "server"), own(user, "token"), own(cluster, "certificate-authority-data")];
  if (typeof url !== "string" || typeof token !== "string") {
    throw new UsageError(
      `${path}: its current context names no server with a token (hint: use what \`lateen kubeconfig\` printed)`,
    );
  }
  return {
    url: url.replace(/\/+$/, ""),
    token,
    ...(typeof ca === "string" ? { ca: Buffer.from(ca, "base64").toString("utf8") } : {}),
  };
}

/** The member `inner` of the entry called `name` in one of a kubeconfig's lists. */
function named(config: Json | undefined, list: string, name: Json | undefined, inner: string): Json | undefined {
  const entries = own(config, list);
  return Array.isArray(entries)
    ? own(
        entries.find((entry: Json) => own(entry, "name") === name),
        inner,
      )
    : undefined;
}
