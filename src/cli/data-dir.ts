import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { compose, type LocalConfig, openAwsTokens, serverCertificate } from "../functions/index.ts";
import type { HubTokens } from "../hub/index.ts";
import type { CommandContext } from "./command.ts";
import type { HubAccess } from "./hub-access.ts";
import { UsageError } from "./exit-code.ts";
import { loadConfig } from "./load-config.ts";

/** What keeps the tokens of a lateen: a data folder on this machine, whether lateen runs or not, or a table on AWS. */
export interface TokenHome {
  readonly tokens: HubTokens;
  /** `url` is absent for a lateen on AWS: its table does not say where it answers. */
  readonly endpoint: Partial<Omit<HubAccess, "token">>;
  close(): Promise<void>;
}

/** The data folder of a lateen on this machine. */
export interface DataDir extends TokenHome {
  readonly endpoint: Omit<HubAccess, "token">;
}

/** How a command names the data folder. */
export interface DataDirOptions {
  readonly dataDir?: string;
  readonly config?: string;
}

const urlFile = "url";

export function addDataDirOptions(command: Command): Command {
  return command
    .option("--data-dir <dir>", "data folder of the lateen on this machine (LATEEN_DATA_DIR; default: .lateen)")
    .option("--config <file>", "its settings file (LATEEN_CONFIG; default: lateen.yml, if there is one)");
}

/** The settings of the lateen on this machine. */
export function localConfig(options: DataDirOptions, { environment }: CommandContext): Promise<LocalConfig> {
  const flags = options.dataDir === undefined ? {} : { dataDir: options.dataDir };
  return loadConfig({ flags, environment, configFile: options.config });
}

/** How a command that makes tokens names their home. */
export interface TokenHomeOptions extends DataDirOptions {
  readonly awsTable?: string;
}

export function addTokenHomeOptions(command: Command): Command {
  return addDataDirOptions(command).option(
    "--aws-table <name>",
    "instead: the DynamoDB table of a lateen on AWS (its output TableName), with AWS_REGION and the credentials of the environment",
  );
}

/** @throws UsageError when both a data folder and a table are named. */
export async function openTokenHome(options: TokenHomeOptions, context: CommandContext): Promise<TokenHome> {
  const { awsTable, dataDir } = options;
  if (awsTable === undefined) return openDataDir(await localConfig(options, context));
  if (dataDir !== undefined) throw new UsageError("--aws-table and --data-dir exclude each other: give one of them");
  const tokens = openAwsTokens({ table: awsTable, environment: context.environment });
  return { tokens, endpoint: {}, close: () => Promise.resolve() };
}

/** Opens the folder as `lateen serve` does; both may have it open at once. */
export async function openDataDir(config: LocalConfig): Promise<DataDir> {
  const composition = await compose({ ...config, homeKubeconfig: undefined });
  const ca = (await serverCertificate(config, Date.now()))?.ca;
  return {
    tokens: composition.hub.tokens,
    endpoint: { url: urlOf(config), ...(ca === undefined ? {} : { ca }) },
    close: () => composition.close(),
  };
}

/** Notes where the running lateen listens, for commands on the same machine: the port may have been chosen by the system. */
export function noteUrl(config: LocalConfig, url: string): void {
  writeFileSync(join(config.dataDir, urlFile), `${url}\n`, { mode: 0o600 });
}

function urlOf(config: LocalConfig): string {
  if (config.publicUrl !== undefined) return config.publicUrl;
  const noted = join(config.dataDir, urlFile);
  if (existsSync(noted)) return readFileSync(noted, "utf8").trim();
  const host = config.host.includes(":") ? `[${config.host}]` : config.host;
  return `${config.tls.mode === "off" ? "http" : "https"}://${host}:${config.port}`;
}
