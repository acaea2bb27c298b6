import {
  isList,
  isMap,
  type KubeObject,
  own,
  parseJson,
  type SourcedResource,
  stringifyJson,
} from "../resource/index.ts";
import type { DeployConfig } from "./config/deploy-config.ts";
import { configOf, configVersion, readConfigs } from "./config/read-configs.ts";
import type { ConfigTools } from "./config/tools.ts";
import { expandList } from "./input/read-input.ts";

/** What of an App's Configs a comparison needs, kept until the next deploy. */
export interface KeptRules {
  /** JSON: the Configs in their order, without other rules. At most 64 KB. */
  readonly text: string;
  /** They hold templates or patterns, so reading them takes `ConfigTools`. */
  readonly needsTools: boolean;
}

const comparisonFields = [
  "rebaseRules",
  "diffAgainstLastAppliedFieldExclusionRules",
  "diffAgainstExistingFieldExclusionRules",
  "diffMaskRules",
] as const;
const maxKeptBytes = 64 * 1024;

/** @param resources An input that was planned. `undefined`: it has no such rules, or too many to be kept. */
export function keptRulesOf(resources: readonly SourcedResource[]): KeptRules | undefined {
  const configs = resources.flatMap(expandList).flatMap(({ object }): KubeObject[] => {
    const config = configOf(object);
    const kept = comparisonFields.flatMap((field) => {
      const rules = own(config, field);
      return rules === undefined ? [] : [[field, rules] as const];
    });
    if (kept.length === 0) return [];
    return [{ apiVersion: configVersion, kind: "Config", ...Object.fromEntries(kept) }];
  });
  if (configs.length === 0) return undefined;
  const text = stringifyJson(configs);
  if (Buffer.byteLength(text) > maxKeptBytes) return undefined;
  return { text, needsTools: /"(?:ytt|regex)":/.test(text) };
}

/** The rules of a comparison as they were when `kept` was made. @throws DeployError `DEPLOY_CONFIG` for what another version of lateen kept. */
export function readKeptRules({ text }: KeptRules, tools: ConfigTools): DeployConfig {
  const configs = parseJson(text);
  const resources = (isList(configs) ? configs : []).filter(isMap);
  return readConfigs(
    resources.map((object, document) => ({ object, origin: { file: "kept", document } })),
    tools,
  ).config;
}
