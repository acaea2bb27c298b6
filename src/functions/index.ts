export { type ConfigSources, type LocalConfig, type ParsedConfig, parseConfig } from "./config.ts";
export { type Setting, settings } from "./settings.ts";
