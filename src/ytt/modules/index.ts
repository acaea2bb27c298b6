import { assertModule } from "./assert.ts";
import { base64Module } from "./base64.ts";
import type { ModuleMembers } from "./builtin.ts";
import { md5Module, sha256Module } from "./hash.ts";
import { ipModule } from "./ip.ts";
import { jsonModule } from "./json.ts";
import { mathModule } from "./math.ts";
import { moduleModule } from "./module.ts";
import { regexpModule } from "./regexp.ts";
import { structModule } from "./struct.ts";
import { tomlModule } from "./toml.ts";
import { urlModule } from "./url.ts";
import { versionModule } from "./version.ts";
import { yamlModule } from "./yaml.ts";

export interface StandardModuleOptions {
  /** The version of ytt that templates may count on. */
  readonly yttVersion: string;
  /** Receives the warning of the first call of a function of `@ytt:math`, once for each receiver. */
  readonly warn: (line: string) => void;
}

const stateless: ReadonlyMap<string, ModuleMembers> = new Map([
  ["assert", assertModule],
  ["base64", base64Module],
  ["ip", ipModule],
  ["json", jsonModule],
  ["md5", md5Module],
  ["module", moduleModule],
  ["regexp", regexpModule],
  ["sha256", sha256Module],
  ["struct", structModule],
  ["toml", tomlModule],
  ["url", urlModule],
  ["yaml", yamlModule],
]);

/** The members of `@ytt:NAME`, for the modules that know nothing of the templates around them; `undefined`: none of that name. */
export function standardModule(name: string, options: StandardModuleOptions): ModuleMembers | undefined {
  if (name === "math") return mathModule(options.warn);
  if (name === "version") return versionModule(options.yttVersion);
  return stateless.get(name);
}
