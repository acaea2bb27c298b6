import { existsSync, readFileSync } from "node:fs";
import { parseAllDocuments } from "yaml";
import { type ConfigSources, type LocalConfig, parseConfig } from "../functions/index.ts";
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

/** Settings are YAML 1.2, in which `no` is a text: this file is ours alone, not a manifest that other tools read too. */
function readSettingsFile(path: string): unknown {
  const documents = parseAllDocuments(readFileSync(path, "utf8"), { prettyErrors: true });
  if (!Array.isArray(documents)) return undefined;
  const [document, second] = documents;
  if (second !== undefined) throw new UsageError(`${path}: holds ${documents.length} documents, expected one`);
  const fault = document?.errors[0] ?? document?.warnings[0];
  if (fault !== undefined) throw new UsageError(`${path}:${fault.linePos?.[0].line ?? 1}: ${fault.message}`);
  return document?.toJS();
}
