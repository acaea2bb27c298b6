import { existsSync, readFileSync } from "node:fs";
import { type ConfigSources, type LocalConfig, parseConfig } from "../functions/index.ts";
import { parseYamlStream } from "../resource/index.ts";
import { UsageError } from "./exit-code.ts";

const defaultFile = "lateen.yml";

/**
 * Reads `lateen.yml` (or the file that is named) and merges it with flags and environment.
 * @throws UsageError with every fault at once.
 */
export async function loadConfig(
  sources: Omit<ConfigSources, "file"> & { readonly configFile?: string | undefined },
): Promise<LocalConfig> {
  const named = sources.configFile ?? sources.environment?.["LATEEN_CONFIG"];
  if (named !== undefined && !existsSync(named)) throw new UsageError(`${named}: no such file`);
  const path = named ?? (existsSync(defaultFile) ? defaultFile : undefined);
  const parsed = parseConfig({ ...sources, file: path === undefined ? undefined : readSettingsFile(path) });
  if ("config" in parsed) return parsed.config;
  throw new UsageError(["settings are wrong:", ...parsed.faults.map((fault) => `  ${fault}`)].join("\n"));
}

function readSettingsFile(path: string): unknown {
  const { documents, diagnostics } = parseYamlStream(readFileSync(path, "utf8"), { file: path });
  const [fault] = diagnostics;
  if (fault !== undefined) throw new UsageError(`${path}:${fault.line}: ${fault.message}`);
  if (documents.length > 1) throw new UsageError(`${path}: holds ${documents.length} documents, expected one`);
  return documents[0]?.value;
}
